"""The fields of the policy language: how each is read, and what it asks of requests."""

from approver.policy.fields.declarations import (
    EXTENSIONS,
    FIELDS,
    NAME_CONSTRAINTS_FIELD,
    OTHER_USAGES,
)
from approver.policy.fields.field import Absent, Field, Style

__all__ = [
    "EXTENSIONS",
    "FIELDS",
    "NAME_CONSTRAINTS_FIELD",
    "OTHER_USAGES",
    "Absent",
    "Field",
    "Style",
]
