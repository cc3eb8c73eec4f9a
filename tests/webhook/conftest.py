"""The webhook, served to the real API server with the rights of the chart."""

from collections.abc import AsyncIterator, Iterator

import pytest

from approver.cel import AsyncEngine
from approver.cel.remembering import RememberingEngine
from approver.webhook.linter import Linter
from approver.webhook.policy_admission import PolicyAdmission
from tests.controller.scene import Scene
from tests.controlplane import Client, ControlPlane, chart
from tests.controlplane.identities import APPROVER_NAMESPACE
from tests.webhook.served import VALUES, Webhook, served

PATIENCE_SECONDS = 60.0  # with lint, on a busy machine


@pytest.fixture(scope="session")
def rights(admin: Client) -> None:
    """Install the rights of the chart, with those to write CAs into the configuration."""
    chart.install_chart(admin, VALUES)


@pytest.fixture
def no_secret(admin: Client, rights: None) -> Iterator[None]:
    """Have no CAs at the start, and leave none."""
    del rights
    admin.delete_all("Secret", APPROVER_NAMESPACE)
    yield
    admin.delete_all("Secret", APPROVER_NAMESPACE)


@pytest.fixture(scope="module")
def webhook(cluster: ControlPlane, rights: None) -> Iterator[Webhook]:
    """Serve one webhook for all tests of a module."""
    del rights
    with served(cluster) as webhook:
        yield webhook


@pytest.fixture
def scene(cluster: ControlPlane, namespace: str, policies: Client, rights: None) -> Iterator[Scene]:
    """Set a scene that is gone at the end, with its policies."""
    del policies, rights
    scene = Scene(cluster, namespace)
    yield scene
    scene.clear()


@pytest.fixture
async def admission() -> AsyncIterator[PolicyAdmission]:
    """What answers for policies, without a server."""
    async with (
        AsyncEngine() as engine,
        PolicyAdmission(
            RememberingEngine(engine),
            Linter(),
            requester_selectors=True,
            patience_seconds=PATIENCE_SECONDS,
        ) as admission,
    ):
        yield admission
