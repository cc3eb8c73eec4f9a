"""Durations are read as Go reads them; the expectations are what Go 1.26 answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approver.model import format_duration, parse_duration

HOUR = 3600 * 10**9


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("+0", 0),
        ("1h", HOUR),
        ("+1h", HOUR),
        ("-1h", -HOUR),
        ("1h30m", HOUR * 3 // 2),
        ("1.5h", HOUR * 3 // 2),
        (".5h", HOUR // 2),
        ("1.h", HOUR),
        ("30m1h", HOUR * 3 // 2),
        ("300ms", 300_000_000),
        ("1us", 1_000),
        ("1\u00b5s", 1_000),
        ("1\u03bcs", 1_000),
        ("0.3333333333333333333h", 1_200_000_000_000),
        ("9223372036854775807ns", 2**63 - 1),
        ("-9223372036854775808ns", -(2**63)),
        ("2562047h47m16.854775807s", 2**63 - 1),
    ],
)
def test_what_go_reads(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "h",
        ".h",
        "-",
        "+",
        "1 h",
        " 1h",
        "1h ",
        "1d",
        "--1h",
        "1H",
        "1e3s",
        "1_0s",
        "\u0661h",
    ],
)
def test_what_go_does_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="not a Go duration"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["9223372036854775808ns", "2562048h", "99999999999999999999999h"])
def test_longer_than_go_can_count(text: str) -> None:
    with pytest.raises(ValueError, match="292 years"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (720 * HOUR, "720h"),
        (HOUR * 3 // 2, "1h30m"),
        (300_000_000, "0.3s"),
        (1, "0.000000001s"),
    ],
)
def test_written_short(nanoseconds: int, text: str) -> None:
    assert format_duration(nanoseconds) == text


@given(st.integers(-(2**63), 2**63 - 1))
def test_what_is_written_is_read_back(nanoseconds: int) -> None:
    # A fraction of a second goes through a float64, as in Go, which is exact for nine digits.
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds
