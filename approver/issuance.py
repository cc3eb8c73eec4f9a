"""The requests that manifests stand for: as they are, or as cert-manager would make them."""

import base64
import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from approver.model import (
    InvalidObjectError,
    IssuerRef,
    Object,
    Request,
    Requester,
    RequestSpec,
    ServiceAccount,
)
from approver.model.request import RequestMeta
from approver.model.subject import COMMON_NAME, SUBJECT_ATTRIBUTES

CERT_MANAGER = Requester(
    ServiceAccount("cert-manager", "cert-manager").username,
    ("system:serviceaccounts", "system:serviceaccounts:cert-manager", "system:authenticated"),
)
"""Who makes the requests of every Certificate, where cert-manager is installed as usual."""

_CURVES: dict[int, type[ec.EllipticCurve]] = {
    256: ec.SECP256R1,
    384: ec.SECP384R1,
    521: ec.SECP521R1,
}
_RSA_SIZES = frozenset({2048, 3072, 4096, 8192})
_UNSUPPORTED = ("literalSubject", "otherNames", "nameConstraints")

Strings = tuple[str, ...]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


Subject = msgspec.defstruct(
    "Subject",
    [
        (each.name, str, "") if each.single else (each.name, Strings, ())
        for each in SUBJECT_ATTRIBUTES
    ],
    frozen=True,
    forbid_unknown_fields=True,
)
"""`spec.subject` of a Certificate."""


class KeySpec(Object, frozen=True):
    """`spec.privateKey` of a Certificate."""

    algorithm: Literal["RSA", "ECDSA", "Ed25519"] = "RSA"
    size: int = 0


class CertificateSpec(Object, frozen=True, forbid_unknown_fields=True):
    """`spec` of a Certificate; the last group has no part in the request."""

    issuer_ref: IssuerRef
    common_name: str = ""
    subject: Subject = Subject()  # type: ignore[valid-type]  # a class that is made of a table
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    email_addresses: tuple[str, ...] = ()
    duration: str = "2160h"  # cert-manager's default
    is_ca: bool = msgspec.field(name="isCA", default=False)
    usages: tuple[str, ...] = ()
    private_key: KeySpec = KeySpec()

    literal_subject: str = ""
    other_names: Any = None
    name_constraints: Any = None

    additional_output_formats: Any = None
    encode_usages_in_request: Any = None
    keystores: Any = None
    renew_before: Any = None
    renew_before_percentage: Any = None
    revision_history_limit: Any = None
    secret_name: Any = None
    secret_template: Any = None
    signature_algorithm: Any = None


class Certificate(Object, frozen=True):
    """A Certificate of cert-manager.io/v1."""

    metadata: RequestMeta
    spec: CertificateSpec


def request_for_certificate(obj: Mapping[str, Any]) -> Request:
    """Return the request that cert-manager makes for a Certificate, with a key of its kind.

    Raise `InvalidObjectError` for what cannot be read, or cannot be shown offline.
    """
    certificate = Certificate.parse(obj)
    spec = certificate.spec
    for field in _UNSUPPORTED:
        if (obj.get("spec") or {}).get(field):
            raise InvalidObjectError(f"spec.{field}", "cannot be checked offline yet")
    requested = RequestSpec(
        request=base64.b64encode(_csr(spec)).decode(),
        issuer_ref=spec.issuer_ref,
        duration=spec.duration,
        is_ca=spec.is_ca,
        usages=spec.usages,
        username=CERT_MANAGER.username,
        groups=CERT_MANAGER.groups,
    )
    return Request(certificate.metadata, requested)


def _csr(spec: CertificateSpec) -> bytes:
    key = _key(spec.private_key)
    builder = x509.CertificateSigningRequestBuilder()
    try:
        builder = builder.subject_name(x509.Name(list(_subject(spec))))
        if names := list(_names(spec)):
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    except (TypeError, ValueError) as error:
        raise InvalidObjectError("spec", f"no CSR can be made of it: {error}") from error
    if spec.is_ca:
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        builder = builder.add_extension(constraints, critical=True)
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, digest).public_bytes(serialization.Encoding.PEM)


def _subject(spec: CertificateSpec) -> Iterator[x509.NameAttribute[str]]:
    for each in SUBJECT_ATTRIBUTES:
        asked: str | Strings = getattr(spec.subject, each.name)
        for value in (asked,) if isinstance(asked, str) else asked:
            if value or not each.single:
                yield _attribute(each.oid, value)
    if spec.common_name:
        yield _attribute(COMMON_NAME, spec.common_name)


def _attribute(oid: str, value: str) -> x509.NameAttribute[str]:
    # Lengths are for the policy to judge, not for this library.
    return x509.NameAttribute(x509.ObjectIdentifier(oid), value, _validate=False)


def _names(spec: CertificateSpec) -> Iterator[x509.GeneralName]:
    yield from map(x509.DNSName, spec.dns_names)
    yield from map(x509.RFC822Name, spec.email_addresses)
    yield from (x509.IPAddress(ipaddress.ip_address(value)) for value in spec.ip_addresses)
    yield from map(x509.UniformResourceIdentifier, spec.uris)


def _key(private_key: KeySpec) -> PrivateKey:
    algorithm, size = private_key.algorithm, private_key.size
    match algorithm:
        case "RSA" if (size or 2048) in _RSA_SIZES:
            return rsa.generate_private_key(65537, size or 2048)
        case "ECDSA" if (size or 256) in _CURVES:
            return ec.generate_private_key(_CURVES[size or 256]())
        case "Ed25519":
            return ed25519.Ed25519PrivateKey.generate()
    raise InvalidObjectError("spec.privateKey.size", f"no {algorithm} key has {size} bits")
