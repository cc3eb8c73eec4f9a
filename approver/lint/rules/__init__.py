"""The rules; importing this package declares them all."""

from approver.lint.rules import (
    bindings,
    expressions,
    issuance,
    live,
    openness,
    patterns,
    reach,
    reading,
    validity,
    whole,
)

__all__ = [
    "bindings",
    "expressions",
    "issuance",
    "live",
    "openness",
    "patterns",
    "reach",
    "reading",
    "validity",
    "whole",
]
