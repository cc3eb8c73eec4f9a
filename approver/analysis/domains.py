"""What one part of a request can be: sets that can be intersected and taken from each other.

Each has `meet`, `minus` (the sets that hold, between them, what the other lacks), `example` (one
element in a tuple of its own, None if the set is empty) and `has`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final, Protocol, Self

from approver.analysis.alphabet import Alphabet
from approver.analysis.language import EVERYTHING, NOTHING, Language


class Domain(Protocol):
    """A set of what one part of a request can be. Sets of one part are of one class."""

    def __hash__(self) -> int: ...

    def meet(self, other: Any, /) -> Self:  # noqa: ANN401 - another one of its class
        """Return what is in both."""
        ...

    def minus(self, other: Any, /) -> Iterator[Self]:  # noqa: ANN401 - as above
        """Yield sets that hold, between them, what is in this one and not in the other."""
        ...

    def example(self) -> tuple[Any] | None:
        """Return one of its elements, None if there is none. Raise `UndecidedError`."""
        ...

    def has(self, value: Any, /) -> bool:  # noqa: ANN401 - each has values of its own
        """Tell whether a value is in it."""
        ...


@dataclass(frozen=True)
class Text:
    """One text."""

    alphabet: Alphabet
    language: Language = EVERYTHING

    def meet(self, other: "Text") -> "Text":
        """Return the texts of both."""
        return Text(self.alphabet, self.language.meet(other.language))

    def minus(self, other: "Text") -> Iterator["Text"]:
        """Take each opposite of the other in turn."""
        for opposite in other.language.opposites():
            yield Text(self.alphabet, self.language.meet(opposite))

    def example(self) -> tuple[str] | None:
        """Return a shortest text."""
        found = self.language.example(self.alphabet)
        return None if found is None else (found,)

    def has(self, value: str) -> bool:
        """Tell whether it is one of the texts."""
        return self.language.has(value)


@dataclass(frozen=True)
class Texts:
    """A list of texts: each is in `each`, and for each of `some` at least one is in that."""

    alphabet: Alphabet
    each: Language = EVERYTHING
    some: tuple[Language, ...] = ()

    def meet(self, other: "Texts") -> "Texts":
        """Return the lists that are in both."""
        some = tuple(dict.fromkeys(self.some + other.some))
        return Texts(self.alphabet, self.each.meet(other.each), some)

    def minus(self, other: "Texts") -> Iterator["Texts"]:
        """Have a text that the other does not permit, or lack one that it demands."""
        for opposite in other.each.opposites():
            yield Texts(self.alphabet, self.each, (*self.some, opposite))
        for demanded in other.some:
            # No text is in it: each is outside. That is one language, if it is made of one part.
            without = tuple(demanded.within)
            outside = Language(without=without) if without else Language(within=demanded.without)
            if not demanded.within and not demanded.without:
                outside = NONE
            yield Texts(self.alphabet, self.each.meet(outside), self.some)

    def example(self) -> tuple[list[str]] | None:
        """Return as few texts as are demanded: one may be what several demand."""
        texts = list[str]()
        # What anything satisfies comes last, for then there may be something.
        for demanded in sorted(self.some, key=lambda each: each == EVERYTHING):
            if not any(map(demanded.has, texts)):
                text = self.each.meet(demanded).example(self.alphabet)
                if text is None:
                    return None
                texts.append(text)
        return (texts,)

    def has(self, value: Sequence[str]) -> bool:
        """Tell whether all are permitted, and one is there of each that is demanded."""
        return all(map(self.each.has, value)) and all(
            any(map(demanded.has, value)) for demanded in self.some
        )


@dataclass(frozen=True)
class Choices:
    """A list of words of few: all are in `each`, one is in each of `some`; it may be `empty`."""

    each: frozenset[str]
    some: tuple[frozenset[str], ...] = ()
    empty: bool = True

    def meet(self, other: "Choices") -> "Choices":
        """Return the lists that are in both."""
        some = tuple(dict.fromkeys(self.some + other.some))
        return Choices(self.each & other.each, some, self.empty and other.empty)

    def minus(self, other: "Choices") -> Iterator["Choices"]:
        """Have a word that the other does not permit, lack one that it demands, or be empty."""
        yield Choices(self.each, (*self.some, self.each - other.each), empty=False)
        for demanded in other.some:
            yield Choices(self.each - demanded, self.some, self.empty)
        if not other.empty or other.some:
            yield Choices(frozenset(), self.some, self.empty)

    def example(self) -> tuple[list[str]] | None:
        """Return as few words as may be."""
        if self.empty and not self.some:
            return ([],)
        found = [sorted(self.each & demanded) for demanded in (*self.some, self.each)]
        words = dict.fromkeys(words[0] for words in found[: len(self.some) or 1] if words)
        return (list(words),) if all(found[: len(self.some) or 1]) else None

    def has(self, value: Sequence[str]) -> bool:
        """Tell whether all are permitted, and one is there of each that is demanded."""
        if not value:
            return self.empty and not self.some
        return self.each.issuperset(value) and all(map(frozenset(value).intersection, self.some))


@dataclass(frozen=True)
class Members:
    """One of few values."""

    values: frozenset[Any]

    def meet(self, other: "Members") -> "Members":
        """Return the values of both."""
        return Members(self.values & other.values)

    def minus(self, other: "Members") -> Iterator["Members"]:
        """Leave out the other's."""
        yield Members(self.values - other.values)

    def example(self) -> tuple[Any] | None:
        """Return the usual one, or the first by order."""
        if _USUAL in self.values:
            return (_USUAL,)
        return (min(self.values),) if self.values else None

    def has(self, value: object) -> bool:
        """Tell whether it is one of them."""
        return value in self.values


