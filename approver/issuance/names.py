"""Alternative names and name constraints, in DER, as cert-manager puts them into a request."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import Final

from approver.issuance import der
from approver.issuance.certificate import CertificateSpec, NameConstraints, NameRanges
from approver.model import InvalidObjectError

_OTHER_NAME: Final = 0
_EMAIL: Final = 1
_DNS: Final = 2
_URI: Final = 6
_IP: Final = 7


def alternative_names(spec: CertificateSpec) -> bytes | None:
    """Return the value of subjectAltName; None if there is no name."""
    names = [
        *_texts(_DNS, spec.dns_names, "spec.dnsNames"),
        *_texts(_EMAIL, spec.email_addresses, "spec.emailAddresses"),
        *(der.context(_IP, _packed(address)) for address in spec.ip_addresses),
        *_texts(_URI, spec.uris, "spec.uris"),
        *_other_names(spec),
    ]
    return der.sequence(*names) if names else None


def name_constraints(constraints: NameConstraints) -> bytes | None:
    """Return the value of nameConstraints; None if nothing is constrained."""
    subtrees = [
        _subtrees(constraints.permitted, "spec.nameConstraints.permitted"),
        _subtrees(constraints.excluded, "spec.nameConstraints.excluded"),
    ]
    if not any(subtrees):
        return None
    return der.sequence(*(der.context_of(n, each) for n, each in enumerate(subtrees) if each))


def is_ip_address(text: str) -> bool:
    """Tell whether Go reads this as an IP address without a zone."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def is_email(text: str) -> bool:
    """Tell whether Go's net/mail reads this as an address and nothing else."""
    local, _, domain = text.rpartition("@")
    literal = domain.startswith("[") and domain.endswith("]") and is_ip_address(domain[1:-1])
    return bool(_DOT_ATOM.fullmatch(local) and (literal or _DOT_ATOM.fullmatch(domain)))


def _texts(kind: int, values: Iterable[str], field: str) -> Iterator[bytes]:
    for index, value in enumerate(values):
        if not value.isascii():
            raise InvalidObjectError(f"{field}[{index}]", "only ASCII can stand in a request")
        yield der.context(kind, value.encode())


def _packed(address: str) -> bytes:
    parsed = ipaddress.ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).packed


def _other_names(spec: CertificateSpec) -> Iterator[bytes]:
    for index, name in enumerate(spec.other_names):
        try:
            oid = der.object_identifier(name.oid)
        except ValueError as error:
            raise InvalidObjectError(f"spec.otherNames[{index}].oid", str(error)) from error
        yield der.context_of(_OTHER_NAME, oid, der.context_of(0, der.utf8(name.utf8_value)))


def _subtrees(ranges: NameRanges | None, field: str) -> bytes:
    if ranges is None:
        return b""
    bases = [
        *_texts(_DNS, ranges.dns_domains, f"{field}.dnsDomains"),
        *_networks(ranges.ip_ranges, f"{field}.ipRanges"),
        *_texts(_EMAIL, ranges.email_addresses, f"{field}.emailAddresses"),
        *_texts(_URI, ranges.uri_domains, f"{field}.uriDomains"),
    ]
    return b"".join(map(der.sequence, bases))


def _networks(ranges: Iterable[str], field: str) -> Iterator[bytes]:
    for index, text in enumerate(ranges):
        found = _CIDR.fullmatch(text)
        try:
            network = ipaddress.ip_network(text, strict=False) if found else None
        except ValueError:
            network = None
        if network is None:
            raise InvalidObjectError(f"{field}[{index}]", f"{text!r} is not a CIDR like 10.0.0.0/8")
        yield der.context(_IP, network.network_address.packed, network.netmask.packed)


_CIDR: Final = re.compile(r"[0-9a-fA-F.:]+/(?:0|[1-9][0-9]*)")
_ATOM: Final = r'[^\x00-\x20\x7f()<>\[\]:;@\\,".]+'
_DOT_ATOM: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
