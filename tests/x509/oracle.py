"""What a second reader, OpenSSL by way of `cryptography`, makes of a request that we have read.

It is shown the request in its strictest form, since it allows less.
"""

import warnings
from collections.abc import Iterable, Iterator

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from approver.x509 import Key, OtherName, SigningRequest
from tests.x509.lenient import strict

Comparison = tuple[str, object, object]

_CURVES = {"secp224r1": "P-224", "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
_KNOWN = {
    x509.SubjectKeyIdentifier.oid,
    x509.BasicConstraints.oid,
    x509.KeyUsage.oid,
    x509.ExtendedKeyUsage.oid,
}
_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1E: "utf-16-be",
}

# What it refuses, and we do not: the same attribute twice in a relative name, `*` and `&` in a
# PrintableString, values that are none of our string types, "encipher only" without key agreement.
_STRICTER = ("duplicate attributes", "::PrintableString", "::UniversalString", "key_agreement")


def differences(csr: SigningRequest, pem: bytes) -> list[str]:
    """Name the parts of `csr` that the second reader reads otherwise, or not at all."""
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # of lengths
            parts = _parts(csr, x509.load_pem_x509_csr(strict(pem)))
            return [part for part, ours, theirs in parts if ours != theirs]
    except ValueError as error:
        return [] if any(reason in str(error) for reason in _STRICTER) else [str(error)]


def _parts(csr: SigningRequest, other: x509.CertificateSigningRequest) -> Iterator[Comparison]:
    yield "key", csr.key, _key(other)
    if all(attribute.value is not None for attribute in csr.subject):
        ours = [(attribute.oid, attribute.value) for attribute in csr.subject]
        yield "subject", ours, [(item.oid.dotted_string, item.value) for item in other.subject]
    try:
        extensions = {extension.oid: extension.value for extension in other.extensions}
    except (ValueError, TypeError, KeyError, x509.UnsupportedGeneralNameType):
        if csr.extensions or csr.names.unsupported:
            return  # it also reads extensions that we do not, and does not know two kinds of names
        raise
    yield from _names(csr, extensions.pop(x509.SubjectAlternativeName.oid, None))
    yield from _usages(csr, extensions)
    yield from _constraints(csr, extensions.pop(x509.NameConstraints.oid, None))
    others = extensions.keys() - _KNOWN
    yield "extensions", set(csr.extensions), {oid.dotted_string for oid in others}


def _key(other: x509.CertificateSigningRequest) -> Key | None:
    match other.public_key():
        case rsa.RSAPublicKey(key_size=size):
            return Key("RSA", size)
        case ec.EllipticCurvePublicKey(curve=curve):
            return Key("ECDSA", curve.key_size, _CURVES[curve.name])
        case ed25519.Ed25519PublicKey():
            return Key("Ed25519", -1)
    return None


def _names(csr: SigningRequest, value: object) -> Iterator[Comparison]:
    ours = csr.names
    names = list(value) if isinstance(value, x509.SubjectAlternativeName) else []
    yield "DNS", list(ours.dns), _values(names, x509.DNSName)
    yield "URI", list(ours.uris), _values(names, x509.UniformResourceIdentifier)
    yield "email", list(ours.emails), _values(names, x509.RFC822Name)
    addresses = [
        getattr(name, "ipv4_mapped", None) or name for name in _values(names, x509.IPAddress)
    ]
    yield "IP", list(ours.ip_addresses), [str(address) for address in addresses]
    others = [other_name(name) for name in names if isinstance(name, x509.OtherName)]
    yield "other names", list(ours.others), others
    unsupported = [
        name for name in names if isinstance(name, x509.DirectoryName | x509.RegisteredID)
    ]
    yield "unsupported", len(ours.unsupported), len(unsupported)


def _values(names: Iterable[x509.GeneralName], kind: type[x509.GeneralName]) -> list[object]:
    return [name.value for name in names if isinstance(name, kind)]


def other_name(name: x509.OtherName) -> OtherName:
    """Show an otherName as we do."""
    encoding = _ENCODINGS.get(name.value[0])
    header = 2 if name.value[1] < 0x80 else 2 + name.value[1] - 0x80
    shown = name.value[header:].decode(encoding) if encoding else name.value.hex()
    return OtherName(name.type_id.dotted_string, shown)


def _usages(
    csr: SigningRequest, extensions: dict[x509.ObjectIdentifier, x509.ExtensionType]
) -> Iterator[Comparison]:
    constraints = extensions.get(x509.BasicConstraints.oid)
    yield "CA", csr.is_ca, getattr(constraints, "ca", None)
    usage = extensions.get(x509.KeyUsage.oid)
    shown = str(usage)  # its last two members raise without key agreement; the text has them all
    bits = {bit for bit, name in enumerate(_KEY_USAGES) if f"{name}=True" in shown}
    yield "key usage", csr.key_usage, bits if usage else None
    usages = extensions.get(x509.ExtendedKeyUsage.oid)
    oids = [item.dotted_string for item in usages] if isinstance(usages, Iterable) else None
    yield "extended key usage", csr.extended_key_usage and list(csr.extended_key_usage), oids


def _constraints(csr: SigningRequest, value: object) -> Iterator[Comparison]:
    for kind in ("permitted", "excluded"):
        ours = getattr(csr.name_constraints, kind)
        names = list(getattr(value, f"{kind}_subtrees", None) or ())
        yield f"{kind} DNS domains", list(ours.dns_domains), _values(names, x509.DNSName)
        yield (
            f"{kind} email addresses",
            list(ours.email_addresses),
            _values(names, x509.RFC822Name),
        )
        uris = _values(names, x509.UniformResourceIdentifier)
        yield f"{kind} URI domains", list(ours.uri_domains), uris
        yield f"{kind} IP ranges", len(ours.ip_ranges), len(_values(names, x509.IPAddress))
