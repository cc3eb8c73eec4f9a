import re
from pathlib import Path

import pytest

from approver.x509 import RULES, pem, read
from approver.x509 import request as reading
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


def test_whatever_goes_wrong_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A panic in a library written in Rust is no Exception, and is a refusal all the same."""

    class PanicError(BaseException):
        pass

    def panic(_: bytes) -> bytes:
        raise PanicError

    monkeypatch.setattr(reading, "unwrap", panic)
    assert refusal(request()).rule == "unreadable"


def test_whoever_stops_the_program_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt is none of the request's doing."""

    def interrupt(_: bytes) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "unwrap", interrupt)
    with pytest.raises(KeyboardInterrupt):
        read(request())


def test_the_page_names_the_limit() -> None:
    """The page and the code say the same."""
    assert f"{pem.LIMIT:,} bytes" in PAGE.read_text()
