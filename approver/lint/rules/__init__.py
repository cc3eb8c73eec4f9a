"""The rules; importing this package declares them all."""

from approver.lint.rules import (
    bindings,
    expressions,
    issuance,
    openness,
    patterns,
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
    "reading",
    "validity",
    "whole",
]
