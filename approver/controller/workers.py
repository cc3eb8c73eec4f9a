"""Workers over a queue: each takes a key and reconciles it, as controller-runtime's do."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from approver.controller.queue import Lane, WorkQueue
from approver.controller.turns import Turns
from approver.model import Error

K = TypeVar("K")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """There is nothing more to do until something changes."""


@dataclass(frozen=True, slots=True)
class RequeueAfter:
    """The key must be looked at again after so many seconds, even if nothing changes."""

    seconds: float


@dataclass(frozen=True, slots=True)
class TakesLong:
    """The key needs more time than most: it goes on among those that do."""


Result = Done | RequeueAfter | TakesLong


async def _always() -> bool:
    return True


class Workers(Generic[K]):
    """`number` workers that call `reconcile` for the keys of one lane of a queue.

    An error is not the end of a key: `on_error` is told, and the key is retried, the later the more
    often it has failed, but not before the error's `retry_after` seconds. Nor is it the end of a
    worker, whatever the error. `may_work` is awaited before each key; False ends the worker.
    """

    def __init__(
        self,
        queue: WorkQueue[K],
        reconcile: Callable[[K], Awaitable[Result]],
        *,
        number: int = 1,
        lane: Lane = Lane.SHORT,
        on_error: Callable[[K, Exception], None],
        may_work: Callable[[], Awaitable[bool]] = _always,
    ) -> None:
        self._queue = queue
        self._reconcile = reconcile
        self._number = number
        self._lane = lane
        self._on_error = on_error
        self._may_work = may_work
        self._turns = Turns()

    async def run(self) -> None:
        """Work until the queue is closed, or cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._number):
                tasks.create_task(self._work(), name=f"{self._lane.value} worker {number}")

    async def _work(self) -> None:
        while (key := await self._queue.get(self._lane)) is not None and await self._may_work():
            try:
                await self._turns.take()
                await self._process(key)
            finally:
                self._queue.done(key)

    async def _process(self, key: K) -> None:
        try:
            result = await self._reconcile(key)
        except Exception as error:  # noqa: BLE001 - what breaks on one key must not stop the others
            if not isinstance(error, Error):
                _log.exception("unexpected error, to be tried again", extra={"key": key})
            self._queue.retry(key, getattr(error, "retry_after", None))
            self._on_error(key, error)
            return
        self._queue.forget(key)
        if isinstance(result, RequeueAfter):
            self._queue.add_later(key, result.seconds)
        elif isinstance(result, TakesLong):
            self._queue.requeue_long(key)
