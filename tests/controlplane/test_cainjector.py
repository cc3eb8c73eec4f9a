from collections.abc import Iterator

import pytest

from tests.controlplane import Client, ControlPlane
from tests.controlplane.certmanager import injectable
from tests.controlplane.manifests import Manifest, encode
from tests.controlplane.pki import Authority
from tests.controlplane.processes import Process

KIND = "ValidatingWebhookConfiguration"

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def cainjector(cluster: ControlPlane) -> Iterator[Process]:
    with cluster.cainjector() as running:
        yield running


@pytest.fixture
def configuration(admin: Client, namespace: str) -> Iterator[str]:
    """Make a configuration that asks for the authority in the namespace's Secret `ca`."""
    annotation = {"cert-manager.io/inject-ca-from-secret": f"{namespace}/ca"}
    admin.apply(injectable(namespace, annotation))
    yield namespace
    admin.delete(KIND, namespace)


@pytest.mark.usefixtures("cainjector")
def test_injects_the_authority_of_a_secret_and_the_next(
    admin: Client, namespace: str, configuration: str
) -> None:
    first, second = (Authority(name).pair.certificate for name in ("first", "second"))

    admin.apply(secret(namespace, first))
    admin.wait_for(KIND, configuration, lambda found: bundle(found) == encode(first))

    # The old one stays until it expires: what it has certified may still be in use.
    admin.apply(secret(namespace, second))
    admin.wait_for(KIND, configuration, lambda found: bundle(found) == encode(first + second))


@pytest.mark.usefixtures("cainjector")
def test_injects_nothing_of_a_secret_that_does_not_allow_it(
    admin: Client, namespace: str, configuration: str
) -> None:
    kept, given = (Authority(name).pair.certificate for name in ("kept", "given"))

    admin.apply(secret(namespace, kept, allowed="false"))
    with pytest.raises(TimeoutError):
        admin.wait_for(KIND, configuration, bundle, timeout=1)

    admin.apply(secret(namespace, given))
    admin.wait_for(KIND, configuration, lambda found: bundle(found) == encode(given))


def test_can_be_ended_and_started_again(
    cainjector: Process, admin: Client, namespace: str, configuration: str
) -> None:
    authority = Authority("meanwhile").pair.certificate

    cainjector.kill()
    admin.apply(secret(namespace, authority))
    cainjector.start()

    admin.wait_for(KIND, configuration, lambda found: bundle(found) == encode(authority))


def secret(namespace: str, authority: str, *, allowed: str = "true") -> Manifest:
    annotations = {"cert-manager.io/allow-direct-injection": allowed}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "ca", "namespace": namespace, "annotations": annotations},
        "data": {"ca.crt": encode(authority)},
    }


def bundle(configuration: Manifest) -> str | None:
    found: str | None = configuration["webhooks"][0]["clientConfig"].get("caBundle")
    return found
