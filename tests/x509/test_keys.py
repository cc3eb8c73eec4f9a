from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from approver.x509 import Key, read
from tests.x509.build import (
    NULL,
    Signer,
    bits,
    common_name,
    ecdsa_signer,
    ed25519_signer,
    element,
    integer,
    name,
    oid,
    pem,
    request,
    rsa_key,
    rsa_signer,
    sequence,
)
from tests.x509.expect import refusal

RSA = "1.2.840.113549.1.1.1"
EC = "1.2.840.10045.2.1"
P256 = "1.2.840.10045.3.1.7"
SHA1 = hashes.SHA1()  # noqa: S303 weak, and accepted


def rule(key: bytes) -> str:
    """Return the rule that a request with this key breaks; its signature is never reached."""
    return refusal(request(key=key)).rule


def rsa_public(n: int, e: int = 65537) -> bytes:
    return sequence(sequence(oid(RSA), NULL), bits(sequence(integer(n), integer(e))))


def point(curve: str, content: bytes) -> bytes:
    return sequence(sequence(oid(EC), oid(curve)), bits(content))


def ec_point(form: PublicFormat = PublicFormat.UncompressedPoint) -> bytes:
    key = ec.derive_private_key(1, ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.X962, form)


MODULUS = rsa_key().public_key().public_numbers().n


@pytest.mark.parametrize(
    ("signer", "key"),
    [
        (rsa_signer(), Key("RSA", 2048)),
        (rsa_signer(key=rsa_key(1024)), Key("RSA", 1024)),
        (ecdsa_signer(ec.SECP224R1()), Key("ECDSA", 224, "P-224")),
        (ecdsa_signer(ec.SECP256R1()), Key("ECDSA", 256, "P-256")),
        (ecdsa_signer(ec.SECP384R1()), Key("ECDSA", 384, "P-384")),
        (ecdsa_signer(ec.SECP521R1()), Key("ECDSA", 521, "P-521")),
        (ed25519_signer(), Key("Ed25519", -1)),
    ],
)
def test_keys_that_the_signer_can_use(signer: Signer, key: Key) -> None:
    """RSA, ECDSA on four curves, and Ed25519."""
    assert read(request(signer=signer)).key == key


@pytest.mark.parametrize(
    "key",
    [
        x25519.X25519PrivateKey.from_private_bytes(bytes(32)).public_key(),
        x448.X448PrivateKey.generate().public_key(),
        ec.derive_private_key(1, ec.SECP256K1()).public_key(),
        ec.derive_private_key(1, ec.BrainpoolP256R1()).public_key(),
    ],
)
def test_keys_that_it_cannot(
    key: x25519.X25519PublicKey | x448.X448PublicKey | ec.EllipticCurvePublicKey,
) -> None:
    """Keys that cannot sign, and curves that Go does not have."""
    assert rule(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)) == "key"


@pytest.mark.parametrize(
    "key",
    [
        sequence(sequence(oid(RSA)), bits(sequence(integer(MODULUS), integer(3)))),
        sequence(sequence(oid(RSA), NULL, NULL), bits(sequence(integer(MODULUS), integer(3)))),
        sequence(sequence(oid(RSA), sequence()), bits(sequence(integer(MODULUS), integer(3)))),
        sequence(
            sequence(oid("1.2.840.113549.1.1.10")), bits(sequence(integer(MODULUS), integer(3)))
        ),
        sequence(sequence(oid(EC)), bits(ec_point())),
        sequence(sequence(oid(EC), NULL), bits(ec_point())),
        sequence(sequence(oid(EC), oid(P256), NULL), bits(ec_point())),
        sequence(sequence(oid(EC), sequence(integer(1), oid(P256))), bits(ec_point())),
        sequence(sequence(oid(P256)), bits(ec_point())),
        sequence(sequence(oid("1.3.101.112"), NULL), bits(bytes(32))),
        sequence(sequence(), bits(bytes(32))),
        sequence(oid("1.3.101.112"), bits(bytes(32))),
    ],
)
def test_the_algorithm_has_its_parameters(key: bytes) -> None:
    """RSA has NULL, ECDSA the name of a curve, and Ed25519 nothing."""
    assert rule(key) == "key"


@pytest.mark.parametrize(
    "key",
    [
        NULL,
        sequence(),
        element(0x31, bits(bytes(32)), sequence(oid("1.3.101.112"))),
        element(0xA0, ed25519_signer().key[2:]),
        sequence(sequence(oid("1.3.101.112")), element(0x04, bytes(32))),
        sequence(sequence(oid("1.3.101.112")), bits(bytes(32)), NULL),
        sequence(sequence(oid("1.3.101.112")), bits(bytes(32), 1)),
        sequence(sequence(oid("1.3.101.112")), bits(bytes(31))),
        sequence(sequence(oid("1.3.101.112")), bits(bytes(33))),
        sequence(sequence(oid("1.3.101.112")), bits(b"")),
    ],
)
def test_a_key_is_an_algorithm_and_whole_bytes(key: bytes) -> None:
    """No element and no bit too many or too few."""
    assert rule(key) == "key"


