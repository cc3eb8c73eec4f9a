"""The certification request that cert-manager makes for a Certificate, byte for byte but its key.

This is pkg/util/pki/csr.go of cert-manager 1.21 with its default feature gates, by which a request
holds no basicConstraints.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from approver.issuance import der, keys, literal_subject
from approver.issuance.certificate import CertificateSpec
from approver.issuance.literal_subject import RDN, Attribute
from approver.issuance.names import alternative_names, name_constraints
from approver.model import InvalidObjectError
from approver.model.subject import COMMON_NAME, SUBJECT_ATTRIBUTES
from approver.x509 import DEFAULT_USAGES, USAGES, wrap


def signing_request(spec: CertificateSpec, extensions: Iterable[str] = ()) -> bytes:
    """Return a PEM request; raise `InvalidObjectError` for what cannot be encoded.

    `extensions` are OIDs of further ones, whose values are empty.
    """
    algorithm, size = spec.private_key.algorithm, key_size(spec)
    key = keys.key(algorithm, size)
    info = _info(spec, key.public, extensions)
    identifier, digest = _SIGNATURES[spec.signature_algorithm or _default_signature(spec)]
    request = der.sequence(info, identifier, der.bits(key.sign(info, digest)))
    return wrap(request)


def key_size(spec: CertificateSpec) -> int:
    """Return the bits of the key, 0 for Ed25519."""
    default = {"RSA": keys.RSA_SIZES[0], "ECDSA": min(keys.CURVES)}
    algorithm = spec.private_key.algorithm
    return 0 if algorithm == "Ed25519" else spec.private_key.size or default[algorithm]


def subject_names(spec: CertificateSpec) -> list[RDN]:
    """Return the subject; raise `ValueError` for a literal one that cannot be read."""
    if spec.literal_subject:
        return literal_subject.parse(spec.literal_subject)
    values: dict[str, tuple[str, ...]] = {COMMON_NAME: (spec.common_name,)}
    for each in SUBJECT_ATTRIBUTES:
        found = getattr(spec.subject, each.name)
        values[each.oid] = (found,) if each.single else found
    # Values of one attribute are one name of several parts. An empty text counts in lists only.
    return [
        tuple(Attribute(oid, value) for value in values[oid])
        for oid in _ORDER
        if (any(values[oid]) if oid in _SINGLE else values[oid])
    ]


def _info(spec: CertificateSpec, public_key: bytes, others: Iterable[str]) -> bytes:
    subject = _subject(spec)
    extensions = list(_extensions(spec, is_subject_empty=subject == der.sequence()))
    extensions += [_extension(oid, der.NULL, critical=False) for oid in others]
    attributes = (
        [
            der.sequence(
                der.object_identifier(_EXTENSION_REQUEST), der.set_of(der.sequence(*extensions))
            )
        ]
        if extensions
        else []
    )
    return der.sequence(der.INTEGER_ZERO, subject, public_key, der.context_of(0, *attributes))


def _subject(spec: CertificateSpec) -> bytes:
    try:
        names = [
            der.set_of(
                *(der.sequence(der.object_identifier(oid), der.text(value)) for oid, value in name)
            )
            for name in subject_names(spec)
        ]
    except ValueError as error:
        raise InvalidObjectError("spec.literalSubject", str(error)) from error
    return der.sequence(*names)


def _extensions(spec: CertificateSpec, *, is_subject_empty: bool) -> Iterator[bytes]:
    if names := alternative_names(spec):
        yield _extension("2.5.29.17", names, critical=is_subject_empty)
    if spec.encode_usages_in_request:
        yield from _usages(spec)
    if spec.name_constraints and (value := name_constraints(spec.name_constraints)):
        yield _extension("2.5.29.30", value, critical=spec.name_constraints.critical)


def _usages(spec: CertificateSpec) -> Iterator[bytes]:
    usages = [USAGES[usage] for usage in spec.usages or DEFAULT_USAGES]
    bits = {usage for usage in usages if isinstance(usage, int)}
    if spec.is_ca:
        bits |= {usage for usage in (USAGES["cert sign"],) if isinstance(usage, int)}
    if bits:
        yield _extension("2.5.29.15", _bit_string(bits), critical=True)
    extended = [usage for usage in usages if isinstance(usage, str)]
    if extended:
        value = der.sequence(*map(der.object_identifier, extended))
        yield _extension("2.5.29.37", value, critical=False)


def _bit_string(numbers: set[int]) -> bytes:
    """Encode named bits: the first bit is number 0, and zeros at the end are left out."""
    length = max(numbers) + 1
    size = (length + 7) // 8
    value = sum(1 << 8 * size - 1 - number for number in numbers)
    return der.bits(value.to_bytes(size, "big"), unused=8 * size - length)


def _extension(oid: str, value: bytes, *, critical: bool) -> bytes:
    flag = [der.BOOLEAN_TRUE] if critical else []
    return der.sequence(der.object_identifier(oid), *flag, der.octets(value))


def _default_signature(spec: CertificateSpec) -> str:
    match spec.private_key.algorithm, key_size(spec):
        case "RSA", size:
            return f"SHA{512 if size >= 4096 else 384 if size >= 3072 else 256}WithRSA"  # noqa: PLR2004
        case "ECDSA", size:
            return f"ECDSAWithSHA{ {224: 256, 256: 256, 384: 384, 521: 512}[size] }"
        case _:
            return "PureEd25519"


def _identifier(oid: str, *parameters: bytes) -> bytes:
    return der.sequence(der.object_identifier(oid), *parameters)


_EXTENSION_REQUEST: Final = "1.2.840.113549.1.9.14"
_SINGLE: Final = frozenset({COMMON_NAME, *(each.oid for each in SUBJECT_ATTRIBUTES if each.single)})
# Go's order: C, ST, L, STREET, postal code, O, OU, CN, serial number.
_ORDER: Final = tuple(f"2.5.4.{number}" for number in (6, 8, 7, 9, 17, 10, 11, 3, 5))
_SIGNATURES: Final[dict[str, tuple[bytes, keys.Digest]]] = {
    "SHA256WithRSA": (_identifier("1.2.840.113549.1.1.11", der.NULL), "sha256"),
    "SHA384WithRSA": (_identifier("1.2.840.113549.1.1.12", der.NULL), "sha384"),
    "SHA512WithRSA": (_identifier("1.2.840.113549.1.1.13", der.NULL), "sha512"),
    "ECDSAWithSHA256": (_identifier("1.2.840.10045.4.3.2"), "sha256"),
    "ECDSAWithSHA384": (_identifier("1.2.840.10045.4.3.3"), "sha384"),
    "ECDSAWithSHA512": (_identifier("1.2.840.10045.4.3.4"), "sha512"),
    "PureEd25519": (_identifier("1.3.101.112"), "sha512"),
}
