"""An API server that is away: at the start, and in between."""

from collections.abc import Iterator

import pytest

from tests.controller.observed import readiness, warns
from tests.controller.scene import Scene
from tests.controlplane import ControlPlane, chart
from tests.controlplane.identities import APPROVER, TENANTS
from tests.controlplane.manifests import everything, grant, namespace
from tests.running import Approver

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """Set a scene in a cluster of its own, which others do not miss."""
    with ControlPlane() as cluster:
        home = "outages"
        rights = grant("request", everything("cert-manager.io"), *TENANTS, namespace=home)
        chart.install_chart(cluster.client())
        cluster.client().apply(namespace(home), *rights)
        scene = Scene(cluster, home)
        scene.policy("web", allowedDNSNames=["*.example.com"])
        scene.bind("web")
        yield scene


def test_it_waits_for_an_api_server_that_is_not_there_yet(scene: Scene) -> None:
    cluster = scene.cluster
    kubeconfig = cluster.kubeconfig(APPROVER)
    scene.ask("early")
    cluster.api_server.kill()
    with Approver(kubeconfig, wait=False) as approver, Approver(kubeconfig, wait=False) as other:
        approver.wait_until(lambda: warns(approver, cluster.url))
        assert approver.answer("probes", "/healthz").status_code == 200
        assert readiness(approver)[0] == 503

        other.wait_until(lambda: warns(other, cluster.url))
        assert other.stop() == 0  # it can be stopped while it waits

        cluster.api_server.start()

        approver.wait_until(approver.ready)
        scene.approved("early")
        assert approver.stop() == 0


def test_it_goes_on_when_the_api_server_comes_back(scene: Scene) -> None:
    cluster = scene.cluster
    with Approver(cluster.kubeconfig(APPROVER)) as approver:
        scene.ask("before")
        scene.approved("before")

        cluster.api_server.kill()
        approver.wait_until(lambda: warns(approver, cluster.url))
        assert approver.answer("probes", "/healthz").status_code == 200
        assert not approver.ready()
        cluster.api_server.start()

        scene.ask("after")
        scene.approved("after")
        assert approver.stop() == 0
