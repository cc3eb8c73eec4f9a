"""The schema of policies, and what an installed one lacks of it.

The API server silently drops what the installed schema does not know. A policy that was written
with such fields arrives without them, and may then permit more than its author meant.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

_FILE = "crds/policy.cert-manager.io_certificaterequestpolicies.yaml"  # a part of the package
_VERSION = "v1alpha1"
_ANYTHING = "x-kubernetes-preserve-unknown-fields"
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"

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


@dataclass(frozen=True, slots=True)
class WrittenFields:
    """What the metadata of a policy tells of the fields of its spec that somebody has written.

    `owned` are paths by `managedFields`, `applied` those by kubectl's annotation, and `absent` are
    those owned that are not in the spec as it was read.
    """

    owned: frozenset[str] = frozenset()
    applied: frozenset[str] = frozenset()
    absent: tuple[str, ...] = ()

    @classmethod
    def of(cls, policy: Mapping[str, Any]) -> "WrittenFields":
        """Look at a decoded policy."""
        metadata, spec = policy.get("metadata") or {}, policy.get("spec")
        owned, absent = set[str](), dict[str, None]()
        for manager in metadata.get("managedFields") or ():
            fields = (manager.get("fieldsV1") or {}).get("f:spec")
            for path, present in _owned(fields, spec, "spec"):
                owned.add(path)
                if not present:
                    absent[path] = None
        applied = (metadata.get("annotations") or {}).get(_LAST_APPLIED)
        return cls(frozenset(owned), frozenset(_applied(applied)), tuple(absent))

    def may_have_lost(self, missing: Collection[str]) -> list[str]:
        """Return which of the fields that an installed definition lacks may have been written."""
        written = self.owned | self.applied
        # Of what is in the items of a list, only the list is known.
        return [path for path in missing if not written or path.partition("[]")[0] in written]


def _owned(fields: Any, value: Any, path: str) -> Iterator[tuple[str, bool]]:  # noqa: ANN401 - any JSON
    """Yield the paths of managed fields, and whether the value has them."""
    for name, inner in fields.items() if isinstance(fields, Mapping) else ():
        if name.startswith("f:"):
            key = name.removeprefix("f:")
            present = isinstance(value, Mapping) and key in value
            yield f"{path}.{key}", present
            yield from _owned(inner, value[key], f"{path}.{key}") if present else ()


def _applied(annotation: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    try:
        spec = json.loads(annotation)["spec"]
    except (TypeError, ValueError, KeyError, RecursionError):
        return
    yield from _paths(spec, "spec")


def _paths(value: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    for name, inner in value.items() if isinstance(value, Mapping) else ():
        yield f"{path}.{name}"
        yield from _paths(inner, f"{path}.{name}")


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
