"""Bindings that look as if they let a requester use a policy, and do not."""

from collections.abc import Iterator

from approver.model import Requester
from approver.model.kinds import CLUSTER_ROLE, POLICY
from approver.policy.wildcard import Wildcard
from approver.rbac import Binding, Bindings, PolicyRule, Role


def near_misses(
    policy: str, requester: Requester, namespace: str, bindings: Bindings
) -> Iterator[str]:
    """Yield what is almost a binding of the requester to a policy, a sentence each."""
    for kind, role in bindings.roles():
        where = f"{kind} {_place(role)}"
        for rule in role.granting:
            if glob := _glob(rule, policy):
                yield (
                    f'{where} has resourceNames ["{glob}"]: RBAC knows no patterns, so name'
                    f' "{policy}" there'
                )
    for kind, binding, given in bindings.references():
        where = f"{kind} {_place(binding)}"
        mine = _binds(binding, requester)
        if given is None:
            if mine:
                missing = binding.role_ref
                yield f"{where} gives {missing.kind} {missing.name}, which does not exist"
        elif _permits(given, policy):
            if mine and binding.metadata.namespace not in ("", namespace):
                yield (
                    f"{where} lets the requester use it in the namespace"
                    f" {binding.metadata.namespace}, and the request is in {namespace}"
                )
            elif not mine:
                yield f"{where} binds {_subjects(binding)}, and not {requester.username}"


def role_for(policy: str, bindings: Bindings) -> str | None:
    """Name a ClusterRole that permits the use of this policy and nothing else, if there is one."""
    for kind, role in bindings.roles():
        rules = role.rules or ()
        if kind == CLUSTER_ROLE.name and len(rules) == 1 and role.granting:
            only = rules[0].resource_names == (policy,) and rules[0].verbs == ("use",)
            if only and rules[0].resources == (POLICY.plural,):
                return role.metadata.name
    return None


def _permits(role: Role, policy: str) -> bool:
    return any(not rule.resource_names or policy in rule.resource_names for rule in role.granting)


def _glob(rule: PolicyRule, policy: str) -> str:
    globs = (name for name in rule.resource_names if "*" in name and Wildcard(name).matches(policy))
    return next(globs, "")


def _binds(binding: Binding, requester: Requester) -> bool:
    mine = {("User", requester.username), *(("Group", group) for group in requester.groups)}
    return any(
        subject.principal(binding.metadata.namespace) in mine for subject in binding.subjects or ()
    )


def _subjects(binding: Binding) -> str:
    found = (
        f"{subject.kind} {'/'.join(filter(None, (subject.namespace, subject.name)))}"
        for subject in binding.subjects or ()
    )
    return ", ".join(found) or "nobody"


def _place(obj: Role | Binding) -> str:
    return "/".join(filter(None, (obj.metadata.namespace, obj.metadata.name)))
