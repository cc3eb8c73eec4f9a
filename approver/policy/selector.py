"""Which requests a policy applies to."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final, NamedTuple

from approver.model import Request
from approver.model.kinds import CLUSTER_ISSUER, ISSUER
from approver.model.labels import Requirement
from approver.policy.fields import Style
from approver.policy.fields.issuers import AnyIssuer, IssuerPattern
from approver.policy.labels import read_requirements
from approver.policy.requester import RequesterSelector
from approver.policy.spec_reader import SpecReader
from approver.policy.wildcard import Wildcards


class SignerKind(NamedTuple):
    """The API group and the kind of signers."""

    group: str
    kind: str


_ANY: Final = Wildcards(("*",))


@dataclass(frozen=True, slots=True)
class Selector:
    """What must match for a policy to apply; `patterns` are those for words of the request."""

    patterns: tuple[tuple[Callable[[Request], tuple[str, ...]], Wildcards], ...]
    issuers: AnyIssuer | None
    labels: tuple[Requirement, ...]
    requester: RequesterSelector | None

    @classmethod
    def read(cls, node: SpecReader, style: Style) -> "Selector":
        """Read `spec.selector`, noting problems; what is wrong in it selects everything."""
        issuer, issuers = node.child("issuerRef"), node.child("issuerRefs")
        namespace = node.child("namespace")
        issuer.mapping()
        namespace.mapping()
        if style is Style.STRUCTURED and not any(
            child.present for child in (issuer, issuers, namespace)
        ):
            node.problem(
                "needs issuerRef, issuerRefs or namespace; {} in the first or the last matches"
                " everything"
            )
        patterns = (
            (_issuer_name, _alone(issuer.child("name"))),
            (_issuer_kind, _alone(issuer.child("kind"))),
            (_issuer_group, _alone(issuer.child("group"))),
            (_namespace, namespace.child("matchNames").texts()),
        )
        return cls(
            patterns=tuple((words_of, Wildcards(texts)) for words_of, texts in patterns if texts),
            issuers=_any_of(issuers),
            labels=tuple(
                read_requirements(
                    namespace.child("matchLabels"), namespace.child("matchExpressions")
                )
            ),
            requester=RequesterSelector.read(node.child("requester")),
        )

    def selects(self, request: Request, namespace_labels: Mapping[str, str]) -> bool:
        """Tell whether the policy applies to a request from a namespace with these labels."""
        return self.mismatch(request, namespace_labels) is None

    def mismatch(self, request: Request, namespace_labels: Mapping[str, str]) -> str | None:
        """Name the first field that does not match, None if all do."""
        for words_of, wildcards in self.patterns:
            for word in words_of(request):
                if not wildcards.match(word):
                    return _FIELDS[words_of]
        if self.issuers and not self.issuers(request.issuer):
            return "selector.issuerRefs"
        for requirement in self.labels:
            if not requirement.is_met(namespace_labels):
                return f"selector.namespace, label {requirement.key}"
        if self.requester is None or self.requester.matches(request.requester):
            return None
        return "selector.requester"

    @property
    def words(self) -> Mapping[str, Wildcards]:
        """Return the patterns for words of the request, by the names of their fields."""
        return {_FIELDS[words_of]: wildcards for words_of, wildcards in self.patterns}

    @property
    def signer_kinds(self) -> Iterator[SignerKind]:
        """Yield the kinds of signers that it names, and those of cert-manager that it selects."""
        by_word = dict(self.patterns)
        pairs = [(by_word.get(_issuer_kind, _ANY), by_word.get(_issuer_group, _ANY))]
        if self.issuers:
            pairs = [(each.kind, each.group) for each in self.issuers.patterns]
        for kinds, groups in pairs:
            yield from (SignerKind(*pair) for pair in product(groups.wholes, kinds.wholes))
            if groups.match(ISSUER.group):
                own = (ISSUER.name, CLUSTER_ISSUER.name)
                yield from (SignerKind(ISSUER.group, kind) for kind in own if kinds.match(kind))


def _issuer_name(request: Request) -> tuple[str]:
    return (request.issuer.name,)


def _issuer_kind(request: Request) -> tuple[str]:
    return (request.issuer.kind,)


def _issuer_group(request: Request) -> tuple[str]:
    return (request.issuer.group,)


def _namespace(request: Request) -> tuple[str]:
    return (request.namespace,)


_FIELDS: Final[Mapping[Callable[[Request], tuple[str, ...]], str]] = {
    _issuer_name: "selector.issuerRef.name",
    _issuer_kind: "selector.issuerRef.kind",
    _issuer_group: "selector.issuerRef.group",
    _namespace: "selector.namespace.matchNames",
}


def _alone(node: SpecReader) -> tuple[str, ...]:
    text = node.text()
    return () if text is None else (text,)


def _any_of(node: SpecReader) -> AnyIssuer | None:
    entries = node.items()
    if entries is None:
        return None
    if not entries:
        node.problem("must not be empty: leave it out to select every issuer")
        return None
    return AnyIssuer(tuple(_issuer_pattern(entry) for entry in entries))


def _issuer_pattern(node: SpecReader) -> IssuerPattern:
    """Read patterns for the parts of a reference, of which those left out match anything."""
    node.mapping()
    kind, group, name = (
        Wildcards(_alone(node.child(part)) or ("*",)) for part in ("kind", "group", "name")
    )
    return IssuerPattern(kind, group, name)
