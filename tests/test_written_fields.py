"""What a policy's metadata tells of fields that it was written with."""

import json
from typing import Any

import pytest

from approver.crd import WrittenFields

SPEC = {"selector": {"namespace": {"matchLabels": {"example.com/web": "yes"}}}, "allowed": {}}
OWNED: Any = {
    "f:spec": {
        ".": {},
        "f:allowed": {},
        "f:selector": {"f:namespace": {"f:matchLabels": {"f:example.com/web": {}}}},
    }
}


def policy(fields: Any = None, applied: str | None = None) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": applied} if applied else {}
    managers = [{"manager": "kubectl", "fieldsV1": fields}] if fields else []
    return {
        "metadata": {"name": "web", "managedFields": managers, "annotations": annotations},
        "spec": SPEC,
    }


def test_a_whole_policy_lacks_nothing() -> None:
    written = WrittenFields.of(policy(OWNED))
    assert written.absent == ()
    assert written.may_have_lost(["spec.mode", "spec.allowed.extensions"]) == []


def test_a_field_that_somebody_owns_and_that_is_not_there_was_lost() -> None:
    lost: dict[str, Any] = {
        "f:spec": {"f:mode": {}, "f:allowed": {"f:extensions": {}}, "f:selector": {}}
    }
    assert WrittenFields.of(policy(lost)).absent == ("spec.mode", "spec.allowed.extensions")


@pytest.mark.parametrize("applied", [None, json.dumps({"spec": {"mode": "Audit", "rules": []}})])
def test_what_a_definition_lacks_may_have_been_written(applied: str | None) -> None:
    fields: Any = {"f:spec": {"f:mode": {}}} if applied is None else None
    written = WrittenFields.of(policy(fields, applied))
    assert written.may_have_lost(["spec.mode", "spec.allowed.extensions"]) == ["spec.mode"]


def test_of_the_items_of_a_list_only_the_list_is_known() -> None:
    written = WrittenFields.of(policy({"f:spec": {"f:rules": {}}}))
    assert written.may_have_lost(["spec.rules[].message"]) == ["spec.rules[].message"]


@pytest.mark.parametrize("applied", [None, "not JSON", "[]", '{"spec": 1}', "[" * 100_000])
def test_where_nothing_tells_all_may_be_lost(applied: str | None) -> None:
    assert WrittenFields.of(policy(applied=applied)).may_have_lost(["spec.mode"]) == ["spec.mode"]
