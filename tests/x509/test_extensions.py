import pytest

from approver.x509 import SigningRequest, read
from tests.x509.build import (
    BASIC_CONSTRAINTS,
    EXTENDED_KEY_USAGE,
    FALSE,
    KEY_USAGE,
    NULL,
    SUBJECT_KEY_IDENTIFIER,
    TRUE,
    bits,
    dns,
    element,
    extension,
    integer,
    octets,
    oid,
    request,
    san,
    sequence,
    set_of,
    utf8,
)
from tests.x509.expect import refusal

UNKNOWN = "1.3.6.1.4.1.99999.42"
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"


def asked(kind: str, value: bytes) -> SigningRequest:
    return read(request(extension(kind, value)))


def rule(*extensions: bytes) -> str:
    return refusal(request(*extensions)).rule


def test_unknown_extensions_are_listed() -> None:
    """Whether they are permitted is for the policies to say."""
    csr = read(
        request(extension(UNKNOWN, utf8("x"), TRUE), san(dns()), extension("2.5.29.35", NULL))
    )
    assert csr.extensions == (UNKNOWN, "2.5.29.35")


def test_known_extensions_are_not_listed() -> None:
    """Six extensions need no policy's consent as such."""
    csr = read(
        request(
            san(dns()),
            extension(KEY_USAGE, bits(b"\xa0", 5)),
            extension(EXTENDED_KEY_USAGE, sequence(oid(SERVER_AUTH))),
            extension(BASIC_CONSTRAINTS, sequence()),
            extension(SUBJECT_KEY_IDENTIFIER, octets(bytes(20))),
        )
    )
    assert csr.extensions == ()
    assert (csr.is_ca, csr.key_usage) == (False, frozenset({0, 2}))
    assert csr.extended_key_usage == (SERVER_AUTH,)


def test_what_is_not_asked_for_is_none() -> None:
    """An extension that is not there is not one that says no."""
    csr = read(request(san(dns())))
    assert (csr.is_ca, csr.key_usage, csr.extended_key_usage) == (None, None, None)


@pytest.mark.parametrize("flag", [TRUE, FALSE])
def test_critical_does_not_matter(flag: bytes) -> None:
    """The signer sets the flag itself, and a default that is written down is no other one."""
    assert read(request(extension(KEY_USAGE, bits(b"\x80", 7), flag))).key_usage == frozenset({0})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (san(dns("good")), san(dns("evil"))),
        (san(dns("good")), san(dns("good"))),
        (extension(UNKNOWN, NULL), extension(UNKNOWN, NULL, TRUE)),
        (extension(SUBJECT_KEY_IDENTIFIER, octets(b"x")), extension(SUBJECT_KEY_IDENTIFIER, NULL)),
    ],
)
def test_no_extension_is_there_twice(first: bytes, second: bytes) -> None:
    """Of two, some readers see the first, and some the last."""
    assert rule(first, extension(KEY_USAGE, bits(b"\x80", 7)), second) == "extensions"


@pytest.mark.parametrize(
    "encoded",
    [
        extension(UNKNOWN, NULL, TRUE, TRUE),
        extension(UNKNOWN, NULL, NULL),
        sequence(oid(UNKNOWN), octets(NULL), NULL),
        sequence(oid(UNKNOWN), octets(NULL), TRUE),
        sequence(oid(UNKNOWN), NULL),
        sequence(oid(UNKNOWN)),
        sequence(octets(NULL)),
        sequence(),
        set_of(oid(UNKNOWN), octets(NULL)),
        sequence(oid("2.25.99999999999"), octets(NULL)),
        NULL,
    ],
)
def test_an_extension_is_a_type_and_a_value(encoded: bytes) -> None:
    """An element too many is read by some, and skipped by others."""
    assert rule(encoded) == "extensions"


@pytest.mark.parametrize("kind", [UNKNOWN, SUBJECT_KEY_IDENTIFIER])
@pytest.mark.parametrize(
    "value", [b"", b"x", octets(b"x") + NULL, b"\x04\x81\x01x", octets(b"x")[:-1], utf8("x")]
)
def test_a_value_that_nobody_copies_is_not_read(kind: str, value: bytes) -> None:
    """A policy that lists an extension permits any content; the signer drops all of it."""
    assert asked(kind, value).extensions == ((UNKNOWN,) if kind == UNKNOWN else ())


@pytest.mark.parametrize(
    ("value", "is_ca"),
    [
        (sequence(), False),
        (sequence(TRUE), True),
        (sequence(TRUE, integer(0)), True),
        (sequence(TRUE, integer(2**31 - 1)), True),
        (sequence(FALSE), False),
        (sequence(FALSE, integer(0)), False),
        (sequence(integer(0)), False),
    ],
)
def test_basic_constraints_say_whether_it_is_a_ca(value: bytes, is_ca: bool) -> None:  # noqa: FBT001 a table
    """The signer does not copy the length of the path, nor a FALSE that is spelled out."""
    assert asked(BASIC_CONSTRAINTS, value).is_ca is is_ca


