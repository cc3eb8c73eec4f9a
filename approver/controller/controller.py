"""The controller: a change in the cluster, a key in the queue, a review, a written decision."""

import asyncio
import logging
import random
import socket
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import Final

from approver.controller.announcer import Announcer
from approver.controller.informers import Handlers, Informers, StoredPolicy
from approver.controller.pending import Pending
from approver.controller.policies import Policies
from approver.controller.queue import WorkQueue
from approver.controller.reviewer import Reviewer
from approver.controller.shadow import Shadow
from approver.controller.writer import Writer
from approver.kube.authorizer import Authorizer
from approver.kube.errors import KubeError
from approver.kube.events import EventWriter
from approver.kube.health import Health
from approver.kube.leader_election import LeaderElector
from approver.kube.session import Session
from approver.kube.watch_stream import Key
from approver.model import Condition, Request
from approver.ops.metrics import Metrics
from approver.review import Enforcement
from approver.rules import AsyncRuleEngine, RuleEngineError

_log = logging.getLogger(__name__)

_LEASE: Final = "policy.cert-manager.io"  # approver-policy's, too, so that one of both decides
_QUEUE: Final = "requests"
_GRACE: Final = 12.0  # seconds for what is in flight at the end: more than a call may take
_EVENTS_GRACE: Final = 2.0  # seconds
_PATIENCE: Final = 3.0  # seconds for which a denial waits while bindings change
# Seconds without a failure before what failed is tried again, and at the most.
_CALM: Final = (0.1, 1.0)
_PAUSE: Final = 0.05  # seconds between two looks at everything


