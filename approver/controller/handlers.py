"""What a change in the cluster means: which keys are queued, and what is no longer true."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from approver.controller.informers import Informers, StoredPolicy
from approver.controller.pending import Pending
from approver.controller.policies import Policies
from approver.controller.queue import WorkQueue
from approver.controller.slow_start import SlowStart
from approver.controller.snapshot import Snapshots
from approver.kube.authorizer import Authorizer
from approver.kube.events import EventWriter
from approver.kube.watch_stream import Key
from approver.model import Condition, Request
from approver.ops.metrics import Metrics
from approver.policy.index import Change

_log = logging.getLogger(__name__)

_REREAD_AGAIN_SECONDS: Final = (1.0, 5.0)
_PAUSE_SECONDS: Final = 0.05  # between two times that requests are queued
_SLICE_SECONDS: Final = 0.002  # for which it holds the event loop
_MOST_CHANGES: Final = 20  # to look at one by one: more concern all requests


class Closing(Protocol):
    """Who wants to know that a request is no longer open."""

    def closed(self, key: Key, request: Request, outcome: Condition | None) -> None:
        """Hear that a request, as it was when open, was decided, or with None that it is gone."""


Concerns = Callable[[Request], bool]
"""Tells whether a change can matter to a request."""


def _concerns_all(_: Request) -> bool:
    return True


class Requeuer:
    """Queues open requests again after whatever may have changed their decisions."""

    def __init__(self, requests: Mapping[Key, Request], queue: WorkQueue[Key]) -> None:
        self._requests = requests
        self._queue = queue
        self._changes: list[Concerns] = []
        self._changed = asyncio.Event()

    def request(self, concerns: Concerns) -> None:
        """Have those requests queued soon that a change concerns."""
        self._changes.append(concerns)
        if len(self._changes) > _MOST_CHANGES:
            self._changes = [_concerns_all]
        self._changed.set()

    def request_all(self) -> None:
        """Have all requests queued soon."""
        self.request(_concerns_all)

    async def run(self) -> None:
        """Queue requests until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            changes, self._changes = self._changes, []
            await self._requeue(changes)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _requeue(self, changes: Sequence[Concerns]) -> None:
        began = time.perf_counter()
        for key, request in list(self._requests.items()):
            if any(concerns(request) for concerns in changes):
                self._queue.requeue(key)
            if time.perf_counter() - began > _SLICE_SECONDS:
                await asyncio.sleep(0)
                began = time.perf_counter()


@dataclass(frozen=True, kw_only=True, eq=False)
class ChangeHandlers:
    """Called by the informers, the leader elector and the authorizer, on the event loop."""

    informers: Informers
    queue: WorkQueue[Key]
    pending: Pending
    policies: Policies
    snapshots: Snapshots
    requeuer: Requeuer
    slow_start: SlowStart
    authorizer: Authorizer
    events: EventWriter
    closing: Closing
    metrics: Metrics

    def request_changed(self, key: Key, old: Request | None, new: Request | None) -> None:
        """Queue a request that is open; forget one that no longer is."""
        if new is not None and new.open:
            self.pending.add(key, new.metadata.creation_timestamp)
            self.queue.add(key)
            return
        self.pending.remove(key)
        self.queue.remove(key)
        if old is not None:
            self.events.forget(old.metadata)
            self.closing.closed(key, old, new.decision if new else None)

    def policy_changed(self, key: Key, old: StoredPolicy | None, new: StoredPolicy | None) -> None:
        """Compile the policy or report on it; a new status alone changes no decision."""
        if new is None:
            self.metrics.forget("policy", key[1])
        change = self.policies.changed(key)
        if not (old and new and old.version == new.version):
            self.decisions_changed(change)

    def definition_changed(self) -> None:
        """Read all policies again: they may lack fields now, or no longer.

        The API server goes by a new definition only a little later, and each server on its own.
        """
        self.informers.reread_policies()  # at once, so that nothing is decided by what was read
        loop = asyncio.get_running_loop()
        for delay in _REREAD_AGAIN_SECONDS:
            loop.call_later(delay, self.informers.reread_policies)
        if missing := self.informers.missing_fields:
            _log.error(
                "the installed CustomResourceDefinition drops fields of policies",
                extra={"missing": missing},
            )
        self.policies.all_changed()
        self.snapshots.renew()
        self.requeuer.request_all()

    def labels_changed(self, namespace: str) -> None:
        """Decide anew: selectors look at labels."""
        self.snapshots.renew()
        self.requeuer.request(lambda request: request.namespace == namespace)

    def namespace_deleted(self, namespace: str) -> None:
        """Forget it."""
        self.metrics.forget("request_namespace", namespace)

    def access_changed(self) -> None:
        """Ask for access anew; that queues all requests."""
        self.authorizer.invalidate()

    def leadership_changed(self, leading: bool) -> None:  # noqa: FBT001 - what the elector tells
        """Take up what only the leader does."""
        if leading:
            self.slow_start.restart()
            self.policies.report_all()
            self.requeuer.request_all()

    def decisions_changed(self, change: Change) -> None:
        """Decide those requests anew that the policy selects, or did, by another snapshot."""
        self.snapshots.renew()
        self.requeuer.request(lambda request: self._concerns(change, request))

    def _concerns(self, change: Change, request: Request) -> bool:
        labels = self.informers.namespace_labels(request.namespace) or {}
        return any(policy.selects(request, labels) for policy in change if policy)
