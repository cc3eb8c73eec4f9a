"""Manifests on disk: YAML or JSON objects and CSRs, each with the place it came from."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import yaml

from approver.manifests.documents import DocumentError, documents
from approver.manifests.places import Place, locate
from approver.model import Error
from approver.x509 import wrap

STANDARD_INPUT: Final = Path("-")
_SUFFIXES = frozenset({".yaml", ".yml", ".json", ".csr", ".pem", ".der", ".p10"})
_DER_SEQUENCE: Final = b"\x30"
_TEMPLATE: Final = "{{"  # as Helm's begin


class UnusableError(Error):
    """Input that cannot be used; the text names the file, the line and the field.

    `tag` is set where a text begins with an exclamation mark, which YAML takes for a tag.
    """

    def __init__(self, text: str, tag: "Tag | None" = None) -> None:
        super().__init__(text)
        self.tag = tag


@dataclass(frozen=True, slots=True)
class Tag:
    """Where an exclamation mark stands: the file, its text, and the index and line in it."""

    path: Path
    text: str
    index: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of a file. `node` knows the places of its fields in the file's text."""

    path: Path
    obj: Mapping[str, Any]
    node: yaml.Node
    text: str = field(default="", repr=False)

    @property
    def kind(self) -> str:
        """The object's kind, without its group."""
        return str(self.obj.get("kind", ""))

    @property
    def group(self) -> str:
        """The API group that the kind is of."""
        return str(self.obj.get("apiVersion", "")).rpartition("/")[0]

    @property
    def name(self) -> str:
        """The object's name, with its namespace if it has one, for messages."""
        metadata = self.obj.get("metadata")
        metadata = metadata if isinstance(metadata, Mapping) else {}
        return "/".join(str(metadata[key]) for key in ("namespace", "name") if metadata.get(key))

    @property
    def source(self) -> str:
        """The file and the line."""
        return f"{self.path}:{self.place('').span.line}"

    def place(self, field: str) -> Place:
        """Return where a field stands, whose path is like `spec.usages[0]`; "" is the object."""
        return locate(self.node, field)

    def unusable(self, field: str, message: str) -> UnusableError:
        """Return the error about a field."""
        what = f"{self.kind} {self.name}".strip()
        where = f"{field}: " if field else ""
        return UnusableError(f"{self.path}:{self.place(field).span}: {what}: {where}{message}")


@dataclass(frozen=True, slots=True)
class SigningRequestFile:
    """A file that holds a CSR, which is given in PEM."""

    path: Path
    pem: bytes


@dataclass(slots=True)
class Findings:
    """What files and folders hold, in order; all that is wrong with them; and what has no say.

    `passed_over` counts files of folders that are no manifests: templates, settings, other PEM.
    """

    items: list[Manifest | SigningRequestFile] = field(default_factory=list)
    errors: list[UnusableError] = field(default_factory=list)
    passed_over: int = 0


def read_manifests(paths: Iterable[Path], texts: Iterable[tuple[Path, str]] = ()) -> Findings:
    """Read files, folders and, as `-`, standard input, and texts of manifests by their names.

    Lists are taken apart. Of an object that is in a file, too, the text is left out.
    """
    found = Findings()
    for path, named in _files(paths, found.errors):
        try:
            items = list(_items(path))
            if named and not items:
                found.errors.append(UnusableError(f"{path}: there is nothing in it"))
            for item in items:
                if not isinstance(item, _NoManifest):
                    found.items.append(item)
                elif named:
                    found.errors.append(UnusableError(item.why))
                else:
                    found.passed_over += 1
        except UnusableError as error:
            found.errors.append(error)
    there = {(item.kind, item.name) for item in found.items if isinstance(item, Manifest)}
    for name, text in texts:  # what a file says as well is what is meant to become of it
        for item in _objects(name, text):
            if isinstance(item, Manifest) and (item.kind, item.name) not in there:
                found.items.append(item)
    return found


@dataclass(frozen=True, slots=True)
class _NoManifest:
    """What nobody would take for a manifest; an error only if its file was named itself."""

    why: str


_Item = Manifest | SigningRequestFile | _NoManifest


def _files(paths: Iterable[Path], errors: list[UnusableError]) -> Iterator[tuple[Path, bool]]:
    """Yield each file, and whether it was named itself; hidden folders are passed over."""

    def refuse(error: OSError) -> None:
        errors.append(UnusableError(f"{error.filename}: {error.strerror}"))

    for path in paths:
        if path == STANDARD_INPUT or not path.is_dir():
            yield path, True
            continue
        for folder, subfolders, names in os.walk(path, onerror=refuse):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            for name in sorted(names):
                if Path(name).suffix.lower() in _SUFFIXES:
                    yield Path(folder, name), False


def _items(path: Path) -> Iterator[_Item]:
    content = _content(path)
    if content.startswith(_DER_SEQUENCE) and not content.isascii():
        yield SigningRequestFile(path, wrap(content))
        return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableError(f"{path}: not text") from error
    if "-----BEGIN" not in text or _looks_like_a_manifest(text):
        yield from _objects(path, text)
    elif "CERTIFICATE REQUEST-----" in text:
        yield SigningRequestFile(path, content)
    else:
        yield _NoManifest(f"{path}: PEM, but no CERTIFICATE REQUEST")


def _content(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "cannot be read"
        raise UnusableError(f"{path}: {reason}") from error


def _looks_like_a_manifest(text: str) -> bool:
    """Tell a manifest with PEM in it from a CSR with text around it."""
    return bool(re.search(r'^\s*"?kind"?:', text.partition("-----BEGIN")[0], re.MULTILINE))


def _objects(path: Path, text: str) -> Iterator[_Item]:
    try:
        for value, node in documents(text):
            yield from _unlisted(Manifest(path, {}, node, text), value)
    except DocumentError as error:
        where = ":".join([str(path), *map(str, error.place)])
        if _TEMPLATE in text:
            yield _NoManifest(f"{where}: {error}: if it is a template, render it first")
            return
        tag = Tag(path, text, error.index, *error.place) if error.is_tag else None
        raise UnusableError(f"{where}: {error}", tag) from error


def _unlisted(at: Manifest, obj: object) -> Iterator[Manifest | _NoManifest]:
    """Yield an object, or those of a list; `at` knows where it is."""
    if not isinstance(obj, Mapping) or not isinstance(obj.get("kind"), str):
        yield _NoManifest(f"{at.source}: not a Kubernetes object")
        return
    manifest = replace(at, obj=obj)
    if not obj["kind"].endswith("List"):
        yield manifest
        return
    items = obj.get("items")
    if not isinstance(items, list):
        raise manifest.unusable("items", "must be a list")
    for index, item in enumerate(items):
        yield from _unlisted(replace(at, node=at.place(f"items[{index}]").value), item)
