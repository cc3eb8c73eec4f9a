"""Fields with a least and a greatest value, both inclusive."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from approver.model import format_duration
from approver.policy.check import Check
from approver.policy.decoded import Accessor, DecodedRequest
from approver.policy.field import FieldNames, Style
from approver.policy.spec_reader import SpecReader

LARGEST_KEY = 8192


@dataclass(frozen=True)
class _Bounded:
    least: FieldNames
    most: FieldNames

    @property
    def spellings(self) -> tuple[FieldNames, ...]:
        return (self.least, self.most)


@dataclass(frozen=True)
class DurationRange(_Bounded):
    """The shortest and the longest duration, both inclusive; an unset one is in no range."""

    of: Callable[[DecodedRequest], int | None]

    def checks(self, spec: SpecReader, style: Style) -> Iterator[Check]:
        """Read two Go durations."""
        least, most = self.least.find(spec, style), self.most.find(spec, style)
        yield from _range(
            (least, least.duration()), (most, most.duration()), self.of, _show_duration
        )


@dataclass(frozen=True)
class SizeRange(_Bounded):
    """The smallest and the largest key, in bits, both inclusive; -1 if a key has no size."""

    of: Callable[[DecodedRequest], int]
    algorithm: FieldNames

    def checks(self, spec: SpecReader, style: Style) -> Iterator[Check]:
        """Read two numbers, which only make sense where keys have a size."""
        least, most = self.least.find(spec, style), self.most.find(spec, style)
        yield from _range((least, _bits(least)), (most, _bits(most)), self.of, _show_bits)
        if self.algorithm.find(spec, style).value == "Ed25519":
            for node in (least, most):
                if node.present:
                    node.problem("must not be set: all Ed25519 keys are of one size")


def _range(
    least: tuple[SpecReader, int | None],
    most: tuple[SpecReader, int | None],
    of: Callable[[DecodedRequest], int | None],
    show: Callable[[int | None], str],
) -> Iterator[Check]:
    if least[1] is not None and most[1] is not None and most[1] < least[1]:
        most[0].problem(f"{show(most[1])} is less than the minimum, {show(least[1])}")
    for (node, bound), holds, name in (
        (least, operator.ge, "minimum"),
        (most, operator.le, "maximum"),
    ):
        if bound is not None:
            yield Check(
                node.path,
                Accessor.single(of),
                partial(_within, holds, bound),
                rule=show(bound),
                complaint=f"is not within the {name}, {show(bound)}",
                show=show,
            )


def _within(holds: Callable[[int, int], bool], bound: int, value: int | None) -> bool:
    return value is not None and holds(value, bound)


def _bits(node: SpecReader) -> int | None:
    bits = node.number()
    if bits is not None and not 0 <= bits <= LARGEST_KEY:
        node.problem(f"{bits} is not between 0 and {LARGEST_KEY}")
    return bits


def _show_duration(nanoseconds: int | None) -> str:
    return "an unset duration" if nanoseconds is None else format_duration(nanoseconds)


def _show_bits(bits: int | None) -> str:
    return "a key without a size" if bits == -1 else f"{bits} bits"
