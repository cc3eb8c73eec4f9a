"""Decides by policy which certificates cert-manager may issue.

    policies = [approver.Policy.parse(obj) for obj in objects]
    request = approver.Request.parse(obj)
    decision = approver.review(policies, request)

These are the names that others may import.
"""

from approver.cel import Engine
from approver.model import Decision, InvalidObjectError, PolicyTrace, Problem, Request, Violation
from approver.policy import Policy
from approver.policy.rules import DEFAULT_ENGINE
from approver.review import review

__all__ = [
    "Decision",
    "InvalidObjectError",
    "Policy",
    "PolicyTrace",
    "Problem",
    "Request",
    "Violation",
    "review",
]

DEFAULT_ENGINE.provide(Engine)
