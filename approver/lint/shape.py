"""What the definition's schema says of an object that is not of its shape."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from approver.model import without_nulls

if TYPE_CHECKING:
    import jsonschema


@dataclass(frozen=True, slots=True)
class ShapeProblem:
    """What is wrong at a path; `quote_it`: YAML took for something else what is meant as text."""

    path: str
    message: str
    quote_it: bool


@dataclass(frozen=True)
class Shape:
    """A schema of policies."""

    schema: Mapping[str, Any]

    def problems(self, obj: Mapping[str, Any]) -> Iterator[ShapeProblem]:
        """Yield what the API server would refuse."""
        for error in self._validator.iter_errors(without_nulls(obj)):
            parts = (f"[{at}]" if isinstance(at, int) else f".{at}" for at in error.absolute_path)
            typed = isinstance(error.instance, bool | int | float)
            yield ShapeProblem(
                "".join(parts).removeprefix("."),
                error.message,
                typed and error.validator == "type" and error.validator_value == "string",
            )

    def fields_at(self, path: str) -> frozenset[str]:
        """Return which fields an object may have that stands at a path like `spec.allowed`."""
        schema: Any = self.schema
        for part in path.replace("[", ".[").split("."):
            schema = schema.get("items") if part.startswith("[") else _property(schema, part)
            if not isinstance(schema, Mapping):
                return frozenset()
        return frozenset(schema.get("properties") or ())

    def has(self, path: str) -> bool:
        """Tell whether there is a field at a path, whose items may be named by anything."""
        parent, _, name = re.sub(r"\[[^\]]*\]", "[0]", path).rpartition(".")
        return name.removesuffix("[0]") in self.fields_at(parent)

    @cached_property
    def _validator(self) -> "jsonschema.Draft202012Validator":
        import jsonschema  # noqa: PLC0415 - takes 80 ms, and help needs none

        return jsonschema.Draft202012Validator(self.schema)


def _property(schema: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - a schema, or None
    return (schema.get("properties") or {}).get(name)
