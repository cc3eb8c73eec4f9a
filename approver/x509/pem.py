"""The armour around a request: exactly one PEM block, and perhaps text that explains it."""

import binascii
import re
import textwrap
import unicodedata
from typing import Final

from approver.x509.refusal import Malformed, Refused, quoted, refused_as

LIMIT: Final = 36_500
"""Bytes of `spec.request` that cert-manager reads, unless it is told otherwise."""

_LABELS: Final = (b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST")
_WHITE_SPACE: Final = b" \t\r\n"

# Lines begin and end as Go's encoding/pem wants them, because that is what the signer reads with.
_BLOCK: Final = re.compile(
    rb"(?s:(?P<before>.*?)\n)??"
    rb"-----BEGIN (?P<label>(?:NEW )?CERTIFICATE REQUEST)-----[ \t]*\r?\n"
    rb"(?P<body>[A-Za-z0-9+/= \t\r\n]*)"
    rb"\n-----END (?P=label)-----[ \t]*(?:\r?\n(?s:(?P<after>.*)))?"
)
_BEGIN: Final = re.compile(rb"-----BEGIN ([^-\r\n]*)-----")
_WIDTH: Final = 64
_DASHES: Final = b"-----"
_CURE: Final = "remove the text around the block (certtool --no-text)"


def wrap(der: bytes) -> bytes:
    """Put DER into a block, as OpenSSL and Go write it."""
    lines = textwrap.wrap(binascii.b2a_base64(der, newline=False).decode(), _WIDTH)
    label = _LABELS[0].decode()
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode()


@refused_as("pem")
def unwrap(pem: bytes, limit: int = LIMIT) -> bytes:
    """Return the DER inside the one block; refuse what has more than `limit` bytes."""
    if len(pem) > limit:
        raise Refused("size", f"{len(pem)} bytes; at most {limit} are read")
    labels = _BEGIN.findall(pem)
    if len(labels) != 1:
        raise Malformed(f"{len(labels)} PEM blocks; there must be exactly one")
    block = _BLOCK.fullmatch(pem)
    if block is None:
        raise Malformed(_what_is_wrong(pem, labels[0]))
    for text in (block["before"], block["after"]):
        if text:
            _check_explanation(text)
    body = block["body"].translate(None, _WHITE_SPACE)
    try:
        der = binascii.a2b_base64(body, strict_mode=True)
    except binascii.Error as error:
        raise Malformed("the block is not base64") from error
    if binascii.b2a_base64(der, newline=False) != body:
        raise Malformed("the base64 has bits behind its last byte")
    return der


def _check_explanation(text: bytes) -> None:
    """Refuse what a lax reader may take for a block, or stop at (RFC 7468, 2)."""
    if _DASHES in text:
        raise Malformed(f"the text around the block holds {_DASHES.decode()}: {_CURE}")
    stripped = text.translate(None, _WHITE_SPACE)
    if stripped.isascii() and stripped.decode("ascii").isprintable():
        return
    for character in stripped.decode("utf-8", "replace"):
        if unicodedata.category(character) == "Cc":
            raise Malformed(f"the text around the block holds U+{ord(character):04X}: {_CURE}")


def _what_is_wrong(pem: bytes, label: bytes) -> str:
    if label not in _LABELS:
        return f"the block is labelled {quoted(label)}, not CERTIFICATE REQUEST"
    if b"-----END " + label + _DASHES not in pem:
        return "the block does not end"
    return "a block is a BEGIN line, base64 without headers, and an END line, each of its own"
