"""How long a whole review takes: reading the CSR, its signature, and one policy."""

import statistics
import timeit
from collections.abc import Mapping

import approver
from tests.examples import policy, request

_REPEATS = 15
_TIMES = 200


def figures() -> Mapping[str, float]:
    """Return medians in microseconds by the policy's style."""
    asked = request("DNS:www.example.com", "DNS:api.example.com", common_name="www")
    policies = {
        "structured, P-256": policy(
            allowed={
                "commonName": {"value": "*"},
                "dnsNames": {"values": ["*.example.com"]},
                "usages": ["server auth"],
            },
            constraints={"privateKey": {"algorithm": "ECDSA"}},
            selector={"issuerRef": {}},
        ),
        "pattern, P-256": policy(allowedDNSNames=["*.example.com"], allowedIsCA=False),
    }
    return {what: _median(judge, asked) for what, judge in policies.items()}


def _median(judge: approver.Policy, asked: approver.Request) -> float:
    assert approver.review([judge], asked).verdict == "approved"
    timer = timeit.Timer(lambda: approver.review([judge], asked))
    return statistics.median(timer.repeat(_REPEATS, _TIMES)) / _TIMES * 1e6
