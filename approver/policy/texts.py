"""Fields whose values are strings, and are compared with patterns."""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from approver.model import quote, quote_all
from approver.policy.asked import Asked, Values
from approver.policy.check import AnyCheck, Check, never
from approver.policy.field import Named, Names, Style
from approver.policy.node import Node
from approver.policy.validations import rule_checks
from approver.policy.wildcard import Wildcards
from approver.x509 import DEFAULT_USAGES, NAME_CONSTRAINTS, USAGES

Pairs = Iterable[tuple[str, str]]
"""Requested values, each behind what tells it from the others of its field."""


@dataclass(frozen=True)
class Texts(Named):
    """A list of strings: each that is asked for must match one of the patterns."""

    asked: Callable[[Asked], Sequence[str]]

    def checks(self, spec: Node, style: Style) -> Iterator[AnyCheck]:
        """Read `{values, required, validations}`, in pattern style a list of patterns."""
        node = self.names.find(spec, style)
        if style is Style.STRUCTURED:
            yield from _list_checks(node, node.path, self.asked)
        elif (patterns := node.texts()) is not None:
            yield _matches(node.path, patterns, Values(self.asked))


@dataclass(frozen=True)
class Text(Named):
    """A single string; an empty one counts as absent, repeated ones are judged one by one."""

    asked: Callable[[Asked], Sequence[str]]

    def checks(self, spec: Node, style: Style) -> Iterator[AnyCheck]:
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
    def _each(self) -> Values:
        return Values(self._all, self._indexes)

    @cached_property
    def _present(self) -> Values:
        return self._where(bool)

    @cached_property
    def _absent(self) -> Values:
        return self._where(operator.not_)

    def _where(self, wanted: Callable[[str], bool]) -> Values:
        return Values(
            lambda asked: [value for value in self._all(asked) if wanted(value)],
            lambda asked: [
                key
                for key, value in zip(self._indexes(asked), self._all(asked), strict=True)
                if wanted(value)
            ],
        )

    def _all(self, asked: Asked) -> Sequence[str]:
        return self.asked(asked) or ("",)

    def _indexes(self, asked: Asked) -> Sequence[str]:
        number = len(self._all(asked))
        return [""] if number == 1 else [f"[{index}]" for index in range(number)]


@dataclass(frozen=True)
class ByOid(Named):
    """Lists of strings that an OID names; `reserved` OIDs have fields of their own."""

    asked: Callable[[Asked], Pairs]
    reserved: frozenset[str] = frozenset()

    def checks(self, spec: Node, style: Style) -> Iterator[AnyCheck]:
        """Read a list of `{oid, values, required, validations}`; forbid every other OID."""
        node = self.names.find(spec, style)
        entries = _by_oid(node)
        for oid, entry in entries.items():
            if oid in self.reserved:
                entry.child("oid").problem(f"{oid} has a field of its own")
            yield from _list_checks(entry, f"{node.path}[{oid}]", self._values_of(oid))
        yield _forbids(
            node.path,
            Values.named(
                lambda asked: [pair for pair in self.asked(asked) if pair[0] not in entries]
            ),
        )

    def _values_of(self, oid: str) -> Callable[[Asked], Sequence[str]]:
        return lambda asked: [value for key, value in self.asked(asked) if key == oid]


@dataclass(frozen=True)
class Extensions(Named):
    """The OIDs of the X.509 extensions that a CSR may carry beyond those that everyone knows."""

    asked: Callable[[Asked], Sequence[str]]

    def checks(self, spec: Node, style: Style) -> Iterator[AnyCheck]:
        """Read a list of `{oid}`."""
        listed = self.listed(spec, style)
        yield _forbids(
            self.names.find(spec, style).path,
            Values.named(
                lambda asked: [(oid, oid) for oid in self.asked(asked) if oid not in listed]
            ),
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

    def checks(self, spec: Node, _: Style) -> Iterator[AnyCheck]:
        """Forbid them all."""
        yield Check(
            f"{spec.path}.{self.path}",
            Values.named(self.asked),
            never,
            rule="",
            complaint="is of a kind that no policy can allow",
        )


@dataclass(frozen=True)
class Usages(Named):
    """Key usages: each that is asked for must match one of the patterns.

    Structured style sees them as written, pattern style with cert-manager's defaults.
    """

    asked: Callable[[Asked], Sequence[str]]

    def checks(self, spec: Node, style: Style) -> Iterator[AnyCheck]:
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
            values = Values(lambda asked: self.asked(asked) or defaults)
            yield _matches(node.path, patterns, values)
        elif style is Style.STRUCTURED:
            yield _forbids(node.path, Values(self.asked))


def _list_checks(
    node: Node, path: str, asked: Callable[[Asked], Sequence[str]]
) -> Iterator[AnyCheck]:
    values = node.child("values")
    return _allowance(
        node,
        path,
        values,
        values.texts(),
        present=Values(asked),
        absent=Values(lambda asked_for: () if asked(asked_for) else ("",)),
    )


def _allowance(
    node: Node,
    path: str,
    values: Node,
    patterns: tuple[str, ...] | None,
    *,
    present: Values,
    absent: Values,
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


def _matches(path: str, patterns: tuple[str, ...], values: Values, part: str = "") -> Check:
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


def _forbids(path: str, values: Values) -> Check:
    return Check(
        path, values, never, rule="", complaint="is not allowed: the policy has no such value"
    )


def _by_oid(node: Node) -> dict[str, Node]:
    entries: dict[str, Node] = {}
    for entry in node.items() or ():
        name = entry.child("oid")
        oid = name.oid()
        if oid in entries:
            name.problem(f"{oid} is listed already")
        entries.setdefault(oid, entry)
    return entries
