"""Roles and bindings read from manifests: who may use which policy."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from approver.model import Object, ObjectMeta, Requester, ServiceAccount
from approver.model.kinds import POLICY, ROLE

_VERB: Final = "use"


class PolicyRule(Object, frozen=True):
    """What a role permits."""

    verbs: tuple[str, ...]
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()

    @property
    def grants_any(self) -> bool:
        """Whether it permits the use of any policy."""
        return (
            _has(self.api_groups, POLICY.group)
            and _has(self.resources, POLICY.plural)
            and _has(self.verbs, _VERB)
        )

    def grants(self, policy: str) -> bool:
        """Tell whether it permits the use of a policy."""
        return self.grants_any and (not self.resource_names or policy in self.resource_names)


class Role(Object, frozen=True):
    """A Role or a ClusterRole."""

    metadata: ObjectMeta
    rules: tuple[PolicyRule, ...] | None = None

    @property
    def grants_any(self) -> bool:
        """Whether it permits the use of any policy."""
        return any(rule.grants_any for rule in self.rules or ())


class RoleRef(Object, frozen=True):
    """Which role a binding gives."""

    kind: str
    name: str


class Subject(Object, frozen=True):
    """Whom a binding gives a role; a service account without a namespace is of the binding's."""

    kind: str
    name: str
    namespace: str = ""

    def matches(self, requester: Requester, namespace: str) -> bool:
        """Tell whether it is this requester."""
        match self.kind:
            case "User":
                return self.name == requester.username
            case "Group":
                return self.name in requester.groups
            case "ServiceAccount":
                account = ServiceAccount(self.namespace or namespace, self.name)
                return requester.username == account.username
            case _:
                return False


class Binding(Object, frozen=True):
    """A RoleBinding, or a ClusterRoleBinding, which has no namespace."""

    metadata: ObjectMeta
    role_ref: RoleRef
    subjects: tuple[Subject, ...] | None = None


def parser(kind: str) -> Callable[[Mapping[str, Any]], Role | Binding]:
    """Return what reads an object of a kind; it raises `InvalidObjectError`."""
    return Binding.parse if kind.endswith("Binding") else Role.parse


class Bindings:
    """The RBAC objects of a set of manifests, each with its kind."""

    def __init__(self, objects: Iterable[tuple[str, Role | Binding]]) -> None:
        self._roles: dict[tuple[str, str, str], Role] = {}
        self._bindings: list[Binding] = []
        for kind, obj in objects:
            if isinstance(obj, Role):
                namespace = obj.metadata.namespace if kind == ROLE.name else ""
                self._roles[kind, namespace, obj.metadata.name] = obj
            else:
                self._bindings.append(obj)

    @property
    def about_policies(self) -> bool:
        """Whether any role permits the use of policies, so that bindings are there to go by."""
        return any(role.grants_any for role in self._roles.values())

    def doubts(self) -> Iterator[str]:
        """Yield what is there and lets nobody use a policy, though it looks as if it did."""
        for (kind, namespace, name), role in self._roles.items():
            if any(rule.grants_any and "*" in rule.resource_names for rule in role.rules or ()):
                where = f"{namespace}/{name}" if namespace else name
                yield f'{kind} {where}: resourceNames ["*"] is no pattern: leave it out to mean all'
        for binding in self._bindings:
            if self._role_of(binding) is None:
                scope, missing = binding.metadata.namespace, binding.role_ref
                where = f"{scope}/{binding.metadata.name}" if scope else binding.metadata.name
                yield f"binding {where}: there is no {missing.kind} {missing.name} in the files"

    def usable(
        self, policies: Collection[str], requester: Requester, namespace: str
    ) -> frozenset[str]:
        """Return which of the policies the requester may use in a namespace."""
        rules = list(self._rules(requester, namespace))
        return frozenset(name for name in policies if any(rule.grants(name) for rule in rules))

    def _rules(self, requester: Requester, namespace: str) -> Iterator[PolicyRule]:
        for binding in self._bindings:
            scope = binding.metadata.namespace
            if scope not in {"", namespace}:
                continue
            if any(subject.matches(requester, scope) for subject in binding.subjects or ()):
                role = self._role_of(binding)
                yield from (role.rules or ()) if role else ()

    def _role_of(self, binding: Binding) -> Role | None:
        reference = binding.role_ref
        home = binding.metadata.namespace if reference.kind == ROLE.name else ""
        return self._roles.get((reference.kind, home, reference.name))


def _has(values: Collection[str], value: str) -> bool:
    return value in values or "*" in values