@pytest.mark.parametrize(
    "key",
    [
        rsa_public(-MODULUS),
        rsa_public(0),
        rsa_public(2**1022 + 1),
        rsa_public(2**16384 + 1),
        rsa_public(2**2047),
        rsa_public(MODULUS, 0),
        rsa_public(MODULUS, 1),
        rsa_public(MODULUS, 2),
        rsa_public(MODULUS, -3),
        rsa_public(MODULUS, 65536),
        rsa_public(MODULUS, 2**31 + 1),
        sequence(sequence(oid(RSA), NULL), bits(sequence(integer(MODULUS)))),
        sequence(sequence(oid(RSA), NULL), bits(sequence(integer(MODULUS), integer(3), NULL))),
        sequence(sequence(oid(RSA), NULL), bits(sequence(integer(MODULUS), integer(3)) + NULL)),
        sequence(sequence(oid(RSA), NULL), bits(element(0x31, integer(3), integer(MODULUS)))),
        sequence(
            sequence(oid(RSA), NULL),
            bits(sequence(element(0x02, b"\x00", integer(MODULUS)[4:]), integer(3))),
        ),
        sequence(sequence(oid(RSA), NULL), bits(b"")),
    ],
)
def test_an_rsa_key_is_a_modulus_and_an_exponent(key: bytes) -> None:
    """Both are positive, odd, in their shortest form and of a size that Go and OpenSSL verify."""
    assert rule(key) == "key"


def test_a_modulus_can_be_large() -> None:
    """16,384 bits are what OpenSSL verifies with."""
    assert rule(rsa_public(2**16383 + 1)) == "signature"


@pytest.mark.parametrize(
    "key",
    [
        point(P256, ec_point(PublicFormat.CompressedPoint)),
        point(P256, b"\x06" + ec_point()[1:]),
        point(P256, b"\x07" + ec_point()[1:]),
        point(P256, b"\x00"),
        point(P256, b""),
        point(P256, ec_point()[:-1]),
        point(P256, ec_point() + b"\x00"),
        point(P256, ec_point()[:-1] + b"\x00"),
        point(P256, b"\x04" + bytes(64)),
        point(P256, b"\x04" + b"\xff" * 64),
        point("1.3.132.0.34", ec_point()),
    ],
)
def test_a_point_is_uncompressed_and_on_its_curve(key: bytes) -> None:
    """Go reads no other form; and a point beside the curve is no key."""
    assert rule(key) == "key"


@pytest.mark.parametrize(
    "signer",
    [
        rsa_signer(sequence(oid("1.2.840.113549.1.1.5"), NULL), SHA1),
        rsa_signer(sequence(oid("1.3.14.3.2.29"), NULL), SHA1),
        rsa_signer(sequence(oid("1.2.840.113549.1.1.12"), NULL), hashes.SHA384()),
        rsa_signer(sequence(oid("1.2.840.113549.1.1.13"), NULL), hashes.SHA512()),
        ecdsa_signer(digest=SHA1, algorithm="1.2.840.10045.4.1"),
        ecdsa_signer(digest=hashes.SHA384(), algorithm="1.2.840.10045.4.3.3"),
        ecdsa_signer(digest=hashes.SHA512(), algorithm="1.2.840.10045.4.3.4"),
    ],
)
def test_signatures_that_the_signer_verifies(signer: Signer) -> None:
    """SHA-1 is weak, but who asks for a certificate signs for themselves."""
    assert read(request(signer=signer)).key.algorithm


def pss(
    digest: hashes.HashAlgorithm,
    number: int,
    salt: int,
    *,
    mgf: int | None = None,
    null: bytes = NULL,
    inner_null: bytes = NULL,
    trailer: bytes = b"",
) -> Signer:
    def hashed(which: int, null: bytes) -> bytes:
        return sequence(oid(f"2.16.840.1.101.3.4.2.{which}"), null)

    generator = sequence(oid("1.2.840.113549.1.1.8"), hashed(mgf or number, inner_null))
    parameters = sequence(
        element(0xA0, hashed(number, null)),
        element(0xA1, generator),
        element(0xA2, integer(salt)),
        trailer,
    )
    algorithm = sequence(oid("1.2.840.113549.1.1.10"), parameters)
    return rsa_signer(algorithm, digest, padding.PSS(padding.MGF1(digest), salt))


@pytest.mark.parametrize(
    ("digest", "number", "salt"),
    [(hashes.SHA256(), 1, 32), (hashes.SHA384(), 2, 48), (hashes.SHA512(), 3, 64)],
)
def test_pss_with_one_digest_throughout(
    digest: hashes.HashAlgorithm, number: int, salt: int
) -> None:
    """The salt is as long as the digest: other parameters Go does not know."""
    assert read(request(signer=pss(digest, number, salt))).key == Key("RSA", 2048)
    assert refusal(request(signer=pss(digest, number, 20))).rule == "signature"
    assert refusal(request(signer=pss(digest, number, salt, mgf=4))).rule == "signature"


