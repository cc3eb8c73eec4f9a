"""The text of a decision, for the person whose request it is about.

It names only policies that are bound to the requester.
"""

from collections.abc import Mapping, Sequence

from approver.model import Violation

LONGEST = 4096
"""Characters in a message; what does not fit is counted."""

# Of each policy, so that one does not hide the others, in characters but for the first.
_VIOLATIONS_SHOWN = 8
_LONGEST_OF_A_POLICY = 1500
_LONGEST_VIOLATION = 600


def approved(name: str) -> str:
    """Say which policy approved."""
    return f'Approved by CertificateRequestPolicy: "{name}"'


def denied(violations: Mapping[str, Sequence[Violation]]) -> str:
    """Say how each policy was broken, in the order of their names."""
    return _list(
        "No policy approved this request:",
        [f"[{name}: {_some(violations[name])}]" for name in sorted(violations)],
        "policies",
    )


def unacceptable(reason: str) -> str:
    """Say what is wrong with the request itself."""
    return f"No policy can approve this request: {reason}"[:LONGEST]


def audited(text: str) -> str:
    """Say that what would not have been approved was, and why it would not."""
    return f"Approved for audit only; enforced, it would not be: {text}"[:LONGEST]


NO_POLICIES = "Approved since there are no policies"


def waiting(names: Sequence[str]) -> str:
    """Say which policies are not ready."""
    return _list("Waiting for policies that are not ready:", sorted(names), "policies")


def unmatched(policies: int, applicable: int) -> str:
    """Say why no policy decides."""
    looked_at = f"{policies} {'policy' if policies == 1 else 'policies'} looked at"
    if not applicable:
        return f"No policy applies to this request ({looked_at})"
    return (
        f"No policy is bound to the requester ({looked_at}, {applicable} applicable): "
        "the verb use on one of them is missing"
    )


def _some(violations: Sequence[Violation]) -> str:
    shown = _shortened(str(violations[0]))
    for index, violation in enumerate(violations[1:], start=1):
        text = _shortened(str(violation))
        if index == _VIOLATIONS_SHOWN or len(shown) + len(text) > _LONGEST_OF_A_POLICY:
            return f"{shown}; and {len(violations) - index} more violations"
        shown += f"; {text}"
    return shown


def _shortened(text: str) -> str:
    left_out = len(text) - _LONGEST_VIOLATION
    if left_out <= 0:
        return text
    return f"{text[:_LONGEST_VIOLATION]} and {left_out} more characters"


def _list(text: str, parts: Sequence[str], noun: str) -> str:
    longest = LONGEST - len(f" and {len(parts)} more {noun}")
    for index, part in enumerate(parts):
        if len(text) + 1 + len(part) > longest:
            return f"{text} and {len(parts) - index} more {noun}"
        text += " " + part
    return text
