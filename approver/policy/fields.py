"""The fields of the policy language, each declared once.

A declaration says where the value is in a request, what the field is called in either style,
and, by its class, how the two are compared. Validity and evaluation follow from it.
"""

from collections.abc import Iterator

from approver.policy import oids
from approver.policy.asked import Asked
from approver.policy.exact import Choice, Flag, Issuers
from approver.policy.field import Field, Names
from approver.policy.ranges import DurationRange, SizeRange
from approver.policy.texts import ByOid, Extensions, Text, Texts, Unnameable, Usages
from approver.policy.validations import Rules


def _other_attributes(asked: Asked) -> Iterator[tuple[str, str]]:
    for attribute in asked.csr.subject:
        if attribute.oid not in oids.NAMED and attribute.value is not None:
            yield attribute.oid, attribute.value


def _binary_attributes(asked: Asked) -> Iterator[tuple[str, str]]:
    for attribute in asked.csr.subject:
        if attribute.value is None:
            yield attribute.oid, "a value that is not text"


def _other_names(asked: Asked) -> Iterator[tuple[str, str]]:
    for name in asked.csr.names.others:
        yield name.oid, name.value


def _unsupported_names(asked: Asked) -> Iterator[tuple[str, str]]:
    for name in asked.csr.names.unsupported:
        yield name.kind, name.value


EXTENSIONS = Extensions(
    Names("allowed.extensions", None),
    asked=lambda asked: asked.csr.extensions,
)

FIELDS: tuple[Field, ...] = (
    Text(
        Names("allowed.commonName", "allowedCommonName"),
        asked=lambda asked: asked.texts(oids.COMMON_NAME),
    ),
    Texts(
        Names("allowed.dnsNames", "allowedDNSNames"),
        asked=lambda asked: asked.csr.names.dns,
    ),
    Texts(
        Names("allowed.ipAddresses", "allowedIPAddresses"),
        asked=lambda asked: asked.csr.names.ip_addresses,
    ),
    Texts(
        Names("allowed.uris", "allowedURIs"),
        asked=lambda asked: asked.csr.names.uris,
    ),
    Texts(
        Names("allowed.emailAddresses", "allowedEmailAddresses"),
        asked=lambda asked: asked.csr.names.emails,
    ),
    ByOid(Names("allowed.otherNames", None), asked=_other_names),
    Unnameable("allowed.names", asked=_unsupported_names),
    Flag(
        Names("allowed.isCA", "allowedIsCA"),
        asked=lambda asked: asked.request.spec.is_ca,
    ),
    Usages(
        Names("allowed.usages", "allowedUsages"),
        asked=lambda asked: asked.request.spec.usages,
    ),
    Texts(
        Names("allowed.subject.organizations", "allowedSubject.allowedOrganizations"),
        asked=lambda asked: asked.texts(oids.ORGANIZATION),
    ),
    Texts(
        Names("allowed.subject.countries", "allowedSubject.allowedCountries"),
        asked=lambda asked: asked.texts(oids.COUNTRY),
    ),
    Texts(
        Names("allowed.subject.organizationalUnits", "allowedSubject.allowedOrganizationalUnits"),
        asked=lambda asked: asked.texts(oids.ORGANIZATIONAL_UNIT),
    ),
    Texts(
        Names("allowed.subject.localities", "allowedSubject.allowedLocalities"),
        asked=lambda asked: asked.texts(oids.LOCALITY),
    ),
    Texts(
        Names("allowed.subject.provinces", "allowedSubject.allowedProvinces"),
        asked=lambda asked: asked.texts(oids.PROVINCE),
    ),
    Texts(
        Names("allowed.subject.streetAddresses", "allowedSubject.allowedStreetAddresses"),
        asked=lambda asked: asked.texts(oids.STREET_ADDRESS),
    ),
    Texts(
        Names("allowed.subject.postalCodes", "allowedSubject.allowedPostalCodes"),
        asked=lambda asked: asked.texts(oids.POSTAL_CODE),
    ),
    Text(
        Names("allowed.subject.serialNumber", "allowedSubject.allowedSerialNumber"),
        asked=lambda asked: asked.texts(oids.SERIAL_NUMBER),
    ),
    ByOid(
        Names("allowed.subject.otherAttributes", None),
        asked=_other_attributes,
        reserved=oids.NAMED,
    ),
    Unnameable("allowed.subject.otherAttributes", asked=_binary_attributes),
    EXTENSIONS,
    DurationRange(
        Names("constraints.minDuration", "minDuration"),
        Names("constraints.maxDuration", "maxDuration"),
        asked=lambda asked: asked.duration,
    ),
    Choice(
        Names("constraints.privateKey.algorithm", "allowedPrivateKey.allowedAlgorithm"),
        asked=lambda asked: asked.csr.key.algorithm,
        choices=("RSA", "ECDSA", "Ed25519"),
    ),
    SizeRange(
        Names("constraints.privateKey.minSize", "allowedPrivateKey.minSize"),
        Names("constraints.privateKey.maxSize", "allowedPrivateKey.maxSize"),
        asked=lambda asked: asked.csr.key.size,
        algorithm=Names("constraints.privateKey.algorithm", "allowedPrivateKey.allowedAlgorithm"),
    ),
    Rules(Names("rules", "rules")),
    Issuers(Names(None, "allowedIssuer"), asked=lambda asked: asked.request.issuer),
)
