"""What is said of a webhook that cannot be called."""

import pytest

from approver.webhook.webhook import Teller


def heard(troubles: list[str], seconds: float, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Give what is logged of troubles of which one is heard each so many seconds."""
    caplog.set_level("INFO")
    moments = iter(range(10_000))
    teller = Teller(clock=lambda: next(moments) * seconds)
    for trouble in troubles:
        teller.hear(trouble)
    return [vars(each).get("error", each.message) for each in caplog.records]


def test_what_lasts_is_told_once_and_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    said = heard(["a"] * 20 + [""] * 5, 1, caplog)
    assert said == ["a", "the webhook can be called"]


def test_a_start_is_no_trouble(caplog: pytest.LogCaptureFixture) -> None:
    assert heard(["a", "b", ""], 1, caplog) == ["the webhook can be called"]


def test_troubles_that_take_turns_are_told_of_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert len(heard(["a", "b"] * 60, 1, caplog)) == 2
