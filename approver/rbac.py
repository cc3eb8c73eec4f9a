"""Roles and bindings: who may use which policy."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain, product
from typing import Any, Final

import msgspec

from approver.model import (
    InvalidObjectError,
    Object,
    ObjectMeta,
    Requester,
    ServiceAccount,
    without_nulls,
)
from approver.model.kinds import CLUSTER_ROLE, POLICY, ROLE, ROLE_BINDING
from approver.model.labels import Requirement

_VERB: Final = "use"
_NAMESPACED: Final = frozenset({ROLE.name, ROLE_BINDING.name})


class PolicyRule(Object, frozen=True):
    """What a role permits."""

    verbs: tuple[str, ...]
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()

    @property
    def grants_any(self) -> bool:
        """Whether it permits the use of any policy."""
        return self.grants(POLICY.group, POLICY.plural, _VERB)

    def grants(self, group: str, resource: str, verb: str) -> bool:
        """Tell whether it permits a verb on any object of a resource."""
        return (
            _has(self.api_groups, group)
            and _has(self.resources, resource)
            and _has(self.verbs, verb)
        )


class LabelSelector(Object, frozen=True):
    """Kubernetes' selector of objects by their labels."""

    match_labels: dict[str, str] = msgspec.field(default_factory=dict)
    match_expressions: tuple[Requirement, ...] = ()

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Tell whether it selects what has these labels."""
        return self.match_labels.items() <= labels.items() and all(
            each.is_met(labels) for each in self.match_expressions
        )


class AggregationRule(Object, frozen=True):
    """Of which ClusterRoles a ClusterRole is made up."""

    cluster_role_selectors: tuple[LabelSelector, ...] = ()


class Role(Object, frozen=True):
    """A Role or a ClusterRole."""

    metadata: ObjectMeta
    rules: tuple[PolicyRule, ...] | None = None
    aggregation_rule: AggregationRule | None = None

    @property
    def granting(self) -> tuple[PolicyRule, ...]:
        """Those of its rules that permit the use of policies."""
        return tuple(rule for rule in self.rules or () if rule.grants_any)


class RoleRef(Object, frozen=True):
    """Which role a binding gives."""

    kind: str
    name: str


_Principal = tuple[str, str]  # "User" or "Group", and the name


class Subject(Object, frozen=True):
    """Whom a binding gives a role; a service account without a namespace is of the binding's."""

    kind: str
    name: str
    namespace: str = ""

    def principal(self, namespace: str) -> _Principal:
        """Return whom it means in a binding of a namespace: a service account is a user."""
        if self.kind == "ServiceAccount":
            return "User", ServiceAccount(self.namespace or namespace, self.name).username
        return self.kind, self.name


class Binding(Object, frozen=True):
    """A RoleBinding, or a ClusterRoleBinding, which has no namespace."""

    metadata: ObjectMeta
    role_ref: RoleRef
    subjects: tuple[Subject, ...] | None = None


def parser(kind: str) -> Callable[[Mapping[str, Any]], Role | Binding]:
    """Return what reads an object of a kind; it raises `InvalidObjectError`."""
    return Binding.parse if kind.endswith("Binding") else Role.parse


def readable(
    kind: str, objects: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[str, Role | Binding]]:
    """Yield the roles or bindings that can be read, with their kind; no other gives anything."""
    for obj in objects:
        try:
            yield kind, parser(kind)(without_nulls(obj))
        except InvalidObjectError:
            continue


_Key = tuple[str, str, str]  # kind, namespace ("" for what is of the cluster), name


