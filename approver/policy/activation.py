"""A request, as rules see it."""

from collections.abc import Mapping

from approver.model.subject import COMMON_NAME, SUBJECT_ATTRIBUTES
from approver.policy.decoded import DecodedRequest
from approver.rules import Activation, IssuerRef, Key, NameConstraints, Subject, Subtrees
from approver.x509 import Subtrees as ReadSubtrees

_FROZEN = ("cert-manager.io/", "acme.cert-manager.io/")
"""Prefixes of the annotations that cert-manager does not let anybody change."""


def activation(decoded: DecodedRequest, namespace_labels: Mapping[str, str]) -> Activation:
    """Return what rules can name; every variable of theirs is filled in here."""
    request, csr = decoded.request, decoded.csr
    issuer, key = request.issuer, csr.key
    return Activation(
        name=request.name,
        namespace=request.namespace,
        username=request.requester.username,
        groups=request.requester.groups,
        namespace_labels=namespace_labels,
        annotations={
            name: value
            for name, value in request.metadata.annotations.items()
            if name.startswith(_FROZEN)
        },
        issuer_ref=IssuerRef(name=issuer.name, kind=issuer.kind, group=issuer.group),
        common_name=tuple(decoded.subject(COMMON_NAME)),
        subject=Subject(
            **{each.name: tuple(decoded.subject(each.oid)) for each in SUBJECT_ATTRIBUTES}
        ),
        dns_names=csr.names.dns,
        ip_addresses=csr.names.ip_addresses,
        uris=csr.names.uris,
        email_addresses=csr.names.emails,
        is_ca=request.spec.is_ca,
        usages=request.spec.usages,
        other_usages=csr.other_usages,
        duration=decoded.duration,
        key=Key(algorithm=key.algorithm, size=key.size, curve=key.curve),
        name_constraints=NameConstraints(
            permitted=_subtrees(csr.name_constraints.permitted),
            excluded=_subtrees(csr.name_constraints.excluded),
        ),
    )


def _subtrees(read: ReadSubtrees) -> Subtrees:
    return Subtrees(
        dns_domains=read.dns_domains,
        ip_ranges=read.ip_ranges,
        email_addresses=read.email_addresses,
        uri_domains=read.uri_domains,
    )
