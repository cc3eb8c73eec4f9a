"""The fields of the policy language: how each is read, and what it asks of requests."""

from approver.policy.fields.declarations import EXTENSIONS, FIELDS
from approver.policy.fields.field import Absent, Field, Style

__all__ = ["EXTENSIONS", "FIELDS", "Absent", "Field", "Style"]
