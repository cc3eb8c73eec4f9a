"""Requests from before the start, restarts, and several approvers at once."""

import pytest

from tests.controller.scene import Scene
from tests.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER
from tests.controlplane.manifests import decision
from tests.running import Approver

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("installed_chart")]


def test_what_came_before_the_start_is_decided(cluster: ControlPlane, scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["a.example.com"])
    scene.bind("web")
    for name in ("a", "b", "foreign"):
        scene.ask(name)
    by_hand = decision("Approved", "by hand")
    scene.admin.patch(
        "CertificateRequest", "foreign", by_hand, scene.namespace, subresource="status"
    )

    with Approver(cluster.kubeconfig(APPROVER)) as approver:
        scene.approved("a")
        scene.denied("b")
        assert scene.approved("foreign") == "by hand"
        assert not approver.total("policy_approver_foreign_decisions_total")


def test_a_restart_decides_nothing_twice(cluster: ControlPlane, scene: Scene) -> None:
    kubeconfig = cluster.kubeconfig(APPROVER)
    scene.policy("web", allowedDNSNames=["a.example.com", "c.example.com"])
    scene.bind("web")
    with Approver(kubeconfig) as approver:
        scene.ask("a")
        scene.ask("b")
        scene.approved("a")
        scene.denied("b")
        assert approver.stop() == 0
    before = [scene.decided(name) for name in ("a", "b")]

    with Approver(kubeconfig) as approver:
        scene.ask("c")
        scene.approved("c")
        assert approver.stop() == 0

    assert [scene.decided(name) for name in ("a", "b")] == before
    assert sorted(told(scene)) == [("a", "Approved"), ("b", "Denied"), ("c", "Approved")]


def test_a_stop_amid_the_work_leaves_nothing_half_done(cluster: ControlPlane, scene: Scene) -> None:
    kubeconfig = cluster.kubeconfig(APPROVER)
    names = [f"shop-{number}" for number in range(60)]
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    for name in names:
        scene.ask(name)
    with Approver(kubeconfig, "--workers=1") as approver:
        approver.wait_for_line("request approved")
        assert approver.stop() == 0
    decided = [name for name in names if not scene.undecided(name)]
    assert sorted(told(scene)) == sorted((name, "Approved") for name in decided)

    with Approver(kubeconfig) as approver:
        for name in names:
            scene.approved(name)
        assert approver.stop() == 0
    assert sorted(told(scene)) == sorted((name, "Approved") for name in names)


def told(scene: Scene) -> list[tuple[str, str]]:
    """List the events, as the name of a request and the reason."""
    return [(event["regarding"]["name"], event["reason"]) for event in scene.events()]
