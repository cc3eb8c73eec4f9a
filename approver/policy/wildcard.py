"""Patterns: `*` matches any run of characters, every other character itself."""

from collections.abc import Iterable


class Wildcard:
    """A compiled pattern; case-sensitive, by code point, in linear time in practice."""

    __slots__ = ("_head", "_middle", "_tail", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._head, *rest = text.split("*")
        self._tail = rest.pop() if rest else None
        self._middle = tuple(part for part in rest if part)

    def matches(self, value: str) -> bool:
        """Tell whether the pattern matches all of `value`."""
        if self._tail is None:
            return value == self._head
        end = len(value) - len(self._tail)
        position = len(self._head)
        if position > end or not (value.startswith(self._head) and value.endswith(self._tail)):
            return False
        # The leftmost place is always good enough: what follows only needs room.
        for part in self._middle:
            position = value.find(part, position, end)
            if position < 0:
                return False
            position += len(part)
        return True


class Wildcards:
    """Alternatives: a value matches if one of the patterns does."""

    __slots__ = ("_patterns", "_plain", "texts")

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        self._plain = frozenset(text for text in self.texts if "*" not in text)
        self._patterns = tuple(Wildcard(text) for text in self.texts if "*" in text)

    def match(self, value: str) -> bool:
        """Tell whether one of the patterns matches all of `value`."""
        if value in self._plain:
            return True
        for pattern in self._patterns:  # noqa: SIM110 - a generator takes longer than a match
            if pattern.matches(value):
                return True
        return False
