"""What is done where policies are not simply enforced."""

import pytest

from approver import Decision, Policy, Request, review
from approver.review import Enforcement
from tests.examples import policy, request

WEB = request("DNS:www.example.com")
UNACCEPTABLE = request(request="bm90IGEgQ1NS")
LABELS = {"policy.cert-manager.io/enforcement": "audit"}

ALLOWS = policy("a", allowedDNSNames=["*.example.com"])
FORBIDS = policy("a", allowedDNSNames=["*.org"])
NOT_READY = policy("a", plugins={"rego": {}}, allowedIsCA=False)


def done(
    enforcement: Enforcement,
    judge: Policy | None,
    asked: Request = WEB,
    *,
    bound: bool = True,
    labels: dict[str, str] | None = None,
    unmatched_for: float | None = 0,
) -> Decision:
    policies = [judge] if judge else []
    return enforcement.apply(
        review(policies, asked, bound=None if bound else []),
        labels or {},
        no_policies_for=None if policies else 60.0,
        unmatched_for=unmatched_for,
    )


def test_what_is_enforced_is_the_decision() -> None:
    assert done(Enforcement(), ALLOWS).verdict == "approved"
    assert done(Enforcement(), FORBIDS).verdict == "denied"
    assert done(Enforcement(), FORBIDS, bound=False).verdict == "unmatched"
    assert done(Enforcement(), None).verdict == "unmatched"


AUDIT = Enforcement(audit=True)


def test_audit_approves_what_would_be_denied_and_says_why_it_would() -> None:
    decision = done(AUDIT, FORBIDS)

    assert (decision.verdict, decision.policy, decision.enforcement) == ("approved", None, "audit")
    assert decision.message == (
        "Approved for audit only; enforced, it would not be: No policy approved this request:"
        ' [a: spec.allowedDNSNames: "www.example.com" does not match "*.org"]'
    )


def test_audit_approves_what_no_policy_decides() -> None:
    assert done(AUDIT, FORBIDS, bound=False).verdict == "approved"
    assert done(AUDIT, None).verdict == "approved"


def test_audit_changes_nothing_where_a_policy_approves_or_is_not_ready() -> None:
    approved = done(AUDIT, ALLOWS)
    assert (approved.policy, approved.enforcement) == ("a", "enforce")
    assert done(AUDIT, NOT_READY).verdict == "waiting"


@pytest.mark.parametrize(
    "lenient", [AUDIT, Enforcement(no_policies_grace=30)], ids=["audit", "no policies"]
)
def test_nothing_overrules_what_is_wrong_with_the_request(lenient: Enforcement) -> None:
    assert done(lenient, ALLOWS, UNACCEPTABLE).verdict == "denied"
    assert done(lenient, ALLOWS, UNACCEPTABLE, bound=False).verdict == "unmatched"
    assert done(lenient, None, UNACCEPTABLE).verdict == "unmatched"


def test_a_namespace_is_audited_by_its_label_where_that_is_switched_on() -> None:
    by_label = Enforcement(namespace_audit=True)

    assert done(by_label, FORBIDS, labels=LABELS).verdict == "approved"
    assert done(by_label, FORBIDS).verdict == "denied"
    assert done(Enforcement(), FORBIDS, labels=LABELS).verdict == "denied"


def test_what_no_policy_decides_is_denied_when_its_time_is_over() -> None:
    patient = Enforcement(unmatched_grace=30)

    assert done(patient, FORBIDS, bound=False, unmatched_for=29).verdict == "unmatched"
    assert done(patient, FORBIDS, bound=False, unmatched_for=30).verdict == "denied"
    assert done(patient, ALLOWS, UNACCEPTABLE, bound=False, unmatched_for=30).verdict == "denied"


def test_nothing_is_denied_for_want_of_a_policy_while_one_is_not_known() -> None:
    impatient = Enforcement(unmatched_grace=0)

    assert done(impatient, FORBIDS, bound=False, unmatched_for=None).verdict == "unmatched"


def test_without_any_policy_all_may_be_approved() -> None:
    lenient = Enforcement(no_policies_grace=30)

    decision = done(lenient, None)
    assert (decision.verdict, decision.message) == (
        "approved",
        "Approved since there are no policies",
    )
    assert done(lenient, FORBIDS, bound=False).verdict == "unmatched"
