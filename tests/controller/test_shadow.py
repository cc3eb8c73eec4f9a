"""A shadow reviews what another approver decides, and writes nothing."""

import pytest

from tests.controller.scene import Scene
from tests.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER, APPROVER_NAMESPACE, CAROL
from tests.controlplane.manifests import condition, decision
from tests.running import Approver

pytestmark = pytest.mark.cluster


def test_agreements_and_differences_are_counted(cluster: ControlPlane, scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["a.example.com"])
    scene.bind("web")
    with Approver(cluster.kubeconfig(APPROVER), "--enforcement=shadow") as shadow:
        shadow.wait_until(shadow.leads)
        scene.ask("a")
        scene.ask("b")
        scene.ask("unbound", by=CAROL)
        by_hand(scene, "a", "Approved")
        by_hand(scene, "b", "Approved")
        scene.admin.delete("CertificateRequest", "unbound", scene.namespace)

        shadow.wait_until(lambda: len(compared(shadow)) == 3)
        assert compared(shadow) == {
            '{ours="approved",theirs="approved"}': 1,
            '{ours="denied",theirs="approved"}': 1,
            '{ours="unmatched",theirs="none"}': 1,
        }
        difference = shadow.wait_for_line("another approver differs")
        assert difference["request"] == f"{scene.namespace}/b"
        assert difference["their reason"] == "by hand"
        assert "does not match" in difference["reason"]


def test_nothing_is_written(cluster: ControlPlane, scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["a.example.com"])
    scene.bind("web")
    with Approver(cluster.kubeconfig(APPROVER), "--enforcement=shadow") as shadow:
        shadow.wait_until(shadow.leads)
        scene.ask("a")
        scene.ask("b")
        by_hand(scene, "a", "Denied")
        shadow.wait_for_line("another approver differs")

        assert scene.undecided("b")
        assert scene.events() == []
        assert condition(scene.admin.get("CertificateRequestPolicy", "web"), "Ready") is None
        assert shadow.stop() == 0
    leases = {lease["metadata"]["name"] for lease in scene.admin.list("Lease", APPROVER_NAMESPACE)}
    assert "policy.cert-manager.io-shadow" in leases


def test_it_reviews_beside_the_approver_that_decides(cluster: ControlPlane, scene: Scene) -> None:
    kubeconfig = cluster.kubeconfig(APPROVER)
    scene.policy("web", allowedDNSNames=["a.example.com"])
    scene.bind("web")
    with Approver(kubeconfig) as approver, Approver(kubeconfig, "--enforcement=shadow") as shadow:
        shadow.wait_until(shadow.leads)
        assert approver.leads()
        scene.ask("a")
        scene.ask("b")
        scene.approved("a")
        scene.denied("b")

        shadow.wait_until(lambda: len(compared(shadow)) == 2)
        assert compared(shadow) == {
            '{ours="approved",theirs="approved"}': 1,
            '{ours="denied",theirs="denied"}': 1,
        }


def by_hand(scene: Scene, name: str, kind: str) -> None:
    change = decision(kind, "by hand")
    scene.admin.patch("CertificateRequest", name, change, scene.namespace, subresource="status")


def compared(shadow: Approver) -> dict[str, float]:
    """Give the numbers of reviews by both outcomes."""
    prefix = "policy_approver_shadow_total"
    return {
        name.removeprefix(prefix): number
        for name, number in shadow.metrics().items()
        if name.startswith(prefix) and number
    }
