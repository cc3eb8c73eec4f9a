"""Which roles can grant the use of a policy, so that the others change nothing for us."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from approver.kube.reflector import Reflector
from approver.kube.resources import Resource
from approver.kube.session import Session
from approver.kube.watch_stream import Key
from approver.model import Object, kinds
from approver.rbac import Role, RoleRef

_ROLES = {kind.name: Resource(kind) for kind in (kinds.ROLE, kinds.CLUSTER_ROLE)}
_BINDINGS = {kind.name: Resource(kind) for kind in (kinds.ROLE_BINDING, kinds.CLUSTER_ROLE_BINDING)}


class _BoundRole(Object, frozen=True):
    """What matters of a binding, in which that never changes."""

    role_ref: RoleRef


class AccessInformers:
    """Reflectors of roles and bindings; `on_change` is called when access may be another.

    Anybody may be allowed to make roles that have nothing to do with policies, at any rate.
    """

    def __init__(self, session: Session, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._roles = {
            name: Reflector(
                session,
                resource,
                msgspec.json.Decoder(Role).decode,
                keep=lambda role: role.grants_any,
                on_change=self._role_changed,
            )
            for name, resource in _ROLES.items()
        }
        self._bindings = {
            name: Reflector(
                session,
                resource,
                msgspec.json.Decoder(_BoundRole).decode,
                on_change=self._binding_changed,
            )
            for name, resource in _BINDINGS.items()
        }

    @property
    def reflectors(self) -> Mapping[str, Reflector[Any]]:
        """All of them, by the plural of their kind."""
        resources = _ROLES | _BINDINGS
        reflectors = self._roles | self._bindings
        return {resources[name].kind.plural: reflectors[name] for name in resources}

    def _role_changed(self, _: Key, old: Role | None, new: Role | None) -> None:
        if old is not None or new is None or new.grants_any:
            self._on_change()

    def _binding_changed(self, key: Key, old: _BoundRole | None, new: _BoundRole | None) -> None:
        bound = new or old
        if bound is None or self._may_grant(key, bound.role_ref):
            self._on_change()

    def _may_grant(self, binding: Key, reference: RoleRef) -> bool:
        """Tell whether a role can; if it is not known yet, its own arrival will be a change."""
        roles = self._roles.get(reference.kind)
        if roles is None:
            return True  # of a kind that is news to us
        namespace = binding[0] if reference.kind == kinds.ROLE.name else ""
        key = namespace, reference.name
        return key in roles.cache or key in roles.unreadable
