"""Patterns: `*` matches any run of characters, every other character itself."""

from collections.abc import Iterable, Sequence


class Wildcard:
    """A compiled pattern; case-sensitive, by code point, in linear time in practice."""

    __slots__ = ("_head", "_middle", "_tail")

    def __init__(self, text: str) -> None:
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
    """Alternatives: a value is permitted if one of the patterns, `texts`, matches it.

    Most patterns need only a string's own methods: `wholes` have no `*`, `heads` and `tails` have
    one at an end, which is left out in them. `others` are the rest.
    """

    __slots__ = ("heads", "others", "tails", "texts", "wholes")

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        wholes, heads, tails, others = set[str](), set[str](), set[str](), list[Wildcard]()
        for text in self.texts:
            match text.split("*"):
                case [whole]:
                    wholes.add(whole)
                case ["", tail]:
                    tails.add(tail)
                case [head, ""]:
                    heads.add(head)
                case _:
                    others.append(Wildcard(text))
        self.wholes = frozenset(wholes)
        self.heads, self.tails, self.others = tuple(heads), tuple(tails), tuple(others)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Wildcards) and self.texts == other.texts

    def __hash__(self) -> int:
        return hash(self.texts)

    def __repr__(self) -> str:
        return f"Wildcards({self.texts!r})"

    def match(self, value: str) -> bool:
        """Tell whether one of the patterns matches all of `value`."""
        if value in self.wholes or value.endswith(self.tails) or value.startswith(self.heads):
            return True
        for pattern in self.others:  # noqa: SIM110 - a generator takes longer than a match
            if pattern.matches(value):
                return True
        return False

    __call__ = match

    def match_all(self, values: Sequence[str]) -> bool:
        """Tell whether each value is matched: for thousands, in a third of the time of `match`."""
        if values and not self.match(values[0]):
            return False
        wholes, heads, tails = self.wholes, self.heads, self.tails
        rest = [
            value
            for value in values
            if not (value.startswith(heads) or value.endswith(tails) or value in wholes)
        ]
        return all(any(pattern.matches(value) for pattern in self.others) for value in rest)
