"""The controller's life: it follows the cluster, decides while it leads, and stops in order."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from approver.controller import rule_workers
from approver.controller.handlers import ChangeHandlers, Requeuer
from approver.controller.informers import Informers
from approver.controller.late_questions import LateQuestions
from approver.controller.pending import Pending
from approver.controller.policies import Policies
from approver.controller.queue import Lane, WorkQueue
from approver.controller.rule_workers import RuleWorkers
from approver.controller.signer_rights import SignerRights
from approver.controller.workers import RequeueAfter, Result, Workers
from approver.controller.writer import Leadership
from approver.kube.events import EventWriter
from approver.kube.watch_stream import Key
from approver.model import Condition, Request
from approver.ops.loop_lag import observe_loop_lag
from approver.ops.metrics import Metrics, counter, gauge

_log = logging.getLogger(__name__)

_LEADING = gauge(
    "leader_election_master_status",
    "Whether this process holds the Lease of the name, and so decides: 1 or 0.",
    "name",
)
_QUEUE_DEPTH = gauge("workqueue_depth", "Requests that wait for a review.", "name")
REQUESTS: Final = "requests"
"""The name of the queue."""

_RETRIES = counter(
    "workqueue_retries", "Reviews that failed and were put back.", "name", known=[(REQUESTS,)]
)
_CONTROLLER: Final = "certificaterequest"
_RECONCILED = counter(
    "controller_runtime_reconcile",
    "Reviews by how they ended, in controller-runtime's words: success, requeue_after, error.",
    "controller",
    "result",
    known=((_CONTROLLER, result) for result in ("success", "requeue_after", "error")),
)
_DECIDING_GRACE_SECONDS: Final = 12.0  # for what is in flight at the end: more than a call takes
_EVENTS_GRACE_SECONDS: Final = 2.0
_PAUSE_SECONDS: Final = 0.05  # between two looks at whether it may decide


class RequestReconciler(Protocol):
    """What is done about requests: by the leader, or in its shadow."""

    async def reconcile(self, key: Key, lane: Lane) -> Result:
        """Bring a request to its decision. What it raises has it called again, later."""
        ...

    def failed(self, key: Key, error: Exception) -> None:
        """Hear what `reconcile` has raised."""

    def closed(self, key: Key, request: Request, outcome: Condition | None) -> None:
        """Hear that a request was decided, or with None that it is gone."""


class Elector(Leadership, Protocol):
    """Who stands for election."""

    async def run(self) -> None:
        """Do so until cancelled."""

    async def release(self) -> None:
        """Make room for another."""


@dataclass(kw_only=True, eq=False)
class Controller:
    """Runs its parts, and decides by its `workers` as long as it leads.

    `lease` is the name of the Lease that elects one of several replicas. Those that do not lead
    keep their caches up to date, and write nothing.
    """

    informers: Informers
    handlers: ChangeHandlers
    requeuer: Requeuer
    elector: Elector
    lease: str
    policies: Policies
    pending: Pending
    queue: WorkQueue[Key]
    late_questions: LateQuestions
    signer_rights: SignerRights
    reconciler: RequestReconciler
    workers: Mapping[Lane, int]
    events: EventWriter
    rule_workers: RuleWorkers
    metrics: Metrics
    _stopping: bool = False

    def missing(self) -> Sequence[str]:
        """Name what keeps it from deciding; nothing if it does."""
        if self._stopping:
            return ["stopping"]
        return [f"waiting for {name}" for name in self.informers.missing()]

    def report(self) -> None:
        """Bring the gauges up to date."""
        self.informers.report(self.metrics)
        self.policies.report(self.metrics)
        self.pending.report(self.metrics, leading=self.elector.leading)
        rule_workers.report(self.rule_workers, self.metrics)
        self.metrics[_LEADING].labels(self.lease).set(self.elector.leading)
        self.metrics[_QUEUE_DEPTH].labels(REQUESTS).set(len(self.queue))

    async def run(self, stop: asyncio.Event) -> None:
        """Decide until `stop` is set, then finish what is in flight."""
        async with asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(self.informers.run(self.handlers), name="informers"),
                tasks.create_task(self.events.run(), name="events"),
                tasks.create_task(self.policies.run(), name="policies"),
                tasks.create_task(self.requeuer.run(), name="requeuer"),
                tasks.create_task(self.signer_rights.run(), name="signer rights"),
                tasks.create_task(observe_loop_lag(self.metrics), name="loop lag"),
                tasks.create_task(self.late_questions.run(), name="late questions"),
            ]
            electing = tasks.create_task(self.elector.run(), name="election")
            deciding = tasks.create_task(self._decide(), name="deciding")
            await stop.wait()
            await self._finish(deciding, electing)
            for task in (deciding, *background):
                task.cancel()

    async def _finish(self, deciding: asyncio.Task[None], electing: asyncio.Task[None]) -> None:
        """Decide what is in flight and make room for another, before all that may take longer."""
        _log.info("stopping")
        self._stopping = True
        self.queue.close()
        await asyncio.wait([deciding], timeout=_DECIDING_GRACE_SECONDS)
        electing.cancel()
        await asyncio.wait([electing])
        await self.elector.release()
        flushing = asyncio.create_task(self.events.flush())
        await asyncio.wait([flushing], timeout=_EVENTS_GRACE_SECONDS)

    async def _decide(self) -> None:
        if await self._may_decide():
            _log.info("deciding", extra={"policies": len(self.informers.policies)})
        async with asyncio.TaskGroup() as tasks:
            for lane, number in self.workers.items():
                workers = Workers(
                    self.queue,
                    partial(self._reconcile, lane=lane),
                    number=number,
                    lane=lane,
                    on_error=self._failed,
                    may_work=self._may_decide,
                )
                tasks.create_task(workers.run(), name=f"{lane.value} workers")

    async def _reconcile(self, key: Key, lane: Lane) -> Result:
        result = await self.reconciler.reconcile(key, lane)
        word = "requeue_after" if isinstance(result, RequeueAfter) else "success"
        self.metrics[_RECONCILED].labels(_CONTROLLER, word).inc()
        return result

    async def _may_decide(self) -> bool:
        """Wait until we lead and know all, for a decision is final; False if it is time to stop."""
        while not self._stopping:
            if self.elector.leading and await self.informers.prove_current():
                return True
            await asyncio.sleep(_PAUSE_SECONDS)
        return False

    def _failed(self, key: Key, error: Exception) -> None:
        self.metrics[_RECONCILED].labels(_CONTROLLER, "error").inc()
        self.metrics[_RETRIES].labels(REQUESTS).inc()
        self.reconciler.failed(key, error)
