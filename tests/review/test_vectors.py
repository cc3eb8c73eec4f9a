"""What a correct review decides, as data: see tests/vectors/README.md."""

from collections.abc import Mapping
from typing import Any

import pytest

import approver
from tests.controlplane.manifests import certificate_request
from tests.examples import policy
from tests.vectors import ADDED_RULES, load

Case = dict[str, Any]
Outcome = dict[str, Any]

BATCH = 50
EVERYTHING: dict[str, Any] = next(
    case["policies"][0]["spec"] for case in load("hostile") if case["expected"] == "approved"
)
"""A policy that permits every name, subject and usage."""


def batches(name: str) -> list[list[Case]]:
    cases = load(name)
    return [cases[start : start + BATCH] for start in range(0, len(cases), BATCH)]


def first_id(cases: list[Case]) -> str:
    return str(cases[0]["id"])


def decide(case: Case) -> approver.Decision:
    return approver.review(
        [approver.Policy.parse(policy) for policy in case["policies"]],
        approver.Request.parse(case["request"]),
        case["bound"],
        case["namespaceLabels"],
    )


@pytest.mark.parametrize("cases", batches("pattern"), ids=first_id)
def test_pattern_style(cases: list[Case]) -> None:
    for case in cases:
        decision = decide(case)
        found: Outcome = {"verdict": decision.verdict, "by": decision.policy, "policies": {}}
        assert found == case["expected"], case["id"]


@pytest.mark.parametrize("cases", batches("structured"), ids=first_id)
def test_structured_style(cases: list[Case]) -> None:
    for case in cases:
        if any(rule in str(case["policies"]) for rule in ADDED_RULES):
            continue  # with which a policy is ready here
        decision = decide(case).to_dict()
        found = {
            "verdict": decision["verdict"],
            "by": decision["policy"],
            "policies": {name: outcome(trace) for name, trace in decision["policies"].items()},
        }
        assert found == case["expected"], case["id"]


def outcome(trace: Mapping[str, Any]) -> Outcome:
    """Say of a policy what the vectors say."""
    violations = trace["violations"]
    found: Outcome = {key: trace[key] for key in ("ready", "selected", "bound")}
    if not trace["ready"]:
        found["problems"] = sorted({problem["field"] for problem in trace["problems"]})
        return found
    found["evaluated"] = trace["evaluated"]
    found["violations"] = sorted({violation["field"] for violation in violations})
    if failed := sorted({violation["field"] for violation in violations if violation["failed"]}):
        found["failed"] = failed
    return found


@pytest.mark.parametrize("case", load("hostile"), ids=lambda case: f"{case['id']}-{case['tag']}")
def test_hostile_requests(case: Case) -> None:
    decision = decide(case)
    assert decision.verdict == case["expected"], case["why"]
    assert bool(decision.request_problems) == (case["by"] != "policy"), decision.message


@pytest.mark.parametrize("form", load("csrs"), ids=lambda form: str(form["name"]))
def test_forms_that_real_tools_write(form: Case) -> None:
    """With a policy that permits everything, and what the form needs beside."""
    permitting = EVERYTHING["allowed"] | form["allowed"]
    judge = policy(selector=EVERYTHING["selector"], allowed=permitting)
    csr = certificate_request(
        "web", "team-a", form["request"], usages=form["usages"], isCA=form["isCA"]
    )
    decision = approver.review([judge], approver.Request.parse(csr))
    assert decision.verdict == form["expected"], decision.message
