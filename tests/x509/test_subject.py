import pytest

from approver.x509 import read
from tests.x509.build import (
    COMMON_NAME,
    NULL,
    ORGANIZATION,
    bits,
    common_name,
    element,
    integer,
    name,
    octets,
    oid,
    request,
    sequence,
    set_of,
    typed,
    utf8,
)
from tests.x509.expect import refusal

UTF8, NUMERIC, PRINTABLE, T61, IA5, VISIBLE, UNIVERSAL, BMP = (
    *(0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A, 0x1C, 0x1E),
)


def values(subject: bytes) -> list[tuple[str, str | None]]:
    return [
        (attribute.oid, attribute.value) for attribute in read(request(subject=subject)).subject
    ]


def test_attributes_are_read_in_order_with_repetitions() -> None:
    """Every attribute counts, whichever relative name it is in."""
    one = set_of(typed(COMMON_NAME, utf8("a")), typed(ORGANIZATION, utf8("x")))
    others = [common_name("b"), common_name("b"), common_name("")]
    assert values(name(one, *others)) == [
        (COMMON_NAME, "a"),
        (ORGANIZATION, "x"),
        (COMMON_NAME, "b"),
        (COMMON_NAME, "b"),
        (COMMON_NAME, ""),
    ]


def test_a_subject_can_be_empty() -> None:
    """A request may leave who it is for to its names."""
    assert values(name()) == []


@pytest.mark.parametrize(
    ("tag", "content", "text"),
    [
        (UTF8, "Bücher \u202e🦭\n".encode(), "Bücher \u202e🦭\n"),
        (NUMERIC, b"0 9", "0 9"),
        (PRINTABLE, b"A-z 0'()+,./:=?*&", "A-z 0'()+,./:=?*&"),
        (T61, b"a_@\x7f", "a_@\x7f"),
        (IA5, b"a_@\n", "a_@\n"),
        (BMP, "Bü€\ufeff".encode("utf-16-be"), "Bü€\ufeff"),
        *((tag, b"", "") for tag in (UTF8, NUMERIC, PRINTABLE, T61, IA5, BMP)),
    ],
)
def test_strings_are_text(tag: int, content: bytes, text: str) -> None:
    """Six types of strings are read; what they say is for a policy to judge."""
    assert values(name(common_name(element(tag, content)))) == [(COMMON_NAME, text)]


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        (UTF8, b"\xff\xfe"),
        (UTF8, b"\xc0\xae"),
        (UTF8, b"\xed\xa0\x80"),
        (UTF8, b"\xf4\x90\x80\x80"),
        (UTF8, b"\xc3"),
        (NUMERIC, b"12a"),
        (NUMERIC, b"1-2"),
        (PRINTABLE, b"a@b"),
        (PRINTABLE, b"a_b"),
        (PRINTABLE, b"a\n"),
        (PRINTABLE, "ü".encode()),
        (T61, b"J\xfcrgen"),
        (IA5, b"\xfc"),
        (BMP, b"\x00g\x00"),
        (BMP, b"\xd8\x3d\xde\x00"),
        (BMP, b"\xd8\x3d"),
        (BMP, b"\xff\xfe\x00a"),
        (BMP, b"\xff\xff"),
        (BMP, b"\xfd\xd0"),
    ],
)
def test_a_string_stays_within_its_alphabet(tag: int, content: bytes) -> None:
    """Beyond a type's alphabet, readers see different text."""
    assert refusal(request(subject=name(common_name(element(tag, content))))).rule == "subject"


@pytest.mark.parametrize("tag", [UTF8, NUMERIC, PRINTABLE, T61, IA5])
def test_no_string_has_nul(tag: int) -> None:
    """A program in C reads up to NUL."""
    assert refusal(request(subject=name(common_name(element(tag, b"0\x000"))))).rule == "subject"


def test_no_bmp_string_has_nul() -> None:
    """Some readers take a NUL at the end away, and others do not."""
    text = element(BMP, b"\x00a\x00\x00")
    assert refusal(request(subject=name(common_name(text)))).rule == "subject"


@pytest.mark.parametrize(
    "value",
    [
        *(integer(7), octets(b"good"), bits(b"good"), element(0x01, b"\xff"), NULL, oid("1.2.3")),
        *(sequence(utf8("good")), element(0x80, b"good"), element(0xA0, utf8("good"))),
        *(element(VISIBLE, b"good"), element(UNIVERSAL, b"\x00\x00\x00g"), element(0x1B, b"good")),
    ],
)
def test_a_value_of_another_type_is_left_to_the_policy(value: bytes) -> None:
    """What is none of the six types of strings has no text; no policy permits it."""
    assert values(name(common_name(value))) == [(COMMON_NAME, None)]


@pytest.mark.parametrize(
    "subject",
    [
        element(0x31, common_name()),
        NULL,
        element(0xA0, name()),
        name(utf8("x")),
        name(sequence(typed(COMMON_NAME, utf8("x")))),
        name(set_of()),
        name(common_name(), set_of()),
        name(set_of(set_of(oid(COMMON_NAME), utf8("x")))),
        name(set_of(typed(COMMON_NAME))),
        name(set_of(typed(COMMON_NAME, utf8("x"), NULL))),
        name(set_of(sequence(utf8("x"), oid(COMMON_NAME)))),
        name(set_of(sequence())),
        name(set_of(typed("2.25.99999999999", utf8("x")))),
    ],
)
def test_a_subject_is_a_name(subject: bytes) -> None:
    """A name is a list of sets, each of at least one pair of a type and a value."""
    assert refusal(request(subject=subject)).rule == "subject"


@pytest.mark.parametrize(
    "subject",
    [
        name(element(0x31, typed(ORGANIZATION, utf8("x")), typed(COMMON_NAME, utf8("x")))),
        name(common_name(element(0x2C, utf8("go"), utf8("od")))),
        name(common_name(b"\x0c\x81\x04good")),
        name(common_name(b"\x0c\x05good")),
    ],
)
def test_a_subject_is_strict_der(subject: bytes) -> None:
    """Unsorted sets, strings in pieces and long lengths hide values from some readers."""
    assert refusal(request(subject=subject)).rule == "subject"


def test_the_message_names_the_attribute_and_the_cure() -> None:
    latin = name(set_of(typed(ORGANIZATION, element(T61, b"M\xfcller"))))
    assert refusal(request(subject=latin)).message == (
        'subject: 2.5.4.10 (organizationName): "M\\\\xfcller" is no T61String in ASCII:'
        " use UTF8String, which takes any text"
    )
