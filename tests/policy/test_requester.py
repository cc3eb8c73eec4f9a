"""A policy may say itself which requesters it is for: it is bound to them, and to nobody else."""

from typing import Any

import pytest

from approver import review
from tests.examples import policy, request

ALICE: dict[str, Any] = {"username": "alice", "groups": ["team-a", "system:authenticated"]}
BUILDER: dict[str, Any] = {
    "username": "system:serviceaccount:ci:builder-7",
    "groups": ["system:serviceaccounts", "system:authenticated"],
}


def verdict(selector: dict[str, Any], requester: dict[str, Any]) -> str:
    judge = policy(allowedIsCA=False, selector={"requester": selector})
    assert judge.ready, judge.problems
    return review([judge], request("DNS:a", **requester), bound=[]).verdict


@pytest.mark.parametrize(
    ("selector", "requester"),
    [
        ({"usernames": ["bob", "ali*"]}, ALICE),
        ({"groups": ["team-*"]}, ALICE),
        ({"usernames": ["bob"], "groups": ["team-a"]}, ALICE),
        ({"serviceAccounts": [{"namespace": "ci", "name": "builder-*"}]}, BUILDER),
        ({"usernames": ["system:serviceaccount:ci:*"]}, BUILDER),
    ],
)
def test_binds(selector: dict[str, Any], requester: dict[str, Any]) -> None:
    assert verdict(selector, requester) == "approved"


@pytest.mark.parametrize(
    ("selector", "requester"),
    [
        ({"usernames": ["Alice"]}, ALICE),
        ({"groups": ["team"]}, ALICE),
        ({"serviceAccounts": [{"namespace": "*", "name": "*"}]}, ALICE),
        ({"serviceAccounts": [{"namespace": "c", "name": "*"}]}, BUILDER),
        (
            {"serviceAccounts": [{"namespace": "*", "name": "*"}]},
            {"username": "system:serviceaccount:ci"},
        ),
        ({"usernames": ["*"], "groups": ["*"]}, {"groups": ["team-a"]}),
    ],
)
def test_does_not_bind(selector: dict[str, Any], requester: dict[str, Any]) -> None:
    assert verdict(selector, requester) == "unmatched"


def test_others_cannot_be_bound_to_it_by_rbac() -> None:
    judge = policy(allowedIsCA=False, selector={"requester": {"usernames": ["bob"]}})
    assert review([judge], request("DNS:a", **ALICE), bound=[judge.name]).verdict == "unmatched"
