"""Fixtures for tests that need the real control plane; one cluster serves a whole test process."""

import secrets
from collections.abc import Iterator

import pytest

from tests.controlplane import binaries, chart, manifests
from tests.controlplane.client import Client
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import TENANTS

CONTENT = ("Certificate", "CertificateRequest", "Issuer", "Secret", "RoleBinding", "Role")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build what is missing before the first test: a test's time limit is too short for it."""
    needed = any(item.get_closest_marker("cluster") for item in session.items)
    if not needed or session.config.option.collectonly:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    try:
        with capture.global_and_fixture_disabled():
            for product in binaries.PRODUCTS:
                binaries.find(product)
    except binaries.BuildError as error:
        pytest.exit(str(error), returncode=2)


@pytest.fixture(scope="session")
def cluster() -> Iterator[ControlPlane]:
    with ControlPlane() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def admin(cluster: ControlPlane) -> Client:
    return cluster.client()


@pytest.fixture(scope="session")
def installed_chart(admin: Client) -> list[manifests.Manifest]:
    """Install the chart's permissions and the CRDs; give all that the chart renders."""
    return chart.install_chart(admin)


@pytest.fixture
def namespace(admin: Client) -> Iterator[str]:
    """Make a namespace where tenants may request certificates, and empty it at the end."""
    name = f"test-{secrets.token_hex(4)}"
    rule = manifests.everything("cert-manager.io")
    admin.apply(
        manifests.namespace(name), *manifests.grant("request", rule, *TENANTS, namespace=name)
    )
    yield name
    for kind in CONTENT:
        admin.delete_all(kind, name)
    admin.delete("Namespace", name)


@pytest.fixture
def policies(admin: Client, installed_chart: list[manifests.Manifest]) -> Iterator[Client]:
    """Give the administrator's client, and remove every policy at the end."""
    del installed_chart
    yield admin
    admin.delete_all("CertificateRequestPolicy")
