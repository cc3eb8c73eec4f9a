import pytest

from approver.x509 import der, read
from approver.x509.refusal import Malformed
from tests.x509.build import (
    NULL,
    ed25519_signer,
    element,
    integer,
    name,
    octets,
    oid,
    pem,
    request,
    sequence,
    signed,
)
from tests.x509.expect import refusal


def malformed(encoding: str) -> str:
    with pytest.raises(Malformed) as caught:
        der.parse(bytes.fromhex(encoding))
    return str(caught.value)


def test_an_element_is_read_with_all_that_is_in_it() -> None:
    """An element has its identifier, its encoding, its content, and the elements in it."""
    encoding = bytes.fromhex("30060201050c0161")
    number = der.Element(0x02, bytes.fromhex("020105"), b"\x05", ())
    text = der.Element(0x0C, bytes.fromhex("0c0161"), b"a", ())
    assert der.parse(encoding) == der.Element(0x30, encoding, encoding[2:], (number, text))


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 30_000])
def test_a_length_has_one_form(length: int) -> None:
    """A length below 128 is one byte; a longer one has as many as it needs."""
    assert der.parse(octets(bytes(length))).content == bytes(length)


@pytest.mark.parametrize(
    "encoding",
    ["30800000", "0480", "048100", "04810141", "04817f", "0482000141", "048400000001", "04ff"],
)
def test_a_length_is_in_its_shortest_form(encoding: str) -> None:
    """Lengths of BER, indefinite or with bytes to spare, are not DER."""
    assert malformed(encoding)


@pytest.mark.parametrize("encoding", ["", "04", "0401", "3003040141ff", "0482ff", "3003020201"])
def test_an_element_is_complete(encoding: str) -> None:
    """An element ends where the one that it is in does, or before."""
    assert malformed(encoding)


@pytest.mark.parametrize("encoding", ["0401410500", "04014100", "0500ff"])
def test_nothing_stands_behind_the_element(encoding: str) -> None:
    """Bytes behind an element are read by some, and skipped by others."""
    assert malformed(encoding)


@pytest.mark.parametrize(
    ("encoding", "why"),
    [
        ("010101", "TRUE is FF"),
        ("0100", "a boolean has one byte"),
        ("0102ffff", "a boolean has one byte"),
        ("0200", "an integer has at least one byte"),
        ("02020001", "a zero byte to spare"),
        ("0202ff80", "an FF byte to spare"),
        ("0a020001", "an enumerated is an integer"),
        ("0300", "a bit string says how many bits are unused"),
        ("030101", "none of no bits is unused"),
        ("03020800", "at most seven bits are unused"),
        ("03020101", "unused bits are zero"),
        ("050100", "null is empty"),
        ("0600", "an object identifier has an arc"),
        ("06022a80", "an arc ends"),
        ("0603558003", "an arc has no zero bits to spare"),
        ("0602800a", "an arc has no zero bits to spare"),
        ("170b32303031303130303030", "a time has seconds and a zone"),
        ("1811323032303031303130303030303030303030", "a time has a zone"),
        ("181132303230303130313030303030302e305a30", "a fraction has no zeros at its end"),
    ],
)
def test_a_value_has_one_form(encoding: str, why: str) -> None:
    """A value of a universal type is in the one form that DER gives it."""
    assert malformed(encoding), why


@pytest.mark.parametrize(
    "encoding",
    [
        *("010100", "0101ff", "020100", "02020080", "0201ff", "0202ff7f", "0301 00", "03020780"),
        *("0500", "06022a03", "060488378101", "0a0101", "170d3230303130313030303030305a"),
        *("180f32303230303130313030303030305a", "3000", "3100", "0c00", "8000", "a000", "5e00"),
    ],
)
def test_values_in_their_form_are_read(encoding: str) -> None:
    """These are in the form that DER gives them."""
    assert der.parse(bytes.fromhex(encoding)).encoding == bytes.fromhex(encoding)


@pytest.mark.parametrize(
    "encoding",
    ["2c050c0361626300", "2403040141", "230403020041", "1000", "1100", "0000", "0f00", "2500"],
)
def test_strings_are_primitive_and_lists_are_not(encoding: str) -> None:
    """BER's strings in pieces hide what they say; and a tag of no type says nothing."""
    assert malformed(encoding)


@pytest.mark.parametrize("encoding", ["0900", "2800", "1f00", "9f00", "bf00", "df00", "9f1f00"])
def test_what_requests_have_no_use_for_is_not_read(encoding: str) -> None:
    """REAL, EXTERNAL, and tag numbers above 30 have no place in a request."""
    assert malformed(encoding)


