"""What is wrong with policies that can be proven, or shown by a request."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from approver.analysis import parts
from approver.analysis.domains import Texts
from approver.analysis.language import EVERYTHING, UndecidedError
from approver.analysis.limits import limits
from approver.analysis.parts import PARTS
from approver.analysis.pieces import MOST_PIECES, let_through, met, outside
from approver.analysis.reading import regions, selected
from approver.analysis.region import Region
from approver.analysis.witness import request_of
from approver.model import Request
from approver.policy import Policy
from approver.policy.check import RuleCheck
from approver.review import review


def implied(policy: Policy, check: RuleCheck) -> bool:
    """Tell whether it is proven that a rule takes nothing away of what else there is permits."""
    found = limits(replace(policy, rule_checks=(check,)), {})
    try:
        return found.exact and not any(
            outside(region, found.regions, [MOST_PIECES]) for region in regions(policy)
        )
    except UndecidedError:
        return False


def contradicted(policy: Policy, check: RuleCheck) -> bool:
    """Tell whether it is proven that no value that else is permitted passes a rule."""
    asked: Sequence[Region] = regions(policy)
    part = check.values.part
    whole = PARTS.get(part.field) if part and check.rule.scope == "value" else None
    if part and isinstance(whole, Texts):
        asked = met(asked, [Region({part.field: Texts(whole.alphabet, some=(EVERYTHING,))})])
    found = limits(replace(policy, rule_checks=(check,)), {})
    try:
        return bool(asked) and not met(asked, found.regions)
    except UndecidedError:
        return False


def undone(limit: Policy, other: Policy) -> tuple[Request, Mapping[str, str]] | None:
    """Return a request that a policy selects and denies, and another one approves; and the labels.

    None if none is found: nothing is concluded from that.
    """
    try:
        for region in met(regions(other), selected(limit)):
            denied = outside(region, regions(limit), [MOST_PIECES]) or region
            for each in let_through(other, [denied]):
                if (example := each.example()) and (found := _told_apart(limit, other, example)):
                    return found
    except (UndecidedError, ValueError):
        return None
    return None


def _told_apart(
    limit: Policy, other: Policy, example: Mapping[str, Any]
) -> tuple[Request, Mapping[str, str]] | None:
    request, labels = request_of(example), example.get(parts.LABELS, {})
    verdicts = [
        review([policy], request, namespace_labels=labels).verdict for policy in (limit, other)
    ]
    return (request, labels) if verdicts == ["denied", "approved"] else None
