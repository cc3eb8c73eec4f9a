"""What cert-manager's webhook refuses of a Certificate, beyond the types of its fields.

This is internal/apis/certmanager/validation/certificate.go of cert-manager 1.21. The syntax of
`spec.renewal.windows[].cron` is not looked at.
"""

import re
from collections.abc import Iterator
from typing import Final

from approver.issuance import keys
from approver.issuance.certificate import SIGNATURE_ALGORITHMS, CertificateSpec, Keystore
from approver.issuance.csr import subject_names
from approver.issuance.names import is_email, is_ip_address
from approver.model import InvalidObjectError, format_duration, parse_duration
from approver.model.request import DEFAULT_ISSUER_GROUP
from approver.model.subject import COMMON_NAME, SUBJECT_ATTRIBUTES
from approver.x509 import USAGES

Refusal = tuple[str, str]
"""A field below `spec`, and what is wrong with it."""


def check_certificate(spec: CertificateSpec) -> None:
    """Raise `InvalidObjectError` for the first field that cert-manager would refuse."""
    for rule in _RULES:
        for field, message in rule(spec):
            raise InvalidObjectError(f"spec.{field}" if field else "spec", message)


def _references(spec: CertificateSpec) -> Iterator[Refusal]:
    if not spec.issuer_ref.name:
        yield "issuerRef.name", "is required"
    builtin = spec.issuer_ref.group in {"", DEFAULT_ISSUER_GROUP}
    if builtin and spec.issuer_ref.kind not in {"", "Issuer", "ClusterIssuer"}:
        yield "issuerRef.kind", "must be Issuer or ClusterIssuer, unless issuerRef.group is another"
    if not spec.secret_name:
        yield "secretName", "is required"
    if len(spec.secret_name) > _LONGEST_NAME or not _SUBDOMAIN.fullmatch(spec.secret_name):
        yield "secretName", f"{spec.secret_name!r} cannot be the name of a Secret"


def _subject(spec: CertificateSpec) -> Iterator[Refusal]:
    if spec.literal_subject:
        if spec.common_name:
            yield "commonName", "cannot be set beside literalSubject"
        if any(getattr(spec.subject, each.name) for each in SUBJECT_ATTRIBUTES):
            yield "subject", "cannot be set beside literalSubject"
    try:
        subject = subject_names(spec)
    except ValueError as error:
        yield "literalSubject", str(error)
        return
    common_names = [value for name in subject for oid, value in name if oid == COMMON_NAME]
    common_name = common_names[-1] if common_names else ""
    if len(common_name.encode()) > _LONGEST_COMMON_NAME:
        yield "commonName", f"has more than {_LONGEST_COMMON_NAME} bytes"
    if not (
        common_name
        or spec.dns_names
        or spec.uris
        or spec.email_addresses
        or spec.ip_addresses
        or spec.other_names
    ):
        yield "", _NAMELESS


def _names(spec: CertificateSpec) -> Iterator[Refusal]:
    for index, address in enumerate(spec.ip_addresses):
        if not is_ip_address(address):
            yield f"ipAddresses[{index}]", f"{address!r} is not an IP address"
    for index, address in enumerate(spec.email_addresses):
        if not is_email(address):
            yield f"emailAddresses[{index}]", f"{address!r} is not an email address alone"
    for index, name in enumerate(spec.other_names):
        if not name.oid:
            yield f"otherNames[{index}].oid", "is required"
        if not name.utf8_value:
            yield f"otherNames[{index}].utf8Value", "is required"


def _key(spec: CertificateSpec) -> Iterator[Refusal]:
    algorithm, size = spec.private_key.algorithm, spec.private_key.size
    if algorithm == "RSA" and size and size not in keys.RSA_SIZES:
        yield (
            "privateKey.size",
            f"no RSA key has {size} bits; from {keys.RSA_SIZES[0]} to {keys.RSA_SIZES[-1]}",
        )
    if algorithm == "ECDSA" and size and size not in keys.CURVES:
        yield "privateKey.size", f"no ECDSA key has {size} bits; 256, 384 or 521"
    allowed = SIGNATURE_ALGORITHMS[algorithm]
    if spec.signature_algorithm and spec.signature_algorithm not in allowed:
        yield (
            "signatureAlgorithm",
            f"{spec.signature_algorithm!r} is not one for {algorithm} keys: {', '.join(allowed)}",
        )