class Bindings:
    """Roles and bindings, each with its kind: who may use which policy."""

    def __init__(self, objects: Iterable[tuple[str, Role | Binding]] = ()) -> None:
        self._roles: dict[_Key, Role] = {}
        self._bindings: dict[_Key, Binding] = {}
        # By namespace and subject, so that a look-up costs what it finds.
        self._bound = defaultdict[tuple[str, _Principal], set[_Key]](set)
        for kind, obj in objects:
            self.put(kind, obj)

    def put(self, kind: str, obj: Role | Binding) -> None:
        """Add an object, or replace the one of its kind and name."""
        key = _key(kind, obj.metadata.namespace, obj.metadata.name)
        self.remove(*key)
        if isinstance(obj, Role):
            self._roles[key] = obj
        else:
            self._bindings[key] = obj
            for subject in _subjects(key, obj):
                self._bound[subject].add(key)

    def remove(self, kind: str, namespace: str, name: str) -> None:
        """Forget an object, if there is one of that name."""
        key = _key(kind, namespace, name)
        self._roles.pop(key, None)
        if binding := self._bindings.pop(key, None):
            for subject in _subjects(key, binding):
                self._bound[subject].discard(key)
                if not self._bound[subject]:
                    del self._bound[subject]

    @property
    def about_policies(self) -> bool:
        """Whether any role permits the use of policies, so that bindings are there to go by."""
        return any(role.granting for role in self._roles.values())

    def has(self, kind: str, namespace: str, name: str) -> bool:
        """Tell whether there is an object of that kind and name."""
        key = _key(kind, namespace, name)
        return key in self._roles or key in self._bindings

    def roles(self) -> Iterator[tuple[str, Role]]:
        """Yield all roles, each with its kind."""
        for key, role in self._roles.items():
            yield key[0], role

    def references(self) -> Iterator[tuple[str, Binding, Role | None]]:
        """Yield all bindings, each with its kind and its role, None if that does not exist."""
        for key, binding in self._bindings.items():
            yield key[0], binding, self._role_of(binding)

    def objects(self) -> Iterator[tuple[str, Role | Binding]]:
        """Yield all of them, each with its kind."""
        for found in (self._roles, self._bindings):
            for key, obj in found.items():
                yield key[0], obj

    def joined(self, other: "Bindings") -> "Bindings":
        """Return both; of two of one kind and name, the other's."""
        return Bindings(chain(self.objects(), other.objects()))

    def doubts(self) -> Iterator[str]:
        """Yield what is there and lets nobody use a policy, though it looks as if it did."""
        for key, role in self._roles.items():
            if any("*" in rule.resource_names for rule in role.granting):
                where = f"{key[0]} {_place(key)}"
                yield f'{where}: resourceNames ["*"] is no pattern: leave it out to mean all'
        for key, binding in self._bindings.items():
            if self._role_of(binding) is None:
                missing = binding.role_ref
                yield (
                    f"binding {_place(key)}: there is no {missing.kind} {missing.name} in the files"
                )

    def usable(
        self, policies: Collection[str], requester: Requester, namespace: str
    ) -> frozenset[str]:
        """Return which of the policies the requester may use in a namespace."""
        names = set[str]()
        for rule in self._rules(requester, namespace):
            if not rule.resource_names:
                return frozenset(policies)
            names.update(rule.resource_names)
        return frozenset(names.intersection(policies))

    def _rules(self, requester: Requester, namespace: str) -> Iterator[PolicyRule]:
        """Yield the rules about policies that hold for a requester in a namespace."""
        principals = [("User", requester.username), *(("Group", name) for name in requester.groups)]
        for subject in product(("", namespace), principals):
            for key in self._bound.get(subject, ()):
                role = self._role_of(self._bindings[key])
                yield from (
                    rule for rule in (role.rules if role else None) or () if rule.grants_any
                )

    def _role_of(self, binding: Binding) -> Role | None:
        reference = binding.role_ref
        role = self._roles.get(_key(reference.kind, binding.metadata.namespace, reference.name))
        if role is None or role.rules or role.aggregation_rule is None:
            return role
        return msgspec.structs.replace(role, rules=tuple(self._aggregated(role.aggregation_rule)))

    def _aggregated(self, aggregation: AggregationRule) -> Iterator[PolicyRule]:
        """Yield what a controller would write into the rules, and has not in a repository."""
        for (kind, _, _), role in self._roles.items():
            labels = role.metadata.labels
            selectors = aggregation.cluster_role_selectors
            if kind == CLUSTER_ROLE.name and any(each.selects(labels) for each in selectors):
                yield from role.rules or ()


def _key(kind: str, namespace: str, name: str) -> _Key:
    return kind, namespace if kind in _NAMESPACED else "", name


def _place(key: _Key) -> str:
    return "/".join(filter(None, key[1:]))


def _subjects(key: _Key, binding: Binding) -> Iterator[tuple[str, _Principal]]:
    namespace = key[1]
    for subject in binding.subjects or ():
        yield namespace, subject.principal(namespace)


def _has(values: Collection[str], value: str) -> bool:
    return value in values or "*" in values
