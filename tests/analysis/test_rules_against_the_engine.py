"""What is read off rules in CEL, held against what the engine answers."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from approver.analysis import Question, can, limits, parts, request_of
from approver.model import Request
from approver.policy import Policy
from approver.review import Catalogue, review
from approver.review.examine import read_or_reason
from tests.analysis.random_policies import parts_of_a_request
from tests.analysis.random_rules import of_requests, of_values

pytestmark = pytest.mark.timeout(240)  # thousands of cases, beside other work

RULES = 400
REQUESTS = 60
NAMES = ("a", "b", "a.b", "ab", "*", "b.a.b", "x")
NOT_OF_RULES = (parts.EXTENSIONS, parts.OTHER_NAMES, parts.OTHER_ATTRIBUTES)
KNOWN = {
    f"{of}.{name}": part
    for of in ("cr", "request")
    for name, part in (("namespace", parts.NAMESPACE), ("username", parts.USERNAME))
}
OWN_SERVICE = "self.endsWith('.' + cr.namespace + '.svc')"


def of_the_request(rule: str, name: str = "ruled") -> Policy:
    """Return a policy that permits all that a rule does."""
    rest = {"selector": {"namespace": {}}, "allowedPrivateKey": {"maxSize": 8192}}
    return Policy.parse({"metadata": {"name": name}, "spec": {**rest, "rules": [{"rule": rule}]}})


def of_names(rule: str, name: str = "ruled") -> Policy:
    """Return a policy whose DNS names a rule judges, and that permits nothing else."""
    allowed = {"dnsNames": {"validations": [{"rule": rule}]}}
    spec = {"selector": {"namespace": {}}, "allowed": allowed}
    return Policy.parse({"metadata": {"name": name}, "spec": spec})


def requests(rng: random.Random, *, names_only: bool) -> Iterator[tuple[dict[str, Any], Request]]:
    """Yield requests with what rules compare with."""
    while True:
        chosen = parts_of_a_request(rng)
        for part, value in chosen.items():
            if part in NOT_OF_RULES or (names_only and isinstance(value, list)):
                chosen[part] = []
        chosen[parts.DNS] = rng.sample(NAMES, rng.randint(0, 2))
        chosen[parts.IS_CA] = chosen[parts.IS_CA] and not names_only
        request = request_of(chosen)
        if not isinstance(read_or_reason(request), str):
            yield chosen, request


@pytest.mark.parametrize(
    ("rule", "policy"),
    [(of_values, of_names), (of_requests, of_the_request)],
    ids=["value", "request"],
)
def test_what_the_engine_lets_through_is_within_the_limits(
    rule: Callable[[random.Random], str], policy: Callable[[str, str], Policy]
) -> None:
    """Nothing that passes is outside, and where they are exact, nothing else is inside."""
    rng, exact, passed = random.Random(2), 0, 0  # noqa: S311 - no secret
    made = [policy(rule(rng), f"p{number}") for number in range(RULES)]
    policies = Catalogue(each for each in made if each.ready)  # not: a bad regular expression
    asked = requests(rng, names_only=policy is of_names)
    for (chosen, request), _ in zip(asked, range(REQUESTS), strict=False):
        decision = review(policies, request, namespace_labels=chosen[parts.LABELS])
        for name, trace in decision.policies.items():
            each = policies.policies[name]
            passes = trace.verdict == "approved"
            passed += passes
            for known in ({}, {variable: chosen[part] for variable, part in KNOWN.items()}):
                found = limits(each, known)
                inside = any(region.has(chosen) for region in found.regions)
                about = (each.rules, chosen, known)
                assert inside or not passes, about
                assert inside == passes or not found.exact, about
                exact += found.exact
    assert exact > RULES * REQUESTS / 2
    assert passed > RULES * REQUESTS / 10


@pytest.mark.parametrize(
    ("rule", "question", "answer"),
    [
        ("self.endsWith('.lab')", {"dns": "*.shop"}, "nobody"),
        ("self.endsWith('.lab')", {"dns": "a*"}, "somebody"),
        ("!self.contains('*')", {"wildcard": True}, "nobody"),
        (OWN_SERVICE, {"dns": "*.b.svc"}, "somebody"),
        (OWN_SERVICE, {"dns": "*.b.svc", "namespace": "a"}, "nobody"),
        ("self.endsWith(cr.namespace + '.svc')", {"dns": "*.ba.svc", "namespace": "a"}, "somebody"),
        ("self.matches('^[a-z]+[.]a[.]svc$')", {"dns": "*.b"}, "nobody"),
        ("size(self) == 2", {"dns": "*"}, "unknown"),
        ("self in ['a', 'b'] && cr.namespace == 'c'", {"dns": "b", "namespace": "d"}, "nobody"),
        ("self.startsWith(cr.username)", {"dns": "bob.*"}, "somebody"),
    ],
)
def test_questions_look_into_rules(rule: str, question: dict[str, Any], answer: str) -> None:
    found = list(can([of_names(rule)], Question(**question).regions()))
    if not found:
        assert answer == "nobody"
    else:
        assert answer == ("somebody" if found[0].request else "unknown")
