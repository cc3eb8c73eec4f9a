"""Many policies and one request make a decision."""

from typing import Any

import pytest

from approver import Decision, Policy, review
from approver.review import Catalogue, NeedBindings, Review, Selection
from approver.review.message import LONGEST
from tests.examples import policy, request

WEB = request("DNS:www.example.com")


def web(name: str, pattern: str = "*.example.com", **spec: Any) -> Policy:  # noqa: ANN401 - fields of a policy
    return policy(name, allowedDNSNames=[pattern], **spec)


def broken(name: str) -> Policy:
    return policy(name, plugins={"rego": {}}, allowedIsCA=False)


def test_the_first_by_name_approves() -> None:
    decision = review([web("b"), web("a"), web("c")], WEB)
    assert (decision.verdict, decision.policy) == ("approved", "a")
    assert decision.message == 'Approved by CertificateRequestPolicy: "a"'


def test_one_that_approves_is_enough() -> None:
    assert review([web("a", "*.org"), web("b")], WEB).policy == "b"


def test_a_denial_lists_the_violations_by_policy() -> None:
    decision = review([web("b", "*.org"), web("a", "*.net", maxDuration="1h")], WEB)
    assert decision.verdict == "denied"
    assert decision.message == (
        "No policy approved this request:"
        ' [a: spec.allowedDNSNames: "www.example.com" does not match "*.net";'
        " spec.maxDuration: an unset duration is not within the maximum, 1h]"
        ' [b: spec.allowedDNSNames: "www.example.com" does not match "*.org"]'
    )


def test_only_bound_policies_decide() -> None:
    assert review([web("a"), web("b")], WEB, bound=["b"]).policy == "b"
    assert review([web("a")], WEB, bound=[]).verdict == "unmatched"
    denied = review([web("a", "*.org"), web("b", "*.net")], WEB, bound=["b"])
    assert "[b: " in denied.message
    assert "[a: " not in denied.message, "a requester hears nothing of the policies of others"


def test_without_policies_nobody_decides() -> None:
    assert review([], WEB).verdict == "unmatched"


def test_a_denial_waits_for_a_policy_that_is_not_ready() -> None:
    decision = review([web("a", "*.org"), broken("b")], WEB)
    assert decision.verdict == "waiting"
    assert decision.message == "Waiting for policies that are not ready: b"


def test_an_approval_does_not_wait() -> None:
    assert review([broken("a"), web("b")], WEB).policy == "b"


def test_a_policy_that_audits_never_decides() -> None:
    assert review([web("a", mode="Audit")], WEB).verdict == "unmatched"
    decision = review([web("a", "*.org", mode="Audit"), web("b")], WEB)
    assert decision.policy == "b"
    assert decision.policies["a"].violations


def test_what_no_policy_can_make_good_is_denied_at_once() -> None:
    unreadable = request("DNS:www.example.com", request="AAAA")
    decision = review([web("a"), broken("b")], unreadable)
    assert decision.verdict == "denied"
    assert decision.message.startswith("No policy can approve this request: spec.request: pem: ")
    assert decision.request_problems
    assert decision.policies["a"].verdict is None


def test_what_nobody_is_bound_to_is_left_alone() -> None:
    unreadable = request("DNS:www.example.com", request="AAAA")
    assert review([web("a")], unreadable, bound=[]).verdict == "unmatched"
    assert review([web("a", mode="Audit")], unreadable).verdict == "unmatched"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("request", "not base64!", "spec.request is not base64"),
        ("request", "QUJD=", "spec.request is not base64"),
        ("duration", "1d", 'spec.duration: "1d" is not a Go duration'),
    ],
)
def test_other_fields_that_cannot_be_read(field: str, value: str, reason: str) -> None:
    decision = review([web("a")], request("DNS:www.example.com", **{field: value}))
    assert decision.verdict == "denied"
    assert reason in decision.message


