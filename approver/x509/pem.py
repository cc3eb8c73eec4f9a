"""The armour around a request: exactly one PEM block, and nothing else."""

import binascii
import re
from typing import Final

from approver.x509.refusal import Malformed, Refused, quoted, refused_as

LIMIT: Final = 36_500
"""Bytes of `spec.request` that cert-manager reads."""

_LABELS: Final = (b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST")
_WHITE_SPACE: Final = b" \t\r\n"

# Lines begin and end as Go's encoding/pem wants them, because that is what the signer reads with.
_BLOCK: Final = re.compile(
    rb"(?:[ \t\r\n]*\n)?"
    rb"-----BEGIN (?P<label>(?:NEW )?CERTIFICATE REQUEST)-----[ \t]*\r?\n"
    rb"(?P<body>[A-Za-z0-9+/= \t\r\n]*)"
    rb"\n-----END (?P=label)-----[ \t]*(?:\r?\n[ \t\r\n]*)?"
)
_BEGIN: Final = re.compile(rb"-----BEGIN ([^-\r\n]*)-----")


@refused_as("pem")
def unwrap(pem: bytes) -> bytes:
    """Return the DER inside the one block."""
    if len(pem) > LIMIT:
        raise Refused("size", f"{len(pem)} bytes; at most {LIMIT} are read")
    block = _BLOCK.fullmatch(pem)
    if block is None:
        raise Malformed(_what_is_wrong(pem))
    body = block["body"].translate(None, _WHITE_SPACE)
    try:
        der = binascii.a2b_base64(body, strict_mode=True)
    except binascii.Error as error:
        raise Malformed("the block is not base64") from error
    if binascii.b2a_base64(der, newline=False) != body:
        raise Malformed("the base64 has bits behind its last byte")
    return der


def _what_is_wrong(pem: bytes) -> str:
    labels = _BEGIN.findall(pem)
    if len(labels) != 1:
        return f"{len(labels)} PEM blocks; there must be exactly one"
    if labels[0] not in _LABELS:
        return f"the block is labelled {quoted(labels[0])}, not CERTIFICATE REQUEST"
    text = pem.strip(_WHITE_SPACE)
    if not text.startswith(b"-----BEGIN "):
        return "there is something other than white space before the block"
    if not text.endswith(b"-----END " + labels[0] + b"-----"):
        return "the block does not end, or there is something other than white space after it"
    return "between its BEGIN and END lines a block holds base64 and no headers"
