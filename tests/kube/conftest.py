"""Ways to the API server."""

from collections.abc import AsyncIterator, Iterator

import pytest

from approver.kube.session import Session
from tests.controlplane.client import Client
from tests.controlplane.controlplane import ControlPlane
from tests.kube.proxy import Proxy


@pytest.fixture
def namespace(namespace: str, admin: Client) -> Iterator[str]:
    """Leave no config maps behind, of which other tests count the pages."""
    yield namespace
    admin.delete_all("ConfigMap", namespace)


@pytest.fixture
async def proxy(cluster: ControlPlane) -> AsyncIterator[Proxy]:
    async with Proxy(cluster).running() as proxy:
        yield proxy


@pytest.fixture
async def session(cluster: ControlPlane) -> AsyncIterator[Session]:
    """Open a session as the administrator."""
    async with Session.open(cluster.kubeconfig()) as session:
        yield session