def _usages(spec: CertificateSpec) -> Iterator[Refusal]:
    for index, usage in enumerate(spec.usages):
        if usage not in USAGES:
            yield f"usages[{index}]", f"{usage!r} is not a usage that cert-manager knows"


def _durations(spec: CertificateSpec) -> Iterator[Refusal]:
    read: dict[str, int] = {}
    for field, text in (("duration", spec.duration), ("renewBefore", spec.renew_before)):
        if text is not None:
            try:
                read[field] = parse_duration(text)
            except ValueError as error:
                yield field, f"{text!r} is {error}"
                return
    if not read:
        return  # cert-manager does not look at the percentage alone either
    duration = read.get("duration", _DEFAULT_DURATION)
    if duration < _SHORTEST_DURATION:
        yield "duration", f"must be at least {format_duration(_SHORTEST_DURATION)}"
    percentage = spec.renew_before_percentage
    if "renewBefore" in read:
        if percentage is not None:
            yield "renewBeforePercentage", "cannot be set beside renewBefore"
        yield from _renewal("renewBefore", read["renewBefore"], duration)
    if percentage is not None:
        before = int(float(duration) * float(100 - percentage) / 100)
        yield from _renewal("renewBeforePercentage", before, duration)


def _renewal(field: str, before: int, duration: int) -> Iterator[Refusal]:
    if before < _SHORTEST_RENEWAL:
        yield field, f"must leave at least {format_duration(_SHORTEST_RENEWAL)} for the renewal"
    if before >= duration:
        yield field, f"must be shorter than the duration, {format_duration(duration)}"


def _name_constraints(spec: CertificateSpec) -> Iterator[Refusal]:
    if spec.name_constraints is None:
        return
    if not spec.is_ca:
        yield "nameConstraints", "can only be set with isCA: true"
    if spec.name_constraints.permitted is None and spec.name_constraints.excluded is None:
        yield "nameConstraints", "permitted or excluded must be set"


def _outputs(spec: CertificateSpec) -> Iterator[Refusal]:
    types = [each.type for each in spec.additional_output_formats]
    if len(set(types)) < len(types):
        yield "additionalOutputFormats", "names a type twice"
    for name in ("jks", "pkcs12"):
        if keystore := getattr(spec.keystores, name):
            yield from _keystore(f"keystores.{name}", keystore)
    if spec.renewal.policy == "Disabled" and spec.renewal.windows:
        yield "renewal.windows", "cannot be set where renewal.policy is Disabled"
    for key in spec.secret_template.annotations:
        if key.startswith("cert-manager.io/") and key != "cert-manager.io/allow-direct-injection":
            yield "secretTemplate.annotations", f"{key!r} is kept for cert-manager"


def _keystore(field: str, keystore: Keystore) -> Iterator[Refusal]:
    reference = keystore.password_secret_ref
    is_referenced = reference is not None and bool(reference.name)
    if is_referenced == (keystore.password is not None):
        yield field, "one of password and passwordSecretRef must be set"
    if keystore.password == "":
        yield f"{field}.password", "must not be empty"
    if keystore.alias and field.endswith("pkcs12"):
        yield f"{field}.alias", "does not exist"
    if keystore.profile and field.endswith("jks"):
        yield f"{field}.profile", "does not exist"


_RULES: Final = (
    _references,
    _subject,
    _names,
    _key,
    _usages,
    _durations,
    _name_constraints,
    _outputs,
)
_SUBDOMAIN: Final = re.compile(
    r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
)
_NAMELESS: Final = (
    "one of commonName, literalSubject with CN, dnsNames, emailAddresses, ipAddresses, otherNames "
    "and uris must be set"
)
_LONGEST_NAME: Final = 253
_LONGEST_COMMON_NAME: Final = 64
_DEFAULT_DURATION: Final = parse_duration("2160h")
_SHORTEST_DURATION: Final = parse_duration("1h")
_SHORTEST_RENEWAL: Final = parse_duration("5m")
