"""Policies made to hang or to exhaust: they fail, and the reviews of others go on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from approver import Decision, Policy, Request, Violation, review
from approver.cel import Engine
from tests.controlplane.manifests import certificate_request
from tests.examples import policy, policy_manifest, request
from tests.x509 import build

WEB = request("DNS:www.example.com")
NESTED_LISTS = "[[1]]" + ".map(list, [list, list])" * 26


def named(common_name: str) -> Request:
    csr = build.request(subject=build.name(build.common_name(common_name)))
    return Request.parse(certificate_request("web", "team-a", csr.decode()))


LONG = named("a" * 4000)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as started:
        yield started


def ruled(engine: Engine, rule: str) -> Policy:
    """Make a policy that allows every name of which a rule is true."""
    allowance = {"validations": [{"rule": rule}]}
    names = {"commonName": allowance, "dnsNames": allowance}
    manifest = policy_manifest(allowed=names, selector={"issuerRef": {}})
    return Policy.parse(manifest, engine)


def violations(decision: Decision) -> tuple[Violation, ...]:
    return decision.policies["policy"].violations


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("size(" * 10_000 + "self" + ")" * 10_000, "longer than 4096 characters"),
        ("self" + ".trim()" * 580 + " != ''", "nested too deeply"),
        ("[" * 2000 + "]" * 2000 + " == []", "nested too deeply"),
        ("self.trim(" * 400, "nested too deeply"),
    ],
    ids=["10,000 calls", "chain", "lists", "unclosed"],
)
def test_a_rule_that_is_too_large_makes_a_policy_not_ready(
    engine: Engine, rule: str, problem: str
) -> None:
    judge = ruled(engine, rule)
    assert not judge.ready
    assert all(problem in found.message for found in judge.problems), judge.problems
    assert review([judge], WEB, engine=engine).verdict == "waiting"


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        ("['" + "a" * 40 + "']" + ".map(text, text + text)" * 26 + "[0] != ''", WEB),
        ("[b'" + "a" * 40 + "']" + ".map(bytes, bytes + bytes)" * 26 + "[0] != b''", WEB),
        ("[[1]]" + ".map(list, list + list)" * 26 + "[0] != []", WEB),
        ("self.split('').all(each, !self.matches('((a?){30}){30}b'))", LONG),
        ("self.split('').all(a, self.split('').all(b, a == b))", LONG),
        ("[1, 2, 3, 4, 5, 6].all(each, self.replace('', self).size() > 0)", named("a" * 500)),
    ],
    ids=["string", "bytes", "list", "expression", "loops", "text"],
)
def test_a_rule_that_takes_too_much_fails(engine: Engine, rule: str, asked: Request) -> None:
    judge = ruled(engine, rule)
    assert judge.ready, judge.problems
    decision = review([judge], asked, engine=engine)
    assert decision.verdict == "denied"
    assert any(violation.failed for violation in violations(decision))
    assert "could not be judged by the rule" in decision.message


def test_a_value_that_is_too_long_for_the_engine_fails_every_rule(engine: Engine) -> None:
    judge = ruled(engine, "true")
    assert review([judge], LONG, engine=engine).verdict == "approved"
    (violation,) = violations(review([judge], named("a" * 4097), engine=engine))
    assert violation.failed


@pytest.mark.parametrize("common_name", ["www.example.com\0", "evil.test\0.example.com", "\0"])
def test_no_rule_makes_a_nul_good(engine: Engine, common_name: str) -> None:
    decision = review([ruled(engine, "true")], named(common_name), engine=engine)
    assert decision.verdict == "denied"
    assert "NUL" in decision.message


def test_a_pattern_of_many_stars_does_not_go_back_and_forth() -> None:
    pattern = "*a" * 100 + "*b"
    structured = policy(
        allowed={"commonName": {"value": pattern}, "dnsNames": {"values": ["*"]}},
        selector={"issuerRef": {}},
    )
    for judge in (structured, policy(allowedCommonName=pattern)):
        (violation,) = violations(review([judge], named("a" * 10_000)))
        assert not violation.failed
        assert review([judge], named("a" * 10_000 + "b")).verdict == "approved"


def test_the_reviews_of_others_go_on(engine: Engine) -> None:
    hostile = ruled(engine, f"{NESTED_LISTS} == {NESTED_LISTS}")
    honest = ruled(engine, "self.endsWith('example.com')")
    patterns = policy("patterns", allowedDNSNames=["*.example.com"])
    meanwhile = 0
    with ThreadPoolExecutor(1) as elsewhere:
        hanging = elsewhere.submit(review, [hostile, patterns], WEB, engine=engine)
        while not hanging.done():
            assert review([honest], WEB, engine=engine).verdict == "approved"
            meanwhile += 1
    assert meanwhile > 10
    decision = hanging.result()
    assert decision.policy == "patterns"
    assert all(violation.failed for violation in decision.policies["policy"].violations)
    assert decision.policies["policy"].verdict == "denied"
