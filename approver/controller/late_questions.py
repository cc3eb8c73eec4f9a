"""Access that roles and bindings do not show: asked when nobody waits for the answer."""

import logging
from collections.abc import Callable, Mapping

from approver.controller.queue import WorkQueue
from approver.controller.reviewer import Reviewer
from approver.controller.snapshot import Snapshots
from approver.controller.workers import Done, Workers
from approver.kube.watch_stream import Key
from approver.model import Request

_log = logging.getLogger(__name__)


class LateQuestions:
    """Asks about the policies that nobody was asked about, for requests that no others decide.

    There is one worker, a few questions at a time, and namespaces take turns. `on_answered` is
    called when a request is to be reviewed again. `jitter` returns a number in [0, 1).
    """

    def __init__(
        self,
        requests: Mapping[Key, Request],
        snapshots: Snapshots,
        reviewer: Reviewer,
        *,
        jitter: Callable[[], float],
        on_answered: Callable[[Key], None],
    ) -> None:
        self._requests = requests
        self._snapshots = snapshots
        self._reviewer = reviewer
        self._queue = WorkQueue[Key](jitter, group=lambda key: key[0])
        self._on_answered = on_answered

    def add(self, key: Key) -> None:
        """Ask for a request."""
        self._queue.requeue(key)

    async def run(self) -> None:
        """Ask until cancelled."""
        await Workers(self._queue, self.reconcile, on_error=_warn).run()

    async def reconcile(self, key: Key) -> Done:
        """Ask a few questions for a request, if there still are any. Raise `KubeError`."""
        request = self._requests.get(key)
        if request is None:
            return Done()
        snapshot = self._snapshots.current
        labels = snapshot.namespace_labels(request.namespace) or {}
        decision = await self._reviewer.review(request, snapshot, labels, at_length=True)
        if decision and decision.unasked:
            await self._reviewer.ask_late(request, decision.unasked)
            self._queue.requeue(key)
        else:
            self._on_answered(key)
        return Done()


def _warn(key: Key, error: Exception) -> None:
    _log.warning("access not asked about", extra={"request": "/".join(key), "error": str(error)})
