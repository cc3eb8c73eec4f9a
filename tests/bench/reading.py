"""How long reading and verifying a CSR takes."""

import statistics
import timeit
from collections.abc import Mapping

from approver.x509 import read
from tests.x509.build import (
    KEY_USAGE,
    NULL,
    TRUE,
    Signer,
    bits,
    dns,
    ecdsa_signer,
    ed25519_signer,
    element,
    extension,
    request,
    rsa_signer,
    san,
    sequence,
    set_of,
    typed,
)

_REPEATS = 15
_SECONDS = 0.02


def figures() -> Mapping[str, float]:
    """Return medians in microseconds by what was read."""
    return {what: _median(pem) for what, pem in _requests().items()}


def _requests() -> Mapping[str, bytes]:
    return {
        "P-256, 3 DNS names": _typical(ecdsa_signer()),
        "RSA-2048, 3 DNS names": _typical(rsa_signer()),
        "Ed25519, 3 DNS names": _typical(ed25519_signer()),
        "500 DNS names (12 kB)": _names(500),
        "1000 DNS names (24 kB)": _names(1000),
        "6,000 smallest elements (16 kB)": _elements(6_000),
        "12,000 smallest elements (33 kB)": _elements(12_000),
    }


def _typical(signer: Signer) -> bytes:
    hosts = ("www.example.com", "api.example.com", "example.com")
    usage = extension(KEY_USAGE, bits(b"\xa0", 5), TRUE)
    return request(san(*map(dns, hosts)), usage, signer=signer)


def _names(count: int) -> bytes:
    return request(san(*(dns(f"host-{number:04}.test") for number in range(count))))


def _elements(count: int) -> bytes:
    return request(attributes=element(0xA0, typed("1.2.3", set_of(sequence(*[NULL] * count)))))


def _median(pem: bytes) -> float:
    timer = timeit.Timer(lambda: read(pem))
    number = max(1, int(_SECONDS / timer.timeit(number=1)))
    return statistics.median(timer.repeat(_REPEATS, number)) / number * 1e6