@pytest.mark.parametrize("trailer", [b"", element(0xA3, integer(1))])
@pytest.mark.parametrize("inner_null", [b"", NULL])
@pytest.mark.parametrize("null", [b"", NULL])
def test_pss_in_every_form_that_go_verifies(null: bytes, inner_null: bytes, trailer: bytes) -> None:
    """WebCrypto leaves the digests' NULL out, Botan spells the trailer out."""
    signer = pss(hashes.SHA384(), 2, 48, null=null, inner_null=inner_null, trailer=trailer)
    assert read(request(signer=signer)).key == Key("RSA", 2048)


def test_pss_has_no_other_trailer() -> None:
    signer = pss(hashes.SHA256(), 1, 32, trailer=element(0xA3, integer(2)))
    assert refusal(request(signer=signer)).rule == "signature"


@pytest.mark.parametrize(
    ("signer", "algorithm"),
    [
        (rsa_signer(), sequence(oid("1.2.840.113549.1.1.11"))),
        (ecdsa_signer(), sequence(oid("1.2.840.10045.4.3.2"), NULL)),
    ],
)
def test_null_for_a_parameter_says_nothing(signer: Signer, algorithm: bytes) -> None:
    """RFC 4055 has both accepted with RSA; Mbed TLS 2 writes it with ECDSA."""
    assert read(request(signer=signer, algorithm=algorithm)) == read(request(signer=signer))


@pytest.mark.parametrize(
    "algorithm",
    [
        sequence(oid("1.2.840.113549.1.1.11"), NULL, NULL),
        sequence(oid("1.2.840.113549.1.1.11"), sequence()),
        sequence(oid("1.2.840.113549.1.1.4"), NULL),
        sequence(oid("1.2.840.113549.1.1.14"), NULL),
        sequence(oid("1.2.840.113549.1.1.1"), NULL),
        sequence(oid("1.2.840.113549.1.1.10")),
        sequence(oid("1.2.840.10045.4.3.2")),
        sequence(oid("1.3.101.112")),
        sequence(),
    ],
)
def test_the_algorithm_fits_the_key(algorithm: bytes) -> None:
    """It is one that Go knows, for this type of key, with no parameters that say something."""
    assert refusal(request(signer=rsa_signer(), algorithm=algorithm)).rule == "signature"


@pytest.mark.parametrize(
    "algorithm",
    [
        sequence(oid("1.2.840.10045.4.3.2"), NULL, NULL),
        sequence(oid("1.2.840.10045.4.3.2"), oid(P256)),
        sequence(oid("1.2.840.10045.4.3.1")),
        sequence(oid("1.2.840.10045.2.1")),
        sequence(oid("1.2.840.113549.1.1.11"), NULL),
        sequence(oid("1.2.840.10045.4.3.3")),
    ],
)
def test_the_algorithm_fits_an_ecdsa_key(algorithm: bytes) -> None:
    """Its parameters say nothing."""
    assert refusal(request(signer=ecdsa_signer(), algorithm=algorithm)).rule == "signature"


def test_the_algorithm_fits_an_ed25519_key() -> None:
    """Its parameters are absent."""
    lax = sequence(oid("1.3.101.112"), NULL)
    assert refusal(request(algorithm=lax)).rule == "signature"


SIGNERS = [rsa_signer(), ecdsa_signer(), ed25519_signer()]


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize(
    "change",
    [
        lambda signature: bits(signature[:-1] + bytes((signature[-1] ^ 1,))),
        lambda signature: bits(signature[:-1]),
        lambda signature: bits(signature + b"\x00"),
        lambda signature: bits(b"\x00" + signature),
        lambda signature: bits(signature[:-1] + bytes((signature[-1] & 0xFE,)), 1),
        lambda _: bits(b""),
    ],
)
def test_the_signature_verifies(signer: Signer, change: Callable[[bytes], bytes]) -> None:
    """It is whole, and made with the key in the request."""
    info = sequence(integer(0), name(), signer.key, element(0xA0))
    encoding = sequence(info, signer.algorithm, change(signer.sign(info)))
    assert refusal(pem(encoding)).rule == "signature"


@pytest.mark.parametrize("signer", SIGNERS)
def test_the_signature_is_over_all_of_it(signer: Signer) -> None:
    """Nothing can be added to what was signed."""
    info, other = (
        sequence(integer(0), subject, signer.key, element(0xA0))
        for subject in (name(common_name("good")), name(common_name("evil")))
    )
    encoding = sequence(other, signer.algorithm, bits(signer.sign(info)))
    assert refusal(pem(encoding)).rule == "signature"


def test_the_signature_is_of_the_key_in_the_request() -> None:
    """Who has not the key cannot ask for a certificate for it."""
    other = ed25519_signer(bytes(31) + b"\x01")
    assert refusal(request(key=other.key)).rule == "signature"


def test_an_ecdsa_signature_is_strict_der() -> None:
    """A signature has one encoding, too."""
    signer = ecdsa_signer()
    info = sequence(integer(0), name(), signer.key, element(0xA0))
    signature = signer.sign(info)
    for lax in (b"\x30\x81" + signature[1:], signature + NULL, element(0x31, signature[2:])):
        encoding = sequence(info, signer.algorithm, bits(lax))
        assert refusal(pem(encoding)).rule == "signature"
