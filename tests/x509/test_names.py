import pytest

from approver.x509 import Names, OtherName, UnsupportedName, read
from tests.x509.build import (
    NULL,
    SUBJECT_ALT_NAME,
    USER_PRINCIPAL_NAME,
    common_name,
    dns,
    element,
    extension,
    integer,
    ip_address,
    name,
    octets,
    oid,
    other_name,
    request,
    san,
    sequence,
    uri,
    utf8,
)
from tests.x509.expect import refusal

DNS, EMAIL, URI = 0x82, 0x81, 0x86


def names(*encoded: bytes) -> Names:
    return read(request(san(*encoded))).names


def rule(*encoded: bytes) -> str:
    return refusal(request(san(*encoded))).rule


def test_names_are_read_by_kind_in_order_with_repetitions() -> None:
    """Every name counts."""
    assert names(
        dns("b"),
        ip_address(bytes((10, 0, 0, 1))),
        dns("a"),
        uri("https://example.com/"),
        element(EMAIL, b"a@example.com"),
        dns("b"),
    ) == Names(
        dns=("b", "a", "b"),
        ip_addresses=("10.0.0.1",),
        uris=("https://example.com/",),
        emails=("a@example.com",),
    )


def test_a_request_needs_no_names() -> None:
    """Without the extension there are none."""
    assert read(request(attributes=element(0xA0))).names == Names()


@pytest.mark.parametrize("tag", [DNS, EMAIL])
@pytest.mark.parametrize("text", ["*.example.com", "a", "..", "_x/!~", "xn--bcher-kva.example."])
def test_visible_characters_are_left_to_the_policy(tag: int, text: str) -> None:
    """What is visible ASCII reads the same everywhere."""
    read_names = names(element(tag, text.encode()))
    assert read_names.dns + read_names.emails == (text,)


@pytest.mark.parametrize("tag", [DNS, EMAIL, URI])
@pytest.mark.parametrize(
    "content",
    [b"", b"a\x00.evil", b"a b", b"a\n", b"a\x7f", b"\x1f", "ü".encode(), b"\xfc", b"\x80"],
)
def test_text_is_visible_ascii(tag: int, content: bytes) -> None:
    """An empty name, a space, a control character or a byte beyond ASCII: readers differ."""
    assert rule(dns(), element(tag, content)) == "san"


def test_a_uri_is_in_canonical_form() -> None:
    """What canonical form is, test_uri.py shows."""
    assert names(uri("spiffe://cluster.local/ns/a")).uris == ("spiffe://cluster.local/ns/a",)
    assert rule(uri("HTTPS://example.com/")) == "san"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("0a000001", "10.0.0.1"),
        ("00000000000000000000ffff0a000001", "10.0.0.1"),
        ("0000000000000000000000000a000001", "::a00:1"),
        ("20010db8000000000000000000000001", "2001:db8::1"),
        ("20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"),
        ("20010db8000000000001000000000001", "2001:db8::1:0:0:1"),
        ("20010db8000000010000000000000001", "2001:db8:0:1::1"),
        ("20010DB80ABC00000000000000000000", "2001:db8:abc::"),
        ("0064ff9b00000000000000000a000001", "64:ff9b::a00:1"),
        ("fe800000000000000000000000000001", "fe80::1"),
        ("00000000000000000000000000000000", "::"),
        ("00000000", "0.0.0.0"),  # noqa: S104 nothing is bound to it
    ],
)
def test_an_ip_address_has_one_form(content: str, text: str) -> None:
    """It is written as RFC 5952 says, and an IPv4-mapped one as the IPv4 address that it is."""
    assert names(ip_address(bytes.fromhex(content))).ip_addresses == (text,)


@pytest.mark.parametrize("size", [0, 1, 3, 5, 8, 15, 17, 32])
def test_an_ip_address_has_4_or_16_bytes(size: int) -> None:
    """An address with a mask, or as text, is none."""
    assert rule(ip_address(bytes(size))) == "san"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (utf8("alice@corp"), "alice@corp"),
        (utf8(""), ""),
        (element(0x16, b"alice"), "alice"),
        (element(0x1E, b"\x00a"), "a"),
        (integer(7), "020107"),
        (octets(b"\xab"), "0401ab"),
        (sequence(utf8("a")), "30030c0161"),
        (element(0x1A, b"a"), "1a0161"),
        (element(0x80, b"a"), "800161"),
    ],
)
def test_an_other_name_is_text_or_the_hex_of_its_der(value: bytes, text: str) -> None:
    """A string is compared as text, and any other value as its DER in hex."""
    other = other_name(element(0xA0, value))
    assert names(other).others == (OtherName(USER_PRINCIPAL_NAME, text),)


