"""Moments as Kubernetes writes them; strftime takes longer than all the rest of a patch."""

from datetime import datetime


def whole_seconds(moment: datetime) -> str:
    """Write a moment in UTC as a `Time`, such as that of a condition."""
    return _write(moment, "seconds")


def microseconds(moment: datetime) -> str:
    """Write a moment in UTC as a `MicroTime`, such as that of an event or a Lease."""
    return _write(moment, "microseconds")


def _write(moment: datetime, precision: str) -> str:
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")
