"""The fields of the policy language, each declared once.

A declaration says what the field is called in either style, or what it means that a style lacks
it, and where its values are in a request. Its class says how the two are compared. Validity,
evaluation and the index of policies follow from it. Violations come in the order of this table.
"""

from operator import attrgetter

from approver.model.subject import COMMON_NAME, SUBJECT_ATTRIBUTES, SubjectAttribute
from approver.policy.accessor import Pairs
from approver.policy.decoded import DecodedRequest
from approver.policy.fields.field import Absent, Field
from approver.policy.fields.issuers import Issuers
from approver.policy.fields.oids import Oids, StringsByOid, Unsupported
from approver.policy.fields.ranges import DurationRange, PrivateKey
from approver.policy.fields.rules import Rules
from approver.policy.fields.strings import SingleString, StringList, Usages
from approver.policy.fields.switches import Switch
from approver.x509 import NAME_CONSTRAINTS, is_compared

_NAMED_ATTRIBUTES = frozenset({COMMON_NAME, *(each.oid for each in SUBJECT_ATTRIBUTES)})


def _attribute(attribute: SubjectAttribute) -> Field:
    kind = SingleString if attribute.single else StringList
    return kind(
        structured=f"allowed.subject.{attribute.name}",
        pattern=f"allowedSubject.{attribute.pattern}",
        of=lambda request: request.subject(attribute.oid),
    )


def _other_attributes(request: DecodedRequest) -> Pairs:
    for attribute in request.csr.subject:
        if attribute.oid not in _NAMED_ATTRIBUTES and attribute.value is not None:
            yield attribute.oid, attribute.value


def _binary_attributes(request: DecodedRequest) -> Pairs:
    for attribute in request.csr.subject:
        if attribute.value is None:
            yield attribute.oid, "a value that is not text"


def _field_of_extension(oid: str) -> str | None:
    return NAME_CONSTRAINTS_FIELD if oid == NAME_CONSTRAINTS else None


def _field_of_usage(oid: str) -> str | None:
    return "allowed.usages, by its name" if is_compared(oid) else None


EXTENSIONS = Oids(
    structured="allowed.extensions",
    pattern=Absent.FORBIDS,
    of=lambda request: request.csr.extensions,
    elsewhere=_field_of_extension,
)
OTHER_USAGES = Oids(
    structured="allowed.otherUsages",
    pattern=Absent.FORBIDS,
    of=lambda request: request.csr.other_usages,
    elsewhere=_field_of_usage,
)

NAME_CONSTRAINTS_FIELD = "allowed.nameConstraints"
SUBTREES = {
    "dnsDomains": "dns_domains",
    "ipRanges": "ip_ranges",
    "emailAddresses": "email_addresses",
    "uriDomains": "uri_domains",
}
"""Kinds of names in name constraints: their fields, and where a CSR has them."""


def _subtrees(permitted_or_excluded: str, name: str, kind: str) -> Field:
    subtrees = attrgetter(f"csr.name_constraints.{permitted_or_excluded}.{kind}")
    return StringList(
        structured=f"{NAME_CONSTRAINTS_FIELD}.{permitted_or_excluded}.{name}",
        pattern=Absent.FORBIDS,
        of=subtrees,
    )


FIELDS: tuple[Field, ...] = (
    SingleString(
        structured="allowed.commonName",
        pattern="allowedCommonName",
        of=lambda request: request.subject(COMMON_NAME),
    ),
    StringList(
        structured="allowed.dnsNames",
        pattern="allowedDNSNames",
        of=lambda request: request.csr.names.dns,
    ),
    StringList(
        structured="allowed.ipAddresses",
        pattern="allowedIPAddresses",
        of=lambda request: request.csr.names.ip_addresses,
    ),
    StringList(
        structured="allowed.uris",
        pattern="allowedURIs",
        of=lambda request: request.csr.names.uris,
    ),
    StringList(
        structured="allowed.emailAddresses",
        pattern="allowedEmailAddresses",
        of=lambda request: request.csr.names.emails,
    ),
    StringsByOid(
        structured="allowed.otherNames",
        pattern=Absent.FORBIDS,
        of=lambda request: [(name.oid, name.value) for name in request.csr.names.others],
    ),
    Unsupported(
        place="allowed.names",
        of=lambda request: [(name.kind, name.value) for name in request.csr.names.unsupported],
    ),
    Switch(
        structured="allowed.isCA",
        pattern="allowedIsCA",
        of=lambda request: request.request.spec.is_ca,
    ),
    Usages(
        structured="allowed.usages",
        pattern="allowedUsages",
        of=lambda request: request.request.spec.usages,
    ),
    *map(_attribute, SUBJECT_ATTRIBUTES),
    StringsByOid(
        structured="allowed.subject.otherAttributes",
        pattern=Absent.FORBIDS,
        of=_other_attributes,
        reserved=_NAMED_ATTRIBUTES,
    ),
    Unsupported(place="allowed.subject.otherAttributes", of=_binary_attributes),
    *(
        _subtrees(permitted_or_excluded, name, kind)
        for permitted_or_excluded in ("permitted", "excluded")
        for name, kind in SUBTREES.items()
    ),
    OTHER_USAGES,
    EXTENSIONS,
    DurationRange(structured="constraints", pattern="", of=lambda request: request.duration),
    PrivateKey(
        structured="constraints.privateKey",
        pattern="allowedPrivateKey",
        of=lambda request: request.csr.key,
    ),
    Rules(structured="rules", pattern="rules"),
    Issuers(
        structured=Absent.PERMITS,  # there, a selector says it
        pattern="allowedIssuer",
        of=lambda request: request.request.issuer,
    ),
)
