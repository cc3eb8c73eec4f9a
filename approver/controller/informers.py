"""What the controller knows of the cluster: requests, policies, namespaces, and who may what."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from approver.controller.access_informers import AccessInformers
from approver.controller.requester_webhook import RequesterWebhook
from approver.crd import WrittenFields, missing_fields
from approver.kube.freshness import Freshness
from approver.kube.reflector import Reflector
from approver.kube.resources import (
    CERTIFICATE_REQUESTS,
    NAMESPACES,
    POLICIES,
    POLICY_DEFINITION,
)
from approver.kube.session import Session
from approver.kube.watch_stream import LISTED_ANEW, Key
from approver.model import Condition, MetadataOnly, Request
from approver.ops.metrics import ALL_REPLICAS, Metrics, gauge
from approver.policy import Policy
from approver.rbac import Bindings

_REQUESTS = gauge(
    "certmanager_approverpolicy_certificaterequests_approval",
    f"CertificateRequests by status: approved, denied, unmatched{ALL_REPLICAS}.",
    "namespace",
    "status",
)
_MISSING_FIELDS = gauge(
    "policy_approver_crd_missing_fields",
    f"Fields of policies that the installed CustomResourceDefinition drops{ALL_REPLICAS}.",
)


_WEBHOOK_PROBLEMS = gauge(
    "policy_approver_cert_manager_webhook_problems",
    "Configurations of cert-manager's webhook that are missing or may be passed by: without them, a"
    " request may name any requester.",
)


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A policy, and what else its object says: the spec as JSON, conditions, and who wrote what."""

    policy: Policy
    spec: bytes
    conditions: tuple[Condition, ...]
    written: WrittenFields

    @property
    def version(self) -> tuple[str, int, bytes]:
        """What changes with the spec, and not with the status.

        Another definition has another spec come of the same object.
        """
        return self.policy.metadata.uid, self.policy.metadata.generation, self.spec


@dataclass(frozen=True, slots=True)
class _Installed:
    """A definition of policies: what it lacks, and whether it is to stay."""

    missing: Sequence[str]
    stays: bool


class Handlers(Protocol):
    """What is called at each change, on the event loop: it must not block or raise.

    `old` is the object as it was known, `new` as it is now; None where there is none.
    """

    def request_changed(self, key: Key, old: Request | None, new: Request | None) -> None:
        """Hear of an open request, and of one that no longer is."""

    def policy_changed(self, key: Key, old: StoredPolicy | None, new: StoredPolicy | None) -> None:
        """Hear of a policy, its status included."""

    def definition_changed(self) -> None:
        """Hear that the definition of policies has changed."""

    def labels_changed(self, namespace: str) -> None:
        """Hear that a namespace has other labels, or is new."""

    def namespace_deleted(self, namespace: str) -> None:
        """Hear that a namespace is gone."""

    def access_changed(self) -> None:
        """Hear that a role or a binding has changed that can let somebody use policies."""


