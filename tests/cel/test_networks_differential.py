"""The API server, which has these libraries, reads addresses, networks and URLs as the engine does.

A definition holds the rules, so that one call asks all of them of many texts.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import pytest

from approver.rules import Activation
from tests.cel.evaluation import outcomes_for_request
from tests.cel.networks import LONGEST, RULES, Case, cases, may_fail
from tests.controlplane.client import APIError, Client
from tests.controlplane.waiting import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

A_CALL: Final = 50  # cases
VERSION: Final = "example.com/v1"
PROBES: Final = f"/apis/{VERSION}/probes"
VARIABLE: Final = re.compile(r"\b[abc]\b")
PLACES: Final = {name: f"request.dnsNames[{place}]" for place, name in enumerate(Case._fields)}
OVER_REQUESTS: Final = [VARIABLE.sub(lambda name: PLACES[name[0]], rule) for rule in RULES]
CAUSE: Final = re.compile(
    r"Invalid value: (?P<error>.* (?:evaluating|signature for) rule: )?rule (?P<rule>\d+)",
    re.DOTALL,
)


@pytest.fixture
def api_server(admin: Client) -> Iterator[Client]:
    """Give a client of an API server that knows the rules."""
    admin.create(definition())
    wait_until(lambda: admin.serves(PROBES), 20, "the API server does not know the rules")
    yield admin
    admin.delete("CustomResourceDefinition", "probes.example.com")


def test_they_agree(api_server: Client) -> None:
    asked = cases()
    theirs = [
        outcomes
        for first in range(0, len(asked), A_CALL)
        for outcomes in ask(api_server, asked[first : first + A_CALL])
    ]
    seen = Counter[tuple[str, str]]()
    stricter = 0
    for case, outcomes in zip(asked, theirs, strict=True):
        for rule, go, here in zip(RULES, outcomes, evaluate(case), strict=True):
            assert here == go or (here == "failed" and may_fail(case)), (rule, case, go, here)
            seen[rule, go] += 1
            stricter += here != go
    assert all(seen[rule, go] for rule in RULES for go in ("true", "false")), seen
    assert stricter < len(asked) / 10


def evaluate(case: Case) -> list[str]:
    """Ask our engine all rules."""
    return outcomes_for_request(OVER_REQUESTS, Activation(dns_names=case))


def ask(api_server: Client, asked: list[Case]) -> list[list[str]]:
    """Ask the API server, which answers with all that is wrong, of all rules."""
    probe = {
        "apiVersion": VERSION,
        "kind": "Probe",
        "metadata": {"name": "probe"},
        "cases": [case._asdict() for case in asked],
    }
    with pytest.raises(APIError) as refusal:
        api_server.call("POST", PROBES, probe, dryRun="All")
    outcomes = [["true"] * len(RULES) for _ in asked]
    for cause in refusal.value.causes:
        found = CAUSE.fullmatch(cause["message"])
        assert found, cause
        place = int(cause["field"].removeprefix("cases[").removesuffix("]"))
        outcomes[place][int(found["rule"])] = "failed" if found["error"] else "false"
    return outcomes


def definition() -> dict[str, Any]:
    text = {"type": "string", "maxLength": LONGEST}
    rules = [
        {"rule": VARIABLE.sub(r"self.\g<0>", rule), "message": f"rule {number}"}
        for number, rule in enumerate(RULES)
    ]
    case = {
        "type": "object",
        "properties": dict.fromkeys(Case._fields, text),
        "x-kubernetes-validations": rules,
    }
    schema = {
        "type": "object",
        "properties": {"cases": {"type": "array", "maxItems": A_CALL, "items": case}},
    }
    version = {"name": "v1", "served": True, "storage": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "probes.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Cluster",
            "names": {"plural": "probes", "singular": "probe", "kind": "Probe"},
            "versions": [version | {"schema": {"openAPIV3Schema": schema}}],
        },
    }
