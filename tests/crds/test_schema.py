"""The schema by itself, as programs read it without an API server."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from approver.model import without_nulls
from tests.crds.examples import SCHEMA, examples, policy, title
from tests.vectors import load

VALIDATOR = Draft202012Validator(SCHEMA)


def test_every_field_has_a_description() -> None:
    bare = [path for path, field in fields(SCHEMA) if "description" not in field]

    assert bare == [".metadata"]  # the API server permits none there, and has its own


@pytest.mark.parametrize("example", examples("accepted"), ids=title)
def test_accepts(example: dict[str, Any]) -> None:
    VALIDATOR.validate(policy(example["spec"]))


@pytest.mark.parametrize("example", examples("refused"), ids=title)
def test_refuses_what_takes_no_validation_rule(example: dict[str, Any]) -> None:
    if example.get("structural"):
        with pytest.raises(ValidationError) as refusal:
            VALIDATOR.validate(policy(example["spec"]))
        assert example["field"].startswith(refusal.value.json_path.removeprefix("$."))
    else:
        VALIDATOR.validate(without_nulls(policy(example["spec"])))


@pytest.mark.parametrize("name", ["structured", "pattern"])
def test_accepts_every_policy_that_is_ready(name: str) -> None:
    for case in load(name):
        verdicts = case["expected"]["policies"]
        for ready in case["policies"]:
            if verdicts.get(ready["metadata"]["name"], {"ready": True})["ready"]:
                VALIDATOR.validate(ready)


def fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every field below `schema`, with its path."""
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}", field
        yield from fields(field, f"{path}.{name}")
    for inner in schema.keys() & {"items", "additionalProperties"}:
        yield from fields(schema[inner], f"{path}[]")
