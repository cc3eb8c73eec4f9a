"""Where policies are only tried out, nobody is warned of what will be approved."""

import pytest

from tests.controller.scene import Scene
from tests.controlplane import ControlPlane
from tests.controlplane.identities import ALICE
from tests.controlplane.manifests import certificate_request
from tests.webhook.served import served

pytestmark = pytest.mark.cluster


def test_what_an_audit_approves_is_no_warning(cluster: ControlPlane, scene: Scene) -> None:
    """Not even where many policies apply of which nobody may use one."""
    for number in range(7):
        scene.policy(f"web-{number}", allowedDNSNames=["*.example.com"])
    with served(cluster, "--enforcement=audit"):
        told = cluster.client(ALICE).warnings(certificate_request("web", scene.namespace))
        assert not [text for text in told if "would" in text]
        scene.ask("web")
        scene.approved("web")
