"""Fields whose values are strings, and are compared with patterns."""

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from approver.model import quote, quote_all
from approver.policy.accessor import Accessor
from approver.policy.check import AnyCheck, Check
from approver.policy.conditions import Never
from approver.policy.decoded import DecodedRequest
from approver.policy.fields.field import NamedField, Style, forbid
from approver.policy.fields.rules import rule_checks
from approver.policy.part import Part, Values
from approver.policy.spec_reader import SpecReader
from approver.policy.wildcard import Wildcards
from approver.x509 import DEFAULT_USAGES, USAGES

Strings = Callable[[DecodedRequest], Sequence[str]]


@dataclass(frozen=True, kw_only=True, eq=False)
class StringList(NamedField):
    """A list of strings: each that is asked for must match one of the patterns."""

    of: Strings

    @cached_property
    def requested(self) -> Accessor:
        """Every string."""
        return Accessor(self.of, part=Part(self.name))

    def read(self, node: SpecReader, style: Style) -> Iterator[AnyCheck]:
        """Read `{values, required, validations}`, in pattern style a list of patterns."""
        if style is Style.STRUCTURED:
            yield from list_checks(node, node.path, self.of, Part(self.name))
        elif (patterns := node.texts()) is not None:
            yield match(node.path, patterns, self.requested)


@dataclass(frozen=True, kw_only=True, eq=False)
class SingleString(NamedField):
    """A single string; an empty one counts as absent, repeated ones are judged one by one."""

    of: Strings

    @cached_property
    def requested(self) -> Accessor:
        """Every string that is not empty."""
        return self._where(bool, Values.EACH)

    def read(self, node: SpecReader, style: Style) -> Iterator[AnyCheck]:
        """Read `{value, required, validations}`, in pattern style a pattern."""
        if style is Style.STRUCTURED:
            value = node.child("value")
            text = value.text()
            patterns = None if text is None else (text,)
            yield from _allowance(
                node, node.path, value, patterns, present=self.requested, absent=self._empty
            )
        elif (pattern := node.text()) is not None:
            yield match(node.path, (pattern,), self._each)

    @cached_property
    def _each(self) -> Accessor:
        return Accessor(self._all, self._indexes, Part(self.name, Values.EACH_OR_EMPTY))

    @cached_property
    def _empty(self) -> Accessor:
        return self._where(operator.not_, Values.MISSING)

    def _where(self, wanted: Callable[[str], bool], values: Values) -> Accessor:
        return Accessor(
            lambda request: [value for value in self._all(request) if wanted(value)],
            lambda request: [
                key
                for key, value in zip(self._indexes(request), self._all(request), strict=True)
                if wanted(value)
            ],
            Part(self.name, values),
        )

    def _all(self, request: DecodedRequest) -> Sequence[str]:
        return self.of(request) or ("",)

    def _indexes(self, request: DecodedRequest) -> Sequence[str]:
        number = len(self._all(request))
        return [""] if number == 1 else [f"[{index}]" for index in range(number)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Usages(NamedField):
    """Key usages: each that is asked for must match one of the patterns.

    Structured style sees them as written, pattern style with cert-manager's defaults.
    """

    of: Strings

    @cached_property
    def requested(self) -> Accessor:
        """Every usage, as written."""
        return Accessor(self.of, part=Part(self.name))

    @cached_property
    def _defaulted(self) -> Accessor:
        return Accessor(
            lambda request: self.of(request) or DEFAULT_USAGES,
            part=Part(self.name, Values.DEFAULTED),
        )

    def read(self, node: SpecReader, style: Style) -> Iterator[AnyCheck]:
        """Read a list of usages."""
        patterns = node.texts()
        if style is Style.PATTERN:
            if patterns is not None:
                yield match(node.path, patterns, self._defaulted)
            return
        for item in node.items() or ():
            usage = item.text()
            if usage is not None and usage not in USAGES:
                item.problem(f"{quote(usage)} is not a usage that cert-manager knows")
        if patterns is None:
            yield forbid(node.path, self.requested)
        else:
            yield match(node.path, patterns, self.requested)


def list_checks(node: SpecReader, path: str, of: Strings, part: Part) -> Iterator[AnyCheck]:
    """Read `{values, required, validations}`; violations are at `path`."""
    values = node.child("values")
    return _allowance(
        node,
        path,
        values,
        values.texts(),
        present=Accessor(of, part=part),
        absent=Accessor(
            lambda request: () if of(request) else ("",), part=part.showing(Values.MISSING)
        ),
    )


def match(path: str, patterns: tuple[str, ...], values: Accessor, part: str = "") -> Check:
    """Return the check that each of the values matches one of the patterns."""
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


def _allowance(
    node: SpecReader,
    path: str,
    values: SpecReader,
    patterns: tuple[str, ...] | None,
    *,
    present: Accessor,
    absent: Accessor,
) -> Iterator[AnyCheck]:
    required = node.child("required").boolean()
    validations = node.child("validations")
    yield from rule_checks(validations, "value", path, present, ".validations")
    if patterns is not None:
        yield match(path, patterns, present, values.path.removeprefix(node.path))
    elif not validations.items():
        if required:
            values.problem("is required, or validations, where the field is required")
        yield forbid(path, present)
    if required:
        yield Check(
            path,
            absent,
            Never(),
            rule="true",
            complaint="a value is required",
            part=".required",
            show=lambda _: "",
        )
