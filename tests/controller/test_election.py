"""Several approvers, of which one decides."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.controller.scene import Scene
from tests.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER
from tests.running import Approver

pytestmark = pytest.mark.cluster


@contextmanager
def leader_and_standby(cluster: ControlPlane) -> Iterator[tuple[Approver, Approver]]:
    kubeconfig = cluster.kubeconfig(APPROVER)
    with Approver(kubeconfig) as leader:
        leader.wait_until(leader.leads)
        with Approver(kubeconfig) as standby:
            yield leader, standby


def decisions(approver: Approver) -> float:
    return sum(
        value
        for name, value in approver.metrics().items()
        if name.startswith("policy_approver_decisions_total")
    )


def test_only_one_decides_and_the_other_finds_nothing_foreign(
    cluster: ControlPlane, scene: Scene
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    with leader_and_standby(cluster) as (leader, standby):
        for name in ("a", "b", "c"):
            scene.ask(name)
            scene.approved(name)
        leader.wait_until(lambda: decisions(leader) == 3)

        assert standby.ready()
        assert not standby.leads()
        assert decisions(standby) == 0
        assert not standby.total("policy_approver_foreign_decisions_total")


@pytest.mark.parametrize("end", ["SIGTERM", "SIGKILL"])
def test_when_the_one_is_gone_the_other_decides(
    cluster: ControlPlane, scene: Scene, end: str
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    with leader_and_standby(cluster) as (leader, standby):
        if end == "SIGTERM":
            assert leader.stop() == 0
        else:
            leader.kill()
        scene.ask("after")

        scene.approved("after")
        assert standby.leads()
        assert decisions(standby) == 1
