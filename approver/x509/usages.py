"""cert-manager's names of what a key may be used for, and what they are in X.509."""

from collections.abc import Mapping
from typing import Final

# pkg/api/util/usages.go and pkg/util/pki/keyusage.go of cert-manager 1.21.
USAGES: Final[Mapping[str, int | str]] = {
    "digital signature": 0,
    "signing": 0,
    "content commitment": 1,
    "key encipherment": 2,
    "data encipherment": 3,
    "key agreement": 4,
    "cert sign": 5,
    "crl sign": 6,
    "encipher only": 7,
    "decipher only": 8,
    "any": "2.5.29.37.0",
    "server auth": "1.3.6.1.5.5.7.3.1",
    "client auth": "1.3.6.1.5.5.7.3.2",
    "code signing": "1.3.6.1.5.5.7.3.3",
    "email protection": "1.3.6.1.5.5.7.3.4",
    "s/mime": "1.3.6.1.5.5.7.3.4",
    "ipsec end system": "1.3.6.1.5.5.7.3.5",
    "ipsec tunnel": "1.3.6.1.5.5.7.3.6",
    "ipsec user": "1.3.6.1.5.5.7.3.7",
    "timestamping": "1.3.6.1.5.5.7.3.8",
    "ocsp signing": "1.3.6.1.5.5.7.3.9",
    "microsoft sgc": "1.3.6.1.4.1.311.10.3.3",
    "netscape sgc": "2.16.840.1.113730.4.1",
}
"""A name's bit in keyUsage, or its object identifier in extKeyUsage."""

_NAMELESS: Final = frozenset({"1.3.6.1.4.1.311.2.1.22", "1.3.6.1.4.1.311.61.1.1"})
"""Extended usages that cert-manager reads, and a spec has no name for: it refuses them."""

_COMPARED: Final = _NAMELESS.union(oid for oid in USAGES.values() if isinstance(oid, str))


def is_compared(oid: str) -> bool:
    """Tell whether cert-manager holds an extended usage against `spec.usages`.

    It signs the others all the same (pkg/util/pki/keyusage.go).
    """
    return oid in _COMPARED


DEFAULT_USAGES: Final = ("digital signature", "key encipherment")
"""What cert-manager takes for an empty `spec.usages`."""
