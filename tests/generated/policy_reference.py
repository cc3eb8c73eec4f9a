"""The reference of policies, from the definition that the API server is given."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from tests.crds.examples import CRD_FILE
from tests.generated.markdown import page, table

Schema = Mapping[str, Any]

_SECTIONS: Final = {
    "Which requests it is about": ("selector",),
    "Pattern style": ("allowed", "min", "max"),  # what the fields begin with
    "Structured style: what may be asked for": ("allowed",),
    "Structured style: bounds": ("constraints",),
    "In both styles": ("mode", "rules", "plugins"),
}


def policy_page() -> str:
    """Return the page of every field of a policy, and of what the API server refuses."""
    spec = _schema()["properties"]["spec"]
    fields: Mapping[str, Schema] = spec["properties"]
    sections = (
        ("", f"## {title}", "", *table(("field", "type", "meaning"), _rows(fields, names)))
        for title, names in _members(fields).items()
    )
    return page(
        "# Fields of a policy",
        "",
        "Every field of `CertificateRequestPolicy` in `policy.cert-manager.io/v1alpha1`. `kubectl",
        "explain crp.spec --recursive` says the same; what follows from them is in",
        "[design.md](design.md), what rules can name in [cel.md](cel.md).",
        "",
        spec["description"],
        *(line for section in sections for line in section),
        "",
        "## What the API server refuses",
        "",
        "Beside values of another type, and fields that do not exist:",
        "",
        *table(("message", "fields"), _refused_fields(spec)),
    )


def _schema() -> Schema:
    (version,) = yaml.safe_load(CRD_FILE.read_text())["spec"]["versions"]
    schema: Schema = version["schema"]["openAPIV3Schema"]
    return schema


def _members(fields: Mapping[str, Schema]) -> Mapping[str, list[str]]:
    """Return the fields of each section; every field is in one."""
    pattern = [
        name for name in fields if name != "allowed" and name.startswith(("allowed", "min", "max"))
    ]
    members = {
        title: pattern if title == "Pattern style" else list(names)
        for title, names in _SECTIONS.items()
    }
    missing = fields.keys() - {name for names in members.values() for name in names}
    assert not missing, f"fields without a section: {missing}"
    return members


def _rows(fields: Mapping[str, Schema], names: list[str]) -> Iterator[tuple[str, ...]]:
    for name in names:
        yield from _field(f"spec.{name}", fields[name])


def _field(path: str, schema: Schema) -> Iterator[tuple[str, ...]]:
    yield f"`{path}`", _type(schema), _meaning(schema)
    if items := schema.get("items"):
        path, schema = f"{path}[]", items
    for name, field in schema.get("properties", {}).items():
        yield from _field(f"{path}.{name}", field)


def _type(schema: Schema) -> str:
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}s"
    if extra := schema.get("additionalProperties"):
        return "map" if extra is True else f"map of {extra['type']}s"
    return str(schema["type"])


def _meaning(schema: Schema) -> str:
    said = [" ".join(schema.get("description", "").split())]
    items = schema.get("items", {})
    if choices := schema.get("enum") or items.get("enum"):
        said.append(f"One of {', '.join(f'`{choice}`' for choice in choices)}.")
    if "default" in schema:
        said.append(f"Default: `{schema['default']}`.")
    return " ".join(filter(None, said)).replace("|", "\\|")


def _refused_fields(spec: Schema) -> Iterator[tuple[str, ...]]:
    """Yield each message once, with the fields that have it."""
    fields = defaultdict[str, list[str]](list)
    for field, message in _refusals("spec", spec):
        if field not in fields[message]:
            fields[message].append(field)
    for message in sorted(fields):
        yield message, ", ".join(fields[message])


def _refusals(path: str, schema: Schema) -> Iterator[tuple[str, str]]:
    for rule in schema.get("x-kubernetes-validations", ()):
        field = f"`{path}{rule.get('fieldPath', '')}`"
        yield field, " ".join(rule["message"].split()).replace("|", "\\|")
    if items := schema.get("items"):
        yield from _refusals(f"{path}[]", items)
    for name, field in schema.get("properties", {}).items():
        yield from _refusals(f"{path}.{name}", field)
