"""What to do about it: in words, and as manifests that can be applied as they stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approver.explain.near_misses import role_for
from approver.model import Requester, ServiceAccount, Verdict
from approver.model.kinds import CLUSTER_ROLE, POLICY, ROLE_BINDING
from approver.rbac import Bindings

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Remedy:
    """One way out. `manifests` are to be applied; then the verdict would be `then`, as `why` says.

    `then` is None where that cannot be told.
    """

    text: str
    manifests: Sequence[Manifest] = ()
    then: Verdict | None = None
    why: str = ""


def binding(
    policy: str, requester: Requester, namespace: str, bindings: Bindings | None
) -> list[Manifest]:
    """Return what lets a requester use a policy in a namespace: a binding, perhaps a role."""
    bindings = bindings or Bindings()
    existing = role_for(policy, bindings)
    name = existing or _free(f"use-policy-{policy}", CLUSTER_ROLE.name, "", bindings)
    own = _free(f"use-policy-{policy}", ROLE_BINDING.name, namespace, bindings)
    role = {
        "apiVersion": CLUSTER_ROLE.api_version,
        "kind": CLUSTER_ROLE.name,
        "metadata": {"name": name},
        "rules": [
            {
                "apiGroups": [POLICY.group],
                "resources": [POLICY.plural],
                "resourceNames": [policy],
                "verbs": ["use"],
            }
        ],
    }
    bound = {
        "apiVersion": ROLE_BINDING.api_version,
        "kind": ROLE_BINDING.name,
        "metadata": {"name": own, "namespace": namespace},
        "roleRef": {"apiGroup": CLUSTER_ROLE.group, "kind": CLUSTER_ROLE.name, "name": name},
        "subjects": [_subject(requester)],
    }
    return [bound] if existing else [role, bound]


def _free(name: str, kind: str, namespace: str, bindings: Bindings) -> str:
    """Return a name that no object has yet: what is there is not to be replaced."""
    number, found = 1, name
    while bindings.has(kind, namespace, found):
        number += 1
        found = f"{name}-{number}"
    return found


def _subject(requester: Requester) -> Manifest:
    account = ServiceAccount.parse(requester.username)
    if account:
        return {"kind": "ServiceAccount", "namespace": account.namespace, "name": account.name}
    return {"kind": "User", "name": requester.username, "apiGroup": CLUSTER_ROLE.group}
