"""Where policies are not simply enforced."""

import time

import pytest

from tests.controller.scene import Scene
from tests.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER, CAROL
from tests.running import Approver

pytestmark = pytest.mark.cluster


def test_audit_approves_and_tells(cluster: ControlPlane, scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["*.example.org"])
    scene.bind("web")
    with Approver(cluster.kubeconfig(APPROVER), "--enforcement=audit") as approver:
        scene.ask("denied")
        scene.ask("unmatched", by=CAROL)

        assert "does not match" in scene.approved("denied")
        assert "audit only" in scene.approved("unmatched")
        assert "audit only" in scene.event("denied", "Approved")["note"]
        counted = (
            'policy_approver_decisions_total{decision="approved",enforcement="audit",policy=""}'
        )
        approver.wait_until(lambda: approver.metrics().get(counted) == 2)
        violations = 'policy_approver_violations_total{field="spec.allowedDNSNames",policy="web"}'
        assert approver.metrics()[violations] == 1


def test_a_namespace_is_audited_as_long_as_it_is_labelled(
    cluster: ControlPlane, scene: Scene
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.org"])
    scene.bind("web")
    label = {"policy.cert-manager.io/enforcement": "audit"}
    with Approver(cluster.kubeconfig(APPROVER), "--namespace-audit"):
        scene.ask("before")
        scene.denied("before")
        scene.ask("unmatched", by=CAROL)
        scene.event("unmatched", "Unprocessed")

        scene.admin.patch("Namespace", scene.namespace, {"metadata": {"labels": label}})

        assert "audit only" in scene.approved("unmatched")


def test_what_no_policy_decides_is_denied_after_its_time(
    cluster: ControlPlane, scene: Scene
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    flags = ("--unmatched=deny", "--unmatched-grace=3s")
    with Approver(cluster.kubeconfig(APPROVER), *flags):
        scene.ask("bound-in-time")
        scene.ask("never-bound", by=CAROL)
        scene.event("never-bound", "Unprocessed")
        scene.bind("web")

        scene.approved("bound-in-time")
        assert "No policy that applies to this request is bound to" in scene.denied("never-bound")


def test_a_cluster_without_policies_may_approve(cluster: ControlPlane, scene: Scene) -> None:
    flags = ("--approve-when-no-policies", "--unmatched-grace=3s")
    with Approver(cluster.kubeconfig(APPROVER), *flags):
        scene.ask("none")
        scene.event("none", "Unprocessed")
        assert scene.approved("none") == "Approved since there are no policies"

        scene.policy("web", allowedDNSNames=["*.example.com"], mode="Audit")
        scene.policy_ready("web")
        scene.ask("one")

        scene.event("one", "Unprocessed")
        assert scene.undecided("one")

        scene.admin.delete("CertificateRequestPolicy", "web")  # to be made again, perhaps
        scene.ask("two")
        time.sleep(4)
        assert scene.undecided("two")
