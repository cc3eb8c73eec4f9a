"""What we make of a manifest is what cert-manager makes of it, down to the bytes of the CSR."""

import base64
import contextlib
import secrets
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from approver.issuance import (
    request_for_certificate,
    requests_for_gateway,
    requests_for_ingress,
)
from approver.model import Request
from approver.x509 import der
from tests.controlplane import APIError, Client, binaries
from tests.controlplane import manifests as objects
from tests.controlplane.manifests import Manifest
from tests.controlplane.waiting import wait_until
from tests.issuance import shapes

# Dozens of keys are made, some of them RSA.
pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

NAMESPACE = f"issuance-{secrets.token_hex(4)}"
KINDS = ("Ingress", "Gateway", "Certificate", "CertificateRequest", "Secret")
SECONDS = 40
SECRET_NAME = "cert-manager.io/private-key-secret-name"  # noqa: S105 - an annotation


def certificates() -> dict[str, Manifest]:
    """Give those that become requests, by name, and those that do not, by number."""
    made = {
        name: shapes.certificate(name, spec, NAMESPACE)
        for name, spec in shapes.CERTIFICATES.items()
    }
    unmade = {
        f"unmade-{number}": shapes.certificate(f"unmade-{number}", shape["spec"], NAMESPACE)
        for number, shape in enumerate(shapes.UNMADE)
    }
    return made | unmade


def ours() -> dict[str, Request]:
    """Make all requests offline, by name."""
    found = [
        request_for_certificate(shapes.certificate(name, spec, NAMESPACE))
        for name, spec in shapes.CERTIFICATES.items()
    ]
    for name in shapes.INGRESSES:
        found += requests_for_ingress(shapes.ingress(name, NAMESPACE))
    for name in shapes.GATEWAYS:
        found += requests_for_gateway(shapes.gateway(name, NAMESPACE))
    return {request.name: request for request in found}


OURS = ours()
# 1.21.0 asks twice for a host that an Ingress or Gateway names twice.
OTHERWISE_IN_1_21_0 = {"ingress-addresses-1"}


@pytest.fixture(scope="module")
def theirs(admin: Client) -> Iterator[dict[str, Manifest]]:
    """Create everything at once, and give cert-manager's requests by name."""
    admin.apply(objects.namespace(NAMESPACE))
    for manifest in certificates().values():
        admin.create(manifest, strict=True)
    for name in shapes.INGRESSES:
        admin.create(shapes.ingress(name, NAMESPACE), strict=True)
    for name in shapes.GATEWAYS:
        admin.create(shapes.gateway(name, NAMESPACE), strict=True)
    # What is missing after that time fails a test of its own.
    with contextlib.suppress(TimeoutError):
        wait_until(lambda: requests(admin).keys() >= OURS.keys(), SECONDS, "")
    yield requests(admin)
    for kind in KINDS:
        admin.delete_all(kind, NAMESPACE)
    admin.delete("Namespace", NAMESPACE)


def requests(admin: Client) -> dict[str, Manifest]:
    found = admin.list("CertificateRequest", NAMESPACE)
    return {request["metadata"]["name"]: request for request in found}


def test_no_request_is_more_or_less(theirs: dict[str, Manifest]) -> None:
    assert sorted(theirs) == sorted(OURS)


@pytest.mark.parametrize("name", OURS)
def test_request_is_the_same(
    theirs: dict[str, Manifest], name: str, request: pytest.FixtureRequest
) -> None:
    if name in OTHERWISE_IN_1_21_0 and "certmanager" in binaries.older():
        request.applymarker(pytest.mark.xfail(strict=True))
    actual, expected = OURS[name], theirs[name]
    assert annotations(actual.metadata.annotations) == annotations(
        expected["metadata"]["annotations"]
    )
    assert readable(plain(actual)) == readable(expected["spec"])


def annotations(found: dict[str, str]) -> dict[str, str]:
    """Give annotations without the random end of the Secret's name."""
    return found | {SECRET_NAME: found[SECRET_NAME][:-5]}


def plain(request: Request) -> Manifest:
    """Give the spec as JSON has it, where false, null and empty are the same as absent."""
    spec: Manifest = msgspec.json.decode(msgspec.json.encode(request.spec))
    spec["issuerRef"] = {key: value for key, value in spec["issuerRef"].items() if value}
    return {key: value for key, value in spec.items() if value}


def readable(spec: Manifest) -> Manifest:
    """Give a spec with the parts of the CSR, but the key's own bits and the signature."""
    pem = base64.b64decode(spec["request"])
    encoding = x509.load_pem_x509_csr(pem).public_bytes(Encoding.DER)
    info, algorithm, _ = der.parse(encoding).children
    version, subject, key, attributes = info.children
    parts: dict[str, Any] = {
        "label and lines": [len(line) for line in pem.splitlines()[:3]],
        "version": version.encoding.hex(),
        "subject": subject.encoding.hex(),
        "key": key.children[0].encoding.hex(),
        "size": key_size(pem),
        "attributes": attributes.encoding.hex(),
        "signature": algorithm.encoding.hex(),
    }
    # Another cluster gives cert-manager's account another UID.
    return {key: value for key, value in spec.items() if key != "uid"} | {"request": parts}


def key_size(pem: bytes) -> int:
    key = x509.load_pem_x509_csr(pem).public_key()
    return key.key_size if isinstance(key, rsa.RSAPublicKey) else 0


@pytest.mark.parametrize("shape", shapes.REFUSED, ids=lambda shape: str(shape["spec"]))
def test_what_we_refuse_is_refused(admin: Client, shape: Manifest) -> None:
    with pytest.raises(APIError):
        admin.create(shapes.certificate("web", shape["spec"], "default"), dry_run=True, strict=True)