@dataclass(frozen=True)
class Span:
    """A whole number from `least` to `most`, or, if that is `unset`, none."""

    least: float = 0
    most: float = inf
    unset: bool = True

    def meet(self, other: "Span") -> "Span":
        """Return the numbers of both."""
        return Span(
            max(self.least, other.least), min(self.most, other.most), self.unset and other.unset
        )

    def minus(self, other: "Span") -> Iterator["Span"]:
        """Return what is below, what is above, and none, where the other wants one."""
        yield Span(self.least, min(self.most, other.least - 1), unset=False)
        if other.most < inf:
            yield Span(max(self.least, other.most + 1), self.most, unset=False)
        if not other.unset:
            yield Span(1, 0, self.unset)

    def example(self) -> tuple[int | None] | None:
        """Return the least number that is not 0, if there is one."""
        if self.least <= self.most:
            return (int(self.least or min(self.most, _HOUR)),)
        return (None,) if self.unset else None

    def has(self, value: int | None) -> bool:
        """Tell whether it is in the span."""
        return self.unset if value is None else self.least <= value <= self.most


@dataclass(frozen=True)
class Values:
    """What a label may be: one of `values`, or, if they are `excluded`, anything else.

    None is a label that is not there.
    """

    values: frozenset[str | None] = frozenset()
    excluded: bool = True

    def meet(self, other: "Values") -> "Values":
        """Return the values of both."""
        match self.excluded, other.excluded:
            case False, False:
                return Values(self.values & other.values, excluded=False)
            case False, True:
                return Values(self.values - other.values, excluded=False)
            case True, False:
                return other.meet(self)
            case _:
                return Values(self.values | other.values)

    def minus(self, other: "Values") -> Iterator["Values"]:
        """Turn the other to its opposite."""
        yield self.meet(Values(other.values, not other.excluded))

    def example(self) -> tuple[str | None] | None:
        """Return a label that is not there, if that may be."""
        if not self.excluded:
            return (min(self.values, key=lambda value: value or ""),) if self.values else None
        if None not in self.values:
            return (None,)
        return (next(word for word in _WORDS if word not in self.values),)

    def has(self, value: str | None) -> bool:
        """Tell whether it is one of them."""
        return (value in self.values) != self.excluded


@dataclass(frozen=True)
class Labels:
    """The labels of a namespace, each by itself; those that are not named may be anything."""

    labels: Mapping[str, Values] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(frozenset(self.labels.items()))

    def meet(self, other: "Labels") -> "Labels":
        """Return the labels that meet both."""
        merged = dict(self.labels)
        for key, values in other.labels.items():
            merged[key] = merged[key].meet(values) if key in merged else values
        return Labels(merged)

    def minus(self, other: "Labels") -> Iterator["Labels"]:
        """Break what the other asks of one label."""
        for key, values in other.labels.items():
            mine = self.labels.get(key, Values())
            for part in mine.minus(values):
                yield Labels({**self.labels, key: part})

    def example(self) -> tuple[dict[str, str]] | None:
        """Return the labels that must be there."""
        found = {key: values.example() for key, values in self.labels.items()}
        if None in found.values():
            return None
        return ({key: each[0] for key, each in found.items() if each and each[0] is not None},)

    def has(self, value: Mapping[str, str]) -> bool:
        """Tell whether each label is as it must be."""
        return all(values.has(value.get(key)) for key, values in self.labels.items())


NONE: Final = Language(within=(NOTHING,))
_USUAL: Final = ("ECDSA", 256)  # of keys
_HOUR: Final = 3600 * 10**9
_WORDS: Final = ["x", *(f"x{number}" for number in range(1000))]
