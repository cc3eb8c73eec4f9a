"""The kinds of fields: how a declaration becomes the checks of a policy, in either style."""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import NamedTuple, Protocol

from approver.model import IssuerRef, format_duration, quote, quote_all
from approver.policy.asked import Asked
from approver.policy.check import Check, never
from approver.policy.node import Node
from approver.policy.wildcard import Wildcards
from approver.x509 import DEFAULT_USAGES, NAME_CONSTRAINTS, USAGES

LARGEST_KEY = 8192

Pairs = Iterable[tuple[str, str]]
"""Requested values, each with what tells it from the others of its field: see `Check`."""


class Style(Enum):
    """The two ways of writing a policy."""

    STRUCTURED = "structured"
    PATTERN = "pattern"


class Names(NamedTuple):
    """What a field is called below `spec` in each style; None where a style lacks it."""

    structured: str | None
    pattern: str | None

    def find(self, spec: Node, style: Style) -> Node:
        """Return the field as this spec sets it; a style that lacks the field never does."""
        name = self.structured if style is Style.STRUCTURED else self.pattern
        if name:
            return spec.at(name)
        return Node(None, f"{spec.path}.{self.structured or self.pattern}", spec.problems)


class Field(Protocol):
    """A field of the policy language."""

    @property
    def spellings(self) -> tuple[Names, ...]:
        """What a spec may set."""
        ...

    def checks(self, spec: Node, style: Style) -> Iterator[Check]:
        """Read the field, noting problems in the spec; yield what it asks of requests."""
        ...


@dataclass(frozen=True)
class _Named:
    names: Names

    @property
    def spellings(self) -> tuple[Names, ...]:
        return (self.names,)


@dataclass(frozen=True)
class _Bounded:
    least: Names
    most: Names

    @property
    def spellings(self) -> tuple[Names, ...]:
        return (self.least, self.most)


@dataclass(frozen=True)
class Texts(_Named):
    """A list of strings: each that is asked for must match one of the patterns."""

    asked: Callable[[Asked], Sequence[str]]

    def checks(self, spec: Node, style: Style) -> Iterator[Check]:
        """Read `{values, required, validations}`, in pattern style a list of patterns."""
        node = self.names.find(spec, style)
        if style is Style.STRUCTURED:
            yield from _list_checks(node, node.path, self.asked)
        elif (patterns := node.texts()) is not None:
            yield _matches(node.path, patterns, lambda asked: _unkeyed(self.asked(asked)))


@dataclass(frozen=True)
class Text(_Named):
    """A single string; an empty one counts as absent, repeated ones are judged one by one."""

    asked: Callable[[Asked], Sequence[str]]

    def checks(self, spec: Node, style: Style) -> Iterator[Check]:
        """Read `{value, required, validations}`, in pattern style a pattern."""
        node = self.names.find(spec, style)
        if style is Style.STRUCTURED:
            value = node.child("value")
            text = value.text()
            patterns = None if text is None else (text,)
            yield from _allowance(
                node, node.path, value, patterns, present=self._present, absent=self._absent
            )
        elif (pattern := node.text()) is not None:
            yield _matches(node.path, (pattern,), self._all)

    def _all(self, asked: Asked) -> Pairs:
        values = self.asked(asked) or ("",)
        if len(values) == 1:
            return _unkeyed(values)
        return [(f"[{index}]", value) for index, value in enumerate(values)]

    def _present(self, asked: Asked) -> Pairs:
        return [(key, value) for key, value in self._all(asked) if value]

    def _absent(self, asked: Asked) -> Pairs:
        return [(key, value) for key, value in self._all(asked) if not value]


@dataclass(frozen=True)
class ByOid(_Named):
    """Lists of strings that an OID names; `reserved` OIDs have fields of their own."""

    asked: Callable[[Asked], Pairs]
    reserved: frozenset[str] = frozenset()

    def checks(self, spec: Node, style: Style) -> Iterator[Check]:
        """Read a list of `{oid, values, required, validations}`; forbid every other OID."""
        node = self.names.find(spec, style)
        entries = _by_oid(node)
        for oid, entry in entries.items():
            if oid in self.reserved:
                entry.child("oid").problem(f"{oid} has a field of its own")
            yield from _list_checks(entry, f"{node.path}[{oid}]", self._values_of(oid))
        yield _forbids(
            node.path,
            lambda asked: [(f"[{oid}]", v) for oid, v in self.asked(asked) if oid not in entries],
        )

    def _values_of(self, oid: str) -> Callable[[Asked], Sequence[str]]:
        return lambda asked: [value for key, value in self.asked(asked) if key == oid]


