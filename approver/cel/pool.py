"""Workers: started when they are needed, replaced when they are spent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from approver.cel.worker_handle import WorkerHandle
from approver.rules import RuleEngineError

_FEWEST_WORKERS: Final = 2
_WAIT_SECONDS: Final = 10.0  # for a worker


class Pool:
    """Up to `size` workers, two at least, each lent to one user at a time."""

    def __init__(self, size: int) -> None:
        if size < _FEWEST_WORKERS:
            raise ValueError("one rule that hangs must not stop all: it takes two workers")
        self._places = asyncio.Semaphore(size)
        self._slow_places = asyncio.Semaphore(size - 1)
        self._idle: list[WorkerHandle] = []
        self._all: set[WorkerHandle] = set()
        self._closed = False

    @asynccontextmanager
    async def worker(self, *, slow: bool) -> AsyncIterator[WorkerHandle]:
        """Lend a worker; `slow` work leaves one to the others.

        Raise `RuleEngineError` if there is none to be had.
        """
        async with AsyncExitStack() as places:
            try:
                async with asyncio.timeout(_WAIT_SECONDS):
                    if slow:
                        await places.enter_async_context(self._slow_places)
                    await places.enter_async_context(self._places)
                    worker = await self._usable()
            except TimeoutError:
                raise RuleEngineError("all CEL workers are busy") from None
            except OSError as error:
                raise RuleEngineError(f"no CEL worker can be started: {error}") from error
            try:
                yield worker
            finally:
                await self._take_back(worker)

    def resident_memory(self) -> int:
        """Return the bytes of memory that all workers have."""
        return sum(worker.resident_memory() for worker in self._all)

    async def close(self) -> None:
        """End all workers, and lend none any more."""
        self._closed = True
        for worker in list(self._all):
            await self._drop(worker)

    async def _usable(self) -> WorkerHandle:
        worker = self._idle.pop() if self._idle else await self._started()
        if self._closed:
            await self._drop(worker)
            raise RuleEngineError("the CEL engine is closed")
        if worker.usable:
            return worker
        await self._drop(worker)
        return await self._usable()

    async def _started(self) -> WorkerHandle:
        worker = await WorkerHandle.start()
        self._all.add(worker)
        return worker

    async def _take_back(self, worker: WorkerHandle) -> None:
        if worker.usable:
            self._idle.append(worker)
        else:
            await self._drop(worker)

    async def _drop(self, worker: WorkerHandle) -> None:
        self._all.discard(worker)
        await worker.end()
