"""The rules; importing this package declares them all."""

from approver.lint.rules import (
    bindings,
    expressions,
    issuance,
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
    "openness",
    "patterns",
    "reach",
    "reading",
    "validity",
    "whole",
]
