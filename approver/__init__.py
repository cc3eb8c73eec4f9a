"""Decides by policy which certificates cert-manager may issue.

    policies = [approver.Policy.parse(obj) for obj in objects]
    request = approver.Request.parse(obj)
    decision = approver.review(policies, request)

These are the names that others may import; each is loaded when it is first used.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from approver.model import (
        Decision,
        Error,
        InvalidObjectError,
        PolicyTrace,
        Problem,
        Request,
        Violation,
    )
    from approver.policy import Policy
    from approver.review.review import review
    from approver.rules import RuleEngine, RuleEngineError

__all__ = [
    "Decision",
    "Error",
    "InvalidObjectError",
    "Policy",
    "PolicyTrace",
    "Problem",
    "Request",
    "RuleEngineError",
    "Violation",
    "review",
]

_HOMES = dict.fromkeys(__all__, "approver.model") | {
    "Policy": "approver.policy",
    "RuleEngineError": "approver.rules",
    "review": "approver.review",
}


def __getattr__(name: str) -> object:
    """Load a public name (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


class _Package(ModuleType):
    def __setattr__(self, name: str, value: object) -> None:
        # An import binds a submodule to its name here. `review` is the function, not its room.
        if not (name == "review" and isinstance(value, ModuleType)):
            super().__setattr__(name, value)
        # The command takes up its signals before it loads a room, so this one waits for its engine.
        if name == "rules" and isinstance(value, ModuleType):
            value.DEFAULT_ENGINE.provide(_cel_engine)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return __all__


def _cel_engine() -> "RuleEngine":
    engine: RuleEngine = import_module("approver.cel").Engine()
    return engine
