"""The schema of policies, and what an installed one lacks of it.

The API server silently drops what the installed schema does not know. A policy that was written
with such fields arrives without them, and may then permit more than its author meant.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_FILE = "crds/policy.cert-manager.io_certificaterequestpolicies.yaml"  # a part of the package
_VERSION = "v1alpha1"
_ANYTHING = "x-kubernetes-preserve-unknown-fields"

Schema = Mapping[str, Any]


@cache
def own_schema() -> Schema:
    """Return the schema of a policy, an OpenAPI one, as it is in our definition."""
    text = (files("approver") / _FILE).read_text(encoding="utf-8")
    return _schema(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - a safe one


def missing_fields(definition: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paths of the fields of a spec that an installed definition does not have.

    `definition` is a CustomResourceDefinition. Of a field that is missing, those in it are not
    named. One that does not serve our version lacks all of `spec`.
    """
    own, installed = own_schema(), _schema(definition)
    return tuple(_missing(_field(own, "spec"), _field(installed, "spec"), "spec"))


def _schema(definition: Mapping[str, Any]) -> Schema:
    for version in (definition.get("spec") or {}).get("versions") or ():
        if version.get("name") == _VERSION and version.get("served"):
            schema: Schema = (version.get("schema") or {}).get("openAPIV3Schema") or {}
            return schema
    return {}


def _missing(own: Schema, installed: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - a schema, true or None
    if installed is None:
        yield path
    elif isinstance(installed, Mapping) and not installed.get(_ANYTHING):
        for name in own.get("properties", ()):
            yield from _missing(own["properties"][name], _field(installed, name), f"{path}.{name}")
        for inner in ("items", "additionalProperties"):
            if isinstance(own.get(inner), Mapping):
                yield from _missing(own[inner], installed.get(inner), f"{path}[]")


def _field(schema: Schema, name: str) -> Any:  # noqa: ANN401 - a schema, or None
    return (schema.get("properties") or {}).get(name)