class Controller:
    """Decides the requests of one cluster, as long as it leads.

    `namespace` is where the Lease is that elects one of several. Those that do not lead keep their
    caches up to date, and write nothing. Nor does one that is another approver's `shadow`.
    """

    def __init__(
        self,
        session: Session,
        metrics: Metrics,
        engine: AsyncRuleEngine,
        *,
        namespace: str,
        workers: int,
        enforcement: Enforcement,
        shadow: bool,
    ) -> None:
        self._metrics = metrics
        self._workers = workers
        self._enforcement = enforcement
        self._stopping = False
        self._changed = asyncio.Event()
        self._revision = 0  # of all policies and labels together
        self._queue = WorkQueue[Key](random.random)
        self._pending = Pending(time.monotonic)
        self._writing = Health(time.monotonic, *_CALM)
        self._writing.on_recovery(lambda _: self._queue.hurry())
        self._events = EventWriter(session)
        self._access = Authorizer(session, on_drop=self._changed.set)
        self._lease = f"{_LEASE}-shadow" if shadow else _LEASE
        self._election = LeaderElector(
            session, namespace, self._lease, _identity(), on_change=self._leadership_changed
        )
        self._shadow = Shadow(metrics) if shadow else None
        self._effects = Announcer(session, None if shadow else self._events, metrics)
        self._writer = Writer(self._effects, metrics, self._election)
        self._caches = Informers(
            session,
            Handlers(
                request=self._request_changed,
                policy=self._policy_changed,
                definition=self._definition_changed,
                namespace=lambda _: self._revise(),
                access=self._access.invalidate,
            ),
        )
        self._policies = Policies(
            session,
            self._caches,
            engine,
            on_change=self._revise,
            may_write=lambda: self._election.leading and not shadow,
        )
        self._reviewer = Reviewer(self._policies, self._access, engine, metrics)
        # A server that has just started answers before it knows who may what.
        session.health.on_recovery(lambda _: self._access.invalidate())

    def missing(self) -> Sequence[str]:
        """Name what keeps it from deciding; nothing if it does."""
        if self._stopping:
            return ["stopping"]
        return [f"waiting for {name}" for name in self._caches.missing()]

    def report(self) -> None:
        """Bring the gauges up to date."""
        self._pending.report(self._metrics)
        self._metrics.leading.labels(self._lease).set(self._election.leading)
        self._metrics.requests.clear()
        for labels, number in self._caches.request_counts.items():
            self._metrics.requests.labels(*labels).set(number)
        self._metrics.queue_depth.labels(_QUEUE).set(len(self._queue))
        self._metrics.missing_fields.set(len(self._caches.missing_fields))
        states = Counter((policy.ready, policy.enforcing) for policy in self._policies)
        for ready, enforcing in product((True, False), repeat=2):
            labels = (str(ready).lower(), "Enforce" if enforcing else "Audit")
            self._metrics.policies.labels(*labels).set(states[ready, enforcing])

    async def run(self, stop: asyncio.Event) -> None:
        """Decide until `stop` is set, then finish what is in flight."""
        async with asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(self._caches.run(), name="caches"),
                tasks.create_task(self._events.run(), name="events"),
                tasks.create_task(self._policies.run(), name="policies"),
                tasks.create_task(self._reconsider(), name="reconsider"),
            ]
            standing = tasks.create_task(self._election.run(), name="election")
            deciding = tasks.create_task(self._decide_all(), name="deciding")
            await stop.wait()
            await self._finish(deciding, standing)
            for task in (deciding, *background):
                task.cancel()

    async def _finish(self, deciding: asyncio.Task[None], standing: asyncio.Task[None]) -> None:
        """Decide what is in flight and make room for another, before all that may take longer."""
        _log.info("stopping")
        self._stopping = True
        self._queue.close()
        await asyncio.wait([deciding], timeout=_GRACE)
        standing.cancel()
        await asyncio.wait([standing])
        await self._election.release()
        await asyncio.wait([asyncio.create_task(self._events.flush())], timeout=_EVENTS_GRACE)

    async def _decide_all(self) -> None:
        if await self._may_decide():
            _log.info("deciding", extra={"policies": len(self._caches.policies)})
        async with asyncio.TaskGroup() as workers:
            for number in range(self._workers):
                workers.create_task(self._work(), name=f"worker {number}")

    async def _may_decide(self) -> bool:
        """Wait until we lead and know all, for a decision is final; False if it is time to stop."""
        while not (self._stopping or (self._election.leading and self._caches.current)):  # noqa: ASYNC110 - of many conditions, one is a time
            await asyncio.sleep(_PAUSE)
        return not self._stopping

    async def _work(self) -> None:
        while (key := await self._queue.get()) is not None and await self._may_decide():
            try:
                await self._decide(key)
            finally:
                self._queue.done(key)

    async def _decide(self, key: Key) -> None:
        request = self._find(key)
        if request is None or self._writer.has_written(request):
            self._queue.forget(key)
            return
        try:
            settled = await self._review_and_write(key, request)
        except (KubeError, RuleEngineError) as error:
            self._effects.fail(request, error)
            self._put_back(key, getattr(error, "retry_after", None))
        except Exception as error:  # noqa: BLE001 - what breaks on one must not stop the others
            _log.exception("review failed", extra={"request": "/".join(key)})
            self._effects.fail(request, error)
            self._put_back(key)
        else:
            if settled:
                self._queue.forget(key)
                self._await_denial(key)
            else:
                self._put_back(key)

    def _put_back(self, key: Key, at_least: float | None = None) -> None:
        self._writing.failed(silent=False)
        self._pending.mark(key, "error")
        self._metrics.retries.labels(_QUEUE).inc()
        self._queue.retry(key, at_least)

    def _find(self, key: Key) -> Request | None:
        return self._shadow.find(key) if self._shadow else self._caches.requests.get(key)

    async def _review_and_write(self, key: Key, request: Request) -> bool:
        """Return whether there is nothing more to do until something changes."""
        labels = self._caches.namespace_labels(request.namespace)
        if labels is None:
            return False
        revision = self._revision
        outcome = await self._reviewer.review(request, labels)
        if self._shadow:
            self._shadow.compare(key, outcome)
            return True
        if revision != self._revision or not self._election.leading:
            return True  # reviewed anew, as all requests are after such a change
        outcome = self._enforcement.apply(
            outcome,
            labels,
            any_policy=self._caches.any_policy,
            unmatched_for=self._unmatched_for(key) if outcome.verdict == "unmatched" else None,
        )
        if outcome.verdict == "denied" and self._may_yet_be_bound(key):
            return True  # reviewed anew when the authorizer has caught up
        if outcome.verdict in {"approved", "denied"}:
            await self._writer.write(request, outcome, self._pending.age(key))
            self._writing.answered()
            return True
        self._pending.mark(key, "waiting" if outcome.verdict == "waiting" else "unmatched")
        self._effects.hold(request, outcome)
        return True

    def _unmatched_for(self, key: Key) -> float | None:
        known = all(policy.compiled for policy in self._policies)
        return self._pending.unmatched_for(key) if known else None

    def _await_denial(self, key: Key) -> None:
        """Look at an unmatched request again when its time is over."""
        grace = self._enforcement.unmatched_grace
        if grace is not None and self._pending.is_unmatched(key):
            self._queue.add_later(key, max(grace - self._pending.unmatched_for(key), 0))

    def _may_yet_be_bound(self, key: Key) -> bool:
        """Tell whether there may be a binding that is news to the authorizer."""
        return not self._access.settled and self._pending.held_for(key) < _PATIENCE

    async def _reconsider(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            for key in self._caches.requests:
                self._queue.add_again(key)
            await asyncio.sleep(_PAUSE)

    def _leadership_changed(self, leading: bool) -> None:  # noqa: FBT001 - what the election tells
        if leading:
            self._policies.report_all()
            self._changed.set()

    def _request_changed(self, key: Key, old: Request | None, new: Request | None) -> None:
        if new is not None and new.open:
            self._pending.add(key)
            self._queue.add(key)
            return
        self._pending.remove(key)
        self._queue.forget(key)
        if old is not None:
            self._closed(key, old, new.decision if new else None)

    def _closed(self, key: Key, request: Request, outcome: Condition | None) -> None:
        """Hear that a request was decided, or is gone."""
        self._events.forget(request.metadata)
        if not self._shadow:
            self._writer.closed(request, outcome)
        elif self._election.leading:
            self._shadow.settled(key, request, outcome)
            self._queue.add(key)

    def _policy_changed(self, key: Key, old: StoredPolicy | None, new: StoredPolicy | None) -> None:
        if new is None:
            self._metrics.forget_policy(key[1])
        self._policies.changed(key)
        if not (old and new and old.version == new.version):
            self._revise()

    def _definition_changed(self) -> None:
        if missing := self._caches.missing_fields:
            _log.error(
                "the installed CustomResourceDefinition drops fields of policies",
                extra={"missing": missing},
            )
        self._policies.report_all()
        self._revise()

    def _revise(self) -> None:
        self._revision += 1
        self._reviewer.revise()
        self._changed.set()


def _identity() -> str:
    """Return a name that no other process has."""
    return f"{socket.gethostname()}_{uuid.uuid4()}"
