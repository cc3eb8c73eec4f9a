"""The rule engine: CEL as cel-go understands it, in processes of its own.

These are the package's public names.
"""

from approver.cel.engine import AsyncEngine
from approver.cel.facade import Engine

__all__ = ["AsyncEngine", "Engine"]
