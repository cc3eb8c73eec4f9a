"""After a change, those requests are reviewed again that it can matter to."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from approver.controller.handlers import Requeuer
from approver.controller.queue import WorkQueue
from approver.kube.watch_stream import Key
from tests.examples import request

HERE, THERE = ("here", "shop"), ("there", "shop")


@asynccontextmanager
async def requeuing() -> AsyncIterator[tuple[Requeuer, WorkQueue[Key]]]:
    requests = {key: request("DNS:a", namespace=key[0]) for key in (HERE, THERE)}
    queue = WorkQueue[Key](lambda: 1.0)
    requeuer = Requeuer(requests, queue)
    running = asyncio.create_task(requeuer.run())
    try:
        yield requeuer, queue
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def queued(queue: WorkQueue[Key]) -> set[Key | None]:
    await asyncio.sleep(0.02)
    return {await queue.get() for _ in range(len(queue))}


async def test_only_those_that_a_change_concerns() -> None:
    async with requeuing() as (requeuer, queue):
        requeuer.request(lambda asked: asked.namespace == "here")
        assert await queued(queue) == {HERE}


async def test_those_that_any_of_several_changes_concerns() -> None:
    async with requeuing() as (requeuer, queue):
        requeuer.request(lambda asked: asked.namespace == "here")
        requeuer.request(lambda asked: asked.namespace == "there")
        requeuer.request(lambda _: False)
        await asyncio.sleep(0.02)
        assert len(queue) == 2


async def test_all_after_more_changes_than_are_worth_looking_at() -> None:
    async with requeuing() as (requeuer, queue):
        for _ in range(1_000):
            requeuer.request(lambda _: False)
        await asyncio.sleep(0.02)
        assert len(queue) == 2
