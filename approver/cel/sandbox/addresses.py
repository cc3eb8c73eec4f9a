"""Kubernetes' CEL libraries of IP addresses and of CIDR, with the meaning that Go gives to them.

What Go's net/netip takes, `ipaddress` takes, but for the lengths of prefixes. Kubernetes refuses
zones, and IPv6 addresses that stand for IPv4 ones.
"""

import ipaddress
import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from typing import Final, Protocol, TypeAlias

from approver.cel.sandbox.budget import BUDGET
from approver.cel.sandbox.functions import Functions
from approver.cel.sandbox.protobuf import MessageClass

_LONGEST: Final = len("0000:0000:0000:0000:0000:0000:255.255.255.255")
_PREFIX_LENGTH: Final = re.compile("0|[1-9][0-9]{0,2}")
_BROADCAST: Final = IPv4Address("255.255.255.255")
_LOCAL_NETWORK_CONTROL: Final = ipaddress.ip_network("224.0.0.0/24")
_MULTICAST_AND_SCOPE: Final = 0xFF0F  # of the first 16 bits of an IPv6 address
_LINK_LOCAL_MULTICAST: Final = 0xFF02

_Address: TypeAlias = IPv4Address | IPv6Address
_Network: TypeAlias = IPv4Interface | IPv6Interface  # its address may have bits behind the prefix


class IP(Protocol):
    """A value of the type that rules know: the address in canonical form."""

    text: str


class CIDR(Protocol):
    """The same: an address in canonical form, "/" and the length of the prefix."""

    text: str


