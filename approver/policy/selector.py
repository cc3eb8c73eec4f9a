"""Which requests a policy applies to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from approver.model import IssuerRef, Request, quote
from approver.policy.field import Style
from approver.policy.node import Node
from approver.policy.requester import RequesterSelector
from approver.policy.wildcard import Wildcards

_LABEL_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_PREFIX = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
)


@dataclass(frozen=True, slots=True)
class Selector:
    """What must match for a policy to apply; a part that is None matches everything."""

    issuer_name: Wildcards | None = None
    issuer_kind: Wildcards | None = None
    issuer_group: Wildcards | None = None
    namespaces: Wildcards | None = None
    labels: Mapping[str, str] | None = None
    requester: RequesterSelector | None = None

    @classmethod
    def read(cls, node: Node, style: Style) -> "Selector":
        """Read `spec.selector`, noting problems; what is wrong in it selects everything."""
        issuer, namespace = node.child("issuerRef"), node.child("namespace")
        issuer.mapping()
        namespace.mapping()
        if style is Style.STRUCTURED and not (issuer.present or namespace.present):
            node.problem("needs issuerRef or namespace; {} in either matches everything")
        names = namespace.child("matchNames").texts()
        return cls(
            issuer_name=_pattern(issuer.child("name")),
            issuer_kind=_pattern(issuer.child("kind")),
            issuer_group=_pattern(issuer.child("group")),
            namespaces=Wildcards(names) if names else None,
            labels=_labels(namespace.child("matchLabels")),
            requester=RequesterSelector.read(node.child("requester")),
        )

    def selects(self, request: Request, namespace_labels: Mapping[str, str]) -> bool:
        """Tell whether the policy applies to a request from a namespace with these labels."""
        issuer: IssuerRef = request.issuer
        return (
            _match(self.issuer_name, issuer.name)
            and _match(self.issuer_kind, issuer.kind)
            and _match(self.issuer_group, issuer.group)
            and _match(self.namespaces, request.namespace)
            and (self.labels is None or self.labels.items() <= namespace_labels.items())
            and (self.requester is None or self.requester.matches(request.requester))
        )


def _match(patterns: Wildcards | None, value: str) -> bool:
    return patterns is None or patterns.match(value)


def _pattern(node: Node) -> Wildcards | None:
    text = node.text()
    return None if text is None else Wildcards((text,))


def _labels(node: Node) -> dict[str, str] | None:
    labels = {name: node.child(name).text() or "" for name in node.mapping() or {}}
    for name, value in labels.items():
        prefix, slash, rest = name.rpartition("/")
        if not _LABEL_NAME.fullmatch(rest) or (slash and not _LABEL_PREFIX.fullmatch(prefix)):
            node.problem(f"{quote(name)} is not a label's name")
        if value and not _LABEL_NAME.fullmatch(value):
            node.problem(f"{quote(value)} is not a label's value")
    return labels or None
