"""A CA that may sign only for its team's domain: asked for, approved, signed and read back."""

import base64
from typing import Any

import pytest
from cryptography import x509

from tests.controller.scene import SECONDS, Scene
from tests.controlplane.identities import CERT_MANAGER
from tests.controlplane.manifests import certificate, is_true

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("approver")]

OWN = {"permitted": {"dnsDomains": ["team-a.example.com"]}, "critical": True}
ALLOWED = {
    "commonName": {"value": "team-a"},
    "isCA": True,
    "usages": ["cert sign", "digital signature"],
    "nameConstraints": {
        "permitted": {"dnsDomains": {"values": ["team-a.example.com"], "required": True}}
    },
}


@pytest.fixture
def authority(scene: Scene) -> Scene:
    scene.authority()
    scene.policy("intermediates", allowed=ALLOWED)
    scene.bind("intermediates", to=CERT_MANAGER)
    return scene


def ask(scene: Scene, **spec: Any) -> None:  # noqa: ANN401 - any field
    usages = ["cert sign", "digital signature"]
    wanted = certificate(
        "ca-of-a",
        scene.namespace,
        commonName="team-a",
        dnsNames=[],
        isCA=True,
        usages=usages,
        **spec,
    )
    scene.admin.apply(wanted)


def test_it_is_signed_with_its_constraints(authority: Scene) -> None:
    ask(authority, nameConstraints=OWN)

    authority.admin.wait_for(
        "Certificate", "ca-of-a", is_true("Ready"), authority.namespace, timeout=2 * SECONDS
    )
    data = authority.admin.get("Secret", "ca-of-a", authority.namespace)["data"]
    signed = x509.load_pem_x509_certificate(base64.b64decode(data["tls.crt"]))
    found = signed.extensions.get_extension_for_class(x509.NameConstraints)
    assert found.critical
    assert found.value.permitted_subtrees == [x509.DNSName("team-a.example.com")]
    assert found.value.excluded_subtrees is None


def test_without_them_it_is_denied(authority: Scene) -> None:
    ask(authority)
    assert "nameConstraints.permitted.dnsDomains.required" in authority.denied("ca-of-a-1")


def test_with_wider_ones_it_is_denied(authority: Scene) -> None:
    ask(authority, nameConstraints={"permitted": {"dnsDomains": ["example.com"]}})
    assert '"example.com" does not match "team-a.example.com"' in authority.denied("ca-of-a-1")
