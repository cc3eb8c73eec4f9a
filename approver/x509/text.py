"""The string types of ASN.1: bytes -> text, where every reader reads the same text."""

import string
from collections.abc import Callable, Mapping
from typing import Final

from approver.x509.der import Element
from approver.x509.refusal import Malformed, quoted


def text_of(element: Element) -> str | None:
    """Return a string's text, or None if it is none of the string types that are read."""
    decode = _TYPES.get(element.tag)
    if decode is None:
        return None
    text = decode(element.content)
    if text is None or "\x00" in text:
        raise Malformed(f"{quoted(element.content)} is not text of its type, or holds NUL")
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

_TYPES: Final[Mapping[int, Callable[[bytes], str | None]]] = {
    0x0C: _utf8,
    0x12: _of(b"0123456789 "),  # NumericString
    0x13: _of(_ALPHANUMERIC + b" '()+,-./:=?*&"),  # PrintableString, with `*` and `&` as in use
    0x14: _of(_ASCII),  # T61String: beyond ASCII no two readers agree
    0x16: _of(_ASCII),  # IA5String
    0x1E: _bmp,
}
