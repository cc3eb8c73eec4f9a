"""Without cert-manager's webhook a request may name any requester."""

from collections.abc import Iterator

import pytest

from tests.controller.scene import Scene
from tests.controlplane import Client, ControlPlane
from tests.controlplane.identities import APPROVER
from tests.controlplane.manifests import Manifest
from tests.running import Approver

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("installed_chart")]

NAME = "cert-manager-webhook"
KINDS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
METRIC = "policy_approver_cert_manager_webhook_problems"


@pytest.fixture
def webhooks(admin: Client) -> Iterator[list[Manifest]]:
    """Give the two configurations, and restore them at the end."""
    found = []
    for kind in KINDS:
        each = admin.get(kind, NAME)
        metadata = {"name": each["metadata"]["name"]}
        found.append(
            {"apiVersion": each["apiVersion"], "kind": kind}
            | {"metadata": metadata, "webhooks": each["webhooks"]}
        )
    yield found
    admin.apply(*found)


def test_its_absence_is_said_and_may_stop_decisions(
    cluster: ControlPlane, scene: Scene, webhooks: list[Manifest]
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    with Approver(cluster.kubeconfig(APPROVER), "--require-cert-manager-webhook") as approver:
        scene.ask("before")
        scene.approved("before")
        assert approver.metrics()[METRIC] == 0

        for kind in KINDS:
            scene.admin.delete(kind, NAME)
        line = approver.wait_for_line(
            "cert-manager's webhook does not make sure who requests a certificate"
        )
        assert line["level"] == "error"
        assert f"there is no {KINDS[0]} for certificaterequests.cert-manager.io" in line["problems"]
        approver.wait_until(lambda: approver.metrics()[METRIC] == 2)
        assert "there is no" in approver.answer("probes", "/readyz").text
        scene.ask("forged", username="alice")
        assert scene.undecided("forged")
        scene.admin.delete("CertificateRequest", "forged", scene.namespace)

        scene.admin.apply(*webhooks)
        approver.wait_until(approver.ready)
        scene.ask("after")
        scene.approved("after")