@pytest.mark.parametrize("encoding", ["3106020102020101", "31050500040100", "31060c0162020101"])
def test_a_set_is_sorted(encoding: str) -> None:
    """The elements of a SET OF stand in the order of their encodings."""
    assert "not sorted" in malformed(encoding)


def test_an_element_deep_inside_is_read_as_strictly() -> None:
    """Strictness does not end with what a certificate needs."""
    assert malformed("30053003010101")
    assert malformed("a003810100ff")


def test_nesting_is_bounded() -> None:
    """A request is nested as deep as its structure, not as deep as its size allows."""
    encoding = NULL
    for _ in range(31):
        encoding = sequence(encoding)
    der.parse(encoding)
    assert "deep" in malformed(sequence(encoding).hex())


@pytest.mark.parametrize(
    "text", ["0.0", "0.39", "1.0", "1.39", "2.0", "2.5.29.17", "2.999.3", "2.25.2147483647"]
)
def test_object_identifiers_are_written_with_dots(text: str) -> None:
    """The first two arcs share a number: 40 of the second for each of the first, 2 without end."""
    assert der.dotted(der.parse(oid(text)).content) == text


@pytest.mark.parametrize("text", ["2.25.2147483648", "1.2." + ".".join(["300"] * 40)])
def test_object_identifiers_are_bounded(text: str) -> None:
    """Go gives up at an arc of more than 31 bits; other readers, at some length."""
    with pytest.raises(Malformed):
        der.dotted(der.parse(oid(text)).content)


INFO = der.parse(sequence(integer(0), name(), ed25519_signer().key, element(0xA0))).encoding
SIGNED = signed(INFO, ed25519_signer())


@pytest.mark.parametrize(
    "encoding",
    [
        b"\x30\x00",
        SIGNED + b"\x00",
        SIGNED + SIGNED,
        SIGNED[:-1],
        element(0x31, SIGNED[3:]),
        sequence(SIGNED[3:], NULL),
        sequence(INFO),
        b"\x30\x80" + SIGNED[3:] + b"\x00\x00",
        b"\x30\x82\x00" + SIGNED[2:],
        signed(element(0x31, INFO[2:]), ed25519_signer()),
        signed(sequence(INFO[2:], NULL), ed25519_signer()),
        signed(sequence(integer(0), name(), ed25519_signer().key), ed25519_signer()),
        signed(sequence(INFO[2:-2], element(0x31)), ed25519_signer()),
        signed(sequence(INFO[2:-2], element(0x80)), ed25519_signer()),
        signed(sequence(NULL, INFO[5:]), ed25519_signer()),
    ],
)
def test_a_request_has_its_elements_and_no_other(encoding: bytes) -> None:
    """A request is the signed part, an algorithm and a signature, and each has all its elements."""
    assert refusal(pem(encoding)).rule == "der"


def test_a_request_can_ask_for_nothing() -> None:
    """Neither a subject nor an attribute is needed."""
    csr = read(pem(SIGNED))
    assert (csr.subject, csr.names.dns, csr.extensions) == ((), (), ())


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_version_says_nothing(number: int) -> None:
    """There is one version of requests, and its number is 0; old programs write others."""
    assert read(request(version=integer(number))) == read(request())


@pytest.mark.parametrize("content", [b"\x03", b"\xff", b"\x00\x00", b"\x7f" * 20_000], ids=len)
def test_no_program_writes_other_versions(content: bytes) -> None:
    rule = refusal(request(version=element(0x02, content))).rule
    assert rule == ("der" if content == b"\x00\x00" else "version")


def test_an_object_identifier_that_is_not_minimal_is_refused() -> None:
    """`55 80 04 03` is no common name, and some readers see one."""
    hidden = name(element(0x31, sequence(b"\x06\x04\x55\x80\x04\x03", octets(b"x"))))
    assert refusal(request(subject=hidden)).rule == "subject"


def test_parts_leaves_what_is_in_the_elements_unread() -> None:
    """Whether that must be DER is for the reader to know."""
    lax = element(0x31, element(0x01, b"\x01"))
    assert der.parts(sequence(lax)) == (der.Element(0x31, lax, lax[2:], ()),)
    with pytest.raises(Malformed):
        der.parse(sequence(lax))


@pytest.mark.parametrize("encoding", ["300301", "3002050000", "30800000", "3100", "0400"])
def test_parts_are_strict_themselves(encoding: str) -> None:
    with pytest.raises(Malformed):
        der.parts(bytes.fromhex(encoding))
