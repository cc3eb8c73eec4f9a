"""The rule engine: CEL as cel-go understands it, in processes of its own.

These are the package's public names. Each is loaded when it is first used: a worker process, which
imports its own modules from below here, needs neither.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from approver.cel.engine import AsyncEngine
    from approver.cel.sync_engine import Engine

__all__ = ["AsyncEngine", "Engine"]

_HOMES = {"AsyncEngine": "approver.cel.engine", "Engine": "approver.cel.sync_engine"}


def __getattr__(name: str) -> object:
    """Load a public name (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value
