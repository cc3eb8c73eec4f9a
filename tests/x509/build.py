"""Certificate signing requests with any DER in them, down to the last byte.

`request()` makes an honest one; every part of it can be replaced by bytes of one's own, and it is
signed as it then is.
"""

import base64
import functools
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SUBJECT_KEY_IDENTIFIER = "2.5.29.14"
KEY_USAGE = "2.5.29.15"
SUBJECT_ALT_NAME = "2.5.29.17"
BASIC_CONSTRAINTS = "2.5.29.19"
NAME_CONSTRAINTS = "2.5.29.30"
EXTENDED_KEY_USAGE = "2.5.29.37"
EXTENSION_REQUEST = "1.2.840.113549.1.9.14"
COMMON_NAME = "2.5.4.3"
ORGANIZATION = "2.5.4.10"
USER_PRINCIPAL_NAME = "1.3.6.1.4.1.311.20.2.3"


def element(tag: int, *contents: bytes) -> bytes:
    """Encode an element, with its length in the shortest form."""
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*elements: bytes) -> bytes:
    return element(0x30, *elements)


def set_of(*elements: bytes) -> bytes:
    return element(0x31, *sorted(elements))


def integer(value: int) -> bytes:
    return element(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def bits(content: bytes, unused: int = 0) -> bytes:
    return element(0x03, bytes((unused,)), content)


def octets(content: bytes) -> bytes:
    return element(0x04, content)


def utf8(text: str) -> bytes:
    return element(0x0C, text.encode())


def oid(dotted: str) -> bytes:
    first, second, *others = map(int, dotted.split("."))
    return element(0x06, *map(_arc, (40 * first + second, *others)))


def _arc(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


NULL = element(0x05)
TRUE = element(0x01, b"\xff")
FALSE = element(0x01, b"\x00")


def name(*relative_names: bytes) -> bytes:
    return sequence(*relative_names)


def typed(kind: str, *values: bytes) -> bytes:
    """Encode a type and what follows it: an attribute of a name or of a request."""
    return sequence(oid(kind), *values)


def common_name(value: str | bytes = "www.example.com") -> bytes:
    """Encode a relative name that is one common name, as text or as an element."""
    return set_of(typed(COMMON_NAME, utf8(value) if isinstance(value, str) else value))


def extension(kind: str, value: bytes, *between: bytes) -> bytes:
    return sequence(oid(kind), *between, octets(value))


def dns(host: str = "www.example.com") -> bytes:
    return element(0x82, host.encode())


def uri(text: str) -> bytes:
    return element(0x86, text.encode())


def ip_address(content: bytes) -> bytes:
    return element(0x87, content)


def other_name(*elements: bytes, kind: str = USER_PRINCIPAL_NAME) -> bytes:
    return element(0xA0, oid(kind), *elements)


def san(*names: bytes) -> bytes:
    return extension(SUBJECT_ALT_NAME, sequence(*names))


def extension_request(*extensions: bytes) -> bytes:
    return typed(EXTENSION_REQUEST, set_of(sequence(*extensions)))


@dataclass(frozen=True)
class Signer:
    """A key pair: the SubjectPublicKeyInfo, the signature's algorithm, and how to sign."""

    key: bytes
    algorithm: bytes
    sign: Callable[[bytes], bytes]


@functools.cache
def ed25519_signer(seed: bytes = bytes(32)) -> Signer:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    return Signer(_public(key), sequence(oid("1.3.101.112")), key.sign)


def ecdsa_signer(
    curve: ec.EllipticCurve = ec.SECP256R1(),  # noqa: B008 immutable
    digest: hashes.HashAlgorithm = hashes.SHA256(),  # noqa: B008 immutable
    algorithm: str = "1.2.840.10045.4.3.2",
) -> Signer:
    key = ec.generate_private_key(curve)
    return Signer(
        _public(key), sequence(oid(algorithm)), lambda data: key.sign(data, ec.ECDSA(digest))
    )


@functools.cache
def rsa_key(size: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, size)


def rsa_signer(
    algorithm: bytes | None = None,
    digest: hashes.HashAlgorithm | None = None,
    scheme: padding.AsymmetricPadding | None = None,
    key: rsa.RSAPrivateKey | None = None,
) -> Signer:
    key = key or rsa_key()
    return Signer(
        _public(key),
        algorithm or sequence(oid("1.2.840.113549.1.1.11"), NULL),
        lambda data: key.sign(data, scheme or padding.PKCS1v15(), digest or hashes.SHA256()),
    )


def _public(
    key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def request(
    *extensions: bytes,
    version: bytes = integer(0),
    subject: bytes = name(common_name()),
    key: bytes | None = None,
    attributes: bytes | None = None,
    behind: bytes = b"",
    algorithm: bytes | None = None,
    signer: Signer | None = None,
) -> bytes:
    """Make the PEM of a request.

    It asks for `extensions` unless it has `attributes` of its own ([0] with all in it); `behind`
    stands behind the attributes.
    """
    signer = signer or ed25519_signer()
    if attributes is None:
        attributes = element(0xA0, extension_request(*(extensions or (san(dns()),))))
    info = sequence(version, subject, key or signer.key, attributes, behind)
    return pem(signed(info, signer, algorithm))


def signed(info: bytes, signer: Signer, algorithm: bytes | None = None) -> bytes:
    """Sign a CertificationRequestInfo."""
    return sequence(info, algorithm or signer.algorithm, bits(signer.sign(info)))


def pem(der: bytes, label: str = "CERTIFICATE REQUEST") -> bytes:
    """Put DER into a PEM block."""
    text = base64.b64encode(der).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def rich_request() -> bytes:
    """Make an honest request that has something of everything."""
    return request(
        san(
            dns(),
            dns("*.example.com"),
            ip_address(bytes((10, 0, 0, 1))),
            ip_address(bytes(10) + b"\xff\xff" + bytes((10, 0, 0, 2))),
            ip_address(bytes.fromhex("20010db8000000000000000000000001")),
            uri("spiffe://cluster.local/ns/team-a/sa/web?x=%2F#f"),
            element(0x81, b"alice@example.com"),
            other_name(element(0xA0, utf8("alice@corp"))),
            element(0x88, oid("1.2.3")[2:]),
            element(0xA4, name(common_name("other"))),
        ),
        extension(KEY_USAGE, bits(b"\xa0", 5), TRUE),
        extension(EXTENDED_KEY_USAGE, sequence(oid("1.3.6.1.5.5.7.3.1"))),
        extension(BASIC_CONSTRAINTS, sequence(TRUE, integer(0)), TRUE),
        extension(SUBJECT_KEY_IDENTIFIER, octets(bytes(20))),
        extension(
            NAME_CONSTRAINTS,
            sequence(
                element(0xA0, sequence(dns(".example.com")), sequence(ip_address(bytes(32)))),
                element(0xA1, sequence(uri("a.example.com")), sequence(element(0x81, b"a@b"))),
            ),
        ),
        extension("1.3.6.1.4.1.99999.42", utf8("x")),
        subject=name(
            common_name(),
            set_of(typed(ORGANIZATION, element(0x13, b"Example and Sons"))),
            set_of(typed(ORGANIZATION, element(0x1E, "Bücher".encode("utf-16-be")))),
            set_of(typed("2.5.4.5", element(0x12, b"12")), typed("2.5.4.7", element(0x14, b"x"))),
        ),
    )
