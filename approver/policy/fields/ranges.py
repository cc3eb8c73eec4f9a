"""Fields with a least and a greatest value, both inclusive."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from approver.model import format_duration, quote, quote_all
from approver.policy.accessor import Accessor
from approver.policy.check import Check
from approver.policy.conditions import AtLeast, AtMost, OneOf
from approver.policy.decoded import DecodedRequest
from approver.policy.fields.field import NamedField, Style
from approver.policy.part import Part
from approver.policy.spec_reader import SpecReader
from approver.x509 import Key

LARGEST_KEY_BITS = 8192
_ALGORITHMS = ("RSA", "ECDSA", "Ed25519")


@dataclass(frozen=True, kw_only=True, eq=False)
class DurationRange(NamedField):
    """The shortest and the longest duration, in nanoseconds; an unset one is in no range.

    Its names are those of the object that has `minDuration` and `maxDuration`.
    """

    of: Callable[[DecodedRequest], int | None]

    @cached_property
    def requested(self) -> Accessor:
        """The duration, if it is set."""
        return Accessor(
            lambda request: () if self.of(request) is None else (self.of(request),),
            part=Part(self.name),
        )

    @cached_property
    def _value(self) -> Accessor:
        return Accessor.single(self.of, self.name)

    def names(self, style: Style) -> tuple[str, ...]:
        """Return the names of both bounds."""
        return _below(super().names(style), "minDuration", "maxDuration")

    def read(self, node: SpecReader, _: Style) -> Iterator[Check]:
        """Read two Go durations."""
        least, most = node.child("minDuration"), node.child("maxDuration")
        yield from _range(
            (least, least.duration()), (most, most.duration()), self._value, _show_duration
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class PrivateKey(NamedField):
    """What a key may be: its algorithm, and its least and greatest size in bits."""

    of: Callable[[DecodedRequest], Key]

    @cached_property
    def requested(self) -> Accessor:
        """The algorithm, which every key has."""
        return Accessor.single(lambda request: self.of(request).algorithm, f"{self.name}.algorithm")

    @cached_property
    def _size(self) -> Accessor:
        return Accessor.single(lambda request: self.of(request).size, f"{self.name}.size")

    def names(self, style: Style) -> tuple[str, ...]:
        """Return the names of all three."""
        return _below(super().names(style), _algorithm_name(style), "minSize", "maxSize")

    def read(self, node: SpecReader, style: Style) -> Iterator[Check]:
        """Read a word and two numbers, which only make sense where keys have a size."""
        algorithm = node.child(_algorithm_name(style))
        least, most = node.child("minSize"), node.child("maxSize")
        yield from self._algorithm(algorithm)
        yield from _range((least, _bits(least)), (most, _bits(most)), self._size, _show_bits)
        if algorithm.value == "Ed25519":
            for bound in (least, most):
                if bound.present:
                    bound.problem("must not be set: all Ed25519 keys are of one size")

    def _algorithm(self, node: SpecReader) -> Iterator[Check]:
        algorithm = node.text()
        if algorithm is None:
            return
        if algorithm not in _ALGORITHMS:
            node.problem(f"{quote(algorithm)} is none of {quote_all(_ALGORITHMS)}")
        yield Check(
            node.path,
            self.requested,
            OneOf((algorithm,)),
            rule=algorithm,
            complaint=f"is not {quote(algorithm)}",
        )


def _range(
    least: tuple[SpecReader, int | None],
    most: tuple[SpecReader, int | None],
    values: Accessor,
    show: Callable[[int | None], str],
) -> Iterator[Check]:
    if least[1] is not None and most[1] is not None and most[1] < least[1]:
        most[0].problem(f"{show(most[1])} is less than the minimum, {show(least[1])}")
    for (node, bound), condition, name in ((least, AtLeast, "minimum"), (most, AtMost, "maximum")):
        if bound is not None:
            yield Check(
                node.path,
                values,
                condition(bound),
                rule=show(bound),
                complaint=f"is not within the {name}, {show(bound)}",
                show=show,
            )


def _below(objects: tuple[str, ...], *names: str) -> tuple[str, ...]:
    return tuple(f"{path}.{name}".removeprefix(".") for path in objects for name in names)


def _algorithm_name(style: Style) -> str:
    return "algorithm" if style is Style.STRUCTURED else "allowedAlgorithm"


def _bits(node: SpecReader) -> int | None:
    bits = node.number()
    if bits is not None and not 0 <= bits <= LARGEST_KEY_BITS:
        node.problem(f"{bits} is not between 0 and {LARGEST_KEY_BITS}")
    return bits


def _show_duration(nanoseconds: int | None) -> str:
    return "an unset duration" if nanoseconds is None else format_duration(nanoseconds)


def _show_bits(bits: int | None) -> str:
    return "a key without a size" if bits == -1 else f"{bits} bits"
