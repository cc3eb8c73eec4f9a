"""Keys that want work."""

import asyncio

from approver.controller.queue import WorkQueue


def queue() -> WorkQueue[str]:
    return WorkQueue(lambda: 1.0)


async def test_keys_come_in_their_order_and_each_once() -> None:
    keys = queue()
    for key in ("a", "b", "a"):
        keys.add(key)

    assert len(keys) == 2
    assert [await keys.get(), await keys.get()] == ["a", "b"]


async def test_a_key_added_while_it_is_worked_on_is_worked_on_once_more() -> None:
    keys = queue()
    keys.add("a")
    await keys.get()

    keys.add("a")
    keys.add("a")
    assert len(keys) == 0

    keys.done("a")
    assert await keys.get() == "a"
    keys.done("a")
    assert len(keys) == 0


async def test_a_key_that_failed_more_often_comes_back_later() -> None:
    keys = queue()
    for _ in range(3):
        keys.retry("often")
    keys.retry("once")
    keys.retry("told to wait", 1.0)

    assert [await keys.get() for _ in range(3)] == ["once", "often", "told to wait"]


async def test_a_key_that_is_forgotten_does_not_come_back() -> None:
    keys = queue()
    keys.retry("a", 0.0)
    keys.forget("a")
    keys.retry("b")

    assert await keys.get() == "b"


async def test_no_key_is_handed_out_after_the_end() -> None:
    keys = queue()
    waiting = [asyncio.create_task(keys.get()) for _ in range(2)]
    await asyncio.sleep(0)
    keys.close()
    keys.add("a")

    assert [await task for task in waiting] == [None, None]
    assert await keys.get() is None


async def test_what_is_new_does_not_wait_for_all_that_is_wanted_again() -> None:
    keys = queue()
    for number in range(8):
        keys.requeue(f"old-{number}")
    for number in range(4):
        keys.add(f"new-{number}")

    assert [await keys.get() for _ in range(6)] == [
        "new-0",
        "new-1",
        "new-2",
        "old-0",
        "new-3",
        "old-1",
    ]


async def test_what_was_to_be_tried_again_later_can_be_tried_now() -> None:
    keys = queue()
    keys.retry("a", at_least=3600)

    keys.retry_now()

    assert await keys.get() == "a"
