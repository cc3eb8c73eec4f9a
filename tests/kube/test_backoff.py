"""How long we wait after failures."""

import pytest

from approver.kube.backoff import Backoff
from tests.kube.pretended import PretendedTime


async def pauses(time: PretendedTime, count: int) -> list[float]:
    backoff = Backoff(time.timing, first=1, longest=10)
    for _ in range(count):
        await backoff.pause()
    return time.slept


async def test_pauses_double_up_to_the_longest() -> None:
    assert await pauses(PretendedTime(chance=1), 6) == [1, 2, 4, 8, 10, 10]


async def test_chance_takes_up_to_half_of_a_pause() -> None:
    assert await pauses(PretendedTime(chance=0), 6) == [0.5, 1, 2, 4, 5, 5]


async def test_it_starts_anew_when_all_went_well_for_long() -> None:
    time = PretendedTime()
    backoff = Backoff(time.timing, first=1, longest=10)
    for _ in range(4):
        await backoff.pause()
    time.now += 11
    await backoff.pause()

    assert time.slept == [1, 2, 4, 8, 1]


@pytest.mark.parametrize(
    ("asked", "slept"), [(7.0, 7.0), (0.1, 1.0), (None, 1.0), (1_000_000.0, 300.0)]
)
async def test_what_the_server_asks_for_is_followed_within_reason(
    asked: float | None, slept: float
) -> None:
    time = PretendedTime()
    await Backoff(time.timing, first=1).pause(asked)

    assert time.slept == [slept]
