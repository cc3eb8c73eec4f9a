"""A tenant hears at once of a Certificate, or a request, that no policy would approve."""

import httpx
import pytest

from tests.controller.scene import Scene
from tests.controlplane.client import KINDS
from tests.controlplane.identities import ALICE, CERT_MANAGER, Identity
from tests.controlplane.manifests import Manifest, certificate, certificate_request
from tests.webhook.served import Webhook

pytestmark = pytest.mark.cluster


def warnings(scene: Scene, manifest: Manifest, by: Identity = ALICE) -> list[str]:
    return [
        text
        for text in scene.cluster.client(by).warnings(manifest)
        if "would" in text or "for all reasons" in text
    ]


@pytest.fixture
def bound(webhook: Webhook, scene: Scene) -> Scene:
    """Give a scene where web servers under example.com are approved."""
    del webhook
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web", to=CERT_MANAGER)
    scene.policy_ready("web")
    return scene


def test_a_certificate_that_would_be_denied_is_created_with_the_reason(bound: Scene) -> None:
    told = warnings(bound, certificate("web", bound.namespace, dnsNames=["web.example.org"]))
    assert len(told) == 2
    assert "Certificate web would be denied: " in told[0]
    assert "allowedDNSNames" in told[0]


def test_what_would_be_approved_passes_without_a_word(bound: Scene) -> None:
    told = warnings(bound, certificate("web", bound.namespace, dnsNames=["web.example.com"]))
    assert told == []


def test_a_request_is_judged_as_that_of_who_makes_it(bound: Scene) -> None:
    told = warnings(bound, certificate_request("web", bound.namespace))
    assert "CertificateRequest web would not be approved by any policy: " in told[0]
    bound.bind("web", to=ALICE)
    bound.ask("first")  # the answer of a moment ago is used for some seconds
    bound.approved("first")
    assert warnings(bound, certificate_request("web", bound.namespace)) == []


def test_a_dry_run_leaves_nothing_to_explain(bound: Scene) -> None:
    """What `warnings` asks is one; a file is what is there then."""
    told = warnings(bound, certificate("web", bound.namespace, dnsNames=["web.example.org"]))
    assert "approver check" in told[1]


def test_however_many_policies_there_are_that_one_may_not_use(
    webhook: Webhook, scene: Scene
) -> None:
    del webhook
    for number in range(7):
        scene.policy(f"web-{number}", allowedDNSNames=["*.example.com"])
        scene.policy_ready(f"web-{number}")
    told = warnings(scene, certificate_request("web", scene.namespace))
    assert "CertificateRequest web would not be approved by any policy: " in told[0]


def test_what_cert_manager_refuses_is_left_to_cert_manager(bound: Scene) -> None:
    response = bound.cluster.client(ALICE)._http.post(  # noqa: SLF001 - what was refused, whole
        KINDS["Certificate"].path(bound.namespace),
        json=certificate("web", bound.namespace, dnsNames=[], commonName=None),
    )
    assert response.status_code in {httpx.codes.BAD_REQUEST, httpx.codes.FORBIDDEN, 422}
