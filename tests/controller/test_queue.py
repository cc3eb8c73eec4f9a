"""Keys that want work."""

import asyncio

from approver.controller.queue import Lane, WorkQueue


def queue() -> WorkQueue[str]:
    return WorkQueue(lambda: 1.0, workers={Lane.SHORT: 8, Lane.LONG: 2})


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


async def test_a_key_that_is_removed_is_not_handed_out() -> None:
    keys = queue()
    for key in ("a", "b"):
        keys.add(key)
    keys.requeue("c")
    for key in ("a", "c", "never added"):
        keys.remove(key)

    assert len(keys) == 1
    assert await keys.get() == "b"


async def test_a_key_that_is_removed_while_it_is_worked_on_is_not_worked_on_again() -> None:
    keys = queue()
    keys.add("a")
    await keys.get()
    keys.add("a")
    keys.remove("a")
    keys.done("a")
    keys.add("b")

    assert await keys.get() == "b"


async def test_a_key_that_was_removed_can_be_added_again() -> None:
    keys = queue()
    keys.requeue_long("a")
    keys.remove("a")
    keys.add("a")

    assert await keys.get() == "a"


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


def by_namespace(workers: int) -> WorkQueue[str]:
    """Make a queue of keys such as a/1, in namespace a."""
    return WorkQueue(
        lambda: 1.0, group=lambda key: key.partition("/")[0], workers={Lane.SHORT: workers}
    )


async def test_namespaces_take_turns() -> None:
    keys = by_namespace(8)
    for key in ("a/1", "a/2", "a/3", "b/1", "c/1", "b/2"):
        keys.requeue(key)

    assert [await keys.get() for _ in range(4)] == ["a/1", "b/1", "c/1", "a/2"]


async def test_one_namespace_leaves_half_of_the_workers_to_others() -> None:
    keys = by_namespace(4)
    for key in ("a/1", "a/2", "a/3", "a/4"):
        keys.add(key)
    assert [await keys.get(), await keys.get()] == ["a/1", "a/2"]
    third = asyncio.create_task(keys.get())
    await asyncio.sleep(0)

    keys.add("b/1")
    assert await asyncio.wait_for(third, 5) == "b/1"
    fourth = asyncio.create_task(keys.get())
    keys.add("b/2")
    await asyncio.sleep(0)
    assert not fourth.done()

    keys.done("a/1")
    assert await asyncio.wait_for(fourth, 5) == "a/3"


async def test_what_takes_long_has_a_lane_of_its_own_until_it_is_done() -> None:
    keys = queue()
    keys.add("a")
    key = await keys.get()
    assert key
    keys.requeue_long(key)
    keys.done(key)
    keys.add("b")

    assert await keys.get() == "b"
    assert await keys.get(Lane.LONG) == "a"
    keys.add("a")
    keys.done("a")
    assert await keys.get(Lane.LONG) == "a"

    keys.done("a")
    keys.add("a")
    assert await keys.get() == "a"
