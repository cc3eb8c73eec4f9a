import pytest

from approver.x509 import read
from tests.x509.build import (
    EXTENSION_REQUEST,
    NULL,
    dns,
    element,
    extension_request,
    integer,
    request,
    san,
    sequence,
    set_of,
    typed,
    utf8,
)
from tests.x509.expect import refusal

CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7"  # noqa: S105 the name of an attribute
MICROSOFT = "1.3.6.1.4.1.311.2.1.14"
HONEST = extension_request(san(dns("good")))
HIDDEN = extension_request(san(dns("evil")))


def attributes(*encoded: bytes) -> bytes:
    return request(attributes=element(0xA0, *sorted(encoded)))


def test_attributes_that_no_signer_copies_do_not_matter() -> None:
    """A challenge password, Microsoft's notes on the client, or anything else is not looked at."""
    others = (
        typed(CHALLENGE_PASSWORD, set_of(utf8("secret"))),
        typed("1.3.6.1.4.1.311.13.2.3", set_of(element(0x16, b"10.0.14393.2"))),
        typed("2.25.329800735698586629295641978511506172918", set_of(NULL, integer(1))),
        typed(CHALLENGE_PASSWORD, set_of()),
        typed(CHALLENGE_PASSWORD, utf8("secret")),
        typed("1.2.3", element(0x31, b"\x01\x01\x01", utf8("not sorted, and no DER"))),
    )
    assert read(attributes(HONEST, *others)) == read(attributes(HONEST))


@pytest.mark.parametrize("encoded", [[], [extension_request()]])
def test_an_extension_request_may_be_missing_or_empty(encoded: list[bytes]) -> None:
    """It then asks for nothing."""
    assert read(attributes(*encoded)).names.dns == ()


@pytest.mark.parametrize(
    "other", [HONEST, HIDDEN, extension_request(), typed(EXTENSION_REQUEST, set_of(utf8("x")))]
)
def test_there_is_one_extension_request(other: bytes) -> None:
    """Of two, some readers see the first, some the last, and some both."""
    assert refusal(attributes(HONEST, other)).rule == "attributes"


@pytest.mark.parametrize(
    "values",
    [
        set_of(),
        set_of(sequence(san(dns("good"))), sequence(san(dns("evil")))),
        set_of(element(0x31, san(dns("good")))),
        set_of(NULL),
    ],
)
def test_an_extension_request_has_one_list_for_value(values: bytes) -> None:
    """A second list hides behind the first; and what is no list is skipped by some readers."""
    assert refusal(attributes(typed(EXTENSION_REQUEST, values))).rule == "attributes"


@pytest.mark.parametrize("others", [[], [HONEST]])
def test_microsofts_extension_request_is_refused(others: list[bytes]) -> None:
    """Some readers take extensions from it, and Go does not see it."""
    hidden = typed(MICROSOFT, set_of(sequence(san(dns("evil")))))
    assert refusal(attributes(hidden, *others)).rule == "attributes"


@pytest.mark.parametrize(
    "attribute",
    [
        typed(EXTENSION_REQUEST, sequence(sequence(san(dns("evil"))))),
        typed(EXTENSION_REQUEST, set_of(sequence(san(dns("evil")))), NULL),
        typed(EXTENSION_REQUEST),
        sequence(set_of(NULL)),
        sequence(utf8("x"), set_of(NULL)),
        element(0x31, HONEST),
        sequence(),
        NULL,
    ],
)
def test_an_attribute_is_a_type_and_values(attribute: bytes) -> None:
    """Of what asks for extensions Go skips what does not parse, and other readers do not."""
    assert refusal(attributes(attribute)).rule == "attributes"


def test_the_order_of_attributes_says_nothing() -> None:
    """There is but one that is read: strongSwan and node-forge do not sort them."""
    unsorted = sorted((HONEST, typed(CHALLENGE_PASSWORD, set_of(utf8("x")))), reverse=True)
    assert read(request(attributes=element(0xA0, *unsorted))) == read(attributes(HONEST))


def test_an_attribute_that_an_issuer_may_take_names_from_is_refused() -> None:
    """Microsoft's enrolment pairs name a subject beside the one that was judged."""
    pair = sequence(element(0x1E, b"\x00S\x00A\x00N"), element(0x1E, b"\x00e\x00v\x00i\x00l"))
    hidden = typed("1.3.6.1.4.1.311.13.2.1", set_of(pair))
    assert refusal(attributes(HONEST, hidden)).rule == "attributes"
