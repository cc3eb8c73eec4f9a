"""How values and times are written, by Grafana's names of units."""

import time
from collections.abc import Callable, Mapping
from typing import Final


def written(value: float, unit: str) -> str:
    """Write a value as short as can be."""
    return _WRITERS.get(unit, _count)(value)


def clock(seconds: float) -> str:
    """Write a moment, in seconds since 1970, as the time of the day in UTC."""
    return time.strftime("%H:%M:%S", time.gmtime(seconds))


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2g}"


def _seconds(value: float) -> str:
    if value < 1e-3:
        return f"{value * 1e6:.3g} µs" if value else "0"
    if value < 1:
        return f"{value * 1e3:.3g} ms"
    return f"{value:.3g} s" if value < 120 else f"{value / 60:.3g} min"


def _bytes(value: float) -> str:
    return f"{value / 2**20:.0f} MiB" if value else "0"


def _rate(value: float) -> str:
    return f"{value:.3g}/s" if value else "0"


_WRITERS: Final[Mapping[str, Callable[[float], str]]] = {
    "s": _seconds,
    "bytes": _bytes,
    "reqps": _rate,
}
