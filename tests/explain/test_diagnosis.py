"""Given what is known of a request, this is why it is where it is, and this helps."""

import pytest

from approver import Policy
from approver.explain import CAUSES, Diagnosis, Facts, diagnose
from approver.model import Request
from approver.rbac import Binding, Bindings, Role, parser
from tests.controlplane.identities import ALICE, BOB, Identity
from tests.controlplane.manifests import grant, use
from tests.examples import policy, request

SELECTOR: dict[str, object] = {"namespace": {}}
WEB = policy("web", selector=SELECTOR, allowedDNSNames=["*.example.com"])
NARROW = policy("narrow", selector=SELECTOR, allowedDNSNames=["*.example.net"])
BROKEN = policy("broken", selector=SELECTOR, allowedDNSNames=["*"], maxDuration="a while")
ELSEWHERE = policy(
    "elsewhere", selector={"namespace": {"matchNames": ["team-b"]}}, maxDuration="1h"
)


def asked(*names: str) -> Request:
    return request(*(names or ("DNS:web.example.com",)), username="alice")


def granted(*policies: str, to: Identity = ALICE) -> Bindings:
    objects = [
        obj for name in policies for obj in grant(f"use-{name}", use(name), to, namespace="team-a")
    ]
    found: list[tuple[str, Role | Binding]] = [
        (obj["kind"], parser(obj["kind"])(obj)) for obj in objects
    ]
    return Bindings(found)


def explained(*policies: Policy, bindings: Bindings | None = None, **facts: object) -> Diagnosis:
    known = {
        "request": asked(),
        "labels": {},
        "bindings": Bindings() if bindings is None else bindings,
        **facts,
    }
    return diagnose(Facts(policies=policies, **known))  # type: ignore[arg-type]  # any of them


@pytest.mark.parametrize(
    ("policies", "bound", "cause"),
    [
        ([], [], "no-policies"),
        ([ELSEWHERE], ["elsewhere"], "none-selects"),
        ([WEB], [], "not-bound"),
        ([WEB], ["web"], "pending"),
        ([NARROW], ["narrow"], "violations"),
        ([BROKEN], ["broken"], "not-ready"),
        ([WEB, BROKEN], ["web", "broken"], "pending"),
    ],
)
def test_the_cause(policies: list[Policy], bound: list[str], cause: str) -> None:
    assert explained(*policies, bindings=granted(*bound)).cause == cause
    assert cause in CAUSES


def test_what_nobody_may_see_is_never_guessed() -> None:
    facts = Facts(request=asked(), policies=[WEB], labels={}, bindings=None)
    found = diagnose(facts)
    assert (found.cause, found.now) == ("unseen", None)


def test_the_nearest_policy_comes_first() -> None:
    found = explained(NARROW, ELSEWHERE, WEB, bindings=granted("narrow"))
    assert [row.policy for row in found.rows] == ["web", "narrow", "elsewhere"]


def test_the_binding_that_is_proposed_is_one_and_leads_to_what_it_says() -> None:
    found = explained(NARROW, WEB)
    first, second = found.remedies
    assert (first.then, second.then) == ("approved", "denied")
    [role, binding] = first.manifests
    assert role["rules"][0]["resourceNames"] == ["web"]
    made = [(obj["kind"], parser(obj["kind"])(obj)) for obj in first.manifests]
    assert explained(NARROW, WEB, bindings=Bindings(made)).cause == "pending"
    assert binding["metadata"]["namespace"] == "team-a"


def test_a_role_that_permits_just_this_is_used_and_none_is_replaced() -> None:
    [role, _] = grant("use-policy-web", use("web"), BOB)
    [other, _] = grant("use-policy-narrow", use("narrow", "web"), BOB)
    bindings = Bindings([(obj["kind"], parser(obj["kind"])(obj)) for obj in (role, other)])
    found = explained(WEB, NARROW, bindings=bindings)
    [binding] = found.remedies[0].manifests
    assert binding["roleRef"]["name"] == "use-policy-web"
    [made, _] = found.remedies[1].manifests
    assert made["metadata"]["name"] == "use-policy-narrow-2"


def test_a_request_that_nobody_can_approve() -> None:
    refused = asked("DNS:web.example.com", "URI:spiffe://a/../b")
    found = explained(WEB, bindings=granted("web"), request=refused)
    assert found.cause == "request-refused"
    assert "san" in found.remedies[0].text


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ({"approver": ""}, "no-approver"),
        ({"approver": "one"}, "pending"),
        ({"events": {"EvaluationError": "The approver may not approve for a"}}, "may-not-approve"),
    ],
)
def test_what_could_be_decided_and_is_not(facts: dict[str, object], cause: str) -> None:
    assert explained(WEB, bindings=granted("web"), **facts).cause == cause
