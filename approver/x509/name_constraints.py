"""The names that a certificate authority may sign for, as its request asks: nameConstraints.

cert-manager copies them into the certificate, and reads no more than the four kinds below.
"""

import ipaddress
from dataclasses import dataclass
from typing import Final

from approver.x509 import der
from approver.x509.der import Element
from approver.x509.refusal import Malformed, quoted, refused_as
from approver.x509.text import VISIBLE

_EMAIL: Final = 0x81
_DNS: Final = 0x82
_URI: Final = 0x86
_IP_RANGE: Final = 0x87
_RANGE_SIZES: Final = (8, 32)  # bytes: an address and a mask


@dataclass(frozen=True, slots=True)
class Subtrees:
    """Names and all below them, by kind, in order. IP ranges are CIDR; "" stands for all names."""

    dns_domains: tuple[str, ...] = ()
    ip_ranges: tuple[str, ...] = ()
    email_addresses: tuple[str, ...] = ()
    uri_domains: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return how many there are, of all kinds."""
        return (
            len(self.dns_domains)
            + len(self.ip_ranges)
            + len(self.email_addresses)
            + len(self.uri_domains)
        )


@dataclass(frozen=True, slots=True)
class NameConstraints:
    """What an authority may sign for, and what it may not; neither if a request has none."""

    permitted: Subtrees = Subtrees()
    excluded: Subtrees = Subtrees()

    def __len__(self) -> int:
        """Return how many subtrees there are in all."""
        return len(self.permitted) + len(self.excluded)


NO_CONSTRAINTS: Final = NameConstraints()


@refused_as("name-constraints")
def read_name_constraints(value: bytes) -> NameConstraints:
    """Read the value of the extension, which must have at least one subtree."""
    match der.parse(value):
        case Element(der.SEQUENCE, children=(Element(der.CONTEXT_0) as permitted,)):
            return NameConstraints(_subtrees(permitted))
        case Element(der.SEQUENCE, children=(Element(der.CONTEXT_1) as excluded,)):
            return NameConstraints(excluded=_subtrees(excluded))
        case Element(
            der.SEQUENCE,
            children=(Element(der.CONTEXT_0) as permitted, Element(der.CONTEXT_1) as excluded),
        ):
            return NameConstraints(_subtrees(permitted), _subtrees(excluded))
        case _:
            raise Malformed("they are not lists of permitted and of excluded names")


def _subtrees(element: Element) -> Subtrees:
    dns_domains, ip_ranges, email_addresses, uri_domains = [], [], [], []
    for subtree in der.items(element, "a list of names", element.tag):
        match subtree:
            case Element(der.SEQUENCE, children=(base,)):
                pass
            case _:
                raise Malformed("a subtree is not one name: a minimum or a maximum has no meaning")
        if base.tag == _DNS:
            dns_domains.append(_domain(base))
        elif base.tag == _IP_RANGE:
            ip_ranges.append(_ip_range(base.content))
        elif base.tag == _EMAIL:
            email_addresses.append(_text(base))
        elif base.tag == _URI:
            uri_domains.append(_domain(base))
        else:
            raise Malformed(f"the kind of name 0x{base.tag:02x} is not one that cert-manager reads")
    return Subtrees(
        tuple(dns_domains), tuple(ip_ranges), tuple(email_addresses), tuple(uri_domains)
    )


def _text(base: Element) -> str:
    if base.content.translate(None, VISIBLE):
        raise Malformed(f"{quoted(base.content)} has more than visible ASCII characters")
    return base.content.decode("ascii")


def _domain(base: Element) -> str:
    domain = _text(base)
    if "*" in domain:
        # Some readers take it for a wildcard, others for a name that nobody has.
        raise Malformed(f"{quoted(domain)} has a wildcard: a domain stands for all names below it")
    return domain


def _ip_range(content: bytes) -> str:
    if len(content) not in _RANGE_SIZES:
        raise Malformed(f"an IP range has {len(content)} bytes, neither 8 nor 32")
    half = len(content) // 2
    prefix = int.from_bytes(content[half:], "big").bit_count()
    if content[half:] != _mask(prefix, half):
        raise Malformed("the mask of an IP range is not ones and then zeros")
    if int.from_bytes(content[:half], "big") & ~int.from_bytes(content[half:], "big"):
        # The signer writes the range without them, and a policy would have judged another one.
        raise Malformed("an IP range has bits set that its mask leaves out")
    address = ipaddress.ip_address(content[:half])
    mapped = getattr(address, "ipv4_mapped", None)
    # Versions of Python write these in two ways. They are no IPv4 ranges: no reader takes them so.
    return f"::ffff:{mapped}/{prefix}" if mapped else f"{address}/{prefix}"


def _mask(prefix: int, size: int) -> bytes:
    return ((1 << prefix) - 1 << 8 * size - prefix).to_bytes(size, "big")
