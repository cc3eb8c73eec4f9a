"""DER, written: only what a certification request is made of."""

import re
from typing import Final

BOOLEAN_TRUE: Final = b"\x01\x01\xff"
INTEGER_ZERO: Final = b"\x02\x01\x00"
NULL: Final = b"\x05\x00"

_BIT_STRING: Final = 0x03
_OCTET_STRING: Final = 0x04
_OID: Final = 0x06
_UTF8_STRING: Final = 0x0C
_PRINTABLE_STRING: Final = 0x13
_SEQUENCE: Final = 0x30
_SET: Final = 0x31
_CONTEXT: Final = 0x80
_CONSTRUCTED: Final = 0x20
_LONG: Final = 0x80

_PRINTABLE: Final = re.compile(r"[A-Za-z0-9 '()+,./:=?-]*")
_DOTTED: Final = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,17}))+", re.ASCII)
_ARCS_BELOW_ROOT: Final = 40
# Go writes larger ones, but reads none: cert-manager makes and deletes such a request forever.
_LARGEST_ARC: Final = 2**31 - 1


def sequence(*elements: bytes) -> bytes:
    """Encode a SEQUENCE of encoded elements."""
    return _element(_SEQUENCE, *elements)


def set_of(*elements: bytes) -> bytes:
    """Encode a SET OF encoded elements, in DER's order."""
    return _element(_SET, *sorted(elements))


def octets(content: bytes) -> bytes:
    """Encode an OCTET STRING."""
    return _element(_OCTET_STRING, content)


def bits(content: bytes, unused: int = 0) -> bytes:
    """Encode a BIT STRING whose last `unused` bits do not count."""
    return _element(_BIT_STRING, bytes((unused,)), content)


def context(number: int, *content: bytes) -> bytes:
    """Encode a primitive element of context class."""
    return _element(_CONTEXT | number, *content)


def context_of(number: int, *elements: bytes) -> bytes:
    """Encode a constructed element of context class."""
    return _element(_CONTEXT | _CONSTRUCTED | number, *elements)


def utf8(text: str) -> bytes:
    """Encode a UTF8String."""
    return _element(_UTF8_STRING, text.encode())


def text(value: str) -> bytes:
    """Encode text as Go does: as a PrintableString where that has the letters, else in UTF-8."""
    if _PRINTABLE.fullmatch(value):
        return _element(_PRINTABLE_STRING, value.encode())
    return utf8(value)


def object_identifier(dotted: str) -> bytes:
    """Encode an OBJECT IDENTIFIER such as 2.5.29.17; raise `ValueError`."""
    if not _DOTTED.fullmatch(dotted):
        raise ValueError("not an object identifier such as 1.3.6.1.4.1.311.20.2.3")
    root, branch, *arcs = map(int, dotted.split("."))
    if root < 2 and branch >= _ARCS_BELOW_ROOT:  # noqa: PLR2004 - only arc 2 has more
        raise ValueError(f"not an object identifier: {root}.{branch} does not exist")
    numbers = (root * _ARCS_BELOW_ROOT + branch, *arcs)
    if max(numbers) > _LARGEST_ARC:
        raise ValueError(f"an object identifier with an arc above {_LARGEST_ARC}")
    return _element(_OID, *map(_arc, numbers))


def _arc(value: int) -> bytes:
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(value & 0x7F | 0x80)
    return bytes(reversed(octets))


def _element(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content)
    if size < _LONG:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(length))) + length + content
