"""Manifests on disk: YAML or JSON objects and PEM CSRs, each with the place it came from."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from approver.model import Error

# The loader of libyaml, where there is one, is ten times faster.
SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KEYS = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")
_SUFFIXES = frozenset({".yaml", ".yml", ".json", ".csr", ".pem"})


class UnusableError(Error):
    """Input that cannot be used; the text names the file, the line and the field."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of a file. `node` knows the lines of its fields, counted from 1."""

    path: Path
    obj: Mapping[str, Any]
    node: yaml.Node

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
        return f"{self.path}:{self._line('')}"

    def unusable(self, field: str, message: str) -> UnusableError:
        """Return the error about a field, whose path is like `spec.usages[0]`."""
        what = f"{self.kind} {self.name}".strip()
        where = f"{field}: " if field else ""
        return UnusableError(f"{self.path}:{self._line(field)}: {what}: {where}{message}")

    def _line(self, field: str) -> int:
        node, line = self.node, self.node.start_mark.line + 1
        for key, index in _KEYS.findall(field):
            found = _child(node, int(index) if index else key)
            if found is None:
                break
            node, line = found
        return line


def read_manifests(paths: Iterable[Path]) -> Iterator[Manifest | Path]:
    """Yield every object of the files and folders, and the path of each PEM file.

    Lists are taken apart. Raise `UnusableError` at the first file that cannot be read.
    """
    for path, named in _files(paths):
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UnusableError(
                f"{path}: {getattr(error, 'strerror', None) or 'not text'}"
            ) from error
        if not text.lstrip().startswith("-----BEGIN"):
            yield from _objects(path, text)
        elif "CERTIFICATE REQUEST-----" in text:
            yield path
        elif named:
            raise UnusableError(f"{path}: PEM, but no CERTIFICATE REQUEST")


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Yield each file, and whether it was named itself; hidden folders are passed over."""
    for path in paths:
        if not path.is_dir():
            yield path, True
            continue
        for folder, subfolders, names in os.walk(path, onerror=_refuse):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            for name in sorted(names):
                if Path(name).suffix.lower() in _SUFFIXES:
                    yield Path(folder, name), False


def _refuse(error: OSError) -> None:
    raise UnusableError(f"{error.filename}: {error.strerror}") from error


def _objects(path: Path, text: str) -> Iterator[Manifest]:
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is not None and not _is_null(node):
                yield from _unlisted(path, loader.construct_document(node), node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise UnusableError(f"{path}{line}: not YAML: {error.problem or error}") from error
    except (yaml.YAMLError, AttributeError, TypeError, ValueError, RecursionError) as error:
        raise UnusableError(f"{path}: not YAML that can be read: {error}") from error
    finally:
        loader.dispose()


def _unlisted(path: Path, obj: object, node: yaml.Node) -> Iterator[Manifest]:
    if not isinstance(obj, Mapping) or not isinstance(obj.get("kind"), str):
        raise UnusableError(f"{path}:{node.start_mark.line + 1}: not a Kubernetes object")
    items = obj.get("items")
    manifest = Manifest(path, obj, node)
    if not obj["kind"].endswith("List"):
        yield manifest
        return
    if not isinstance(items, list):
        raise manifest.unusable("items", "must be a list")
    found = _child(node, "items")
    nodes = found[0].value if found and isinstance(found[0], yaml.SequenceNode) else []
    for item, item_node in zip(items, nodes, strict=True):
        yield from _unlisted(path, item, item_node)


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _child(node: yaml.Node, key: str | int) -> tuple[yaml.Node, int] | None:
    """Return the node of a field or item, and the line where it begins."""
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        item: yaml.Node = node.value[key]
        return item, item.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key:
                return value, name.start_mark.line + 1
    return None


class _Loader(SAFE_LOADER):  # type: ignore[misc]  # one of two classes
    """Reads as kubectl does: dates stay text; a key that stands twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - overridden
        seen = set[str]()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{key.value!r} is set twice", key.start_mark
                    )
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
