"""How long a whole review takes: reading the CSR, its signature, and one policy."""

import asyncio
import statistics
import timeit
from collections.abc import Mapping
from time import perf_counter
from typing import Any

import approver
from approver.cel import AsyncEngine
from approver.review import Catalogue, NeedAnswers, Review, Selection
from tests.examples import policy, policy_manifest, request

_REPEATS = 15
_TIMES = 200
_AT_A_TIME = 4

_STRUCTURED: dict[str, Any] = {
    "allowed": {
        "commonName": {"value": "*"},
        "dnsNames": {"values": ["*.example.com"]},
        "usages": ["server auth"],
    },
    "constraints": {"privateKey": {"algorithm": "ECDSA"}},
    "selector": {"issuerRef": {}},
}
_RULES: dict[str, Any] = {
    "allowed": {
        "commonName": {"validations": [{"rule": "self.size() < 64"}]},
        "dnsNames": {"validations": [{"rule": "self.endsWith('.example.com')"}]},
    },
    "rules": [{"rule": "request.key.algorithm == 'ECDSA' && request.dnsNames.size() < 10"}],
    "selector": {"issuerRef": {}},
}
_PATTERN: dict[str, Any] = {"allowedDNSNames": ["*.example.com"], "allowedIsCA": False}


def figures() -> Mapping[str, float]:
    """Return medians in microseconds by the policy; rules take the time of other cores, too."""
    asked = request("DNS:www.example.com", "DNS:api.example.com", common_name="www")
    return {
        "structured, P-256": _median(policy(**_STRUCTURED), asked),
        "pattern, P-256": _median(policy(**_PATTERN), asked),
        "3 CEL rules, one at a time": _median(policy(**_RULES), asked),
        f"3 CEL rules, {_AT_A_TIME} at a time, 2 workers": asyncio.run(_median_of_many(asked)),
    }


def _median(judge: approver.Policy, asked: approver.Request) -> float:
    assert approver.review([judge], asked).verdict == "approved"
    timer = timeit.Timer(lambda: approver.review([judge], asked))
    return statistics.median(timer.repeat(_REPEATS, _TIMES)) / _TIMES * 1e6


async def _median_of_many(asked: approver.Request) -> float:
    """Review as the controller does: while rules are asked, other requests have their turn."""
    async with AsyncEngine() as engine:
        read = approver.Policy.read(policy_manifest(**_RULES))
        judge = read.with_rule_flaws(await engine.compile(read.rules))

        async def review_some() -> None:
            for _ in range(_TIMES // _AT_A_TIME):
                assert (await _decision(engine, judge, asked)).verdict == "approved"

        seconds = []
        for _ in range(_REPEATS):
            start = perf_counter()
            await asyncio.gather(*(review_some() for _ in range(_AT_A_TIME)))
            seconds.append(perf_counter() - start)
        return statistics.median(seconds) / _TIMES * 1e6


async def _decision(
    engine: AsyncEngine, judge: approver.Policy, asked: approver.Request
) -> approver.Decision:
    review = Review(Selection.of(Catalogue([judge]), asked, {}), asked, {})
    review.learn_bindings({judge.name: True})
    while not isinstance(outcome := review.decide(), approver.Decision):
        assert isinstance(outcome, NeedAnswers)
        review.learn_answers(await engine.ask(outcome.questions, outcome.activation))
    return outcome
