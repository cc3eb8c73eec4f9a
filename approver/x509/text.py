"""The string types of ASN.1: bytes -> text, where every reader reads the same text."""

import string
from collections.abc import Callable, Mapping
from typing import Final

from approver.x509.der import Element
from approver.x509.refusal import Malformed, quoted


def text_of(element: Element) -> str | None:
    """Return a string's text, or None if it is none of the string types that are read."""
    if element.tag not in _TYPES:
        return None
    name, decode = _TYPES[element.tag]
    text = decode(element.content)
    if text is None:
        raise Malformed(f"{quoted(element.content)} is no {name}{_CURES.get(element.tag, '')}")
    if "\x00" in text:
        raise Malformed(f"{quoted(text)} holds NUL, at which some readers stop")
    return text


def _of(alphabet: bytes) -> Callable[[bytes], str | None]:
    def decode(content: bytes) -> str | None:
        return None if content.translate(None, alphabet) else content.decode("ascii")

    return decode


def _utf8(content: bytes) -> str | None:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _bmp(content: bytes) -> str | None:
    try:
        text = content.decode("utf-16-be")
    except UnicodeDecodeError:
        return None
    return None if any(_is_no_bmp_character(character) for character in text) else text


def _is_no_bmp_character(character: str) -> bool:
    """Tell whether it is a pair of surrogates, or one that Unicode reserves: Go refuses both."""
    return character > "\uffff" or character in "\ufffe\uffff" or "\ufdd0" <= character <= "\ufdef"


_ASCII: Final = bytes(range(0x80))
_ALPHANUMERIC: Final = (string.ascii_letters + string.digits).encode()

_T61: Final = 0x14

_TYPES: Final[Mapping[int, tuple[str, Callable[[bytes], str | None]]]] = {
    0x0C: ("UTF8String", _utf8),
    0x12: ("NumericString", _of(b"0123456789 ")),
    0x13: ("PrintableString", _of(_ALPHANUMERIC + b" '()+,-./:=?*&")),  # `*` and `&` are in use
    _T61: ("T61String in ASCII", _of(_ASCII)),  # beyond it no two readers agree
    0x16: ("IA5String", _of(_ASCII)),
    0x1E: ("BMPString", _bmp),
}
_CURES: Final[Mapping[int, str]] = dict.fromkeys(
    (0x12, 0x13, _T61, 0x16), ": use UTF8String, which takes any text"
)

VISIBLE: Final = bytes(range(0x21, 0x7F))
"""The characters of ASCII that can be seen."""