@dataclass(frozen=True)
class Extensions(_Named):
    """The OIDs of the X.509 extensions that a CSR may carry beyond those that everyone knows."""

    asked: Callable[[Asked], Sequence[str]]

    def checks(self, spec: Node, style: Style) -> Iterator[Check]:
        """Read a list of `{oid}`."""
        listed = self.listed(spec, style)
        yield _forbids(
            self.names.find(spec, style).path,
            lambda asked: [(f"[{oid}]", oid) for oid in self.asked(asked) if oid not in listed],
        )

    def listed(self, spec: Node, style: Style) -> frozenset[str]:
        """Return the OIDs that the policy lists."""
        entries = _by_oid(self.names.find(spec, style))
        if NAME_CONSTRAINTS in entries:
            entries[NAME_CONSTRAINTS].child("oid").problem("name constraints are never allowed")
        return frozenset(entries)


@dataclass(frozen=True)
class Unnameable:
    """Values that no policy can allow; `path` is where violations look for them."""

    path: str
    asked: Callable[[Asked], Pairs]

    @property
    def spellings(self) -> tuple[Names, ...]:
        """Nothing that a spec may set."""
        return ()

    def checks(self, spec: Node, _: Style) -> Iterator[Check]:
        """Forbid them all."""
        yield Check(
            f"{spec.path}.{self.path}",
            self.asked,
            never,
            rule="",
            complaint="is of a kind that no policy can allow",
        )


@dataclass(frozen=True)
class Flag(_Named):
    """A switch. Structured: true permits both; pattern: what is asked for must be the same."""

    asked: Callable[[Asked], bool]

    def checks(self, spec: Node, style: Style) -> Iterator[Check]:
        """Read a boolean."""
        node = self.names.find(spec, style)
        wanted = node.flag()
        if style is Style.STRUCTURED:
            wanted = None if wanted else False
        if wanted is not None:
            yield Check(
                node.path,
                lambda asked: (("", self.asked(asked)),),
                lambda value: value is wanted,
                rule=_lower(wanted),
                complaint=f"is not allowed, only {_lower(wanted)}",
                show=_lower,
            )


@dataclass(frozen=True)
class Usages(_Named):
    """Key usages: each that is asked for must match one of the patterns.

    Structured style sees them as written, pattern style with cert-manager's defaults.
    """

    asked: Callable[[Asked], Sequence[str]]

    def checks(self, spec: Node, style: Style) -> Iterator[Check]:
        """Read a list of usages."""
        node = self.names.find(spec, style)
        patterns = node.texts()
        defaults: tuple[str, ...] = DEFAULT_USAGES
        if style is Style.STRUCTURED:
            defaults = ()
            for item in node.items() or ():
                if item.value not in USAGES:
                    item.problem(f"{quote(str(item.value))} is not a usage that cert-manager knows")
        if patterns is not None:
            yield _matches(
                node.path, patterns, lambda asked: _unkeyed(self.asked(asked) or defaults)
            )
        elif style is Style.STRUCTURED:
            yield _forbids(node.path, lambda asked: _unkeyed(self.asked(asked)))


@dataclass(frozen=True)
class Choice(_Named):
    """A value that must be exactly the one that the policy names, one of a few."""

    asked: Callable[[Asked], str]
    choices: tuple[str, ...]

    def checks(self, spec: Node, style: Style) -> Iterator[Check]:
        """Read a string."""
        node = self.names.find(spec, style)
        choice = node.text()
        if choice is None:
            return
        if choice not in self.choices:
            node.problem(f"{quote(choice)} is none of {quote_all(self.choices)}")
        yield Check(
            node.path,
            lambda asked: (("", self.asked(asked)),),
            lambda value: value == choice,
            rule=choice,
            complaint=f"is not {quote(choice)}",
        )


@dataclass(frozen=True)
class DurationRange(_Bounded):
    """The shortest and the longest duration, both inclusive; an unset one is in no range."""

    asked: Callable[[Asked], int | None]

    def checks(self, spec: Node, style: Style) -> Iterator[Check]:
        """Read two Go durations."""
        least, most = self.least.find(spec, style), self.most.find(spec, style)
        yield from _range(
            (least, least.duration()), (most, most.duration()), self.asked, _show_duration
        )


@dataclass(frozen=True)
class SizeRange(_Bounded):
    """The smallest and the largest key, in bits, both inclusive; -1 if a key has no size."""

    asked: Callable[[Asked], int]
    algorithm: Names

    def checks(self, spec: Node, style: Style) -> Iterator[Check]:
        """Read two numbers, which only make sense where keys have a size."""
        least, most = self.least.find(spec, style), self.most.find(spec, style)
        yield from _range((least, _bits(least)), (most, _bits(most)), self.asked, _show_bits)
        if self.algorithm.find(spec, style).value == "Ed25519":
            for node in (least, most):
                if node.present:
                    node.problem("must not be set: all Ed25519 keys are of one size")


