"""Roles that can grant the use of a policy, and bindings: the others change nothing for us."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import msgspec

from approver.kube.reflector import Reflector
from approver.kube.resources import Resource
from approver.kube.session import Session
from approver.kube.watch_stream import Key
from approver.model import ObjectMeta, kinds
from approver.rbac import Binding, Bindings, Role, RoleRef

_ROLES = {kind.name: Resource(kind) for kind in (kinds.ROLE, kinds.CLUSTER_ROLE)}
_BINDINGS = {kind.name: Resource(kind) for kind in (kinds.ROLE_BINDING, kinds.CLUSTER_ROLE_BINDING)}

# Of one object. Tenants make bindings in their namespaces, as many and as long as they like.
_MOST_SUBJECTS: Final = {kinds.ROLE_BINDING.name: 20, kinds.CLUSTER_ROLE_BINDING.name: 1_000}
_MOST_NAMES: Final = 1_000


class AccessInformers:
    """Reflectors of roles and bindings; `on_change` is called when access may be another.

    Anybody may be allowed to make roles that have nothing to do with policies, at any rate.
    """

    def __init__(self, session: Session, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self.bindings = Bindings()
        """What they say. It may be less than there is: it says what to ask first, no more."""
        self._roles = {
            name: Reflector(
                session,
                resource,
                _read_role,
                keep=lambda role: bool(role.granting),
                on_change=partial(self._role_changed, name),
            )
            for name, resource in _ROLES.items()
        }
        self._bindings = {
            name: Reflector(
                session,
                resource,
                partial(_read_binding, _MOST_SUBJECTS[name]),
                on_change=partial(self._binding_changed, name),
            )
            for name, resource in _BINDINGS.items()
        }

    @property
    def reflectors(self) -> Mapping[str, Reflector[Any]]:
        """All of them, by the plural of their kind."""
        resources = _ROLES | _BINDINGS
        reflectors = self._roles | self._bindings
        return {resources[name].kind.plural: reflectors[name] for name in resources}

    def _role_changed(self, kind: str, key: Key, old: Role | None, new: Role | None) -> None:
        self._learn(kind, key, new if new and new.granting else None)
        if old is not None or new is None or new.granting:
            self._on_change()

    def _binding_changed(
        self, kind: str, key: Key, old: Binding | None, new: Binding | None
    ) -> None:
        self._learn(kind, key, new)
        bound = new or old
        if bound is None or self._may_grant(key, bound.role_ref):
            self._on_change()

    def _learn(self, kind: str, key: Key, obj: Role | Binding | None) -> None:
        if obj is None:
            self.bindings.remove(kind, *key)
        else:
            self.bindings.put(kind, obj)

    def _may_grant(self, binding: Key, reference: RoleRef) -> bool:
        """Tell whether a role can; if it is not known yet, its own arrival will be a change."""
        roles = self._roles.get(reference.kind)
        if roles is None:
            return True  # of a kind that is news to us
        namespace = binding[0] if reference.kind == kinds.ROLE.name else ""
        key = namespace, reference.name
        return key in roles.cache or key in roles.unreadable


def _read_role(raw: bytes | msgspec.Raw) -> Role:
    """Read what is kept of a role: the rules about policies."""
    role = _ROLE.decode(raw)
    rules = tuple(
        msgspec.structs.replace(rule, resource_names=rule.resource_names[:_MOST_NAMES])
        for rule in role.granting
    )
    return Role(_identity(role.metadata), rules)


def _read_binding(most_subjects: int, raw: bytes | msgspec.Raw) -> Binding:
    """Read what is kept of a binding."""
    binding = _BINDING.decode(raw)
    subjects = (binding.subjects or ())[:most_subjects]
    return Binding(_identity(binding.metadata), binding.role_ref, subjects)


def _identity(metadata: ObjectMeta) -> ObjectMeta:
    return ObjectMeta(name=metadata.name, namespace=metadata.namespace)


_ROLE = msgspec.json.Decoder(Role)
_BINDING = msgspec.json.Decoder(Binding)
