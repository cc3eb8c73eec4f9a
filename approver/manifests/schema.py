"""The schema of policies, which is that of the CustomResourceDefinition."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from approver.crd import own_schema
from approver.manifests.files import Manifest, UnusableError
from approver.model import kinds, without_nulls

if TYPE_CHECKING:
    import jsonschema


def errors(policy: Manifest) -> Iterator[UnusableError]:
    """Yield what the API server would not accept of a policy's shape."""
    for error in _validator().iter_errors(without_nulls(policy.obj)):
        yield policy.unusable(field_of(error), explained(error))


def field_of(error: "jsonschema.ValidationError") -> str:
    """Return the path of what is wrong, as `spec.usages[0]`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    return "".join(parts).removeprefix(".")


def explained(error: "jsonschema.ValidationError") -> str:
    """Return what is wrong, with the cure for what YAML takes for something else than text."""
    typed = isinstance(error.instance, bool | int | float)
    quote_it = typed and error.validator == "type" and error.validator_value == "string"
    return f"{error.message}: quote it" if quote_it else error.message


def editor_schema() -> Mapping[str, Any]:
    """Return the JSON schema for editors, which knows no field beside those there are."""
    header = {name: {"const": value} for name, value in kinds.POLICY.header.items()}
    schema = _closed({**own_schema(), "properties": {"spec": own_schema()["properties"]["spec"]}})
    schema["properties"] |= {**header, "metadata": {"type": "object"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kinds.POLICY.name,
        **schema,
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": True,
    }


def _closed(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """Leave out Kubernetes' extensions; let an object have only the properties that it lists."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    closed = {
        name: _closed(value)
        for name, value in schema.items()
        if not name.startswith("x-kubernetes")
    }
    if isinstance(schema.get("properties"), Mapping) and schema.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


@cache
def _validator() -> "jsonschema.Draft202012Validator":
    import jsonschema  # noqa: PLC0415 - takes 80 ms, and help needs none

    return jsonschema.Draft202012Validator(own_schema())
