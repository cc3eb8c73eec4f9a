"""What an installed definition of policies lacks."""

import json
from typing import Any

from approver.crd import missing_fields, own_schema
from tests.crds.examples import CRD, SCHEMA


def test_ours_lacks_nothing() -> None:
    assert missing_fields(CRD) == ()


def test_the_schema_is_that_of_the_definition() -> None:
    assert own_schema() == SCHEMA


def test_names_a_field_and_not_those_in_it() -> None:
    definition = installed(without=["mode", "selector.requester"])

    assert set(missing_fields(definition)) == {"spec.mode", "spec.selector.requester"}


def test_looks_into_lists_and_maps() -> None:
    definition = installed(without=["allowed.dnsNames.validations.rule"])

    assert missing_fields(definition) == ("spec.allowed.dnsNames.validations[].rule",)


def test_what_more_there_is_does_not_matter() -> None:
    definition = installed()
    spec(definition)["properties"]["somethingElse"] = {"type": "string"}

    assert missing_fields(definition) == ()


def test_a_schema_that_keeps_everything_lacks_nothing() -> None:
    definition = installed()
    spec(definition).clear()
    spec(definition)["x-kubernetes-preserve-unknown-fields"] = True

    assert missing_fields(definition) == ()


def test_without_our_version_all_is_missing() -> None:
    definition = installed()
    definition["spec"]["versions"][0]["name"] = "v1"

    assert missing_fields(definition) == ("spec",)


def test_a_version_that_is_not_served_is_none() -> None:
    definition = installed()
    definition["spec"]["versions"][0]["served"] = False

    assert missing_fields(definition) == ("spec",)


def installed(*, without: list[str] | None = None) -> dict[str, Any]:
    definition: dict[str, Any] = json.loads(json.dumps(CRD))  # so that no two fields share a schema
    for path in without or []:
        *parents, name = path.split(".")
        schema = spec(definition)
        for parent in parents:
            schema = schema["properties"][parent]
            schema = schema.get("items", schema)
        del schema["properties"][name]
    return definition


def spec(definition: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    found: dict[str, Any] = schema["properties"]["spec"]
    return found
