"""Keys to sign certification requests with, one for each kind and size.

They are no secrets. A request made here never leaves the process: all that is asked of its key is
that it is of the right kind and size, and that the signature verifies. So keys are fixed, the same
Certificate always makes the same decision, and an RSA modulus is a product of many small primes:
finding two large ones takes 27 seconds at 8192 bits, finding 32 small ones 0.1 seconds.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from approver.issuance import der

Algorithm = Literal["RSA", "ECDSA", "Ed25519"]
Digest = Literal["sha256", "sha384", "sha512"]

RSA_SIZES: Final = range(2048, 8192 + 1)
CURVES: Final[dict[int, type[ec.EllipticCurve]]] = {
    256: ec.SECP256R1,
    384: ec.SECP384R1,
    521: ec.SECP521R1,
}


@dataclass(frozen=True, slots=True)
class Key:
    """A key: its SubjectPublicKeyInfo, and what signs with it, for a digest where it needs one."""

    public: bytes
    sign: Callable[[bytes, Digest], bytes]


@cache
def key(algorithm: Algorithm, size: int) -> Key:
    """Return the key of a kind and size; Ed25519 has only one."""
    match algorithm:
        case "RSA":
            return _rsa_key(size)
        case "ECDSA":
            return _ec_key(_ALL_CURVES[size]())
        case "Ed25519":
            return _ed25519_key()


def _ec_key(curve: ec.EllipticCurve) -> Key:
    private = ec.derive_private_key(_ANY, curve)
    return Key(
        private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        lambda data, digest: private.sign(data, ec.ECDSA(_HASHES[digest])),
    )


def _ed25519_key() -> Key:
    private = ed25519.Ed25519PrivateKey.from_private_bytes(_ANY.to_bytes(32, "big"))
    return Key(
        private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        lambda data, _: private.sign(data),
    )


def _rsa_key(size: int) -> Key:
    primes = _primes(size)
    modulus = 1
    for prime in primes:
        modulus *= prime
    public = rsa.RSAPublicNumbers(_EXPONENT, modulus).public_key()
    return Key(
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        lambda data, digest: _rsa_signature(data, digest, modulus, primes),
    )


def _primes(size: int) -> tuple[int, ...]:
    """Return primes whose product has exactly this many bits."""
    primes = []
    product, candidate = 1, 1 << _PRIME_BITS - 1
    while size - product.bit_length() >= 2 * _PRIME_BITS:
        candidate = _next_prime(candidate)
        primes.append(candidate)
        product *= candidate
    # Gaps between primes are far too small to carry this into another bit.
    return (*primes, _next_prime((1 << size - 1) // product))


def _next_prime(number: int) -> int:
    """Return the next prime of which an exponent can be inverted."""
    candidate = number + 1 | 1
    while candidate % _EXPONENT == 1 or pow(2, candidate - 1, candidate) != 1:
        candidate += 2
    return candidate


def _rsa_signature(data: bytes, digest: Digest, modulus: int, primes: tuple[int, ...]) -> bytes:
    """Sign as PKCS #1 v1.5 does, modulo each prime, and put the remainders together."""
    length = (modulus.bit_length() + 7) // 8
    info = _DIGEST_INFO[digest] + hashlib.new(digest, data).digest()
    padded = b"\x00\x01" + b"\xff" * (length - len(info) - 3) + b"\x00" + info
    message = int.from_bytes(padded, "big")
    signature = 0
    for prime in primes:
        remainder = pow(message, pow(_EXPONENT, -1, prime - 1), prime)
        others = modulus // prime
        signature += remainder * pow(others, -1, prime) * others
    return (signature % modulus).to_bytes(length, "big")


# One more than Certificates can have, but tools.
_ALL_CURVES: Final[dict[int, type[ec.EllipticCurve]]] = {224: ec.SECP224R1, **CURVES}
_ANY: Final = 2**200 + 235
_PRIME_BITS: Final = 256
_EXPONENT: Final = 65537
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def _digest_info(number: int, length: int) -> bytes:
    """Return what PKCS #1 puts before a digest of SHA-2."""
    algorithm = der.sequence(der.object_identifier(f"2.16.840.1.101.3.4.2.{number}"), der.NULL)
    return der.sequence(algorithm, der.octets(bytes(length)))[:-length]


_DIGEST_INFO: Final[dict[str, bytes]] = {
    "sha256": _digest_info(1, 32),
    "sha384": _digest_info(2, 48),
    "sha512": _digest_info(3, 64),
}
