"""What the controller knows of the cluster: requests, policies, namespaces, and who may what."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from approver.crd import missing_fields
from approver.kube.reflector import Reflector
from approver.kube.resources import (
    CERTIFICATE_REQUESTS,
    NAMESPACES,
    POLICIES,
    POLICY_DEFINITION,
    RBAC,
)
from approver.kube.session import Session
from approver.kube.watch_stream import Key
from approver.model import Condition, Object, ObjectMeta, Request
from approver.policy import Policy


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A policy, compiled, beside the conditions that its object has."""

    policy: Policy
    conditions: tuple[Condition, ...]

    @property
    def version(self) -> tuple[str, int]:
        """What changes with the spec, and not with the status."""
        return self.policy.metadata.uid, self.policy.metadata.generation


class Listed(Object, frozen=True):
    """An object whose existence and labels are all that matters."""

    metadata: ObjectMeta


@dataclass(frozen=True, slots=True)
class Handlers:
    """Who is told of changes: what was known, if anything, and what there is now, if anything."""

    request: Callable[[Key, Request | None, Request | None], None]
    policy: Callable[[Key, StoredPolicy | None, StoredPolicy | None], None]
    definition: Callable[[], None]
    namespace: Callable[[str], None]
    access: Callable[[], None]


class Informers:
    """Reflectors of all that decisions depend on. Of requests, only open ones are kept."""

    def __init__(self, session: Session, listener: Handlers) -> None:
        self._requests = Reflector(
            session,
            CERTIFICATE_REQUESTS,
            msgspec.json.Decoder(Request).decode,
            keep=lambda request: request.open,
            classify=_status,
            on_change=listener.request,
        )
        self._policies = Reflector(session, POLICIES, _stored_policy, on_change=listener.policy)
        self._definition = Reflector(
            session,
            POLICY_DEFINITION,
            lambda raw: missing_fields(msgspec.json.decode(raw)),
            on_change=lambda *_: listener.definition(),
        )
        self._namespaces = Reflector(
            session,
            NAMESPACES,
            _LISTED.decode,
            on_change=lambda key, old, new: _labels_changed(listener, key, old, new),
        )
        self._rbac = [
            Reflector(session, resource, _LISTED.decode, on_change=lambda *_: listener.access())
            for resource in RBAC
        ]
        self._all: Mapping[str, Reflector[Any]] = {
            "requests": self._requests,
            "policies": self._policies,
            "the definition of policies": self._definition,
            "namespaces": self._namespaces,
            **{
                resource.kind.plural: reflector
                for resource, reflector in zip(RBAC, self._rbac, strict=True)
            },
        }

    @property
    def requests(self) -> Mapping[Key, Request]:
        """The open requests."""
        return self._requests.cache

    @property
    def request_counts(self) -> Mapping[tuple[str, str], int]:
        """How many requests there are, decided or not, by namespace and status."""
        return self._requests.counts

    @property
    def unreadable_policies(self) -> Mapping[Key, str]:
        """Why a policy cannot be decoded."""
        return self._policies.unreadable

    @property
    def policies(self) -> Mapping[Key, StoredPolicy]:
        """All policies."""
        return self._policies.cache

    @property
    def any_policy(self) -> bool:
        """Whether there is a policy, of any kind and in any state."""
        return bool(self._policies.cache or self._policies.unreadable)

    @property
    def missing_fields(self) -> Sequence[str]:
        """The fields of policies that the installed definition lacks."""
        return [path for paths in self._definition.cache.values() for path in paths]

    def namespace_labels(self, namespace: str) -> Mapping[str, str] | None:
        """Return a namespace's labels, None if nothing is known of it (yet)."""
        listed = self._namespaces.cache.get(("", namespace))
        return listed.metadata.labels if listed else None

    def missing(self) -> list[str]:
        """Name what has not been read yet, or may have changed since unseen, and why."""
        return [
            f"{name}: {reflector.trouble}" if reflector.trouble else name
            for name, reflector in self._all.items()
            if reflector.behind_since is not None
        ]

    @property
    def current(self) -> bool:
        """Whether all is known that decisions depend on; what more requests there are does not."""
        return all(
            reflector.behind_since is None
            for reflector in self._all.values()
            if reflector is not self._requests
        )

    async def run(self) -> None:
        """Follow the cluster until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name, reflector in self._all.items():
                tasks.create_task(reflector.run(), name=f"watch {name}")


_LISTED = msgspec.json.Decoder(Listed)


def _status(request: Request) -> tuple[str, str]:
    decision = request.decision
    return request.namespace, decision.type.lower() if decision else "unmatched"


def _labels_changed(listener: Handlers, key: Key, old: Listed | None, new: Listed | None) -> None:
    if new and not (old and old.metadata.labels == new.metadata.labels):
        listener.namespace(key[1])


def _stored_policy(raw: bytes | msgspec.Raw) -> StoredPolicy:
    obj = msgspec.json.decode(raw)
    status = obj.get("status") or {}
    conditions = msgspec.convert(status.get("conditions") or [], tuple[Condition, ...])
    return StoredPolicy(Policy.read(obj), conditions)
