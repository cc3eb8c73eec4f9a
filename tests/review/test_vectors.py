"""What a correct review decides, as data: see tests/vectors/README.md."""

from collections.abc import Mapping
from typing import Any

import pytest

import approver
from tests.vectors import load


def decide(case: Mapping[str, Any]) -> approver.Decision:
    return approver.review(
        [approver.Policy.parse(policy) for policy in case["policies"]],
        approver.Request.parse(case["request"]),
        case["bound"],
        case["namespaceLabels"],
    )


@pytest.mark.parametrize("case", load("pattern"), ids=lambda case: case["id"])
def test_pattern_style(case: Mapping[str, Any]) -> None:
    decision = decide(case)
    assert (decision.verdict, decision.policy) == (
        case["expected"]["verdict"],
        case["expected"]["by"],
    )


@pytest.mark.parametrize("case", load("hostile"), ids=lambda case: f"{case['id']}-{case['tag']}")
def test_hostile_requests(case: Mapping[str, Any]) -> None:
    decision = decide(case)
    assert decision.verdict == case["expected"], case["why"]
    assert bool(decision.request) == (case["by"] == "request" or not case["by"]), decision.message