class Informers:
    """Reflectors of all that decisions depend on. Of requests, only open ones are kept.

    With `require_webhook`, it is not current while something is wrong with cert-manager's.
    """

    def __init__(self, session: Session, *, require_webhook: bool = False) -> None:
        self._subscribed: Handlers | None = None
        self._clock = session.timing.clock
        self._had_policy = False
        self._no_policies_since: float | None = None
        self._requests = Reflector(
            session,
            CERTIFICATE_REQUESTS,
            msgspec.json.Decoder(Request).decode,
            keep=lambda request: request.open,
            classify=_status,
            on_change=lambda *change: self._handlers.request_changed(*change),  # noqa: PLW0108 - not yet there
        )
        self._policies = Reflector(
            session,
            POLICIES,
            stored_policy,
            on_change=self._policy_changed,
        )
        self._freshness = Freshness(session, POLICIES, self._policies)
        self._definition = Reflector(
            session,
            POLICY_DEFINITION,
            _installed,
            on_change=lambda *_: self._handlers.definition_changed(),
            times=LISTED_ANEW,
        )
        self._namespaces = Reflector(
            session,
            NAMESPACES,
            _METADATA.decode,
            on_change=self._namespace_changed,
            times=LISTED_ANEW,
        )
        self._access = AccessInformers(session, on_change=lambda: self._handlers.access_changed())  # noqa: PLW0108 - not yet there
        self._webhook = RequesterWebhook(session)
        self._require_webhook = require_webhook
        self._all: Mapping[str, Reflector[Any]] = {
            "requests": self._requests,
            "policies": self._policies,
            "the definition of policies": self._definition,
            "namespaces": self._namespaces,
            **self._access.reflectors,
            **(self._webhook.reflectors if require_webhook else {}),
        }

    @property
    def requests(self) -> Mapping[Key, Request]:
        """The open requests."""
        return self._requests.cache

    @property
    def unreadable_policies(self) -> Mapping[Key, str]:
        """Why a policy cannot be decoded."""
        return self._policies.unreadable

    @property
    def policies(self) -> Mapping[Key, StoredPolicy]:
        """All policies."""
        return self._policies.cache

    @property
    def bindings(self) -> Bindings:
        """What roles and bindings say of who may use which policy."""
        return self._access.bindings

    @property
    def no_policies_for(self) -> float | None:
        """For how many seconds it is known that there is no policy; None once there was any.

        Without a definition, or while it is being deleted, nothing is known.
        """
        definitions = self._definition.cache.values()
        defined = bool(definitions) and all(definition.stays for definition in definitions)
        if self._had_policy or not defined:
            self._no_policies_since = None
            return None
        now = self._clock()
        self._no_policies_since = self._no_policies_since or now
        return now - self._no_policies_since

    @property
    def webhook_problems(self) -> Sequence[str]:
        """What is missing of cert-manager's webhook, so that requesters may be false."""
        return self._webhook.problems

    @property
    def missing_fields(self) -> Sequence[str]:
        """The fields of policies that the installed definition lacks."""
        return [
            path for definition in self._definition.cache.values() for path in definition.missing
        ]

    def namespace_labels(self, namespace: str) -> Mapping[str, str] | None:
        """Return a namespace's labels, None if nothing is known of it (yet)."""
        listed = self._namespaces.cache.get(("", namespace))
        return listed.metadata.labels if listed else None

    def missing(self) -> list[str]:
        """Name what has not been read yet, or may have changed since unseen, and why."""
        behind = [
            f"{name}: {reflector.trouble}" if reflector.trouble else name
            for name, reflector in self._all.items()
            if reflector.behind_since is not None
        ]
        return behind + (list(self.webhook_problems) if self._require_webhook else [])

    @property
    def current(self) -> bool:
        """Whether all is known that decisions depend on; what more requests there are does not."""
        if self._require_webhook and self.webhook_problems:
            return False
        return all(
            reflector.behind_since is None
            for reflector in self._all.values()
            if reflector is not self._requests
        )

    async def prove_current(self) -> bool:
        """Tell whether all is known, of policies as the API server itself says, not only a watch.

        A policy that was narrowed more than two seconds ago is never decided by.
        """
        return await self._freshness.ensure() and self.current

    def reread_policies(self) -> None:
        """List the policies anew, each as if it had changed: the definition has."""
        self._policies.reread()

    def report(self, metrics: Metrics) -> None:
        """Bring the gauges up to date."""
        metrics[_REQUESTS].clear()
        for labels, number in self._requests.counts.items():
            metrics[_REQUESTS].labels(*labels).set(number)
        metrics[_MISSING_FIELDS].set(len(self.missing_fields))
        metrics[_WEBHOOK_PROBLEMS].set(len(self.webhook_problems))

    async def run(self, handlers: Handlers) -> None:
        """Follow the cluster until cancelled, and tell `handlers` of every change."""
        self._subscribed = handlers
        async with asyncio.TaskGroup() as tasks:
            for name, reflector in self._all.items():
                tasks.create_task(reflector.run(), name=f"watch {name}")
            tasks.create_task(self._webhook.run(), name="cert-manager's webhook")
            if not self._require_webhook:
                for name, reflector in self._webhook.reflectors.items():
                    tasks.create_task(reflector.run(), name=f"watch {name}")

    @property
    def _handlers(self) -> Handlers:
        assert self._subscribed is not None, "nothing changes before `run`"  # noqa: S101
        return self._subscribed

    def _policy_changed(self, key: Key, old: StoredPolicy | None, new: StoredPolicy | None) -> None:
        self._had_policy = True
        self._handlers.policy_changed(key, old, new)

    def _namespace_changed(
        self, key: Key, old: MetadataOnly | None, new: MetadataOnly | None
    ) -> None:
        if new and not (old and old.metadata.labels == new.metadata.labels):
            self._handlers.labels_changed(key[1])
        if new is None:
            self._handlers.namespace_deleted(key[1])


def _installed(raw: bytes | msgspec.Raw) -> _Installed:
    definition = msgspec.json.decode(raw)
    return _Installed(
        missing_fields(definition), stays="deletionTimestamp" not in definition["metadata"]
    )


_METADATA = msgspec.json.Decoder(MetadataOnly)


def _status(request: Request) -> tuple[str, str]:
    decision = request.decision
    return request.namespace, decision.type.lower() if decision else "unmatched"


def stored_policy(raw: bytes | msgspec.Raw) -> StoredPolicy:
    """Read the JSON of a policy; raise what its parts raise."""
    obj = msgspec.json.decode(raw)
    status = obj.get("status") or {}
    conditions = msgspec.convert(status.get("conditions") or [], tuple[Condition, ...])
    spec = msgspec.json.encode(obj.get("spec") or {})
    return StoredPolicy(Policy.read(obj), spec, conditions, WrittenFields.of(obj))