class Addresses:
    """The functions of addresses and networks, which are messages of the classes `ip` and `cidr`.

    Equal texts are equal values, as in Go: 10.0.0.1/8 is not 10.0.0.0/8.
    """

    def __init__(self, ip: MessageClass, cidr: MessageClass) -> None:
        self._ip = ip
        self._cidr = cidr

    def functions(self) -> Functions:
        """Return what rules call as functions, and what becomes of string()."""
        return {
            "ip": [self.ip_of],
            "isIP": [is_ip],
            "ip.isCanonical": [is_canonical],
            "cidr": [self.cidr_of],
            "isCIDR": [is_cidr],
            "@ip_to_string": [self.ip_text],
            "@cidr_to_string": [self.cidr_text],
        }

    def methods(self) -> Functions:
        """Return what rules call as methods."""
        return {
            "family": [self.family],
            "isUnspecified": [self.is_unspecified],
            "isLoopback": [self.is_loopback],
            "isLinkLocalMulticast": [self.is_link_local_multicast],
            "isLinkLocalUnicast": [self.is_link_local_unicast],
            "isGlobalUnicast": [self.is_global_unicast],
            "containsIP": [self.contains_ip, self.contains_ip_text],
            "containsCIDR": [self.contains_cidr, self.contains_cidr_text],
            "ip": [self.ip_of_cidr],
            "masked": [self.masked],
            "prefixLength": [self.prefix_length],
        }

    def ip_of(self, text: str) -> IP:
        """Return the address that a text is; raise ValueError if it is none."""
        return self._ip_message(_address(text))

    def cidr_of(self, text: str) -> CIDR:
        """Return the network that a text is; raise ValueError if it is none."""
        return self._cidr_message(_network(text))

    def ip_text(self, ip: IP) -> str:
        """Return an address as text."""
        return BUDGET.give(str(self._address(ip)))

    def cidr_text(self, cidr: CIDR) -> str:
        """Return a network as text."""
        return BUDGET.give(str(self._network(cidr)))

    def family(self, ip: IP) -> int:
        """Return 4 or 6."""
        return self._address(ip).version

    def is_unspecified(self, ip: IP) -> bool:
        """Tell whether it is 0.0.0.0 or ::."""
        return self._address(ip).is_unspecified

    def is_loopback(self, ip: IP) -> bool:
        """Tell whether it is in 127.0.0.0/8, or is ::1."""
        return self._address(ip).is_loopback

    def is_link_local_multicast(self, ip: IP) -> bool:
        """Tell whether it is in 224.0.0.0/24 or, whatever its flags, in ff02::/16."""
        address = self._address(ip)
        if isinstance(address, IPv4Address):
            return address in _LOCAL_NETWORK_CONTROL
        return int(address) >> 112 & _MULTICAST_AND_SCOPE == _LINK_LOCAL_MULTICAST

    def is_link_local_unicast(self, ip: IP) -> bool:
        """Tell whether it is in 169.254.0.0/16 or fe80::/10."""
        return self._address(ip).is_link_local

    def is_global_unicast(self, ip: IP) -> bool:
        """Tell whether it is none of these, no multicast and no broadcast; it may be private."""
        address = self._address(ip)
        return address != _BROADCAST and not (
            address.is_unspecified
            or address.is_loopback
            or address.is_multicast
            or address.is_link_local
        )

    def contains_ip(self, cidr: CIDR, ip: IP) -> bool:
        """Tell whether an address is in a network."""
        return self._address(ip) in self._network(cidr).network

    def contains_ip_text(self, cidr: CIDR, text: str) -> bool:
        """Tell the same of a text; raise ValueError if it is no address."""
        return _address(text) in self._network(cidr).network

    def contains_cidr(self, cidr: CIDR, other: CIDR) -> bool:
        """Tell whether all of another network is in a network."""
        return _contains(self._network(cidr), self._network(other))

    def contains_cidr_text(self, cidr: CIDR, text: str) -> bool:
        """Tell the same of a text; raise ValueError if it is no network."""
        return _contains(self._network(cidr), _network(text))

    def ip_of_cidr(self, cidr: CIDR) -> IP:
        """Return the address of a network as it was written, with all its bits."""
        return self._ip_message(self._network(cidr).ip)

    def masked(self, cidr: CIDR) -> CIDR:
        """Return a network with no bits behind its prefix."""
        return self._cidr_message(self._network(cidr).network)

    def prefix_length(self, cidr: CIDR) -> int:
        """Return the length of its prefix, in bits."""
        return self._network(cidr).network.prefixlen

    def _ip_message(self, address: _Address) -> IP:
        message: IP = self._ip(text=str(address))
        return message

    def _cidr_message(self, network: object) -> CIDR:
        message: CIDR = self._cidr(text=str(network))
        return message

    def _address(self, ip: IP) -> _Address:
        """Read an address, and refuse other messages, which the engine does not tell from it."""
        if type(ip) is not self._ip:
            raise TypeError("not an IP address")
        return _address(ip.text)

    def _network(self, cidr: CIDR) -> _Network:
        if type(cidr) is not self._cidr:
            raise TypeError("not a CIDR")
        return _network(cidr.text)


def is_ip(text: str) -> bool:
    """Tell whether a text is an address."""
    return _is(text, _address)


def is_cidr(text: str) -> bool:
    """Tell whether a text is a network."""
    return _is(text, _network)


def is_canonical(text: str) -> bool:
    """Tell whether a text is how an address is written; raise ValueError if it is no address."""
    return str(_address(text)) == text


def _is(text: str, read: Callable[[str], object]) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _address(text: str) -> _Address:
    if len(text) > _LONGEST or "%" in text:
        raise ValueError("not an IP address")
    address = ipaddress.ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        raise ValueError("an IPv4-mapped IPv6 address")
    return address


def _network(text: str) -> _Network:
    address, _, length = text.rpartition("/")
    if not _PREFIX_LENGTH.fullmatch(length):
        raise ValueError("not the length of a prefix")
    return ipaddress.ip_interface(f"{_address(address)}/{length}")


def _contains(network: _Network, other: _Network) -> bool:
    shorter = network.network.prefixlen <= other.network.prefixlen
    return shorter and other.ip in network.network
