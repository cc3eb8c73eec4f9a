"""The extensions that a request asks for, and those of them that say what a key is for."""

from collections.abc import Mapping
from typing import Final

from approver.x509 import der
from approver.x509.der import Element
from approver.x509.oids import named
from approver.x509.refusal import Malformed, refused_as

SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
SUBJECT_ALT_NAME: Final = "2.5.29.17"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
NAME_CONSTRAINTS: Final = "2.5.29.30"
KNOWN: Final = frozenset(
    {
        SUBJECT_KEY_IDENTIFIER,
        KEY_USAGE,
        SUBJECT_ALT_NAME,
        BASIC_CONSTRAINTS,
        NAME_CONSTRAINTS,
        EXTENDED_KEY_USAGE,
    }
)
"""The extensions that a request may have as far as a policy permits what is in them.

The others need its consent. The subject key identifier is dropped: the signer makes its own.
"""

# The attributes 1.2.840.113549.1.9.14, 1.3.6.1.4.1.311.2.1.14 and 1.3.6.1.4.1.311.13.2.1.
_EXTENSION_REQUEST: Final = bytes.fromhex("2a864886f70d01090e")
_REFUSED_ATTRIBUTES: Final[Mapping[bytes, str]] = {
    bytes.fromhex("2b06010401823702010e"): "asks for extensions in a way that signers read or not",
    bytes.fromhex(
        "2b0601040182370d0201"
    ): "holds names that an issuer behind cert-manager may take",
}
_MOST: Final = 100
"""Extensions, and extended usages: every policy looks at each, and a tenant can write thousands."""
_KEY_USAGE_BITS: Final = 9
_LONGEST_PATH_LENGTH: Final = 4


def read_extensions(attributes: Element) -> Mapping[str, bytes]:
    """Return the values of the requested extensions by object identifier, in order.

    The attributes are those of the request; only one of them asks for extensions. No signer copies
    the others, and they are not read.
    """
    return _extensions(_requested(attributes))


@refused_as("basic-constraints")
def read_basic_constraints(value: bytes) -> bool:
    """Tell whether the extension asks for a CA."""
    match der.parse(value):
        case Element(der.SEQUENCE, children=(Element(der.BOOLEAN, content=flag), *rest)):
            pass
        case Element(der.SEQUENCE, children=rest):
            flag = b"\x00"
        case _:
            raise Malformed("not a CA flag and a path length")
    match rest:
        case [] | ():
            pass
        case [path_length] if _is_path_length(path_length):
            pass
        case _:
            raise Malformed("behind the CA flag there is more than a path length")
    return flag == b"\xff"


@refused_as("key-usage")
def read_key_usage(value: bytes) -> frozenset[int]:
    """Return the numbers of the bits that are set, at least one; zeros at the end say nothing."""
    match der.parse(value):
        case Element(der.BIT_STRING, content=content):
            bits = int.from_bytes(content[1:], "big")
            count = 8 * len(content) - 8
        case _:
            raise Malformed("not a bit string")
    found = frozenset(bit for bit in range(count) if bits >> (count - 1 - bit) & 1)
    if not found:
        raise Malformed("no usage is asked for: leave the extension out")
    if max(found) >= _KEY_USAGE_BITS:
        raise Malformed(f"bit {max(found)} is set, which has no meaning")
    return found


@refused_as("extended-key-usage")
def read_extended_key_usage(value: bytes) -> tuple[str, ...]:
    """Return the object identifiers of the usages, in order."""
    usages = der.items(der.parse(value), "an extKeyUsage", der.SEQUENCE)
    if any(usage.tag != der.OID for usage in usages):
        raise Malformed("a usage is not an object identifier")
    if len(usages) > _MOST:
        raise Malformed(f"{len(usages)} usages; nobody means more than {_MOST}")
    return tuple(der.dotted(usage.content) for usage in usages)


def _is_path_length(element: Element) -> bool:
    return (
        element.tag == der.INTEGER
        and element.content < b"\x80"
        and len(element.content) <= _LONGEST_PATH_LENGTH
    )


@refused_as("attributes")
def _requested(attributes: Element) -> tuple[Element, ...]:
    """Return the elements of the one list of requested extensions."""
    requests = []
    for attribute in der.parts(attributes.encoding, der.CONTEXT_0):
        kind = _kind(attribute)
        if kind in _REFUSED_ATTRIBUTES:
            raise Malformed(f"{named(der.dotted(kind))} {_REFUSED_ATTRIBUTES[kind]}")
        if kind == _EXTENSION_REQUEST:
            requests.append(attribute)
    if len(requests) > 1:
        raise Malformed(f"{len(requests)} extension requests; there must be at most one")
    return _asked_for(requests[0]) if requests else ()


def _kind(attribute: Element) -> bytes:
    """Return an attribute's type as it is encoded: of those not read, any may be there."""
    match der.parts(attribute.encoding):
        case (Element(der.OID, content=kind), *_):
            return kind
        case _:
            raise Malformed("an attribute does not begin with its type")


def _asked_for(request: Element) -> tuple[Element, ...]:
    match der.parse(request.encoding).children:
        case (_, Element(der.SET, children=(Element(der.SEQUENCE, children=extensions),))):
            return extensions
        case _:
            raise Malformed("the extension request does not have one list of extensions for value")


@refused_as("extensions")
def _extensions(elements: tuple[Element, ...]) -> Mapping[str, bytes]:
    if len(elements) > _MOST:
        raise Malformed(f"{len(elements)} extensions; nobody means more than {_MOST}")
    values: dict[str, bytes] = {}
    for element in elements:
        kind, value = _extension(element)
        oid = der.dotted(kind.content)
        if oid in values:
            raise Malformed(f"{named(oid)} is asked for twice")
        values[oid] = value
    return values


def _extension(element: Element) -> tuple[Element, bytes]:
    match element:
        case Element(
            der.SEQUENCE, children=(Element(der.OID) as kind, Element(der.OCTET_STRING) as value)
        ):
            return kind, value.content
        case Element(
            der.SEQUENCE,
            children=(
                Element(der.OID) as kind,
                Element(der.BOOLEAN),
                Element(der.OCTET_STRING) as value,
            ),
        ):
            return kind, value.content
        case _:
            raise Malformed("an extension is not a type, whether it is critical, and a value")