@pytest.mark.parametrize(
    "value",
    [
        b"",
        NULL,
        TRUE,
        set_of(TRUE),
        sequence(element(0x01, b"\x01")),
        sequence(TRUE, TRUE),
        sequence(integer(0), TRUE),
        sequence(TRUE, integer(-1)),
        sequence(TRUE, integer(2**31)),
        sequence(TRUE, element(0x02, b"\x00\x00")),
        sequence(TRUE, integer(0), NULL),
        sequence(TRUE, NULL),
        sequence(TRUE) + NULL,
        sequence(TRUE) + b"\x00",
    ],
)
def test_basic_constraints_decode_completely(value: bytes) -> None:
    """TRUE is FF, and the length of a path is a number."""
    assert rule(extension(BASIC_CONSTRAINTS, value)) == "basic-constraints"


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        (bits(b"\x80", 7), {0}),
        (bits(b"\xa0", 5), {0, 2}),
        (bits(b"\xff"), set(range(8))),
        (bits(b"\x01"), {7}),
        (bits(b"\x00\x80", 7), {8}),
        (bits(b"\xff\x80", 7), set(range(9))),
        (bits(b"\xa0"), {0, 2}),
        (bits(b"\xa0", 4), {0, 2}),
        (bits(b"\xa0\x00"), {0, 2}),
        (bits(b"\xa0\x00", 7), {0, 2}),
        (bits(b"\xa0\x00\x00\x00"), {0, 2}),
    ],
)
def test_key_usage_is_a_set_of_bits(value: bytes, numbers: set[int]) -> None:
    """Bits are numbered from the first; zeros at the end say nothing."""
    assert asked(KEY_USAGE, value).key_usage == frozenset(numbers)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        NULL,
        integer(160),
        octets(b"\xa0"),
        sequence(bits(b"\xa0", 5)),
        bits(b""),
        bits(b"\x00"),
        bits(b"\xa0", 6),
        bits(b"\xa0\x40", 6),
        bits(b"\xa0\x00\x80", 7),
        bits(b"\xa0", 5) + NULL,
        element(0x23, bits(b"\xa0", 5)),
    ],
)
def test_key_usage_decodes_completely(value: bytes) -> None:
    """There are nine bits, at least one is set, and unused ones are zero."""
    assert rule(extension(KEY_USAGE, value)) == "key-usage"


def test_extended_key_usages_keep_their_order_and_number() -> None:
    """cert-manager compares both."""
    usages = (CLIENT_AUTH, SERVER_AUTH, CLIENT_AUTH)
    assert asked(EXTENDED_KEY_USAGE, sequence(*map(oid, usages))).extended_key_usage == usages


@pytest.mark.parametrize(
    "value",
    [
        b"",
        NULL,
        oid(SERVER_AUTH),
        sequence(),
        set_of(oid(SERVER_AUTH)),
        sequence(oid(SERVER_AUTH), NULL),
        sequence(oid(SERVER_AUTH), utf8("x")),
        sequence(oid(SERVER_AUTH)) + NULL,
        sequence(sequence(oid(SERVER_AUTH))),
        sequence(oid("2.25.99999999999")),
    ],
)
def test_extended_key_usages_are_a_list(value: bytes) -> None:
    """There is at least one."""
    assert rule(extension(EXTENDED_KEY_USAGE, value)) == "extended-key-usage"


def test_usages_that_cert_manager_has_no_name_for_are_told_apart() -> None:
    """It signs them, but the two that it reads and a spec cannot name."""
    smart_card, kernel = "1.3.6.1.4.1.311.20.2.2", "1.3.6.1.4.1.311.61.1.1"
    usages = (CLIENT_AUTH, smart_card, kernel)
    assert asked(EXTENDED_KEY_USAGE, sequence(*map(oid, usages))).other_usages == (smart_card,)


def test_there_are_not_thousands_of_them() -> None:
    """No program writes as many; every policy would have to look at each."""
    usages = [oid(f"1.2.3.{number}") for number in range(101)]
    assert asked(EXTENDED_KEY_USAGE, sequence(*usages[:100])).other_usages
    assert rule(extension(EXTENDED_KEY_USAGE, sequence(*usages))) == "extended-key-usage"
    extensions = [extension(f"1.2.3.{number}", NULL) for number in range(101)]
    assert len(read(request(*extensions[:100])).extensions) == 100
    assert rule(*extensions) == "extensions"
