"""The subject alternative names that a request asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final, Literal

from approver.x509 import der
from approver.x509.der import Element
from approver.x509.refusal import Malformed, quoted, refused_as
from approver.x509.subject import attributes_of
from approver.x509.text import VISIBLE, text_of
from approver.x509.uri import is_canonical

UnsupportedKind = Literal["directoryName", "x400Address", "ediPartyName", "registeredID"]


@dataclass(frozen=True, slots=True)
class OtherName:
    """An otherName; `value` is its text, or if it is no string, its DER in lower-case hex."""

    oid: str
    value: str


@dataclass(frozen=True, slots=True)
class UnsupportedName:
    """A name of a kind that no policy can permit; `value` is its DER in lower-case hex."""

    kind: UnsupportedKind
    value: str


@dataclass(frozen=True, slots=True)
class Names:
    """Subject alternative names by kind, in order and with repetitions.

    IP addresses are in the form of RFC 5952, and dotted when they are IPv4 or IPv4-mapped.
    """

    dns: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    others: tuple[OtherName, ...] = ()
    unsupported: tuple[UnsupportedName, ...] = ()

    def __len__(self) -> int:
        """Return how many names there are, of all kinds."""
        return (
            len(self.dns)
            + len(self.ip_addresses)
            + len(self.uris)
            + len(self.emails)
            + len(self.others)
            + len(self.unsupported)
        )


# Identifier octets of the kinds of names: context class, and primitive or constructed as in DER.
_OTHER: Final = 0xA0
_EMAIL: Final = 0x81
_DNS: Final = 0x82
_URI: Final = 0x86
_IP_ADDRESS: Final = 0x87
_UNSUPPORTED: Final[Mapping[int, UnsupportedKind]] = {
    0xA3: "x400Address",
    0xA4: "directoryName",
    0xA5: "ediPartyName",
    0x88: "registeredID",
}


@refused_as("san")
def read_names(value: bytes) -> Names:
    """Read the value of a subjectAltName extension."""
    dns, ip_addresses, uris, emails = [], [], [], []
    others, unsupported = [], []
    for name in der.items(der.parse(value), "a subjectAltName", der.SEQUENCE):
        if name.tag == _DNS:
            dns.append(_visible(name.content))
        elif name.tag == _IP_ADDRESS:
            ip_addresses.append(_ip_address(name.content))
        elif name.tag == _URI:
            uris.append(_uri(name.content))
        elif name.tag == _EMAIL:
            emails.append(_visible(name.content))
        elif name.tag == _OTHER:
            others.append(_other(name))
        else:
            unsupported.append(_unsupported(name))
    return Names(
        dns=tuple(dns),
        ip_addresses=tuple(ip_addresses),
        uris=tuple(uris),
        emails=tuple(emails),
        others=tuple(others),
        unsupported=tuple(unsupported),
    )


def _visible(content: bytes) -> str:
    if not content or content.translate(None, VISIBLE):
        raise Malformed(f"{quoted(content)} is empty or has more than visible ASCII characters")
    return content.decode("ascii")


def _uri(content: bytes) -> str:
    uri = _visible(content)
    if not is_canonical(uri):
        raise Malformed(f"{quoted(uri)} is not a URI in canonical form")
    return uri


def _ip_address(content: bytes) -> str:
    try:
        address = ip_address(content)
    except ValueError:
        raise Malformed(f"an IP address has {len(content)} bytes, neither 4 nor 16") from None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _other(name: Element) -> OtherName:
    match name.children:
        case (Element(der.OID) as kind, Element(der.CONTEXT_0, children=(value,))):
            text = text_of(value)
            shown = value.encoding.hex() if text is None else text
            return OtherName(der.dotted(kind.content), shown)
        case _:
            raise Malformed("an otherName is not a type and one value")


def _unsupported(name: Element) -> UnsupportedName:
    kind = _UNSUPPORTED.get(name.tag)
    if kind is None:
        raise Malformed(f"a name has the tag 0x{name.tag:02x}, which no kind of name has")
    if kind == "registeredID" and not der.is_oid(name.content):
        raise Malformed("a registeredID is not an object identifier")
    if kind == "directoryName":
        _check_directory_name(name)
    return UnsupportedName(kind, name.encoding.hex())


def _check_directory_name(name: Element) -> None:
    if len(name.children) != 1:
        raise Malformed("a directoryName is not one name")
    tuple(attributes_of(name.children[0]))
