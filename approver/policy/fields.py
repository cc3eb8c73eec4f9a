"""The fields of the policy language, each declared once.

A declaration says where the value is in a request, what the field is called in either style,
and, by its class, how the two are compared. Validity and evaluation follow from it.
"""

from collections.abc import Iterator

from approver.policy import oids
from approver.policy.decoded import DecodedRequest
from approver.policy.exact import Choice, Flag, Issuers
from approver.policy.field import Field, FieldNames
from approver.policy.ranges import DurationRange, SizeRange
from approver.policy.texts import ByOid, Extensions, Text, Texts, Unsupported, Usages
from approver.policy.validations import Rules


def _other_attributes(decoded: DecodedRequest) -> Iterator[tuple[str, str]]:
    for attribute in decoded.csr.subject:
        if attribute.oid not in oids.NAMED and attribute.value is not None:
            yield attribute.oid, attribute.value


def _binary_attributes(decoded: DecodedRequest) -> Iterator[tuple[str, str]]:
    for attribute in decoded.csr.subject:
        if attribute.value is None:
            yield attribute.oid, "a value that is not text"


def _other_names(decoded: DecodedRequest) -> Iterator[tuple[str, str]]:
    for name in decoded.csr.names.others:
        yield name.oid, name.value


def _unsupported_names(decoded: DecodedRequest) -> Iterator[tuple[str, str]]:
    for name in decoded.csr.names.unsupported:
        yield name.kind, name.value


EXTENSIONS = Extensions(
    FieldNames("allowed.extensions", None),
    of=lambda decoded: decoded.csr.extensions,
)

FIELDS: tuple[Field, ...] = (
    Text(
        FieldNames("allowed.commonName", "allowedCommonName"),
        of=lambda decoded: decoded.texts(oids.COMMON_NAME),
    ),
    Texts(
        FieldNames("allowed.dnsNames", "allowedDNSNames"),
        of=lambda decoded: decoded.csr.names.dns,
    ),
    Texts(
        FieldNames("allowed.ipAddresses", "allowedIPAddresses"),
        of=lambda decoded: decoded.csr.names.ip_addresses,
    ),
    Texts(
        FieldNames("allowed.uris", "allowedURIs"),
        of=lambda decoded: decoded.csr.names.uris,
    ),
    Texts(
        FieldNames("allowed.emailAddresses", "allowedEmailAddresses"),
        of=lambda decoded: decoded.csr.names.emails,
    ),
    ByOid(FieldNames("allowed.otherNames", None), of=_other_names),
    Unsupported("allowed.names", of=_unsupported_names),
    Flag(
        FieldNames("allowed.isCA", "allowedIsCA"),
        of=lambda decoded: decoded.request.spec.is_ca,
    ),
    Usages(
        FieldNames("allowed.usages", "allowedUsages"),
        of=lambda decoded: decoded.request.spec.usages,
    ),
    Texts(
        FieldNames("allowed.subject.organizations", "allowedSubject.allowedOrganizations"),
        of=lambda decoded: decoded.texts(oids.ORGANIZATION),
    ),
    Texts(
        FieldNames("allowed.subject.countries", "allowedSubject.allowedCountries"),
        of=lambda decoded: decoded.texts(oids.COUNTRY),
    ),
    Texts(
        FieldNames(
            "allowed.subject.organizationalUnits", "allowedSubject.allowedOrganizationalUnits"
        ),
        of=lambda decoded: decoded.texts(oids.ORGANIZATIONAL_UNIT),
    ),
    Texts(
        FieldNames("allowed.subject.localities", "allowedSubject.allowedLocalities"),
        of=lambda decoded: decoded.texts(oids.LOCALITY),
    ),
    Texts(
        FieldNames("allowed.subject.provinces", "allowedSubject.allowedProvinces"),
        of=lambda decoded: decoded.texts(oids.PROVINCE),
    ),
    Texts(
        FieldNames("allowed.subject.streetAddresses", "allowedSubject.allowedStreetAddresses"),
        of=lambda decoded: decoded.texts(oids.STREET_ADDRESS),
    ),
    Texts(
        FieldNames("allowed.subject.postalCodes", "allowedSubject.allowedPostalCodes"),
        of=lambda decoded: decoded.texts(oids.POSTAL_CODE),
    ),
    Text(
        FieldNames("allowed.subject.serialNumber", "allowedSubject.allowedSerialNumber"),
        of=lambda decoded: decoded.texts(oids.SERIAL_NUMBER),
    ),
    ByOid(
        FieldNames("allowed.subject.otherAttributes", None),
        of=_other_attributes,
        reserved=oids.NAMED,
    ),
    Unsupported("allowed.subject.otherAttributes", of=_binary_attributes),
    EXTENSIONS,
    DurationRange(
        FieldNames("constraints.minDuration", "minDuration"),
        FieldNames("constraints.maxDuration", "maxDuration"),
        of=lambda decoded: decoded.duration,
    ),
    Choice(
        FieldNames("constraints.privateKey.algorithm", "allowedPrivateKey.allowedAlgorithm"),
        of=lambda decoded: decoded.csr.key.algorithm,
        choices=("RSA", "ECDSA", "Ed25519"),
    ),
    SizeRange(
        FieldNames("constraints.privateKey.minSize", "allowedPrivateKey.minSize"),
        FieldNames("constraints.privateKey.maxSize", "allowedPrivateKey.maxSize"),
        of=lambda decoded: decoded.csr.key.size,
        algorithm=FieldNames(
            "constraints.privateKey.algorithm", "allowedPrivateKey.allowedAlgorithm"
        ),
    ),
    Rules(FieldNames("rules", "rules")),
    Issuers(FieldNames(None, "allowedIssuer"), of=lambda decoded: decoded.request.issuer),
)