@pytest.mark.parametrize(
    "value",
    [element(0x0C, b"\xff"), element(0x0C, b"a\x00"), element(0x13, b"@"), element(0x14, b"\xfc")],
)
def test_the_text_of_an_other_name_reads_the_same_everywhere(value: bytes) -> None:
    """It has no NUL and stays within its type's alphabet."""
    assert rule(other_name(element(0xA0, value))) == "san"


@pytest.mark.parametrize(
    "other",
    [
        other_name(),
        other_name(utf8("a")),
        other_name(element(0xA0)),
        other_name(element(0xA0, utf8("a"), utf8("b"))),
        other_name(element(0xA0, utf8("a")), NULL),
        other_name(element(0x80, b"a")),
        other_name(element(0xA1, utf8("a"))),
        other_name(element(0xA0, utf8("a")), kind="2.25.99999999999"),
        element(0xA0, element(0xA0, utf8("a"))),
        element(0xA0, sequence(oid("1.2.3"), element(0xA0, utf8("a")))),
        element(0x80, oid("1.2.3"), element(0xA0, utf8("a"))),
        element(0xA0),
    ],
)
def test_an_other_name_is_a_type_and_one_value(other: bytes) -> None:
    """A second value hides behind the first."""
    assert rule(other) == "san"


@pytest.mark.parametrize(
    ("encoded", "kind"),
    [
        (element(0xA3, sequence()), "x400Address"),
        (element(0xA4, name(common_name())), "directoryName"),
        (element(0xA5, element(0xA1, utf8("a"))), "ediPartyName"),
        (element(0x88, oid("1.2.3")[2:]), "registeredID"),
    ],
)
def test_kinds_that_no_policy_permits_are_read(encoded: bytes, kind: str) -> None:
    """They are the policy's to deny, and shown to it as the hex of their DER."""
    (unsupported,) = names(dns(), encoded).unsupported
    assert (unsupported.kind, unsupported.value) == (kind, encoded.hex())
    assert isinstance(unsupported, UnsupportedName)


@pytest.mark.parametrize(
    "encoded",
    [
        element(0xA4),
        element(0xA4, common_name()),
        element(0xA4, name(), name()),
        element(0xA4, name(common_name(element(0x0C, b"\xff")))),
        element(0xA4, b"\x0c"),
        element(0x88),
        element(0x88, b"\x2a\x80"),
        element(0x88, b"\x80\x01"),
        element(0xA5, b"\x80"),
    ],
)
def test_those_decode_completely_too(encoded: bytes) -> None:
    """A name that does not decode is refused, whatever its kind."""
    assert rule(encoded) == "san"


@pytest.mark.parametrize(
    "tag",
    [
        *(0x89, 0xA9, 0x80, 0xA1, 0xA2, 0x83, 0x84, 0x85, 0xA6, 0xA7, 0xA8),
        *(0x42, 0x62, 0xC2, 0xE2, 0x02, 0x16, 0x0C, 0x30),
    ],
)
def test_a_name_has_the_tag_of_its_kind(tag: int) -> None:
    """A tag of another class, or a string in pieces, hides a name from some readers."""
    assert rule(element(tag, dns("ab"))) == "san"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        sequence(),
        element(0x31, dns()),
        dns(),
        octets(sequence(dns())),
        sequence(dns()) + NULL,
        sequence(dns()) + b"\x00",
        sequence(dns())[:-1],
        sequence(dns() + b"\x82\x05ab"),
        b"\x30\x81\x04" + dns("ab"),
        sequence(b"\x82\x81\x02ab"),
        b"\x30\x80" + dns() + b"\x00\x00",
    ],
)
def test_the_extension_is_a_list_of_names_and_no_more(value: bytes) -> None:
    """It has at least one name, and decodes to its last byte."""
    assert refusal(request(extension(SUBJECT_ALT_NAME, value))).rule == "san"
