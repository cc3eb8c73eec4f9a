import pytest

from approver.x509 import NO_CONSTRAINTS, NameConstraints, Subtrees, read
from tests.x509.build import (
    NAME_CONSTRAINTS,
    NULL,
    common_name,
    dns,
    element,
    extension,
    integer,
    ip_address,
    name,
    oid,
    request,
    san,
    sequence,
    uri,
)
from tests.x509.expect import refusal


def subtree(base: bytes, *others: bytes) -> bytes:
    return sequence(base, *others)


def permitted(*subtrees: bytes) -> bytes:
    return element(0xA0, *subtrees)


def excluded(*subtrees: bytes) -> bytes:
    return element(0xA1, *subtrees)


def constraints(*lists: bytes) -> NameConstraints:
    return read(request(extension(NAME_CONSTRAINTS, sequence(*lists)))).name_constraints


def ip_range(text: str) -> bytes:
    return subtree(ip_address(bytes.fromhex(text)))


def test_a_request_may_have_none() -> None:
    assert read(request(san(dns()))).name_constraints == NO_CONSTRAINTS


def test_names_are_listed_by_kind_in_order() -> None:
    """Both lists, four kinds of names; an IP range is an address and how many bits count."""
    found = constraints(
        permitted(
            subtree(dns("b.example")),
            subtree(dns(".a.example")),
            ip_range("0a000000ff000000"),
            ip_range("20010db8" + "00" * 12 + "ffffffff" + "00" * 12),
            subtree(element(0x81, b"@example.com")),
            subtree(uri(".example.com")),
        ),
        excluded(subtree(dns("c.b.example"))),
    )
    assert found.permitted == Subtrees(
        dns_domains=("b.example", ".a.example"),
        ip_ranges=("10.0.0.0/8", "2001:db8::/32"),
        email_addresses=("@example.com",),
        uri_domains=(".example.com",),
    )
    assert found.excluded == Subtrees(dns_domains=("c.b.example",))


def test_an_empty_name_stands_for_all() -> None:
    """So does who must not sign for any name say it."""
    assert constraints(excluded(subtree(dns("")))).excluded == Subtrees(dns_domains=("",))


@pytest.mark.parametrize(
    ("encoded", "shown"),
    [
        ("0000000000000000", "0.0.0.0/0"),
        ("00" * 32, "::/0"),
        ("00" * 10 + "ffff0a000000" + "ff" * 13 + "000000", "::ffff:10.0.0.0/104"),
    ],
)
def test_an_ip_range_is_shown_as_it_is_written(encoded: str, shown: str) -> None:
    """An IPv4 range in 32 bytes is none to those who check certificates."""
    assert constraints(permitted(ip_range(encoded))).permitted.ip_ranges == (shown,)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        NULL,
        sequence(),
        sequence(permitted()),
        sequence(excluded()),
        sequence(permitted(), excluded(subtree(dns()))),
        sequence(excluded(subtree(dns())), permitted(subtree(dns()))),
        sequence(permitted(subtree(dns())), permitted(subtree(dns()))),
        sequence(permitted(subtree(dns())), NULL),
        sequence(element(0xA2, subtree(dns()))),
        sequence(permitted(subtree(dns()))) + NULL,
        sequence(permitted(dns())),
        sequence(permitted(sequence())),
        sequence(permitted(element(0x31, dns()))),
        sequence(permitted(subtree(dns(), element(0x80, b"\x00")))),
        sequence(permitted(subtree(dns(), element(0x81, b"\x01")))),
        sequence(permitted(subtree(dns(), integer(0)))),
        sequence(permitted(subtree(element(0xA2, dns())))),
        sequence(permitted(subtree(element(0xA4, name(common_name()))))),
        sequence(permitted(subtree(element(0x88, oid("1.2.3")[2:])))),
        sequence(permitted(subtree(dns("b.example c")))),
        sequence(permitted(subtree(dns("*.b.example")))),
        sequence(excluded(subtree(uri("*.b.example")))),
        sequence(permitted(subtree(element(0x82, b"b.example\x00")))),
        sequence(permitted(subtree(element(0x82, b"\xc3\xbc.example")))),
        sequence(permitted(ip_range("0a000000"))),
        sequence(permitted(ip_range("0a00000000000000"))),
        sequence(excluded(ip_range("0a000005ff000000"))),
        sequence(permitted(ip_range("0a000000ff00ff00"))),
        sequence(permitted(ip_range("0a000000ff00000000"))),
    ],
)
def test_constraints_decode_completely(value: bytes) -> None:
    """The signer copies them: what it skips, or reads otherwise, is not let through."""
    assert refusal(request(extension(NAME_CONSTRAINTS, value))).rule == "name-constraints"
