"""Ways to the API server."""

from collections.abc import AsyncIterator

import pytest

from approver.kube.session import Session
from tests.controlplane.controlplane import ControlPlane
from tests.kube.proxy import Proxy


@pytest.fixture
async def proxy(cluster: ControlPlane) -> AsyncIterator[Proxy]:
    async with Proxy(cluster).running() as proxy:
        yield proxy


@pytest.fixture
async def session(cluster: ControlPlane) -> AsyncIterator[Session]:
    """Open a session as the administrator."""
    async with Session.open(cluster.kubeconfig()) as session:
        yield session
