"""A dump of a cluster, read object by object: what `kubectl get -o json` or `-o yaml` writes.

Only one object at a time is held, so that a dump of any length can be read.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

from approver.manifests.documents import DocumentError, documents
from approver.manifests.files import STANDARD_INPUT, UnusableError

_BLOCK: Final = 1 << 20  # characters
_DECODER: Final = json.JSONDecoder()


class Dumped(NamedTuple):
    """An object of a dump, and where it begins: `FILE:LINE`, or `FILE` and its number."""

    source: str
    obj: Mapping[str, Any]


@contextmanager
def readable_twice(path: Path) -> Iterator[Path]:
    """Give a file that can be read more than once; standard input is put into one meanwhile.

    Raise `UnusableError`.
    """
    if path != STANDARD_INPUT:
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="approver-dump-") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        file.flush()
        yield Path(file.name)


def read_dump(path: Path) -> Iterator[Dumped]:
    """Yield the objects of a dump; lists are taken apart. Raise `UnusableError`."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            first = file.read(1)
            while first.isspace():
                first = file.read(1)
            file.seek(0)
            yield from _of_json(path, file) if first == "{" else _of_yaml(path, file)
    except UnicodeDecodeError as error:
        raise UnusableError(f"{path}: not text") from error
    except OSError as error:
        raise UnusableError(f"{path}: {error.strerror or error}") from error


def _of_json(path: Path, file: TextIO) -> Iterator[Dumped]:
    number = 0
    try:
        for number, obj in enumerate(_Json(file).objects(), 1):
            yield Dumped(f"{path} #{number}", _object(f"{path} #{number}", obj))
    except (json.JSONDecodeError, RecursionError) as error:
        what = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
        text = f"{path}: after {number} objects: not JSON that can be read: {what}"
        raise UnusableError(text) from error


def _of_yaml(path: Path, file: TextIO) -> Iterator[Dumped]:
    for line, text in _yaml_parts(file):
        try:
            for value, _ in documents(text):
                source = f"{path}:{line}"
                yield from (
                    Dumped(source, _object(source, each)) for each in _unlisted(source, value)
                )
        except DocumentError as error:
            place = (error.place[0] + line - 1, *error.place[1:]) if error.place else (line,)
            where = ":".join(map(str, (path, *place)))
            raise UnusableError(f"{where}: {error}") from error


def _unlisted(source: str, value: object) -> Iterator[object]:
    if not (isinstance(value, Mapping) and str(value.get("kind", "")).endswith("List")):
        yield value
        return
    items = value.get("items", [])  # none is left where its items were read before
    if items is not None and not isinstance(items, list):
        raise UnusableError(f"{source}: items: must be a list")
    for item in items or ():
        yield from _unlisted(source, item)


def _object(source: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not isinstance(value.get("kind"), str):
        raise UnusableError(f"{source}: not a Kubernetes object")
    return value


def _yaml_parts(lines: TextIO) -> Iterator[tuple[int, str]]:
    """Yield documents, but the items of a list one by one, each with the line that it begins at.

    kubectl writes items at the left margin, where a dash can begin nothing else.
    """
    rest: list[str] = []
    rest_line = 1
    item: list[str] = []
    item_line = 0
    in_items = False
    for number, line in enumerate(lines, 1):
        if item and (line.startswith(("- ", "---")) or line[0] not in " #\r\n"):
            yield item_line, "".join(item)
            item = []
        if line.startswith("---"):
            yield rest_line, "".join(rest)
            rest, rest_line, in_items = [], number, False
        elif in_items and line.startswith("- "):
            item, item_line = [f"  {line[2:]}"], number
        elif item:
            item.append(line)
            continue
        elif line[0] not in " #\r\n-":
            in_items = line.rstrip() == "items:"
        if not item:
            rest.append(line)
    if item:
        yield item_line, "".join(item)
    yield rest_line, "".join(rest)


class _Json:
    """Objects one after another; the items of one that has them stand for it."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._at = 0
        self._ended = False

    def objects(self) -> Iterator[object]:
        while self._peek():
            yield from self._object()

    def _object(self) -> Iterator[object]:
        self._expect("{")
        fields: dict[str, object] = {}
        listed = False
        while self._goes_on("}", first=not fields and not listed):
            name = self._value()
            self._expect(":")
            if name == "items" and self._peek() == "[":
                listed = True
                yield from self._items()
            else:
                fields[str(name)] = self._value()
        if not listed:
            yield fields

    def _items(self) -> Iterator[object]:
        self._expect("[")
        first = True
        while self._goes_on("]", first=first):
            yield self._value()
            first = False

    def _goes_on(self, end: str, *, first: bool) -> bool:
        """Pass over what stands between two values; return False at the end of them."""
        if self._peek() == end:
            self._at += 1
            return False
        if not first:
            self._expect(",")
        return True

    def _peek(self) -> str:
        """Return the next character that is no space, "" at the end."""
        while True:
            while self._at < len(self._text):
                if not (character := self._text[self._at]).isspace():
                    return character
                self._at += 1
            if not self._more():
                return ""

    def _expect(self, character: str) -> None:
        if self._peek() != character:
            raise json.JSONDecodeError(f"expecting {character}", self._text, self._at)
        self._at += 1

    def _value(self) -> object:
        self._peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if not self._more():
                    raise
                continue
            if end < len(self._text) or not self._more():  # a number may go on
                self._at = end
                return value

    def _more(self) -> bool:
        if self._ended:
            return False
        block = self._file.read(max(_BLOCK, len(self._text) - self._at))
        self._ended = not block
        self._text, self._at = self._text[self._at :] + block, 0
        return bool(block)
