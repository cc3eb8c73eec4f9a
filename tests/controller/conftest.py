"""The approver at work, with the permissions of its chart and nothing more."""

from collections.abc import Iterator

import pytest

from tests.controller.scene import Scene
from tests.controlplane import Client, ControlPlane
from tests.controlplane.identities import APPROVER
from tests.controlplane.manifests import Manifest
from tests.running import Approver


@pytest.fixture(scope="module")
def approver(cluster: ControlPlane, installed_chart: list[Manifest]) -> Iterator[Approver]:
    """Run one approver for all tests of a module."""
    del installed_chart
    with Approver(cluster.kubeconfig(APPROVER)) as approver:
        yield approver


@pytest.fixture
def scene(cluster: ControlPlane, namespace: str, policies: Client) -> Iterator[Scene]:
    """Set a scene that is gone at the end, with its policies."""
    del policies
    scene = Scene(cluster, namespace)
    yield scene
    scene.clear()
