"""Durations and timestamps, read and written as Go does."""

import pytest

from tests.cel.evaluation import outcome


@pytest.mark.parametrize(
    "rule",
    [
        "duration('1h30m') == duration('90m') && duration('1.5h') == duration('90m')",
        "duration('1µs') == duration('1000ns') && duration('-.5s') == duration('-500ms')",
        "duration('2562047h47m16.854775807s') > duration('0')",
        "int(duration('1.9ns')) == 1 && int(duration('-1us')) == -1000",
        "duration('1h30m45.678s').getMilliseconds() == 5445678",
        "duration('-1.5s').getMilliseconds() == -1500 && duration('-1.5s').getSeconds() == -1",
        "string(duration('1h')) == '3600s' && string(duration('1.5s')) == '1.5s'",
        "string(duration('-1ns')) == '-0.000000001s'",
        "string(duration('100000000.123456789s')) == '100000000.12345679s'",
        "string(timestamp('2024-01-01T00:00:00.120Z')) == '2024-01-01T00:00:00.12Z'",
        "string(timestamp('2024-01-01T00:00:00.123456789Z')) == '2024-01-01T00:00:00.123456789Z'",
        "timestamp('2024-01-01T00:00:00+02:00') == timestamp('2023-12-31T22:00:00Z')",
        "timestamp('2024-01-01T00:00:00.12345678999Z').getMilliseconds() == 123",
        "timestamp('2024-01-01T23:00:00Z').getHours('Europe/Berlin') == 0",
        "timestamp('2024-01-01T23:00:00Z').getMinutes('-02:30') == 30",
        "timestamp('2024-01-01T23:00:00Z').getHours('02:00') == 1",
        "timestamp(10) - timestamp(5) == duration('5s') && timestamp(dyn(5)) == timestamp(5)",
        "timestamp('9999-12-31T23:59:59Z') > timestamp(0)",
    ],
)
def test_it_holds(rule: str) -> None:
    assert outcome(rule) == "true"


@pytest.mark.parametrize(
    "rule",
    [
        f"{function}('{text}') == {function}('{text}')"
        for function, texts in {
            "duration": ("", "1", "1d", "1h ", "inf", "1H", "1h-30m", "2562048h", "1_0s"),
            "timestamp": (
                "2024-01-01",
                "2024-01-01T00:00:00",
                " 2024-01-01T00:00:00Z",
                "2024-01-01T00:00:00z",
                "2024-01-01T23:59:60Z",
                "2024-02-30T00:00:00Z",
                "2024-1-1T0:0:0Z",
                "2024-01-01T00:00:00,5Z",
                "2024-01-01T00:00:00+0200",
                "2024-01-01T00:00:00+24:00",
                "0000-01-01T00:00:00Z",
                "infinite-future",
            ),
        }.items()
        for text in texts
    ],
)
def test_no_such_time(rule: str) -> None:
    assert outcome(rule) == "failed"


@pytest.mark.parametrize("zone", ["Nowhere/City", "../etc/passwd", "02:00:00", "a:b", "+0200"])
def test_no_such_zone(zone: str) -> None:
    assert outcome(f"timestamp(0).getHours('{zone}') >= 0") == "failed"
    assert outcome("timestamp(0).getHours(self) >= 0", zone) == "failed"


def test_a_number_is_no_duration() -> None:
    assert outcome("duration(1) == duration('1s')") == "unusable"
    assert outcome("duration(dyn(1)) == duration('1s')") == "failed"


def test_a_time_of_another_zone_is_not_written() -> None:
    """Go writes it in that zone, which the engine has forgotten."""
    rule = "string(timestamp('2024-01-01T00:00:00+01:30')) != ''"
    assert outcome(rule) == "failed"
    assert outcome("string(timestamp(self)) != ''", "2024-01-01T00:00:00+01:30") == "failed"
    assert outcome("string(timestamp(self)) != ''", "2024-01-01T00:00:00+00:00") == "true"
