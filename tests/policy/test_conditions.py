"""What a policy asks can be read from its checks, not only tried."""

from typing import Any

import pytest

from approver.policy.conditions import AtLeast, AtMost, Condition, Never, OneOf
from approver.policy.fields.issuers import AnyIssuer, IssuerPattern
from approver.policy.wildcard import Wildcards
from tests.examples import policy

HOUR = 3600 * 10**9


@pytest.mark.parametrize(
    ("spec", "field", "condition"),
    [
        (
            {"allowedDNSNames": ["*.example.com", "localhost"]},
            "spec.allowedDNSNames",
            Wildcards(["*.example.com", "localhost"]),
        ),
        ({"allowedIsCA": False}, "spec.allowedIsCA", OneOf((False,))),
        ({"minDuration": "1h"}, "spec.minDuration", AtLeast(HOUR)),
        ({"maxDuration": "720h"}, "spec.maxDuration", AtMost(720 * HOUR)),
        (
            {"allowedPrivateKey": {"allowedAlgorithm": "RSA"}},
            "spec.allowedPrivateKey.allowedAlgorithm",
            OneOf(("RSA",)),
        ),
        (
            {"allowedIssuer": [{"name": "ca-*"}]},
            "spec.allowedIssuer",
            AnyIssuer(
                (
                    IssuerPattern(
                        kind=Wildcards(["Issuer"]),
                        group=Wildcards(["cert-manager.io"]),
                        name=Wildcards(["ca-*"]),
                    ),
                )
            ),
        ),
        ({"allowedIsCA": True}, "spec.allowed.otherNames", Never()),
    ],
)
def test_the_condition_of_a_field(spec: dict[str, Any], field: str, condition: Condition) -> None:
    [found] = [check.condition for check in policy(**spec).checks if check.field == field]
    assert found == condition


@pytest.mark.parametrize(
    ("condition", "meets", "fails"),
    [
        (OneOf(("a", "b")), ["a", "b"], ["", "c"]),
        (AtLeast(2), [2, 3], [1, None]),
        (AtMost(2), [-1, 2], [3, None]),
        (Never(), [], ["", None, True]),
        (Wildcards(["a*"]), ["a", "ab"], ["b"]),
    ],
)
def test_the_values_that_meet_it(condition: Condition, meets: list[Any], fails: list[Any]) -> None:
    assert all(condition(value) for value in meets)
    assert not any(condition(value) for value in fails)
