"""Where in a file things stand: lines and columns for people, indexes for edits."""

import re
from dataclasses import dataclass

import yaml

_ITEM = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a file's text, `text[start:end]`; line and column count from 1."""

    start: int
    end: int
    line: int
    column: int

    @classmethod
    def of(cls, node: yaml.Node) -> "Span":
        """Return what a node takes; of a block, that includes what follows up to the next one."""
        start = node.start_mark
        return cls(start.index, node.end_mark.index, start.line + 1, start.column + 1)

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Place:
    """A field of a document: its value, and its key if it has one.

    `missing` is what could not be followed of the path that was looked for, "" if it is all there.
    """

    value: yaml.Node
    key: yaml.Node | None
    missing: str = ""

    @property
    def span(self) -> Span:
        """Where the field begins: its key, or the item of a list."""
        return Span.of(self.key or self.value)

    @property
    def value_span(self) -> Span:
        """What the value takes."""
        return Span.of(self.value)


def locate(root: yaml.Node, path: str) -> Place:
    """Return the place of a field, such as `spec.usages[0]`; the nearest above if it is missing.

    Keys may hold dots: the path is read along the document, and the longest key counts. An item
    may be named by its `oid`, as violations do.
    """
    place = Place(root, None)
    while path:
        if not (step := _step(place.value, path)):
            return Place(place.value, place.key, path)
        place, path = step
    return place


def _step(node: yaml.Node, path: str) -> tuple[Place, str] | None:
    """Return the field or item that a path begins with, and the rest of the path."""
    if isinstance(node, yaml.SequenceNode):
        found = _ITEM.match(path)
        item = _item(node, found[1]) if found else None
        return (
            (Place(item, None), path[found.end() :].removeprefix(".")) if found and item else None
        )
    best: tuple[Place, str] | None = None
    longest = -1
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        name = str(key.value)
        rest = path.removeprefix(name)
        if path.startswith(name) and rest[:1] in {"", ".", "["} and len(name) > longest:
            best, longest = (Place(value, key), rest.removeprefix(".")), len(name)
    return best


def _item(node: yaml.SequenceNode, name: str) -> yaml.Node | None:
    items: list[yaml.Node] = node.value
    if name.isdecimal():
        return items[int(name)] if int(name) < len(items) else None
    for item in items:
        oid = locate(item, "oid")
        if not oid.missing and oid.value.value == name:
            return item
    return None
