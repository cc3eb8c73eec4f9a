"""Public keys and signatures: which are accepted, and whether a signature verifies.

Algorithm identifiers are compared as whole encodings, so their parameters are exactly those that
the standards give them, or forms of these that Go verifies, too. This is the one place that calls
`cryptography`: it is handed numbers and points, never DER to read, and all it raises ends here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from approver.x509 import der
from approver.x509.der import Element
from approver.x509.oids import name_of
from approver.x509.refusal import Malformed, refused_as

Algorithm = Literal["RSA", "ECDSA", "Ed25519"]
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Key:
    """A public key.

    `size` is the bits of an RSA modulus or of a curve's field, and -1 for Ed25519; `curve` is
    "P-224", "P-256", "P-384" or "P-521", and "" for other keys.
    """

    algorithm: Algorithm
    size: int
    curve: str = ""


@refused_as("key")
def read_key(encoding: bytes) -> tuple[Key, PublicKey]:
    """Read a SubjectPublicKeyInfo."""
    match der.parse(encoding):
        case Element(
            der.SEQUENCE,
            children=(
                Element(der.SEQUENCE) as algorithm,
                Element(der.BIT_STRING, content=content),
            ),
        ) if not content[0]:
            bits = content[1:]
        case _:
            raise Malformed("not an algorithm and a key of whole bytes")
    try:
        if algorithm.encoding == _RSA:
            return _rsa_key(bits)
        if algorithm.encoding in _CURVES:
            return _ec_key(_CURVES[algorithm.encoding], bits)
        if algorithm.encoding == _ED25519:
            return Key("Ed25519", -1), Ed25519PublicKey.from_public_bytes(bits)
    except Malformed:
        raise
    except Exception as error:
        raise Malformed("the key does not parse") from error
    raise Malformed(
        f"{_shown(algorithm)} is not RSA, ECDSA on P-224, P-256, P-384 or P-521, or Ed25519"
    )


@refused_as("signature")
def verify(
    key: Key, public_key: PublicKey, algorithm: Element, signature: Element, signed: bytes
) -> None:
    """Refuse a signature that was not made with this key over these bytes."""
    kind, parameters = _SCHEMES.get(algorithm.encoding, ("", ()))
    if kind != key.algorithm:
        shown = _shown(der.parse(algorithm.encoding))
        raise Malformed(f"{shown} is not accepted with a key of type {key.algorithm}")
    if signature.content[0]:
        raise Malformed("not of whole bytes")
    try:
        public_key.verify(signature.content[1:], signed, *parameters)
    except InvalidSignature:
        raise Malformed("it does not verify") from None
    except Exception as error:
        raise Malformed("it cannot be verified") from error


def _rsa_key(bits: bytes) -> tuple[Key, PublicKey]:
    match der.parse(bits):
        case Element(
            der.SEQUENCE,
            children=(Element(der.INTEGER, content=modulus), Element(der.INTEGER, content=power)),
        ):
            n = int.from_bytes(modulus, "big", signed=True)
            e = int.from_bytes(power, "big", signed=True)
        case _:
            raise Malformed("an RSA key is not a modulus and an exponent")
    size = n.bit_length()
    if n < 0 or not _RSA_SIZES[0] <= size <= _RSA_SIZES[1]:
        raise Malformed(f"an RSA modulus of {size} bits; from {_RSA_SIZES[0]} to {_RSA_SIZES[1]}")
    if not _RSA_EXPONENTS[0] <= e <= _RSA_EXPONENTS[1]:
        raise Malformed("an RSA exponent is not between 3 and 2147483647")
    if not n & e & 1:
        raise Malformed("an RSA modulus or exponent is even")
    return Key("RSA", size), rsa.RSAPublicNumbers(e, n).public_key()


def _ec_key(curve: tuple[str, ec.EllipticCurve], point: bytes) -> tuple[Key, PublicKey]:
    name, group = curve
    if point[:1] != _UNCOMPRESSED:
        raise Malformed("a point is not uncompressed, the only form that Go reads")
    key = ec.EllipticCurvePublicKey.from_encoded_point(group, point)
    return Key("ECDSA", group.key_size, name), key


def _shown(algorithm: Element) -> str:
    match algorithm.children:
        case (Element(der.OID, content=kind), *parameters):
            name = name_of(der.dotted(kind))
            return f"{name} with its parameters" if parameters else name
        case _:
            return "what is not an algorithm"


def _identifier(*elements: str) -> bytes:
    """Encode an AlgorithmIdentifier whose elements are in hex."""
    content = bytes.fromhex("".join(elements))
    return bytes((der.SEQUENCE, len(content))) + content


# Where Go and OpenSSL both verify.
_RSA_SIZES: Final = (1024, 16384)
_RSA_EXPONENTS: Final = (3, 2**31 - 1)
_UNCOMPRESSED: Final = b"\x04"

_NULL: Final = "0500"
_PKCS1: Final = "06092a864886f70d0101"
_EC_PUBLIC_KEY: Final = "06072a8648ce3d0201"

_RSA: Final = _identifier(_PKCS1, "01", _NULL)
_ED25519: Final = _identifier("06032b6570")
_CURVES: Final[Mapping[bytes, tuple[str, ec.EllipticCurve]]] = {
    _identifier(_EC_PUBLIC_KEY, "06052b81040021"): ("P-224", ec.SECP224R1()),
    _identifier(_EC_PUBLIC_KEY, "06082a8648ce3d030107"): ("P-256", ec.SECP256R1()),
    _identifier(_EC_PUBLIC_KEY, "06052b81040022"): ("P-384", ec.SECP384R1()),
    _identifier(_EC_PUBLIC_KEY, "06052b81040023"): ("P-521", ec.SECP521R1()),
}


def _pss(number: int, algorithm: hashes.HashAlgorithm) -> Iterator[tuple[str, Any]]:
    """Name RSASSA-PSS with one digest throughout and a salt as long, in the forms Go verifies.

    Either digest may have NULL for a parameter or none, and the trailer's default be spelled out.
    """
    size = algorithm.digest_size
    scheme = padding.PSS(padding.MGF1(algorithm), size), algorithm
    digests = [_identifier(f"06096086480165030402{number:02x}", null) for null in ("", _NULL)]
    for outer, inner, trailer in product(digests, digests, ("", "a303020101")):
        generator = _identifier(f"{_PKCS1}08", inner.hex())
        salt = f"0201{size:02x}"
        parameters = "".join(
            (_tagged(0xA0, outer.hex()), _tagged(0xA1, generator.hex()), _tagged(0xA2, salt))
        )
        yield _tagged(der.SEQUENCE, parameters + trailer), scheme


def _tagged(tag: int, content: str) -> str:
    return bytes((tag, len(content) // 2)).hex() + content


def _forms(kind: str, names: Mapping[str, tuple[Any, ...]]) -> Iterator[tuple[bytes, Any]]:
    """Yield algorithms with NULL for a parameter and without: to Go, these are the same."""
    for name, scheme in names.items():
        for null in ("", _NULL):
            yield _identifier(name, null), (kind, scheme)


# Parameters of `verify` by AlgorithmIdentifier.
_SHA1: Final = hashes.SHA1()  # noqa: S303 weak, but the signer accepts it in requests
_PKCS1V15: Final = padding.PKCS1v15()
_SCHEMES: Final[Mapping[bytes, tuple[str, tuple[Any, ...]]]] = {
    **dict(
        _forms(
            "RSA",
            {
                f"{_PKCS1}05": (_PKCS1V15, _SHA1),
                "06052b0e03021d": (_PKCS1V15, _SHA1),
                f"{_PKCS1}0b": (_PKCS1V15, hashes.SHA256()),
                f"{_PKCS1}0c": (_PKCS1V15, hashes.SHA384()),
                f"{_PKCS1}0d": (_PKCS1V15, hashes.SHA512()),
            },
        )
    ),
    **dict(
        _forms(
            "ECDSA",
            {
                "06072a8648ce3d0401": (ec.ECDSA(_SHA1),),
                "06082a8648ce3d040302": (ec.ECDSA(hashes.SHA256()),),
                "06082a8648ce3d040303": (ec.ECDSA(hashes.SHA384()),),
                "06082a8648ce3d040304": (ec.ECDSA(hashes.SHA512()),),
            },
        )
    ),
    **{
        _identifier(f"{_PKCS1}0a", parameters): ("RSA", scheme)
        for number, algorithm in ((1, hashes.SHA256()), (2, hashes.SHA384()), (3, hashes.SHA512()))
        for parameters, scheme in _pss(number, algorithm)
    },
    _ED25519: ("Ed25519", ()),
}
