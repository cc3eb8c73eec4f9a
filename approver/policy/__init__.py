"""One policy: what it says, whether that is valid, and how a request breaks it."""

from approver.policy.asked import Asked
from approver.policy.policy import Policy

__all__ = ["Asked", "Policy"]
