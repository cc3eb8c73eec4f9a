"""Test suites: files `*.approver-test.yaml`, read strictly."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from approver.manifests.files import Manifest, UnusableError, read_manifests
from approver.manifests.schema import explained, field_of
from approver.manifests.suite_schema import SCHEMA

if TYPE_CHECKING:
    import jsonschema

SUFFIXES: Final = (".approver-test.yaml", ".approver-test.yml")


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """One test: `said` is its mapping, `field` the path of it in the file."""

    name: str
    said: Mapping[str, Any]
    field: str
    line: int


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of a file."""

    manifest: Manifest
    tests: Sequence[SuiteTest]
    claims: Sequence[SuiteTest] = ()

    @property
    def path(self) -> Path:
        """The file."""
        return self.manifest.path

    @property
    def policies(self) -> list[Path]:
        """Files and folders of the policies under test."""
        folder = self.path.parent
        return [folder / each for each in self.manifest.obj.get("policies") or ["."]]

    def part(self, name: str) -> Mapping[str, Any]:
        """Return one of the objects `cluster` and `defaults`, empty if it is not there."""
        found: Mapping[str, Any] = self.manifest.obj.get(name) or {}
        return found


def read_suites(paths: Iterable[Path]) -> tuple[list[Suite], list[UnusableError]]:
    """Find and read all suites; return them, and all that is wrong with them."""
    suites, errors = list[Suite](), list[UnusableError]()
    for path in paths:
        files = sorted(_files(path)) if path.is_dir() else [path]
        if not files:
            errors.append(UnusableError(f"{path}: no file named *{SUFFIXES[0]} in it"))
        for file in files:
            found = read_manifests([file])
            errors += found.errors
            manifests = [item for item in found.items if isinstance(item, Manifest)]
            if not (manifests or found.errors):
                errors.append(UnusableError(f"{file}: no tests in it"))
            for manifest in manifests:
                wrong = list(_errors(manifest))
                errors += wrong
                if not wrong:
                    suites.append(Suite(manifest, _tests(manifest), _claims(manifest)))
    return suites, errors


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in names if name.endswith(SUFFIXES))


def _tests(manifest: Manifest) -> list[SuiteTest]:
    fields = [(f"tests[{n}]", said) for n, said in enumerate(manifest.obj.get("tests", ()))]
    return [
        SuiteTest(said["name"], said, field, manifest.place(field).span.line)
        for field, said in fields
    ]


def _claims(manifest: Manifest) -> list[SuiteTest]:
    fields = [(f"claims[{n}]", said) for n, said in enumerate(manifest.obj.get("claims", ()))]
    return [
        SuiteTest(said.get("name") or _title(said), said, field, manifest.place(field).span.line)
        for field, said in fields
    ]


def _title(claim: Mapping[str, Any]) -> str:
    how = "never" if "never" in claim else "always"
    return f"{how} " + ", ".join(f"{name} {value}" for name, value in claim[how].items())


def _errors(manifest: Manifest) -> Iterator[UnusableError]:
    found = list(_validator().iter_errors(manifest.obj))
    for error in found:
        yield from _explained(manifest, error)
    seen = set[str]()
    for index, test in enumerate(() if found else manifest.obj.get("tests", ())):
        if test["name"] in seen:
            yield manifest.unusable(f"tests[{index}].name", f"{test['name']!r} is there already")
        seen.add(test["name"])


def _explained(manifest: Manifest, error: Any) -> Iterator[UnusableError]:  # noqa: ANN401 - has no types
    field = field_of(error)
    if error.validator == "additionalProperties" and error.schema.get("properties"):
        known = error.schema["properties"]
        for name in error.instance:
            if name not in known:
                near = get_close_matches(str(name), known, 1)
                cure = f": did you mean {near[0]}?" if near else f": there are {', '.join(known)}"
                yield manifest.unusable(f"{field}.{name}".removeprefix("."), f"no such key{cure}")
    elif error.validator in {"oneOf", "anyOf"} and all(
        "required" in each for each in error.validator_value
    ):
        wanted = " or ".join(each["required"][0] for each in error.validator_value)
        yield manifest.unusable(field, f"needs {wanted}")
    else:
        yield manifest.unusable(field, explained(error))


@cache
def _validator() -> "jsonschema.Draft202012Validator":
    import jsonschema  # noqa: PLC0415 - takes 80 ms, and help needs none

    return jsonschema.Draft202012Validator(SCHEMA)
