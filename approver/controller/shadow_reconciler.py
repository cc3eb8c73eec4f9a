"""What we would have decided, beside what another approver has: counted, and nothing written."""

import logging
from itertools import product
from typing import Final

from approver.controller import log_fields
from approver.controller.queue import Lane, WorkQueue
from approver.controller.reviewer import Reviewer
from approver.controller.snapshot import Snapshots
from approver.controller.workers import Done, RequeueAfter, Result, TakesLong
from approver.controller.writer import Leadership
from approver.kube.watch_stream import Key
from approver.model import Condition, Decision, Request
from approver.ops.metrics import Metrics, counter

_log = logging.getLogger(__name__)

_NONE: Final = "none"  # of a request that was deleted before anybody decided it
_SHADOW = counter(
    "policy_approver_shadow",
    "What we would have decided, and what another approver has; none: it was deleted.",
    "ours",
    "theirs",
    known=product(("approved", "denied", "unmatched", "waiting"), ("approved", "denied", _NONE)),
)

_AGREEING: Final = {
    ("approved", "approved"),
    ("denied", "denied"),
    ("unmatched", _NONE),
    ("waiting", _NONE),
}
_NAMESPACE_RETRY_SECONDS: Final = 0.2  # its watch is behind that of requests


class ShadowReconciler:
    """Reviews a request once another approver has decided it.

    The review comes second, so that both are of the same policies, and each request counts once.
    """

    def __init__(
        self,
        queue: WorkQueue[Key],
        snapshots: Snapshots,
        reviewer: Reviewer,
        leadership: Leadership,
        metrics: Metrics,
    ) -> None:
        self._queue = queue
        self._snapshots = snapshots
        self._reviewer = reviewer
        self._leadership = leadership
        self._metrics = metrics
        self._decided: dict[Key, tuple[Request, Condition | None]] = {}

    async def reconcile(self, key: Key, lane: Lane = Lane.SHORT) -> Result:
        """Review a request that another approver has decided, and compare.

        Raise `KubeError` or `RuleEngineError`; the request must then be reconciled again.
        """
        decided = self._decided.get(key)
        if decided is None:
            return Done()
        request, theirs = decided
        snapshot = self._snapshots.current
        labels = snapshot.namespace_labels(request.namespace)
        if labels is None:
            return RequeueAfter(_NAMESPACE_RETRY_SECONDS)
        ours = await self._reviewer.review(request, snapshot, labels, at_length=lane is Lane.LONG)
        if ours is None:
            return TakesLong()
        if ours.unasked:
            await self._reviewer.ask_late(request, ours.unasked)
            return RequeueAfter(0)
        if self._decided.get(key) is decided:  # and not another one of that name by now
            del self._decided[key]
        self._compare(request, ours, theirs)
        return Done()

    def failed(self, key: Key, error: Exception) -> None:
        """Hear that a request could not be reconciled, and will be tried again."""
        if key in self._decided:
            request, _ = self._decided[key]
            fields = log_fields.request(request) | {"error": str(error)}
            _log.error("request not reviewed, to be tried again", extra=fields)

    def closed(self, key: Key, request: Request, outcome: Condition | None) -> None:
        """Hear that a request was decided, or with None that it is gone."""
        if self._leadership.leading:
            self._decided[key] = request, outcome
            self._queue.add(key)

    def _compare(self, request: Request, ours: Decision, condition: Condition | None) -> None:
        """Count whether both agree; log it if they do not."""
        theirs = condition.type.lower() if condition else _NONE
        self._metrics[_SHADOW].labels(ours.verdict, theirs).inc()
        fields = log_fields.request(request) | {"ours": ours.verdict}
        if (ours.verdict, theirs) in _AGREEING:
            _log.debug("both agree", extra=fields)
            return
        fields |= {"theirs": theirs, "their reason": condition.message if condition else ""}
        _log.warning("another approver differs", extra=fields | log_fields.full_trace(ours))
