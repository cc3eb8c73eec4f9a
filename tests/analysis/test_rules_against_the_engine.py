"""What is read off rules in CEL, held against what the engine answers."""

import random
from typing import Any

import pytest

from approver.analysis import Question, can, limits, parts, request_of
from approver.model import Request
from approver.policy import Policy
from approver.review import review
from approver.review.examine import read_or_reason
from tests.analysis.random_policies import parts_of_a_request
from tests.analysis.random_rules import of_requests, of_values

RULES = 300
REQUESTS = 40
FIELDS = {"dnsNames": parts.DNS, "uris": parts.URIS}
KNOWN = {
    "namespace": parts.NAMESPACE,
    "username": parts.USERNAME,
}


def ruled(*rules: str) -> Policy:
    """Return a policy that permits all that its rules do."""
    spec = {
        "selector": {"namespace": {}},
        "allowedPrivateKey": {"maxSize": 8192},
        "rules": [{"rule": rule} for rule in rules],
    }
    return Policy.parse({"metadata": {"name": "ruled"}, "spec": spec})


def of_names(rule: str) -> Policy:
    """Return a policy whose DNS names a rule judges, and that permits nothing else."""
    allowed = {"dnsNames": {"validations": [{"rule": rule}]}}
    spec = {"selector": {"namespace": {}}, "allowed": allowed}
    return Policy.parse({"metadata": {"name": "ruled"}, "spec": spec})


@pytest.fixture(scope="module")
def requests() -> list[tuple[dict[str, Any], Request]]:
    rng, made = random.Random(1), list[tuple[dict[str, Any], Request]]()  # noqa: S311 - no secret
    while len(made) < REQUESTS:
        chosen = parts_of_a_request(rng)
        # What rules compare with is what requests have.
        chosen[parts.DNS] = rng.sample(
            ["a", "b", "a.b", "ab", "*", "b.a.b", "x"], rng.randint(0, 2)
        )
        chosen[parts.EXTENSIONS] = chosen[parts.OTHER_NAMES] = []
        chosen[parts.OTHER_ATTRIBUTES] = []
        request = request_of(chosen)
        if not isinstance(read_or_reason(request), str):
            made.append((chosen, request))
    return made


@pytest.mark.parametrize("scope", ["value", "request"])
def test_what_the_engine_lets_through_is_within_the_limits(
    requests: list[tuple[dict[str, Any], Request]], scope: str
) -> None:
    """Nothing that passes is outside, and where they are exact, nothing else is inside."""
    rng, exact, passed = random.Random(2), 0, 0  # noqa: S311 - no secret
    for _ in range(RULES):
        rule = of_values(rng) if scope == "value" else of_requests(rng)
        policy = of_names(rule) if scope == "value" else ruled(rule)
        if not policy.ready:
            continue  # such as a bad regular expression
        for chosen, request in requests:
            if scope == "value":
                chosen = {  # noqa: PLW2901 - what else there is is denied anyway
                    part: value if part == parts.DNS or not isinstance(value, list) else []
                    for part, value in chosen.items()
                }
                chosen |= {parts.GROUPS: list(request.spec.groups), parts.IS_CA: False}
                request = request_of(chosen)  # noqa: PLW2901 - as above
            answer = review([policy], request, namespace_labels=chosen[parts.LABELS])
            passes = answer.verdict == "approved"
            values = {
                f"{of}.{name}": chosen[part]
                for of in ("cr", "request")
                for name, part in KNOWN.items()
            }
            for known in ({}, values):
                found = limits(policy, known)
                inside = any(region.has(chosen) for region in found.regions)
                assert inside or not passes, (rule, chosen, known)
                if found.exact:
                    assert inside == passes, (rule, chosen, known)
                    exact += 1
            passed += passes
    assert exact > RULES * REQUESTS / 4
    assert passed > RULES


@pytest.mark.parametrize(
    ("rule", "question", "answer"),
    [
        ("self.endsWith('.lab')", {"dns": "*.shop"}, "nobody"),
        ("self.endsWith('.lab')", {"dns": "a*"}, "somebody"),
        ("!self.contains('*')", {"wildcard": True}, "nobody"),
        ("self.endsWith('.' + cr.namespace + '.svc')", {"dns": "*.b.svc"}, "somebody"),
        (
            "self.endsWith('.' + cr.namespace + '.svc')",
            {"dns": "*.b.svc", "namespace": "a"},
            "nobody",
        ),
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
