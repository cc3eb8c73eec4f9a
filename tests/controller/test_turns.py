"""The event loop is shared: work that never waits begins once in each turn of it."""

import asyncio

from approver.controller.turns import Turns


async def test_one_begins_in_each_turn_of_the_loop_in_the_order_of_asking() -> None:
    turns, began = Turns(), list[int]()

    async def work(number: int) -> None:
        for _ in range(2):
            await turns.take()
            began.append(number)

    workers = [asyncio.create_task(work(number)) for number in range(3)]
    counts = []
    while not all(worker.done() for worker in workers):
        before = len(began)
        await asyncio.sleep(0)
        counts.append(len(began) - before)
    assert max(counts) == 1
    assert began == [0, 0, 1, 2, 1, 2]  # the first one asks again before the others ask


async def test_who_is_cancelled_leaves_the_turn_to_the_next() -> None:
    turns = Turns()
    await turns.take()
    first, second = asyncio.create_task(turns.take()), asyncio.create_task(turns.take())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait_for(second, 1)
