"""`spec.literalSubject`: a distinguished name as RFC 4514 writes it, read as cert-manager does.

cert-manager reads it with go-ldap's ParseDN, which is lenient: ";" separates like ",", a value may
hold "=", quotes and control characters, and spaces at either end are dropped unless escaped.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


class Attribute(NamedTuple):
    """One attribute of a subject: its object identifier, dotted, and its value."""

    oid: str
    value: str


RDN = tuple[Attribute, ...]


def parse(text: str) -> list[RDN]:
    """Return the names in the order of the encoding, which is not that of the text.

    Raise `ValueError`. The text begins with the innermost name, the encoding with the outermost.
    """
    names: list[RDN] = []
    attributes: list[Attribute] = []
    for part, separator in _parts(text) if text.strip() else ():
        attributes.append(_attribute(part))
        if separator != "+":
            names.append(tuple(attributes))
            attributes = []
    return names[::-1]


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield what unescaped separators part, each with the one behind it; "" for the last."""
    for found in _PART.finditer(text):
        yield found[1], found[2]
        if not found[2]:
            return


def _attribute(part: str) -> Attribute:
    found = _TYPE.match(part)
    name = _unescaped(found[1]) if found else ""
    if not found or not name:
        raise ValueError(f"{part!r} is not a type and a value such as CN=web")
    oid = _OIDS.get(name, name)
    if not _DOTTED.fullmatch(oid):
        raise ValueError(f"{name!r} is not an attribute that cert-manager knows")
    value = part[found.end() :]
    return Attribute(oid, _encoded(value[1:]) if value.startswith("#") else _unescaped(value))


def _unescaped(text: str) -> str:
    stripped = text.strip(" ")
    if stripped.endswith("\\") and text.endswith(" "):
        stripped += " "  # it is escaped
    if _BAD_ESCAPE.match(stripped):
        raise ValueError(f"{text!r} holds a backslash that escapes nothing")
    encoded = _ESCAPE.sub(_character, stripped.encode())
    try:
        return encoded.decode()
    except UnicodeDecodeError:
        raise ValueError(f"{text!r} is not UTF-8 once its escapes are read") from None


def _character(escape: re.Match[bytes]) -> bytes:
    return bytes.fromhex(escape[1].decode()) if escape[1] else escape[2]


def _encoded(digits: str) -> str:
    """Return the text of a string whose BER stands in hexadecimal digits."""
    try:
        encoding = bytes.fromhex(digits)
        tag, length = encoding[:2]
        content = encoding[2 : 2 + length]
        text = content.decode()
    except ValueError:
        tag, length, content, text = 0, 0, b"", ""
    if tag not in _STRINGS or length > _LONGEST or len(content) != length:
        raise ValueError(f"#{digits} is not the encoding of a short string")
    return text


_OIDS: Final = {
    "C": "2.5.4.6",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "CN": "2.5.4.3",
    "SERIALNUMBER": "2.5.4.5",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "STREET": "2.5.4.9",
    "DC": "0.9.2342.19200300.100.1.25",
    "UID": "0.9.2342.19200300.100.1.1",
}
_DOTTED: Final = re.compile(r"[0-9]+(?:\.[0-9]+)+", re.ASCII)
_PART: Final = re.compile(r"((?:\\.|[^\\,;+])*\\?)([,;+]|\Z)", re.DOTALL)
_TYPE: Final = re.compile(r"((?:\\.|[^\\=])*)=", re.DOTALL)
_ESCAPABLE: Final = r' "#+,;<=>\\'
_BAD_ESCAPE: Final = re.compile(rf"(?:[^\\]|\\(?:[{_ESCAPABLE}]|[0-9A-Fa-f]{{2}}))*+\\", re.DOTALL)
_ESCAPE: Final = re.compile(rb'\\(?:([0-9A-Fa-f]{2})|([ "#+,;<=>\\]))')
_STRINGS: Final = frozenset({0x04, 0x0C, 0x12, 0x13, 0x16})  # octet, UTF8, Numeric, Printable, IA5
_LONGEST: Final = 0x7F
