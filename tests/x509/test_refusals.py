import re
from pathlib import Path

import pytest

from approver.x509 import RULES, pem, read
from tests.x509.build import common_name, element, name, request, san, uri
from tests.x509.expect import refusal

PAGE = Path(__file__).parents[2] / "docs" / "refused-requests.md"


def test_a_message_names_the_rule_and_the_value() -> None:
    """Whoever reads it can look the rule up, and find the value."""
    message = refusal(request(san(uri("HTTP://example.com/")))).message
    assert message == 'san: "HTTP://example.com/" is not a URI in canonical form'
    assert str(refusal(request(san(uri("HTTP://example.com/"))))) == message


@pytest.mark.parametrize("character", ["a", "\x00", "\u202e", "\U000e0001", '"', "\\", "ü"])
def test_a_message_is_printable_and_short(character: str) -> None:
    """What a requester wrote is escaped, and cut where it is long."""
    bad = element(0x0C, (character * 5000).encode() + b"\xff")
    message = refusal(request(subject=name(common_name(bad)))).message
    assert message.isprintable()
    assert len(message) <= 300
    assert "more characters" in message


def test_rules_are_listed_on_the_page_in_order() -> None:
    """`docs/refused-requests.md` explains every rule, and no other."""
    assert re.findall(r"^\| `([a-z-]+)` \|", PAGE.read_text(), re.MULTILINE) == sorted(RULES)


class Raising(bytes):
    """A PEM whose reading goes wrong, as in a library it may."""

    error: BaseException

    def __len__(self) -> int:
        raise self.error


def raising(error: BaseException) -> Raising:
    pem_text = Raising(request())
    pem_text.error = error
    return pem_text


def test_whatever_goes_wrong_is_a_refusal() -> None:
    """A panic in a library written in Rust is no Exception, and is a refusal all the same."""

    class PanicError(BaseException):
        pass

    assert refusal(raising(PanicError())).rule == "unreadable"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError])
def test_whoever_stops_the_program_is_heard(error: type[BaseException]) -> None:
    """An interrupt, or a lack of memory, is none of the request's doing."""
    with pytest.raises(error):
        read(raising(error()))


def test_the_page_names_the_limit() -> None:
    """The page and the code say the same."""
    assert f"{pem.LIMIT:,} bytes" in PAGE.read_text()
