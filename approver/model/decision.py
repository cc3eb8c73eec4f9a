"""The outcome of a review, with what led to it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

Verdict = Literal["approved", "denied", "unmatched", "waiting"]


class Problem(msgspec.Struct, frozen=True):
    """Why a policy is not valid: the path of the field at fault, and what is wrong."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Violation(msgspec.Struct, frozen=True):
    """One way in which a request breaks a policy.

    `field` is a path in the policy, `value` what was asked for, `rule` what the policy says
    there; `message` tells both to a person. `failed`: the rule could not be evaluated.
    """

    field: str
    value: str
    rule: str
    message: str
    failed: bool = False

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class PolicyTrace(msgspec.Struct, frozen=True):
    """What one policy had to say about a request.

    `mismatch` names the first part of its selector that does not match, None if it selects the
    request. `bound` is None where nobody had to know; `verdict` is None for a policy that is not
    ready, that did not have to be asked, or whose request cannot be read.
    """

    ready: bool
    enforcing: bool
    problems: tuple[Problem, ...]
    mismatch: str | None
    bound: bool | None
    verdict: Literal["approved", "denied"] | None
    violations: tuple[Violation, ...]

    @property
    def selected(self) -> bool:
        """Whether it applies to the request."""
        return self.mismatch is None


class Decision(msgspec.Struct, frozen=True):
    """The verdict on one request; `message` is the condition's text.

    `policy` names the approving policy. `request_problems` holds what is wrong with the request
    itself, whatever the policies say. `enforcement` is `audit` where policies would not have
    approved. `deciding_policies` names those that led to the decision, and those that audit it.
    `unasked` names policies that may be bound all the same, so that the decision is not final.
    """

    verdict: Verdict
    policy: str | None
    message: str
    request_problems: Sequence[str] = ()
    policies: Mapping[str, PolicyTrace] = {}
    enforcement: Literal["enforce", "audit"] = "enforce"
    deciding_policies: tuple[str, ...] = ()
    unasked: frozenset[str] = frozenset()

    def to_dict(self) -> dict[str, Any]:
        """Return the decision as plain JSON values, policies in the order of their names."""
        return {
            "verdict": self.verdict,
            "policy": self.policy,
            "message": self.message,
            "request": list(self.request_problems),
            "policies": {name: _plain(self.policies[name]) for name in sorted(self.policies)},
        }


def _plain(trace: PolicyTrace) -> dict[str, Any]:
    """Return a trace by the names that others read already."""
    return {
        "ready": trace.ready,
        "problems": msgspec.to_builtins(trace.problems),
        "selected": trace.selected,
        "bound": trace.bound,
        "evaluated": trace.verdict,
        "violations": msgspec.to_builtins(trace.violations),
    }
