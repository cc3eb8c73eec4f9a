"""Fields whose values are strings, and are compared with patterns."""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from approver.model import quote, quote_all
from approver.policy.check import AnyCheck, Check, never
from approver.policy.decoded import Accessor, DecodedRequest
from approver.policy.field import FieldNames, SingleField, Style
from approver.policy.spec_reader import SpecReader
from approver.policy.validations import rule_checks
from approver.policy.wildcard import Wildcards
from approver.x509 import DEFAULT_USAGES, NAME_CONSTRAINTS, USAGES

Pairs = Iterable[tuple[str, str]]
"""Requested values, each behind what tells it from the others of its field."""


@dataclass(frozen=True)
class Texts(SingleField):
    """A list of strings: each that is asked for must match one of the patterns."""

    of: Callable[[DecodedRequest], Sequence[str]]

    def checks(self, spec: SpecReader, style: Style) -> Iterator[AnyCheck]:
        """Read `{values, required, validations}`, in pattern style a list of patterns."""
        node = self.names.find(spec, style)
        if style is Style.STRUCTURED:
            yield from _list_checks(node, node.path, self.of)
        elif (patterns := node.texts()) is not None:
            yield _matches(node.path, patterns, Accessor(self.of))


@dataclass(frozen=True)
class Text(SingleField):
    """A single string; an empty one counts as absent, repeated ones are compiled one by one."""

    of: Callable[[DecodedRequest], Sequence[str]]

    def checks(self, spec: SpecReader, style: Style) -> Iterator[AnyCheck]:
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
            yield _matches(node.path, (pattern,), self._each)

    @cached_property
    def _each(self) -> Accessor:
        return Accessor(self._all, self._indexes)

    @cached_property
    def _present(self) -> Accessor:
        return self._where(bool)

    @cached_property
    def _absent(self) -> Accessor:
        return self._where(operator.not_)

    def _where(self, wanted: Callable[[str], bool]) -> Accessor:
        return Accessor(
            lambda decoded: [value for value in self._all(decoded) if wanted(value)],
            lambda decoded: [
                key
                for key, value in zip(self._indexes(decoded), self._all(decoded), strict=True)
                if wanted(value)
            ],
        )

    def _all(self, decoded: DecodedRequest) -> Sequence[str]:
        return self.of(decoded) or ("",)

    def _indexes(self, decoded: DecodedRequest) -> Sequence[str]:
        number = len(self._all(decoded))
        return [""] if number == 1 else [f"[{index}]" for index in range(number)]


@dataclass(frozen=True)
class ByOid(SingleField):
    """Lists of strings that an OID names; `reserved` OIDs have fields of their own."""

    of: Callable[[DecodedRequest], Pairs]
    reserved: frozenset[str] = frozenset()

    def checks(self, spec: SpecReader, style: Style) -> Iterator[AnyCheck]:
        """Read a list of `{oid, values, required, validations}`; forbid every other OID."""
        node = self.names.find(spec, style)
        entries = _by_oid(node)
        for oid, entry in entries.items():
            if oid in self.reserved:
                entry.child("oid").problem(f"{oid} has a field of its own")
            yield from _list_checks(entry, f"{node.path}[{oid}]", self._values_of(oid))
        yield _forbids(
            node.path,
            Accessor.named(
                lambda decoded: [pair for pair in self.of(decoded) if pair[0] not in entries]
            ),
        )

    def _values_of(self, oid: str) -> Callable[[DecodedRequest], Sequence[str]]:
        return lambda decoded: [value for key, value in self.of(decoded) if key == oid]


@dataclass(frozen=True)
class Extensions(SingleField):
    """The OIDs of the X.509 extensions that a CSR may carry beyond those that everyone knows."""

    of: Callable[[DecodedRequest], Sequence[str]]

    def checks(self, spec: SpecReader, style: Style) -> Iterator[AnyCheck]:
        """Read a list of `{oid}`."""
        listed = self.listed(spec, style)
        yield _forbids(
            self.names.find(spec, style).path,
            Accessor.named(
                lambda decoded: [(oid, oid) for oid in self.of(decoded) if oid not in listed]
            ),
        )

    def listed(self, spec: SpecReader, style: Style) -> frozenset[str]:
        """Return the OIDs that the policy lists."""
        entries = _by_oid(self.names.find(spec, style))
        if NAME_CONSTRAINTS in entries:
            entries[NAME_CONSTRAINTS].child("oid").problem("name constraints are never allowed")
        return frozenset(entries)


@dataclass(frozen=True)
class Unsupported:
    """Accessor that no policy can allow; `path` is where violations look for them."""

    path: str
    of: Callable[[DecodedRequest], Pairs]

    @property
    def spellings(self) -> tuple[FieldNames, ...]:
        """Nothing that a spec may set."""
        return ()

    def checks(self, spec: SpecReader, _: Style) -> Iterator[AnyCheck]:
        """Forbid them all."""
        yield Check(
            f"{spec.path}.{self.path}",
            Accessor.named(self.of),
            never,
            rule="",
            complaint="is of a kind that no policy can allow",
        )


@dataclass(frozen=True)
class Usages(SingleField):
    """Key usages: each that is asked for must match one of the patterns.

    Structured style sees them as written, pattern style with cert-manager's defaults.
    """

    of: Callable[[DecodedRequest], Sequence[str]]

    def checks(self, spec: SpecReader, style: Style) -> Iterator[AnyCheck]:
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
            values = Accessor(lambda decoded: self.of(decoded) or defaults)
            yield _matches(node.path, patterns, values)
        elif style is Style.STRUCTURED:
            yield _forbids(node.path, Accessor(self.of))


def _list_checks(
    node: SpecReader, path: str, of: Callable[[DecodedRequest], Sequence[str]]
) -> Iterator[AnyCheck]:
    values = node.child("values")
    return _allowance(
        node,
        path,
        values,
        values.texts(),
        present=Accessor(of),
        absent=Accessor(lambda decoded: () if of(decoded) else ("",)),
    )


def _allowance(
    node: SpecReader,
    path: str,
    values: SpecReader,
    patterns: tuple[str, ...] | None,
    *,
    present: Accessor,
    absent: Accessor,
) -> Iterator[AnyCheck]:
    required = node.child("required").flag()
    validations = node.child("validations")
    yield from rule_checks(validations, "value", path, present, ".validations")
    if patterns is not None:
        yield _matches(path, patterns, present, values.path.removeprefix(node.path))
    elif not validations.items():
        if required:
            values.problem("is required, or validations, where the field is required")
        yield _forbids(path, present)
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


def _matches(path: str, patterns: tuple[str, ...], values: Accessor, part: str = "") -> Check:
    rule = quote_all(patterns)
    complaint = f"matches none of {rule}" if len(patterns) > 1 else f"does not match {rule}"
    return Check(
        path,
        values,
        Wildcards(patterns),
        rule,
        complaint if patterns else "is not allowed: the list is empty",
        part,
    )


def _forbids(path: str, values: Accessor) -> Check:
    return Check(
        path, values, never, rule="", complaint="is not allowed: the policy has no such value"
    )


def _by_oid(node: SpecReader) -> dict[str, SpecReader]:
    entries: dict[str, SpecReader] = {}
    for entry in node.items() or ():
        name = entry.child("oid")
        oid = name.oid()
        if oid in entries:
            name.problem(f"{oid} is listed already")
        entries.setdefault(oid, entry)
    return entries
