"""Fields whose values an OID names."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from approver.policy.accessor import Accessor, Pairs
from approver.policy.check import AnyCheck, Check
from approver.policy.conditions import Never
from approver.policy.decoded import DecodedRequest
from approver.policy.fields.field import Field, NamedField, Style, forbid
from approver.policy.fields.strings import Strings, list_checks
from approver.policy.part import Part
from approver.policy.spec_reader import SpecReader
from approver.x509 import named


@dataclass(frozen=True, kw_only=True, eq=False)
class StringsByOid(NamedField):
    """Lists of strings that an OID names; `reserved` OIDs have fields of their own."""

    of: Callable[[DecodedRequest], Pairs]
    reserved: frozenset[str] = frozenset()

    @cached_property
    def requested(self) -> Accessor:
        """Every value, named by its OID."""
        return self._but(frozenset())

    def read(self, node: SpecReader, _: Style) -> Iterator[AnyCheck]:
        """Read a list of `{oid, values, required, validations}`; forbid every other OID."""
        entries = _by_oid(node)
        for oid, entry in entries.items():
            if oid in self.reserved:
                entry.child("oid").problem(f"{oid} has a field of its own")
            part = Part(self.name, oid=oid)
            yield from list_checks(entry, f"{node.path}[{oid}]", self._values_of(oid), part)
        yield forbid(node.path, self._but(frozenset(entries)))

    def _but(self, listed: frozenset[str]) -> Accessor:
        return Accessor.named(
            lambda request: [pair for pair in self.of(request) if pair[0] not in listed],
            Part(self.name, but=listed),
        )

    def _values_of(self, oid: str) -> Strings:
        return lambda request: [value for key, value in self.of(request) if key == oid]


@dataclass(frozen=True, kw_only=True, eq=False)
class Oids(NamedField):
    """The OIDs of what a CSR may carry; `elsewhere` tells where others are to be permitted."""

    of: Callable[[DecodedRequest], Sequence[str]]
    elsewhere: Callable[[str], str | None]

    @cached_property
    def requested(self) -> Accessor:
        """Every OID, named by itself."""
        return self._except(frozenset())

    def read(self, node: SpecReader, _: Style) -> Iterator[AnyCheck]:
        """Read a list of `{oid}`; forbid every other one."""
        entries = _by_oid(node)
        for oid, entry in entries.items():
            if field := self.elsewhere(oid):
                entry.child("oid").problem(f"{named(oid)} is permitted in {field}")
        yield forbid(node.path, self._except(frozenset(entries)))

    def listed(self, spec: SpecReader, style: Style) -> frozenset[str]:
        """Return the OIDs that a policy lists."""
        node = self.node(spec, style)
        return frozenset() if node is None else frozenset(_by_oid(node))

    def _except(self, listed: frozenset[str]) -> Accessor:
        return Accessor.named(
            lambda request: [(oid, oid) for oid in self.of(request) if oid not in listed],
            Part(self.name, but=listed),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Unsupported(Field):
    """Values that no policy can allow, in either style; violations look for them at `place`."""

    place: str
    of: Callable[[DecodedRequest], Pairs]

    @cached_property
    def requested(self) -> Accessor:
        """Every value, behind what it is."""
        return Accessor.named(self.of)

    def names(self, _: Style) -> tuple[str, ...]:
        """Return nothing that a policy may set."""
        return ()

    def checks(self, spec: SpecReader, _: Style) -> Iterable[AnyCheck]:
        """Forbid them all."""
        yield Check(
            f"{spec.path}.{self.place}",
            self.requested,
            Never(),
            rule="",
            complaint="is of a kind that no policy can allow",
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
