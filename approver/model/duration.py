"""Go durations, as Kubernetes objects write them: `720h`, `1h30m`, `1.5s`."""

import re

_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,  # micro sign
    "\u03bcs": 1_000,  # Greek letter mu
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60 * 1_000_000_000,
    "h": 3600 * 1_000_000_000,
}
_TERM = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)")
_MAX = 2**63 - 1
_LONGEST = 128  # characters: no duration that a person writes comes near


def parse_duration(text: str) -> int:
    """Return nanoseconds, read as Go's `time.ParseDuration` does; raise `ValueError`."""
    unsigned = text[1:] if text[:1] in {"+", "-"} else text
    if unsigned == "0":
        return 0
    if not unsigned or len(text) > _LONGEST:
        raise ValueError("not a Go duration such as 1h30m")
    total = position = 0
    while position < len(unsigned):
        term = _TERM.match(unsigned, position)
        if not term or not (term[1] or term[2]):
            raise ValueError("not a Go duration such as 1h30m")
        unit = _NANOSECONDS[term[3]]
        total += int(term[1] or "0") * unit + _fraction(term[2] or "", unit)
        position = term.end()
    negative = text.startswith("-")
    if total > _MAX + negative:
        raise ValueError("longer than a Go duration can be, about 292 years")
    return -total if negative else total


def format_duration(nanoseconds: int) -> str:
    """Return a Go duration of hours, minutes and seconds: `720h`, `1h30m`, `0.3s`, `0s`."""
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    hours, rest = divmod(rest, _NANOSECONDS["h"])
    minutes, rest = divmod(rest, _NANOSECONDS["m"])
    seconds, fraction = divmod(rest, _NANOSECONDS["s"])
    decimals = f".{fraction:09}".rstrip("0") if fraction else ""
    terms = [
        f"{hours}h" if hours else "",
        f"{minutes}m" if minutes else "",
        f"{seconds}{decimals}s" if seconds or fraction else "",
    ]
    return sign + ("".join(terms) or "0s")


def _fraction(digits: str, unit: int) -> int:
    """Return the fraction's nanoseconds with Go's rounding, which is that of its float64."""
    value, scale = 0, 1.0
    for digit in digits:
        if value > _MAX // 10 or value * 10 + int(digit) > _MAX:
            break
        value = value * 10 + int(digit)
        scale *= 10
    return int(float(value) * (float(unit) / scale))
