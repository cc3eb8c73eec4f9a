"""The extensions that a request asks for, and those of them that say what a key is for."""

from collections.abc import Mapping
from typing import Final

from approver.x509 import der
from approver.x509.der import Element
from approver.x509.refusal import Malformed, Refused, refused_as
from approver.x509.usages import USAGES

SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
SUBJECT_ALT_NAME: Final = "2.5.29.17"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
KNOWN: Final = frozenset(
    {SUBJECT_KEY_IDENTIFIER, KEY_USAGE, SUBJECT_ALT_NAME, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE}
)
"""The extensions that a request may have whatever a policy says; the others need its consent."""

NAME_CONSTRAINTS: Final = "2.5.29.30"
# The attributes 1.2.840.113549.1.9.14 and 1.3.6.1.4.1.311.2.1.14.
_EXTENSION_REQUEST: Final = bytes.fromhex("2a864886f70d01090e")
_MICROSOFT_EXTENSION_REQUEST: Final = bytes.fromhex("2b06010401823702010e")
_EXTENDED_USAGES: Final = frozenset(oid for oid in USAGES.values() if isinstance(oid, str))
_KEY_USAGE_BITS: Final = 9
_LONGEST_PATH_LENGTH: Final = 4


def read_extensions(attributes: Element) -> Mapping[str, bytes]:
    """Return the values of the requested extensions by object identifier, in order.

    The attributes are those of the request; only one of them asks for extensions, and no signer
    copies the others.
    """
    return _extensions(_requested(attributes))


@refused_as("basic-constraints")
def read_basic_constraints(value: bytes) -> bool:
    """Tell whether the extension asks for a CA."""
    match der.parse(value):
        case Element(der.SEQUENCE, children=()):
            return False
        case Element(der.SEQUENCE, children=(Element(der.BOOLEAN, content=b"\xff"),)):
            return True
        case Element(
            der.SEQUENCE,
            children=(Element(der.BOOLEAN, content=b"\xff"), Element(der.INTEGER) as path_length),
        ) if path_length.content < b"\x80" and len(path_length.content) <= _LONGEST_PATH_LENGTH:
            return True
        case _:
            raise Malformed("not a CA flag, left out when it is false, and a CA's path length")


@refused_as("key-usage")
def read_key_usage(value: bytes) -> frozenset[int]:
    """Return the numbers of the bits that are set, at least one."""
    match der.parse(value):
        case Element(der.BIT_STRING, content=content):
            unused = content[0]
            bits = int.from_bytes(content[1:], "big") >> unused
            count = 8 * len(content) - 8 - unused
            if not bits & 1:
                raise Malformed("there is no bit, or the last one is not set")
            if count > _KEY_USAGE_BITS:
                raise Malformed(f"bit {count - 1} is set, which has no meaning")
            return frozenset(bit for bit in range(count) if bits >> (count - 1 - bit) & 1)
        case _:
            raise Malformed("not a bit string")


@refused_as("extended-key-usage")
def read_extended_key_usage(value: bytes) -> tuple[str, ...]:
    """Return the object identifiers of the usages, in order; cert-manager has a name for each."""
    usages = der.items(der.parse(value), "an extKeyUsage", der.SEQUENCE)
    if any(usage.tag != der.OID for usage in usages):
        raise Malformed("a usage is not an object identifier")
    oids = tuple(der.dotted(usage.content) for usage in usages)
    for oid in oids:
        if oid not in _EXTENDED_USAGES:
            raise Malformed(f"cert-manager does not know the usage {oid}")
    return oids


@refused_as("attributes")
def _requested(attributes: Element) -> tuple[Element, ...]:
    """Return the elements of the one list of requested extensions."""
    requests = []
    for attribute in attributes.children:
        kind, values = _attribute(attribute)
        if kind == _MICROSOFT_EXTENSION_REQUEST:
            raise Malformed("Microsoft's extension request (1.3.6.1.4.1.311.2.1.14) is not read")
        if kind == _EXTENSION_REQUEST:
            requests.append(values)
    if len(requests) > 1:
        raise Malformed(f"{len(requests)} extension requests; there must be at most one")
    if not der.is_sorted(attributes.children):
        raise Malformed("they are not sorted, as DER sorts a SET")
    match requests:
        case []:
            return ()
        case [(Element(der.SEQUENCE, children=extensions),)]:
            return extensions
        case _:
            raise Malformed("the extension request does not have one list of extensions for value")


def _attribute(attribute: Element) -> tuple[bytes, tuple[Element, ...]]:
    match attribute:
        case Element(
            der.SEQUENCE,
            children=(Element(der.OID, content=kind), Element(der.SET, children=(_, *_) as values)),
        ):
            return kind, values
        case _:
            raise Malformed("an attribute is not a type and a set of one or more values")


@refused_as("extensions")
def _extensions(elements: tuple[Element, ...]) -> Mapping[str, bytes]:
    values: dict[str, bytes] = {}
    for element in elements:
        kind, value = _extension(element)
        oid = der.dotted(kind.content)
        if oid in values:
            raise Malformed(f"{oid} is asked for twice")
        if oid == NAME_CONSTRAINTS:
            raise Refused("name-constraints", "the signer copies them, and no policy can permit it")
        if oid == SUBJECT_KEY_IDENTIFIER and der.parse(value).tag != der.OCTET_STRING:
            raise Malformed("the subject key identifier is not an octet string")
        if oid not in KNOWN:
            der.parse(value)
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
                Element(der.BOOLEAN, content=b"\xff"),
                Element(der.OCTET_STRING) as value,
            ),
        ):
            return kind, value.content
        case _:
            raise Malformed("an extension is not a type, TRUE if it is critical, and a value")
