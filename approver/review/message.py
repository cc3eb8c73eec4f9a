"""The text of a decision, for the person whose request it is about.

It names only policies that are bound to the requester.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from approver.model import Request, Violation, fitting, quote, shorten, some
from approver.model.text import REMARK

LONGEST: Final = 4096
"""Characters in a message; what does not fit is counted."""

MOST_COUNTED: Final = 100
"""Violations of one policy; of more than those it is only said that there are more."""

# Of each policy, so that one does not hide the others, in characters but for the first.
_VIOLATIONS_SHOWN: Final = 8
_LONGEST_OF_A_POLICY: Final = 1500
_LONGEST_VIOLATION: Final = 600

NO_POLICIES: Final = "Approved since there are no policies"


def approved(name: str) -> str:
    """Say which policy approved."""
    return f'Approved by CertificateRequestPolicy: "{name}"'


def denied(violations: Mapping[str, Sequence[Violation]]) -> str:
    """Say how each policy was broken, in the order of their names."""
    return _listing_policies(
        "No policy approved this request:",
        (f"[{name}: {_violations(violations[name])}]" for name in sorted(violations)),
        len(violations),
    )


def unacceptable(reason: str) -> str:
    """Say what is wrong with the request itself."""
    return fitting(f"No policy can approve this request: {reason}", LONGEST)


def audited(text: str) -> str:
    """Say that what would not have been approved was, and why it would not."""
    return fitting(f"Approved for audit only; enforced, it would not be: {text}", LONGEST)


def waiting(names: Sequence[str]) -> str:
    """Say which policies are not ready."""
    return _listing_policies("Waiting for policies that are not ready:", sorted(names), len(names))


def unmatched(request: Request, *, applies: bool) -> str:
    """Say why no policy decides, without what changes with policies that are others' business.

    `applies`: there is one that would, if it were bound to the requester.
    """
    namespace = quote(request.namespace)
    if not applies:
        return f"No policy applies to this request from namespace {namespace}"
    return (
        f"No policy that applies to this request is bound to {quote(request.spec.username)} "
        f"in namespace {namespace}: the verb use on one of them is missing"
    )


def _violations(violations: Sequence[Violation]) -> str:
    found = min(len(violations), MOST_COUNTED)
    more = "; and {} more violations"
    return some(
        (shorten(str(each), _LONGEST_VIOLATION) for each in islice(violations, _VIOLATIONS_SHOWN)),
        found,
        _LONGEST_OF_A_POLICY,
        separator="; ",
        more=more if found == len(violations) else more.replace("{}", "over {}"),
    )


def _listing_policies(text: str, parts: Iterable[str], total: int) -> str:
    longest = LONGEST - REMARK - len(text)
    listed = some(parts, total, longest, separator=" ", more=" and {} more policies")
    return f"{text} {listed}"
