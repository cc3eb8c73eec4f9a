"""Fields with one value, which must be the one that the policy names, or one of those."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from approver.model import IssuerRef, quote, quote_all
from approver.policy.check import Check
from approver.policy.decoded import Accessor, DecodedRequest
from approver.policy.field import SingleField, Style
from approver.policy.spec_reader import SpecReader
from approver.policy.wildcard import Wildcards


@dataclass(frozen=True)
class Flag(SingleField):
    """A switch. Structured: true permits both; pattern: what is asked for must be the same."""

    of: Callable[[DecodedRequest], bool]

    def checks(self, spec: SpecReader, style: Style) -> Iterator[Check]:
        """Read a boolean."""
        node = self.names.find(spec, style)
        wanted = node.flag()
        if style is Style.STRUCTURED:
            wanted = None if wanted else False
        if wanted is not None:
            yield Check(
                node.path,
                Accessor.single(self.of),
                lambda value: value is wanted,
                rule=_lower(wanted),
                complaint=f"is not allowed, only {_lower(wanted)}",
                show=_lower,
            )


@dataclass(frozen=True)
class Choice(SingleField):
    """A value that must be exactly the one that the policy names, one of a few."""

    of: Callable[[DecodedRequest], str]
    choices: tuple[str, ...]

    def checks(self, spec: SpecReader, style: Style) -> Iterator[Check]:
        """Read a string."""
        node = self.names.find(spec, style)
        choice = node.text()
        if choice is None:
            return
        if choice not in self.choices:
            node.problem(f"{quote(choice)} is none of {quote_all(self.choices)}")
        yield Check(
            node.path,
            Accessor.single(self.of),
            lambda value: value == choice,
            rule=choice,
            complaint=f"is not {quote(choice)}",
        )


@dataclass(frozen=True)
class Issuers(SingleField):
    """The signers that may be named, which only pattern style has a field for."""

    of: Callable[[DecodedRequest], IssuerRef]

    def checks(self, spec: SpecReader, style: Style) -> Iterator[Check]:
        """Read a list of `{name, kind, group}`, all patterns."""
        node = self.names.find(spec, style)
        entries = node.items()
        if entries is None:
            return
        issuers = [_issuer(entry) for entry in entries]
        yield Check(
            node.path,
            Accessor.single(self.of),
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


def _issuer(node: SpecReader) -> tuple[Wildcards, ...]:
    name = node.child("name").text()
    if name is None:
        node.child("name").problem("is required")
    issuer = IssuerRef(
        name or "", node.child("kind").text() or "", node.child("group").text() or ""
    )
    return tuple(Wildcards((part,)) for part in _parts(issuer.defaulted()))


def _parts(issuer: IssuerRef) -> tuple[str, str, str]:
    return issuer.kind, issuer.group, issuer.name


def _lower(flag: bool) -> str:  # noqa: FBT001 - a value to show, not a switch
    return "true" if flag else "false"
