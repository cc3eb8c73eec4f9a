"""A spec that no schema has looked at: whatever is in it is a problem, and never an exception."""

import random
from typing import Any

import pytest

from approver import Policy
from tests.examples import policy_manifest

ANYTHING: list[Any] = [
    *(None, True, 0, -1, 2**70, 1.5, "", "a", "*", [], {}, ["a"], [["a"]], [{}], [None]),
    *({"a": 1}, {"": ""}, {1: "a"}, [1], {"values": [["x"]]}, [{"rule": 1}], {"a": {"b": [{}]}}),
]
WHOLE: dict[str, dict[str, Any]] = {
    "pattern": {
        "mode": "Audit",
        "maxDuration": "1h",
        "allowedCommonName": "a",
        "allowedDNSNames": ["a"],
        "allowedIsCA": False,
        "allowedUsages": ["signing"],
        "allowedSubject": {"allowedOrganizations": ["a"], "allowedSerialNumber": "1"},
        "allowedIssuer": [{"name": "a", "kind": "b", "group": "c"}],
        "allowedPrivateKey": {"allowedAlgorithm": "RSA", "minSize": 2048},
    },
    "structured": {
        "selector": {
            "issuerRef": {"name": "a"},
            "namespace": {"matchNames": ["a"], "matchLabels": {"a": "b"}},
            "requester": {"usernames": ["a"], "serviceAccounts": [{"namespace": "a", "name": "b"}]},
        },
        "allowed": {
            "commonName": {"value": "a", "required": True},
            "dnsNames": {"values": ["a"], "validations": [{"rule": "true", "message": "m"}]},
            "isCA": True,
            "usages": ["signing"],
            "subject": {"organizations": {"values": ["a"]}, "otherAttributes": [{"oid": "1.2"}]},
            "otherNames": [{"oid": "1.2.3", "values": ["a"]}],
            "extensions": [{"oid": "1.2.3"}],
        },
        "constraints": {"maxDuration": "1h", "privateKey": {"algorithm": "RSA", "maxSize": 4096}},
        "rules": [{"rule": "true", "message": "m"}],
        "plugins": {"a": {"values": {}}},
    },
}


@pytest.mark.parametrize("spec", [{"allowed": {"usages": [["a"]]}}, {"mode": [["a"]]}, {1: {}}])
def test_the_field_at_fault_is_named(spec: dict[Any, Any]) -> None:
    policy = Policy.parse(policy_manifest() | {"spec": spec})
    assert not policy.ready
    assert all(problem.field.startswith("spec") for problem in policy.problems)


@pytest.mark.parametrize("style", WHOLE)
def test_any_value_anywhere_is_read(style: str) -> None:
    chance = random.Random(14)  # noqa: S311 - the same at every run
    for _ in range(3000):
        policy = Policy.read(policy_manifest() | {"spec": changed(WHOLE[style], chance)})
        assert isinstance(policy.problems, tuple)


def changed(value: Any, chance: random.Random) -> Any:  # noqa: ANN401 - any JSON
    """Put something else into one place of it, or into a few."""
    if not (isinstance(value, dict | list) and value) or chance.random() < 0.2:
        return chance.choice(ANYTHING)
    copy: Any = value.copy()
    for key in chance.sample(list(copy if isinstance(copy, dict) else range(len(copy))), 1):
        copy[key] = changed(copy[key], chance)
    return copy
