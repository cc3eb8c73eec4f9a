"""Which requests a policy applies to."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from approver.model import Request, quote
from approver.policy.fields import Style
from approver.policy.requester import RequesterSelector
from approver.policy.spec_reader import SpecReader
from approver.policy.wildcard import Wildcards

_LABEL_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_PREFIX = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
)


@dataclass(frozen=True, slots=True)
class Selector:
    """What must match for a policy to apply; `patterns` are those for words of the request."""

    patterns: tuple[tuple[Callable[[Request], tuple[str, ...]], Wildcards], ...]
    labels: Mapping[str, str]
    requester: RequesterSelector | None

    @classmethod
    def read(cls, node: SpecReader, style: Style) -> "Selector":
        """Read `spec.selector`, noting problems; what is wrong in it selects everything."""
        issuer, namespace = node.child("issuerRef"), node.child("namespace")
        issuer.mapping()
        namespace.mapping()
        if style is Style.STRUCTURED and not (issuer.present or namespace.present):
            node.problem("needs issuerRef or namespace; {} in either matches everything")
        patterns = (
            (_issuer_name, _alone(issuer.child("name"))),
            (_issuer_kind, _alone(issuer.child("kind"))),
            (_issuer_group, _alone(issuer.child("group"))),
            (_namespace, namespace.child("matchNames").texts()),
        )
        return cls(
            patterns=tuple((words_of, Wildcards(texts)) for words_of, texts in patterns if texts),
            labels=_labels(namespace.child("matchLabels")),
            requester=RequesterSelector.read(node.child("requester")),
        )

    def selects(self, request: Request, namespace_labels: Mapping[str, str]) -> bool:
        """Tell whether the policy applies to a request from a namespace with these labels."""
        for words_of, wildcards in self.patterns:
            for word in words_of(request):
                if not wildcards.match(word):
                    return False
        if self.labels and not self.labels.items() <= namespace_labels.items():
            return False
        return self.requester is None or self.requester.matches(request.requester)


def _issuer_name(request: Request) -> tuple[str]:
    return (request.issuer.name,)


def _issuer_kind(request: Request) -> tuple[str]:
    return (request.issuer.kind,)


def _issuer_group(request: Request) -> tuple[str]:
    return (request.issuer.group,)


def _namespace(request: Request) -> tuple[str]:
    return (request.namespace,)


def _alone(node: SpecReader) -> tuple[str, ...]:
    text = node.text()
    return () if text is None else (text,)


def _labels(node: SpecReader) -> dict[str, str]:
    labels = {name: node.child(name).text() or "" for name in node.mapping() or {}}
    for name, value in labels.items():
        prefix, slash, rest = name.rpartition("/")
        if not _LABEL_NAME.fullmatch(rest) or (slash and not _LABEL_PREFIX.fullmatch(prefix)):
            node.problem(f"{quote(name)} is not a label's name")
        if value and not _LABEL_NAME.fullmatch(value):
            node.problem(f"{quote(value)} is not a label's value")
    return labels
