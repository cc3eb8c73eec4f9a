"""The requests that manifests stand for: as they are, or as cert-manager would make them."""

import base64
import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from approver.model import InvalidObjectError, Request

CERT_MANAGER = {
    "username": "system:serviceaccount:cert-manager:cert-manager",
    "groups": [
        "system:serviceaccounts",
        "system:serviceaccounts:cert-manager",
        "system:authenticated",
    ],
}
"""Who makes the requests of every Certificate, where cert-manager is installed as usual."""

_DEFAULT_DURATION = "2160h"
_CURVES: dict[int, type[ec.EllipticCurve]] = {
    256: ec.SECP256R1,
    384: ec.SECP384R1,
    521: ec.SECP521R1,
}
_SUBJECT = {
    "countries": NameOID.COUNTRY_NAME,
    "organizations": NameOID.ORGANIZATION_NAME,
    "organizationalUnits": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "localities": NameOID.LOCALITY_NAME,
    "provinces": NameOID.STATE_OR_PROVINCE_NAME,
    "streetAddresses": NameOID.STREET_ADDRESS,
    "postalCodes": NameOID.POSTAL_CODE,
}
_UNSUPPORTED = ("literalSubject", "otherNames", "nameConstraints")

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def request_for_certificate(obj: Mapping[str, Any]) -> Request:
    """Return the request that cert-manager makes for a Certificate, with a key of its kind.

    Raise `InvalidObjectError` for what cannot be read, or cannot be shown offline.
    """
    spec = obj.get("spec") or {}
    for field in _UNSUPPORTED:
        if spec.get(field):
            raise InvalidObjectError(f"spec.{field}", "cannot be checked offline yet")
    return Request.parse(
        {
            "metadata": obj.get("metadata") or {},
            "spec": {
                "request": base64.b64encode(_csr(spec)).decode(),
                "issuerRef": spec.get("issuerRef") or {},
                "duration": spec.get("duration") or _DEFAULT_DURATION,
                "isCA": spec.get("isCA") or False,
                "usages": spec.get("usages") or [],
                **CERT_MANAGER,
            },
        }
    )


def _csr(spec: Mapping[str, Any]) -> bytes:
    key = _key(spec.get("privateKey") or {})
    builder = x509.CertificateSigningRequestBuilder()
    try:
        builder = builder.subject_name(x509.Name(list(_subject(spec))))
        if names := list(_names(spec)):
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if spec.get("isCA"):
            constraints = x509.BasicConstraints(ca=True, path_length=None)
            builder = builder.add_extension(constraints, critical=True)
    except InvalidObjectError:
        raise
    except (TypeError, ValueError) as error:
        raise InvalidObjectError("spec", f"no CSR can be made of it: {error}") from error
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, digest).public_bytes(serialization.Encoding.PEM)


def _subject(spec: Mapping[str, Any]) -> Iterator[x509.NameAttribute[str]]:
    subject = spec.get("subject") or {}
    for field, oid in _SUBJECT.items():
        for value in _texts(subject, field, "spec.subject."):
            yield _attribute(oid, value)
    if serial_number := subject.get("serialNumber"):
        yield _attribute(NameOID.SERIAL_NUMBER, serial_number)
    if common_name := spec.get("commonName"):
        yield _attribute(NameOID.COMMON_NAME, common_name)


def _attribute(oid: x509.ObjectIdentifier, value: str) -> x509.NameAttribute[str]:
    # Lengths are for the policy to judge, not for this library.
    return x509.NameAttribute(oid, value, _validate=False)


def _names(spec: Mapping[str, Any]) -> Iterator[x509.GeneralName]:
    for value in _texts(spec, "dnsNames"):
        yield x509.DNSName(value)
    for value in _texts(spec, "emailAddresses"):
        yield x509.RFC822Name(value)
    for value in _texts(spec, "ipAddresses"):
        yield x509.IPAddress(ipaddress.ip_address(value))
    for value in _texts(spec, "uris"):
        yield x509.UniformResourceIdentifier(value)


def _texts(obj: Mapping[str, Any], field: str, path: str = "spec.") -> Sequence[str]:
    values = obj.get(field) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidObjectError(path + field, "must be a list of strings")
    return values


def _key(private_key: Mapping[str, Any]) -> PrivateKey:
    algorithm, size = private_key.get("algorithm", "RSA"), private_key.get("size")
    match algorithm:
        case "RSA" if size in {None, 2048, 3072, 4096, 8192}:
            return rsa.generate_private_key(65537, size or 2048)
        case "ECDSA" if (size or 256) in _CURVES:
            return ec.generate_private_key(_CURVES[size or 256]())
        case "Ed25519":
            return ed25519.Ed25519PrivateKey.generate()
    raise InvalidObjectError("spec.privateKey", f"no key of {algorithm} and size {size}")
