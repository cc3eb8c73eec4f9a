import base64

import pytest

from approver.x509 import read
from tests.x509.build import pem, request
from tests.x509.expect import refusal

HONEST = request()
BEGIN = b"-----BEGIN CERTIFICATE REQUEST-----"
END = b"-----END CERTIFICATE REQUEST-----"
BODY = HONEST.removeprefix(BEGIN).strip().removesuffix(END).strip()


@pytest.mark.parametrize(
    "block",
    [
        b"\n \t\r\n" + HONEST + b"\n \t\r\n",
        HONEST.replace(b"\n", b"\r\n"),
        HONEST.rstrip(),
        BEGIN + b" \t\n" + BODY + b"\n" + END + b" \t",
        BEGIN + b"\n" + BODY.replace(b"\n", b"") + b"\n" + END,
        BEGIN + b"\n\n " + BODY.replace(b"\n", b"\t \n") + b"\n\n" + END,
        HONEST.replace(b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST"),
    ],
)
def test_white_space_and_the_old_label_do_not_matter(block: bytes) -> None:
    """White space may stand around the block and in its base64; keytool writes NEW."""
    assert read(block) == read(HONEST)


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"garbage",
        base64.b64decode(BODY),
        HONEST + HONEST,
        HONEST + b"\n" + pem(b"", "CERTIFICATE"),
        BEGIN + b"\n" + HONEST,
        HONEST.replace(b"\n", b""),
        HONEST.replace(b"\n", b"\r"),
    ],
)
def test_there_is_exactly_one_block(block: bytes) -> None:
    """A request is one PEM block: of two, nobody knows which is signed."""
    assert refusal(block).rule == "pem"


@pytest.mark.parametrize(
    "block",
    [
        b"text\n" + HONEST,
        b"text" + HONEST,
        b"\xef\xbb\xbf" + HONEST,
        b" " + HONEST,
        b"\x0b\n" + HONEST,
        HONEST + b"text",
        HONEST + b"\x00",
        HONEST.rstrip() + b"text\n",
        HONEST.rstrip() + b"\r",
        BEGIN + b"text\n" + BODY + b"\n" + END,
    ],
)
def test_nothing_but_white_space_stands_around_the_block(block: bytes) -> None:
    """What stands around a block is skipped by some readers, and read by others.

    A BEGIN line starts its line and both lines end theirs, or Go does not see the block.
    """
    assert refusal(block).rule == "pem"


@pytest.mark.parametrize(
    "label", ["CERTIFICATE", "certificate request", "NEW  CERTIFICATE REQUEST", ""]
)
def test_the_label_is_that_of_a_request(label: str) -> None:
    """The label is CERTIFICATE REQUEST or NEW CERTIFICATE REQUEST."""
    assert refusal(HONEST.replace(b"CERTIFICATE REQUEST", label.encode())).rule == "pem"


def test_both_labels_are_the_same() -> None:
    """The label at the end is the one at the beginning."""
    assert refusal(HONEST.replace(END, b"-----END NEW CERTIFICATE REQUEST-----")).rule == "pem"


@pytest.mark.parametrize("headers", [b"Proc-Type: 4\n\n", b"X:\n", b": \n"])
def test_a_block_has_no_headers(headers: bytes) -> None:
    """RFC 7468 knows no headers: some readers skip them, and others do not."""
    assert refusal(BEGIN + b"\n" + headers + BODY + b"\n" + END).rule == "pem"


def test_a_block_ends() -> None:
    """A block without its END line is not complete."""
    assert refusal(BEGIN + b"\n" + BODY).rule == "pem"
    assert refusal(BEGIN + b"\n" + BODY + END).rule == "pem"


@pytest.mark.parametrize(
    "body", [BODY[:-4] + b"!!!!", BODY[:-1], BODY + b"=", BODY + b"AAAA=AAA", BODY + b"\x0b", b"-"]
)
def test_the_body_is_base64(body: bytes) -> None:
    """The base64 is complete and has nothing else in it."""
    assert refusal(BEGIN + b"\n" + body + b"\n" + END).rule == "pem"


def test_base64_has_no_bits_behind_the_last_byte() -> None:
    """Bits that belong to no byte are zero, so that there is one base64 for a request."""
    assert refusal(BEGIN + b"\nMA1=\n" + END).rule == "pem"


@pytest.mark.parametrize("padding", [b" ", b"\n", b"x"])
def test_the_size_is_limited(padding: bytes) -> None:
    """cert-manager reads 36,500 bytes, of whatever."""
    assert refusal(HONEST + padding * (36_501 - len(HONEST))).rule == "size"
    assert read(HONEST + b" " * (36_500 - len(HONEST) - 1) + b"\n") == read(HONEST)
