"""Writes after a pause: one first, then twice as many each time."""

import asyncio

from approver.controller.slow_start import SlowStart


async def test_one_goes_first_and_then_twice_as_many_each_time() -> None:
    start, working, most = SlowStart(), 0, list[int]()

    async def work() -> None:
        nonlocal working
        async with start.turn():
            working += 1
            most.append(working)
            await asyncio.sleep(0)
            start.succeeded()
            working -= 1

    await asyncio.gather(*(work() for _ in range(30)))
    assert most[:3] == [1, 1, 2]
    assert max(most) > 8

    start.restart()
    most.clear()
    await asyncio.gather(work(), work())
    assert most[0] == 1


async def test_what_was_not_written_leaves_it_at_that() -> None:
    start = SlowStart()
    for _ in range(3):
        await _take(start)
    async with start.turn():
        second = asyncio.create_task(_take(start))
        await asyncio.sleep(0.01)
        assert not second.done()
    await asyncio.wait_for(second, 1)


async def test_who_is_cancelled_takes_no_turn_from_others() -> None:
    start = SlowStart()
    async with start.turn():
        first, second = asyncio.create_task(_take(start)), asyncio.create_task(_take(start))
        await asyncio.sleep(0)
        first.cancel()
    await asyncio.wait_for(second, 1)


async def _take(start: SlowStart) -> None:
    async with start.turn():
        pass


async def test_nobody_waits_long_for_one_that_hangs() -> None:
    start = SlowStart()
    async with start.turn():
        await asyncio.wait_for(_take(start), 2)
