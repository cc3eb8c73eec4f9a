"""Roles and bindings read from manifests: who may use which policy."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from approver.model import Requester

_GROUP = "policy.cert-manager.io"
_RESOURCE = "certificaterequestpolicies"
_VERB = "use"


class Bindings:
    """The RBAC objects of a set of manifests; `present` tells whether there are any."""

    def __init__(self, objects: Iterable[Mapping[str, Any]]) -> None:
        self._roles: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
        self._bindings: list[Mapping[str, Any]] = []
        for obj in objects:
            if obj["kind"] in {"Role", "ClusterRole"}:
                metadata = obj.get("metadata") or {}
                namespace = metadata.get("namespace", "") if obj["kind"] == "Role" else ""
                self._roles[obj["kind"], namespace, metadata.get("name", "")] = (
                    obj.get("rules") or []
                )
            else:
                self._bindings.append(obj)

    @property
    def present(self) -> bool:
        """Whether there is anything to go by."""
        return bool(self._roles or self._bindings)

    def usable(
        self, policies: Collection[str], requester: Requester, namespace: str
    ) -> frozenset[str]:
        """Return which of the policies the requester may use in a namespace."""
        rules = list(self._rules(requester, namespace))
        return frozenset(name for name in policies if any(_grants(rule, name) for rule in rules))

    def _rules(self, requester: Requester, namespace: str) -> Iterator[Mapping[str, Any]]:
        for binding in self._bindings:
            role = binding.get("roleRef") or {}
            scope = (binding.get("metadata") or {}).get("namespace", "")
            if binding["kind"] == "RoleBinding" and scope != namespace:
                continue
            if any(_is(subject, requester, scope) for subject in binding.get("subjects") or ()):
                in_namespace = scope if role.get("kind") == "Role" else ""
                yield from self._roles.get(
                    (role.get("kind", ""), in_namespace, role.get("name", "")), ()
                )


def _grants(rule: Mapping[str, Any], policy: str) -> bool:
    names = rule.get("resourceNames") or ()
    return (
        _has(rule, "apiGroups", _GROUP)
        and _has(rule, "resources", _RESOURCE)
        and _has(rule, "verbs", _VERB)
        and (not names or policy in names)
    )


def _has(rule: Mapping[str, Any], field: str, value: str) -> bool:
    values = rule.get(field) or ()
    return value in values or "*" in values


def _is(subject: Mapping[str, Any], requester: Requester, namespace: str) -> bool:
    name = subject.get("name", "")
    match subject.get("kind"):
        case "User":
            return bool(name == requester.username)
        case "Group":
            return name in requester.groups
        case "ServiceAccount":
            account_namespace = subject.get("namespace") or namespace
            return requester.username == f"system:serviceaccount:{account_namespace}:{name}"
        case _:
            return False
