"""When a trouble is over, and who is told."""

import asyncio

import pytest

from approver.kube.health import Health


class Patient:
    """Health by a clock that moves as told; `told` has the silence of each recovery."""

    def __init__(self) -> None:
        self.now = 100.0
        self.told: list[bool] = []
        self.health = Health(lambda: self.now)
        self.health.on_recovery(self.told.append)

    def fails(self, *, silent: bool = False) -> None:
        self.health.failed(silent=silent)

    def answers(self, after: float) -> None:
        self.now += after
        self.health.answered()


@pytest.fixture
def patient() -> Patient:
    return Patient()


def test_answers_alone_are_no_news(patient: Patient) -> None:
    patient.answers(after=10)
    patient.answers(after=10)

    assert patient.told == []


def test_a_trouble_is_over_when_nothing_has_failed_for_a_while(patient: Patient) -> None:
    patient.fails()
    patient.answers(after=0.4)
    assert patient.told == []

    patient.answers(after=0.2)
    patient.answers(after=0.2)
    assert patient.told == [False]


def test_failures_among_answers_are_still_the_trouble(patient: Patient) -> None:
    for _ in range(100):
        patient.fails()
        patient.answers(after=0.3)

    assert patient.told == []


def test_silence_at_any_time_of_the_trouble_is_told(patient: Patient) -> None:
    patient.fails(silent=True)
    patient.fails()
    patient.answers(after=1)
    patient.now += 60
    patient.fails()
    patient.answers(after=1)

    assert patient.told == [True, False]


def test_a_trouble_that_comes_back_is_believed_to_be_over_later_each_time(
    patient: Patient,
) -> None:
    recoveries = []
    for second in range(60):
        if patient.health._failed_at is None:  # noqa: SLF001 - fails as soon as it is tried again
            patient.fails()
        before = len(patient.told)
        patient.answers(after=1)
        if len(patient.told) > before:
            recoveries.append(second)

    assert recoveries == [0, 1, 3, 7, 15, 31, 47]


async def test_a_pause_ends_with_the_trouble(patient: Patient) -> None:
    patient.fails()
    waiting = asyncio.create_task(patient.health.sooner(asyncio.sleep(3600)))
    await asyncio.sleep(0)
    patient.answers(after=1)

    await asyncio.wait_for(waiting, 10)


async def test_a_pause_ends_by_itself(patient: Patient) -> None:
    patient.fails()
    await patient.health.sooner(asyncio.sleep(0))
