"""What Go makes of text: numbers, truth values, times, regular expressions.

Go and the engine do not take the same texts, and do not write the same. Filters stand between: one
that reads refuses, with a ValueError, what Go refuses, and returns the rest as the engine
understands it; one that writes turns the engine's text into Go's.
"""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from approver.cel.sandbox.budget import BUDGET
from approver.model.duration import parse_duration

_INT = re.compile(r"(?:\+|(-?))0*([0-9]{1,20})")
_UINT = re.compile(r"0*([0-9]{1,20})")
_DIGITS = r"[0-9](?:_?[0-9])*"
_HEX = r"[0-9a-f](?:_?[0-9a-f])*"
_DECIMAL = re.compile(
    rf"[+-]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:e[+-]?{_DIGITS})?", re.IGNORECASE
)
_HEXADECIMAL = re.compile(
    rf"[+-]?0x_?(?:{_HEX}(?:\.(?:{_HEX})?)?|\.{_HEX})p[+-]?{_DIGITS}", re.IGNORECASE
)
_NOT_FINITE = re.compile(r"[+-]?inf(?:inity)?|nan", re.IGNORECASE)
_TRUTH = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), "true"),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), "false"),
}
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])"
    r"(\.[0-9]+)?(Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_OFFSET = re.compile(r"[+-]?[0-9]+:[0-5]?[0-9]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_GROUP_NAME = re.compile(r"\(\?P?<([^>]*)>")
_MOST_GROUPS = 330  # Go stops at a height of 1,000, to which a group may add three
_WRITTEN_DURATION = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?s")
_SECOND = 1_000_000_000
_MILLISECOND = 1_000_000


def shortest(number: float) -> str:
    """Return a finite number without an exponent, in the fewest digits that tell it apart."""
    return format(Decimal(repr(number)), "f").removesuffix(".0")


def _int(text: str) -> str:
    if not (found := _INT.fullmatch(text)):
        raise ValueError("not an int")
    return (found[1] or "") + found[2]


def _uint(text: str) -> str:
    if not (found := _UINT.fullmatch(text)):
        raise ValueError("not a uint")
    return found[1]


def _double(text: str) -> str:
    if _NOT_FINITE.fullmatch(text):
        return text
    if _DECIMAL.fullmatch(text):
        return repr(_finite(float(text.replace("_", ""))))
    if _HEXADECIMAL.fullmatch(text):
        return repr(float.fromhex(text.replace("_", "")))
    raise ValueError("not a double")


def _bool(text: str) -> str:
    if text not in _TRUTH:
        raise ValueError("not a bool")
    return _TRUTH[text]


def _duration(text: str) -> str:
    nanoseconds = parse_duration(text)
    seconds, rest = divmod(abs(nanoseconds), _SECOND)
    return f"{'-' if nanoseconds < 0 else ''}{seconds}s{rest}ns"


def _timestamp(text: str) -> str:
    time = _TIME.fullmatch(text)
    if not time:
        raise ValueError("not a time of RFC 3339")
    return time[1] + (time[2] or "")[:10] + time[3]  # nanoseconds, as Go cuts them


def _utc_timestamp(text: str) -> str:
    """Read a time, in a rule that writes times: Go writes them in the zone that they came in."""
    if not text.endswith(("Z", "+00:00", "-00:00")):
        raise ValueError("a time in another zone")
    return _timestamp(text)


def _zone(text: str) -> str:
    if ":" in text and not _OFFSET.fullmatch(text):
        raise ValueError("not a time zone")
    return BUDGET.give(text)


def _pattern(text: str) -> str:
    named = "".join(_GROUP_NAME.findall(text))
    if "C" in _ESCAPED.findall(text) or not named.isascii() or text.count("(") > _MOST_GROUPS:
        raise ValueError("not a regular expression to Go")
    return BUDGET.give(text)


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def _written_double(text: str) -> str:
    return {"nan": "NaN", "-nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}.get(text, text)


def _written_timestamp(text: str) -> str:
    time, point, fraction = text.removesuffix("Z").partition(".")
    return f"{time}{point}{fraction}".rstrip("0").rstrip(".") + "Z" if point else text


def _written_duration(text: str) -> str:
    """Return the seconds, as a float64 holds them."""
    seconds, rest = divmod(abs(_nanoseconds(text)), _SECOND)
    return f"{'-' if text.startswith('-') else ''}{shortest(seconds + rest / _SECOND)}s"


def _written_milliseconds(text: str) -> str:
    return str(int(Decimal(_nanoseconds(text)) / _MILLISECOND))


def _nanoseconds(text: str) -> int:
    written = _WRITTEN_DURATION.fullmatch(text)
    if not written:
        raise ValueError("not a duration")
    sign, seconds, fraction = written.groups()
    nanoseconds = int(seconds) * _SECOND + int((fraction or "").ljust(9, "0"))
    return -nanoseconds if sign else nanoseconds


def _same(value: Any) -> Any:  # noqa: ANN401 - what the filter passes on, of any type
    return value


# Name of the filter -> type -> function; the result has the same type. A filter meets other types
# than text only behind dyn(). What it does not list is an error at evaluation, so are timestamps
# and durations, of which the binding would drop the nanoseconds.
FILTERS: Final[dict[str, dict[str, Callable[[Any], Any]]]] = {
    "@int": {"STRING": _int, "INT": _same, "UINT": _same, "DOUBLE": _same},
    "@uint": {"STRING": _uint, "INT": _same, "UINT": _same, "DOUBLE": _same},
    "@double": {"STRING": _double, "INT": _same, "UINT": _same, "DOUBLE": _same},
    "@bool": {"STRING": _bool, "BOOL": _same},
    "@duration": {"STRING": _duration},
    "@timestamp": {"STRING": _timestamp, "INT": _same},
    "@utc_timestamp": {"STRING": _utc_timestamp, "INT": _same},
    "@string": {
        "STRING": BUDGET.give,
        "BYTES": _same,
        "BOOL": _same,
        "INT": _same,
        "UINT": _same,
        "DOUBLE": _finite,
    },
    "@zone": {"STRING": _zone},
    "@pattern": {"STRING": _pattern},
    "@written_double": {"STRING": _written_double},
    "@written_timestamp": {"STRING": _written_timestamp},
    "@written_duration": {"STRING": _written_duration},
    "@written_nanoseconds": {"STRING": lambda text: str(_nanoseconds(text))},
    "@written_milliseconds": {"STRING": _written_milliseconds},
}
