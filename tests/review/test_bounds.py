"""Whatever a tenant writes, a bounded review stops now and then, and ends as any other would."""

from collections.abc import Iterable
from itertools import islice, product
from string import ascii_lowercase
from typing import Any

import pytest

from approver import Decision, Policy, Request, review
from approver.review import Catalogue, NeedAnswers, NeedBindings, NeedTurn, Review, Selection
from approver.rules import Answer
from tests.controlplane.manifests import certificate_request
from tests.controlplane.pki import signing_request
from tests.examples import policy, request

MOST_NAMES = 4_440
NAMES = [f"DNS:{''.join(name)}" for name in islice(product(ascii_lowercase, repeat=4), MOST_NAMES)]
LARGE = request(*NAMES, username="mallory")


def steps(policies: Iterable[Policy], what: Request, *, bound: bool) -> list[Any]:
    """Review within bounds, and return what it says on its way."""
    catalogue = Catalogue(policies)
    case = Review(Selection.of(catalogue, what, {}), what, {}, bounded=True)
    said: list[Any] = []
    while not said or not isinstance(said[-1], Decision):
        outcome = case.decide()
        said.append(outcome)
        if isinstance(outcome, NeedTurn):
            case.take_turn()
        elif isinstance(outcome, NeedBindings):
            case.learn_bindings(dict.fromkeys(outcome.names, bound), anew=outcome.anew)
        elif isinstance(outcome, NeedAnswers):
            case.learn_answers(dict.fromkeys(outcome.questions, Answer.TRUE))
    return said


@pytest.mark.parametrize("bound", [True, False])
def test_a_large_request_takes_turns_and_is_decided_as_without(*, bound: bool) -> None:
    policies = [policy(f"p{number:02}", allowedDNSNames=[f"*{number}*"]) for number in range(20)]
    *others, decision = steps(policies, LARGE, bound=bound)
    assert others.count(NeedTurn()) >= 4

    whole = review(policies, LARGE, bound=None if bound else [])
    assert (decision.verdict, decision.message) == (whole.verdict, whole.message)


def test_an_ordinary_request_takes_none() -> None:
    policies = [policy(f"p{number:03}", allowedDNSNames=["*.org"]) for number in range(300)]
    assert NeedTurn() not in steps(policies, request("DNS:a.com"), bound=True)


def test_only_so_many_violations_are_looked_for() -> None:
    [*_, decision] = steps([policy("p", allowedDNSNames=["*.org"])], LARGE, bound=True)
    assert len(decision.policies["p"].violations) == 101
    assert "; and over 92 more violations]" in decision.message
    assert decision.message == review([policy("p", allowedDNSNames=["*.org"])], LARGE).message


def test_a_request_is_not_read_if_no_policy_applies() -> None:
    elsewhere = policy("p", allowedDNSNames=["*"], selector={"namespace": {"matchNames": ["x"]}})
    unread = Request.parse(certificate_request("web", "team-a", "not read"))
    [decision] = steps([elsewhere], unread, bound=True)
    assert decision.verdict == "unmatched"
    assert list(decision.request_problems)  # which takes reading it


def test_rules_are_asked_a_few_hundred_questions_at_a_time() -> None:
    rules = [{"rule": f"self != '{number}'"} for number in range(8)]
    strict = Policy.parse(
        {
            "metadata": {"name": "strict"},
            "spec": {
                "selector": {"issuerRef": {}},
                "allowed": {"dnsNames": {"values": ["*"], "validations": rules}},
            },
        }
    )
    *said, decision = steps([strict], LARGE, bound=True)
    asked = [len(step.questions) for step in said if isinstance(step, NeedAnswers)]
    assert max(asked) <= 500
    # More is not asked: the rest counts as what the rules cannot judge.
    assert sum(asked) == 30_000
    assert decision.verdict == "denied"
    assert any(violation.failed for violation in decision.policies["strict"].violations)


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"usages": ["any"] * 101}, "spec.usages: more than 100 entries"),
        (
            {"issuerRef": {"name": "x" * 254}},
            "spec.issuerRef.name: more than 253 characters",
        ),
        (
            {"issuerRef": {"name": "x", "group": "x" * 1_000_000}},
            "spec.issuerRef.group: more than 253 characters",
        ),
    ],
)
def test_absurd_sizes_are_refused(spec: dict[str, Any], problem: str) -> None:
    manifest = certificate_request("web", "team-a", signing_request("", "DNS:a.org"))
    manifest["spec"] |= spec
    decision = review([policy("p", allowedDNSNames=["*"])], Request.parse(manifest))
    assert decision.verdict == "denied"
    assert decision.request_problems == (problem,)