def test_base64_may_have_line_breaks() -> None:
    encoded = WEB.spec.request
    broken_up = "\r\n".join(encoded[at : at + 64] for at in range(0, len(encoded), 64))
    assert review([web("a")], request(request=broken_up)).verdict == "approved"


def test_messages_are_bounded_and_say_how_much_is_left_out() -> None:
    names = [f"DNS:{number}.{'x' * 40}.example.org" for number in range(100)]
    decision = review([web(f"p{number:03}") for number in range(50)], request(*names))
    assert len(decision.message) <= LONGEST
    assert "; and 92 more violations]" in decision.message
    assert decision.message.endswith(" more policies")


def test_one_policy_with_much_to_say_is_heard() -> None:
    patterns = [f"{number}.{'y' * 100}.example.net" for number in range(9)]
    long_message = policy(
        "a",
        selector={"issuerRef": {}},
        allowed={
            "dnsNames": {
                "values": patterns,
                "validations": [{"rule": "false", "message": "m" * 9999}],
            }
        },
    )
    names = [f"DNS:{number}.{'x' * 40}.example.org" for number in range(9)]
    message = review([long_message], request(*names)).message
    assert message.startswith("No policy approved this request: [a: spec.allowed.dnsNames.values: ")
    assert message.endswith(" more violations]")
    assert len(message) <= LONGEST
    only_rule = policy(
        "a",
        selector={"issuerRef": {}},
        allowed={"dnsNames": {"validations": [{"rule": "false", "message": "m" * 9999}]}},
    )
    assert review([only_rule], WEB).message.endswith("m and 9455 more characters]")


def test_the_order_of_policies_does_not_matter() -> None:
    policies = [web("a", "*.org"), broken("b"), web("c", "*.net"), web("d", mode="Audit")]
    assert review(policies, WEB) == review(policies[::-1], WEB)


class TestAsking:
    """Who may use a policy is asked late, and only where it matters."""

    def test_the_first_that_would_approve_comes_first(self) -> None:
        case = case_of([web("a", "*.org"), web("b"), web("c")])
        assert case.decide() == NeedBindings(("b",))
        case.learn_bindings({"b": True})
        assert verdict(case) == "approved"

    def test_then_more_at_a_time(self) -> None:
        case = case_of([web(name) for name in "abcdefgh"])
        asked = []
        while isinstance(ask := case.decide(), NeedBindings) and not ask.anew:
            asked.append(ask.names)
            case.learn_bindings(dict.fromkeys(ask.names, False))
        assert asked == [("a",), ("b", "c"), ("d", "e", "f", "g"), ("h",)]

    def test_a_denial_needs_to_know_all(self) -> None:
        case = case_of([web("a", "*.org"), web("b", "*.net")])
        assert case.decide() == NeedBindings(("a", "b"))
        case.learn_bindings({"a": False, "b": True})
        assert verdict(case) == "denied"

    def test_before_a_denial_those_that_would_approve_are_asked_anew(self) -> None:
        case = case_of([web("a"), web("b", "*.org")])
        case.learn_bindings({"a": False, "b": True})
        assert case.decide() == NeedBindings(("a",), anew=True)
        case.learn_bindings({"a": True}, anew=True)
        assert verdict(case) == "approved"

    def test_nothing_is_asked_about_policies_that_do_not_apply(self) -> None:
        elsewhere = {"namespace": {"matchNames": ["team-b"]}}
        assert verdict(case_of([web("a", selector=elsewhere)])) == "unmatched"

    def test_audit_policies_are_asked_about_if_they_have_something_to_report(self) -> None:
        case = case_of([web("a", "*.org", mode="Audit"), web("b", mode="Audit")])
        assert case.decide() == NeedBindings(("a",))


def case_of(policies: list[Policy]) -> Review:
    return Review(Selection.of(Catalogue(policies), WEB, {}), WEB, {})


def verdict(case: Review) -> str:
    decision = case.decide()
    assert isinstance(decision, Decision), decision
    return decision.verdict
