"""Strict DER: one value has one encoding, and every other encoding is malformed.

`parse` skips nothing: a constructed element is read down to its leaves, and a leaf of a universal
type must have the form that X.690 gives it in DER. What certificate requests have no use for (REAL,
EXTERNAL, tag numbers above 30, ...) is malformed too. `parts` reads one level, and leaves it to its
caller to read on where something is copied or decides.
"""

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from approver.x509.refusal import Malformed

# Identifier octets: class, constructed or not, and tag number.
BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
SEQUENCE: Final = 0x30
SET: Final = 0x31
CONTEXT_0: Final = 0xA0
CONTEXT_1: Final = 0xA1

_CONSTRUCTED: Final = 0x20
_NUMBER: Final = 0x1F
_APPLICATION: Final = 0x40
_LONG: Final = 0x80
_DEPTH: Final = 32
_LONGEST_OID: Final = 64
_LARGEST_ARC: Final = 2**31 - 1  # Go's


class Element(NamedTuple):
    """One element: its identifier octet, its whole encoding, and what is in it."""

    tag: int
    encoding: bytes
    content: bytes
    children: "tuple[Element, ...]"


def parse(data: bytes) -> Element:
    """Read the one element of which `data` must be the whole encoding."""
    return _one(_elements(data, _DEPTH))


def parts(data: bytes, tag: int = SEQUENCE) -> tuple[Element, ...]:
    """Read what is in the one element, of this kind, of which `data` must be the whole encoding.

    What is in these elements in turn is not read: they have no `children`.
    """
    whole = _one(_elements(data, _DEPTH, whole=False))
    if whole.tag != tag:
        raise Malformed(f"an element has the tag 0x{whole.tag:02x} where 0x{tag:02x} belongs")
    return _elements(whole.content, _DEPTH, whole=False)


def items(element: Element, name: str, tag: int) -> tuple[Element, ...]:
    """Return what is in a list, which must not be empty, of this kind (SEQUENCE or SET)."""
    if element.tag != tag or not element.children:
        raise Malformed(f"{name} is not a list of one or more elements")
    return element.children


@functools.lru_cache(maxsize=1024)
def dotted(content: bytes) -> str:
    """Write an object identifier's content as `2.5.29.17`; there are bounds on what is read."""
    if len(content) > _LONGEST_OID:
        raise Malformed(f"an object identifier has more than {_LONGEST_OID} bytes")
    arcs, arc = [], 0
    for octet in content:
        arc = arc << 7 | octet & 0x7F
        if arc > _LARGEST_ARC:
            raise Malformed(f"an object identifier has an arc above {_LARGEST_ARC}")
        if octet < _LONG:
            arcs.append(arc)
            arc = 0
    root = min(arcs[0] // 40, 2)
    return ".".join(map(str, (root, arcs[0] - 40 * root, *arcs[1:])))


def is_sorted(elements: Iterable[Element]) -> bool:
    """Tell whether elements are in the order that DER gives to a SET OF."""
    return all(one.encoding <= next_.encoding for one, next_ in pairwise(elements))


def _one(elements: tuple[Element, ...]) -> Element:
    if len(elements) != 1:
        raise Malformed(f"{len(elements)} elements stand where there must be one")
    return elements[0]


def _elements(data: bytes, depth: int, *, whole: bool = True) -> tuple[Element, ...]:
    if not depth:
        raise Malformed(f"elements are nested more than {_DEPTH} deep")
    found = []
    position, end = 0, len(data)
    while position < end:
        start = position + 2
        try:
            tag, length = data[position:start]
        except ValueError:
            raise Malformed("an element is cut short") from None
        if length >= _LONG:
            length, start = _long_length(data, start, length - _LONG)
        stop = start + length
        if stop > end:
            raise Malformed("an element is longer than what it is in")
        content = data[start:stop]
        children = _elements(content, depth - 1) if whole and tag & _CONSTRUCTED else ()
        is_well_formed = _FORMS.get(tag, _is_outside_of_der)
        if is_well_formed is not None and not is_well_formed(content):
            raise Malformed(_what_is_wrong(tag))
        if len(children) > 1 and tag == SET and not is_sorted(children):
            raise Malformed("the elements of a SET are not sorted")
        found.append(Element(tag, data[position:stop], content, children))
        position = stop
    return tuple(found)


def _long_length(data: bytes, start: int, count: int) -> tuple[int, int]:
    """Return the length that these octets say, and where they end."""
    stop = start + count
    if not count:
        raise Malformed("a length is indefinite")
    if stop > len(data):
        raise Malformed("an element is cut short")
    length = int.from_bytes(data[start:stop], "big")
    if not data[start] or length < _LONG:
        raise Malformed("a length is not in its shortest form")
    return length, stop


def _what_is_wrong(tag: int) -> str:
    if tag in _FORMS:
        return f"the value of an element with the tag 0x{tag:02x} is not DER"
    if tag & _NUMBER == _NUMBER:
        return "a tag number is above 30"
    return f"an element has the tag 0x{tag:02x}, which is not DER or has no use here"


def _is_outside_of_der(_: bytes) -> bool:
    return False


def _form(pattern: bytes) -> Callable[[bytes], object]:
    return re.compile(pattern, re.DOTALL).fullmatch


def _is_bit_string(content: bytes) -> bool:
    """Tell whether the first octet says how many bits at the end are unused, and they are zero."""
    unused, bits = content[:1], content[1:]
    return unused == b"\x00" or (
        bool(bits) and b"\x00" < unused < b"\x08" and not bits[-1] & (1 << unused[0]) - 1
    )


_INTEGER: Final = _form(rb".|[^\x00\xff].+|\x00[\x80-\xff].*|\xff[\x00-\x7f].*")
is_oid: Final = _form(rb"(?:(?:[\x81-\xff][\x80-\xff]*)?[\x00-\x7f])+")
"""Tell whether this content is an object identifier with every arc in its shortest form."""

# What is read: strings are primitive in DER, and lists constructed; beyond the universal types, all
# whose number is in their identifier octet.
_FORMS: Final[Mapping[int, Callable[[bytes], object] | None]] = {
    BOOLEAN: _form(rb"[\x00\xff]"),
    INTEGER: _INTEGER,
    BIT_STRING: _is_bit_string,
    OCTET_STRING: None,
    NULL: _form(rb""),
    OID: is_oid,
    0x0A: _INTEGER,  # ENUMERATED
    0x17: _form(rb"\d{12}Z"),  # UTCTime
    0x18: _form(rb"\d{14}(?:\.\d*[1-9])?Z"),  # GeneralizedTime
    SEQUENCE: None,
    SET: None,
    **{tag: None for tag in range(_APPLICATION, 0x100) if tag & _NUMBER != _NUMBER},
    **dict.fromkeys((0x0C, *range(0x12, 0x17), *range(0x19, 0x1D), 0x1E)),  # strings of text
}