@dataclass(frozen=True)
class Issuers(_Named):
    """The signers that may be named, which only pattern style has a field for."""

    asked: Callable[[Asked], IssuerRef]

    def checks(self, spec: Node, style: Style) -> Iterator[Check]:
        """Read a list of `{name, kind, group}`, all patterns."""
        node = self.names.find(spec, style)
        entries = node.items()
        if entries is None:
            return
        issuers = [_issuer(entry) for entry in entries]
        yield Check(
            node.path,
            lambda asked: (("", self.asked(asked)),),
            lambda issuer: any(
                all(
                    pattern.match(part)
                    for pattern, part in zip(patterns, _parts(issuer), strict=True)
                )
                for patterns in issuers
            ),
            rule="",
            complaint="is none of the issuers listed",
            show=lambda issuer: quote(" ".join(_parts(issuer))),
        )


def _list_checks(node: Node, path: str, asked: Callable[[Asked], Sequence[str]]) -> Iterator[Check]:
    values = node.child("values")
    return _allowance(
        node,
        path,
        values,
        values.texts(),
        present=lambda asked_for: _unkeyed(asked(asked_for)),
        absent=lambda asked_for: () if asked(asked_for) else _unkeyed(("",)),
    )


def _allowance(  # noqa: PLR0913 - the one shape of `allowed.*`, for single values and lists
    node: Node,
    path: str,
    values: Node,
    patterns: tuple[str, ...] | None,
    *,
    present: Callable[[Asked], Pairs],
    absent: Callable[[Asked], Pairs],
) -> Iterator[Check]:
    part = values.path.removeprefix(node.path)
    required = node.child("required").flag()
    validations = node.child("validations")
    if validations.items():
        validations.problem("rules are not supported yet")
    elif patterns is None and required:
        values.problem("is required, or validations, where the field is required")
    if patterns is None:
        yield _forbids(path, present)
    else:
        yield _matches(path, patterns, present, part)
    if required:
        yield Check(
            path,
            absent,
            never,
            rule="true",
            complaint="a value is required",
            part=".required",
            show=lambda _: "",
        )


def _matches(
    path: str, patterns: tuple[str, ...], asked: Callable[[Asked], Pairs], part: str = ""
) -> Check:
    rule = quote_all(patterns)
    complaint = f"matches none of {rule}" if len(patterns) > 1 else f"does not match {rule}"
    return Check(
        path,
        asked,
        Wildcards(patterns).match,
        rule,
        complaint if patterns else "is not allowed: the list is empty",
        part,
    )


def _forbids(path: str, asked: Callable[[Asked], Pairs]) -> Check:
    return Check(
        path, asked, never, rule="", complaint="is not allowed: the policy has no such value"
    )


def _range(
    least: tuple[Node, int | None],
    most: tuple[Node, int | None],
    asked: Callable[[Asked], int | None],
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
                lambda asked_for: (("", asked(asked_for)),),
                partial(_within, holds, bound),
                rule=show(bound),
                complaint=f"is not within the {name}, {show(bound)}",
                show=show,
            )


def _within(holds: Callable[[int, int], bool], bound: int, value: int | None) -> bool:
    return value is not None and holds(value, bound)


def _by_oid(node: Node) -> dict[str, Node]:
    entries: dict[str, Node] = {}
    for entry in node.items() or ():
        name = entry.child("oid")
        oid = name.oid()
        if oid is None:
            continue
        if oid in entries:
            name.problem(f"{oid} is listed already")
        entries.setdefault(oid, entry)
    return entries


def _issuer(node: Node) -> tuple[Wildcards, ...]:
    name = node.child("name").text()
    if name is None:
        node.child("name").problem("is required")
    issuer = IssuerRef(
        name or "", node.child("kind").text() or "", node.child("group").text() or ""
    )
    return tuple(Wildcards((part,)) for part in _parts(issuer.defaulted()))


def _parts(issuer: IssuerRef) -> tuple[str, str, str]:
    return issuer.kind, issuer.group, issuer.name


def _bits(node: Node) -> int | None:
    bits = node.number()
    if bits is not None and not 0 <= bits <= LARGEST_KEY:
        node.problem(f"{bits} is not between 0 and {LARGEST_KEY}")
    return bits


def _unkeyed(values: Sequence[str]) -> Pairs:
    return [("", value) for value in values]


def _lower(flag: bool) -> str:  # noqa: FBT001 - a value to show, not a switch
    return "true" if flag else "false"


def _show_duration(nanoseconds: int | None) -> str:
    return "an unset duration" if nanoseconds is None else format_duration(nanoseconds)


def _show_bits(bits: int | None) -> str:
    return "a key without a size" if bits == -1 else f"{bits} bits"
