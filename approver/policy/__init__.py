"""One policy: what it says, whether that is valid, and how a request breaks it."""

from approver.policy.decoded import DecodedRequest
from approver.policy.policy import Policy

__all__ = ["DecodedRequest", "Policy"]
