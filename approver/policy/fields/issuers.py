"""The field of the signers that may be named."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from approver.model import IssuerRef, quote
from approver.policy.accessor import Accessor
from approver.policy.check import Check
from approver.policy.decoded import DecodedRequest
from approver.policy.fields.field import NamedField, Style
from approver.policy.spec_reader import SpecReader
from approver.policy.wildcard import Wildcards


@dataclass(frozen=True, slots=True)
class IssuerPattern:
    """Patterns for the parts of a reference to a signer, all of which must match."""

    kind: Wildcards
    group: Wildcards
    name: Wildcards

    def match(self, issuer: IssuerRef) -> bool:
        """Tell whether a signer's kind, group and name match."""
        return (
            self.kind.match(issuer.kind)
            and self.group.match(issuer.group)
            and self.name.match(issuer.name)
        )


@dataclass(frozen=True, slots=True)
class AnyIssuer:
    """The value is a signer that one of the patterns matches."""

    patterns: tuple[IssuerPattern, ...]

    def __call__(self, issuer: IssuerRef) -> bool:
        """Try the patterns in order."""
        return any(pattern.match(issuer) for pattern in self.patterns)


@dataclass(frozen=True, kw_only=True, eq=False)
class Issuers(NamedField):
    """The signers that may be named."""

    of: Callable[[DecodedRequest], IssuerRef]

    @cached_property
    def requested(self) -> Accessor:
        """The signer, of which every request names one."""
        return Accessor.single(self.of, self.name)

    def read(self, node: SpecReader, _: Style) -> Iterator[Check]:
        """Read a list of `{name, kind, group}`, all patterns."""
        entries = node.items()
        if entries is not None:
            yield Check(
                node.path,
                self.requested,
                AnyIssuer(tuple(_pattern(entry) for entry in entries)),
                rule="",
                complaint="is none of the issuers listed",
                show=_show,
            )


def _pattern(node: SpecReader) -> IssuerPattern:
    name = node.child("name").text()
    if name is None:
        node.child("name").problem("is required")
    issuer = IssuerRef(
        name or "", node.child("kind").text() or "", node.child("group").text() or ""
    ).defaulted()
    return IssuerPattern(
        Wildcards((issuer.kind,)), Wildcards((issuer.group,)), Wildcards((issuer.name,))
    )


def _show(issuer: IssuerRef) -> str:
    return quote(f"{issuer.kind} {issuer.group} {issuer.name}")
