"""Workers over a queue: what a key's reconciliation returns or raises, and what follows."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from approver.controller.queue import WorkQueue
from approver.controller.workers import Done, RequeueAfter, Result, Workers
from approver.kube.errors import TooManyRequestsError
from tests.kube.following import until


class Log:
    """What was reconciled, and what went wrong."""

    def __init__(self, *outcomes: Result | Exception) -> None:
        self._outcomes = list(outcomes)
        self.keys: list[str] = []
        self.errors: list[tuple[str, Exception]] = []

    async def reconcile(self, key: str) -> Result:
        self.keys.append(key)
        outcome = self._outcomes.pop(0) if self._outcomes else Done()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def failed(self, key: str, error: Exception) -> None:
        self.errors.append((key, error))


async def working(log: Log, *keys: str, until_done: Callable[[], bool]) -> WorkQueue[str]:
    """Have one worker reconcile until something is true; give the queue."""
    queue = WorkQueue[str](lambda: 0.0)
    for key in keys:
        queue.add(key)
    workers = Workers(queue, log.reconcile, number=1, on_error=log.failed)
    running = asyncio.create_task(workers.run())
    await until(until_done)
    assert not running.done()
    queue.close()
    await asyncio.wait_for(running, 5)
    return queue


async def test_done_is_not_looked_at_again() -> None:
    log = Log(Done())
    queue = await working(log, "a", until_done=lambda: log.keys == ["a"])
    assert len(queue) == 0


async def test_a_key_comes_back_when_it_is_to() -> None:
    log = Log(RequeueAfter(0.01))
    await working(log, "a", until_done=lambda: log.keys == ["a", "a"])
    assert log.errors == []


@pytest.mark.parametrize("error", [KeyError("nobody expected this"), RecursionError()])
async def test_an_unexpected_error_neither_ends_the_worker_nor_loses_the_key(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    log = Log(error)
    await working(log, "a", "b", until_done=lambda: log.keys == ["a", "b", "a"])
    assert log.errors == [("a", error)]
    [record] = [record for record in caplog.records if record.exc_info]
    assert record.getMessage() == "unexpected error, to be tried again"


async def test_a_known_error_is_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    log = Log(TooManyRequestsError(429, "", "later"))
    await working(log, "a", until_done=lambda: log.keys == ["a", "a"])
    assert not [record for record in caplog.records if record.exc_info]


async def test_the_wait_that_a_server_asks_for_is_kept() -> None:
    log = Log(TooManyRequestsError(429, "", "later", retry_after=3600))
    queue = await working(log, "a", "b", until_done=lambda: log.keys == ["a", "b"])
    assert log.keys == ["a", "b"]
    queue.retry_now()
    assert len(queue) == 1


async def test_a_worker_that_may_not_work_ends() -> None:
    async def never() -> bool:
        return False

    log = Log()
    queue = WorkQueue[str](lambda: 0.0)
    queue.add("a")
    workers = Workers(queue, log.reconcile, number=2, on_error=log.failed, may_work=never)
    running: Awaitable[None] = asyncio.create_task(workers.run())
    queue.close()
    await asyncio.wait_for(running, 5)
    assert log.keys == []


async def test_keys_that_need_not_wait_leave_the_loop_to_others() -> None:
    log, turns = Log(), 0
    keys = [str(number) for number in range(100)]

    async def look() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    await working(log, *keys, until_done=lambda: len(log.keys) == len(keys))
    looking.cancel()
    assert turns >= len(keys)
