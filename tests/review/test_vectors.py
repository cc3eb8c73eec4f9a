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


@pytest.mark.parametrize("case", load("structured"), ids=lambda case: case["id"])
def test_structured_style(case: Mapping[str, Any]) -> None:
    expected = case["expected"]
    decision = decide(case).to_dict()
    assert (decision["verdict"], decision["policy"]) == (expected["verdict"], expected["by"])
    for name, trace in expected["policies"].items():
        assert outcome(decision["policies"][name]) == {"problems": [], "violations": []} | trace


def outcome(trace: Mapping[str, Any]) -> dict[str, Any]:
    """Say of a policy what the vectors say."""
    found = {key: trace[key] for key in ("ready", "selected", "bound")}
    found["problems"] = sorted({problem["field"] for problem in trace["problems"]})
    found["violations"] = sorted({violation["field"] for violation in trace["violations"]})
    failed = sorted({found["field"] for found in trace["violations"] if found["failed"]})
    if failed:
        found["failed"] = failed
    if trace["ready"]:
        found["evaluated"] = trace["evaluated"]
    return found


@pytest.mark.parametrize("case", load("hostile"), ids=lambda case: f"{case['id']}-{case['tag']}")
def test_hostile_requests(case: Mapping[str, Any]) -> None:
    decision = decide(case)
    assert decision.verdict == case["expected"], case["why"]
    assert bool(decision.request) == (case["by"] == "request" or not case["by"]), decision.message
