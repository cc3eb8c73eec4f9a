"""Whoever reaches the webhook can send it anything; no decision follows from that."""

import httpx
import pytest

from tests.controller.scene import Scene
from tests.controlplane.identities import ALICE, BOB
from tests.controlplane.manifests import encode
from tests.controlplane.pki import signing_request
from tests.webhook.served import HOST, Webhook

pytestmark = pytest.mark.cluster

ALLOWED = 'policy_approver_webhook_answers_total{answer="allowed",webhook="/requests"}'


def test_a_review_that_borrows_the_identity_of_a_request_does_not_change_its_reading(
    webhook: Webhook, scene: Scene
) -> None:
    """A reading is made when a policy asks, so the forged one is by somebody who may use one."""
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.policy_ready("web")
    scene.bind("web", to=BOB)
    scene.ask("evil", signing_request("", "DNS:evil.example.org"))
    request = scene.request("evil")
    harmless = signing_request("", "DNS:web.example.com")
    bob = {"username": BOB.name, "groups": list(BOB.groups)}
    forged = {**request, "spec": {**request["spec"], **bob, "request": encode(harmless)}}
    review = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "u",
            "kind": {"group": "cert-manager.io", "version": "v1", "kind": "CertificateRequest"},
            "namespace": scene.namespace,
            "name": "evil",
            "object": forged,
        },
    }
    with httpx.Client(verify=False, trust_env=False) as client:  # noqa: S501 - as anybody would
        for _ in range(3):
            answer = client.post(f"https://{HOST}:{webhook.port}/requests", json=review)
            assert answer.json()["response"] == {"uid": "u", "allowed": True}
    assert webhook.approver.metrics()[ALLOWED] >= 1  # so it was looked at
    scene.bind("web", to=ALICE)
    assert "evil.example.org" in scene.denied("evil")
