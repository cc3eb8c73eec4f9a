"""Reading a policy's spec field by field, gathering every problem on the way."""

import re
from collections.abc import Iterator
from typing import Any, TypeVar

from approver.model import Problem, parse_duration, quote, quote_all

_T = TypeVar("_T")


def blank(value: object) -> bool:
    """Tell whether a value sets nothing: it is null, or an object whose fields set nothing."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            pending.extend(each.values())
        elif each is not None:
            return False
    return True


_OID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")


class SpecReader:
    """A value of a spec, with its path.

    Each reader returns the value, or None if it is absent (null counts as absent) or of the
    wrong type, which is a problem. All nodes of a tree share `problems`, an ordered set.
    """

    __slots__ = ("_children", "_fields", "_searched", "path", "problems", "value")

    def __init__(self, value: Any, path: str, problems: dict[Problem, None]) -> None:  # noqa: ANN401 - any JSON
        self.value = value
        self.path = path
        self.problems = problems
        self._children: dict[str, SpecReader] = {}
        self._fields: dict[str, Any] | None = None  # once it was read
        self._searched = False  # for a field by its name

    @property
    def present(self) -> bool:
        """Whether the field is there; `{}` is, too, where it selects everything."""
        return self.value is not None

    @property
    def blank(self) -> bool:
        """Whether the field sets nothing, which is as if it were not there."""
        return blank(self.value)

    def problem(self, message: str) -> None:
        """Note what is wrong with this field."""
        self.problems[Problem(self.path, message)] = None

    def find(self, path: str) -> "SpecReader | None":
        """Return what this object's tree has at a path of names, joined by dots; "": itself."""
        node = self
        for name in filter(None, path.split(".")):
            node._searched = True
            if (node.mapping() or {}).get(name) is None:
                return None
            node = node.child(name)
        return node

    def child(self, name: str) -> "SpecReader":
        """Return a field of this object."""
        self._searched = True
        child = self._children.get(name)
        if child is None:
            fields = self.mapping() or {}
            child = SpecReader(fields.get(name), f"{self.path}.{name}", self.problems)
            self._children[name] = child
        return child

    def unknown(self) -> Iterator["SpecReader"]:
        """Yield every field of the tree that nobody asked for."""
        if self._searched:
            for name, value in (self.mapping() or {}).items():
                if name not in self._children and value is not None:
                    yield SpecReader(value, f"{self.path}.{name}", self.problems)
        for child in self._children.values():
            yield from child.unknown()

    def mapping(self) -> dict[str, Any] | None:
        """Read an object; YAML's names that are no strings are a problem."""
        if self._fields is None:
            self._fields = self._mapping()
        return self._fields

    def _mapping(self) -> dict[str, Any] | None:
        fields = self._expect(dict, "an object")
        if fields is None or all(isinstance(name, str) for name in fields):
            return fields
        others = [str(name) for name in fields if not isinstance(name, str)]
        self.problem(f"the names {quote_all(others)} must be strings")
        return {name: value for name, value in fields.items() if isinstance(name, str)}

    def text(self) -> str | None:
        """Read a string."""
        return self._expect(str, "a string")

    def boolean(self) -> bool | None:
        """Read a boolean."""
        return self._expect(bool, "true or false")

    def number(self) -> int | None:
        """Read a whole number."""
        if isinstance(self.value, bool):
            self.problem("must be a whole number")
            return None
        return self._expect(int, "a whole number")

    def texts(self) -> tuple[str, ...] | None:
        """Read a list of strings."""
        items = self.items()
        if items is None:
            return None
        return tuple(text for item in items if (text := item.text()) is not None)

    def items(self) -> "tuple[SpecReader, ...] | None":
        """Read a list; an item's null is a problem."""
        values = self._expect(list, "a list")
        if values is None:
            return None
        return tuple(self._item(index, value) for index, value in enumerate(values))

    def _item(self, index: int, value: object) -> "SpecReader":
        name = f"[{index}]"
        item = self._children.get(name)
        if item is None:
            item = self._children[name] = SpecReader(value, self.path + name, self.problems)
        if not item.present:
            item.problem("must not be null")
        return item

    def duration(self) -> int | None:
        """Read a Go duration that is not negative, in nanoseconds."""
        text = self.text()
        if text is None:
            return None
        try:
            nanoseconds = parse_duration(text)
        except ValueError as error:
            self.problem(f"{quote(text)} is {error}")
            return None
        if nanoseconds < 0:
            self.problem(f"{quote(text)} must not be negative")
        return nanoseconds

    def oid(self) -> str:
        """Read an object identifier in dotted decimal; "" if there is none."""
        if not self.present:
            self.problem("is required")
        text = self.text() or ""
        if self.present and not _OID.fullmatch(text):
            self.problem(f"{quote(text)} is not an OID such as 1.3.6.1.4.1.311.20.2.3")
        return text

    def _expect(self, kind: type[_T], noun: str) -> _T | None:
        if self.value is None or isinstance(self.value, kind):
            return self.value
        self.problem(f"must be {noun}")
        return None
