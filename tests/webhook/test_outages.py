"""With the webhook down, hanging or slow, policies are written and certificates are issued."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.controller.scene import SECONDS, Scene
from tests.controlplane import Client, ControlPlane
from tests.controlplane.client import APIError
from tests.controlplane.identities import APPROVER, CERT_MANAGER
from tests.controlplane.manifests import certificate, is_true
from tests.controlplane.waiting import wait_until
from tests.examples import policy_manifest
from tests.running import Approver
from tests.webhook.served import HOST, called, free_port, served

pytestmark = pytest.mark.cluster

BROKEN = policy_manifest(
    "broken", selector={"issuerRef": {}}, plugins={"x": {"values": {"a": "b"}}}
)


@contextmanager
def nobody() -> Iterator[int]:
    yield free_port()


@contextmanager
def hanging() -> Iterator[int]:
    """Listen, and never say a word."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen(64)
        yield listener.getsockname()[1]


@contextmanager
def slow() -> Iterator[int]:
    """Take connections, and hang up after a while."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen(64)

        def take() -> None:
            while True:
                try:
                    taken, _ = listener.accept()
                except OSError:
                    return
                time.sleep(0.7)
                taken.close()

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("webhook", [nobody, hanging, slow])
@pytest.mark.timeout(120)
def test_policies_are_written_and_certificates_issued(
    scene: Scene, cluster: ControlPlane, webhook: type
) -> None:
    scene.authority()
    with (
        webhook() as port,
        called(scene.admin, port, timeoutSeconds=1),
        Approver(cluster.kubeconfig(APPROVER)),
    ):
        scene.policy("web", allowedDNSNames=["*.example.com"])
        scene.bind("web", to=CERT_MANAGER)
        scene.policy_ready("web")
        scene.admin.create(certificate("web", scene.namespace, dnsNames=["web.example.com"]))
        scene.admin.wait_for(
            "Certificate", "web", is_true("Ready"), scene.namespace, timeout=2 * SECONDS
        )
        scene.policy("web", allowedDNSNames=["*.example.org"])
        scene.admin.create(BROKEN)
        for name in ("web", "broken"):
            scene.admin.delete("CertificateRequestPolicy", name)


def test_with_fail_policies_are_not_written_and_are_deleted_all_the_same(scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    with called(scene.admin, free_port(), failurePolicy="Fail"):
        wait_until(lambda: fails(scene.admin), SECONDS, "it does not fail")
        scene.admin.patch("CertificateRequestPolicy", "web", {"metadata": {"labels": {"a": "b"}}})
        scene.admin.delete("CertificateRequestPolicy", "web")


def fails(admin: Client) -> bool:
    try:
        admin.create(BROKEN, dry_run=True)
    except APIError as error:
        return error.status == 500
    return False


def test_what_is_stored_without_it_is_told_by_its_readiness(
    scene: Scene, cluster: ControlPlane
) -> None:
    scene.admin.create(BROKEN)
    with served(cluster):
        ready = scene.policy_ready("broken", "False")
        assert "no plugins are registered" in ready["message"]
        scene.admin.patch(
            "CertificateRequestPolicy", "broken", {"metadata": {"labels": {"a": "b"}}}
        )
        scene.admin.delete("CertificateRequestPolicy", "broken")


@pytest.mark.timeout(120)
def test_a_rollout_fails_no_admission(scene: Scene, cluster: ControlPlane) -> None:
    """It answers on after SIGTERM, and asks those who keep connections to leave."""
    with served(cluster, failurePolicy="Fail") as webhook:
        good = policy_manifest("good", selector={"issuerRef": {}}, maxDuration="1h")
        scene.admin.warnings(good)
        ended = threading.Thread(target=webhook.approver.stop)
        ended.start()
        began, answered = time.monotonic(), 0
        while time.monotonic() - began < 4:
            scene.admin.warnings(good)
            answered += 1
        ended.join()
        assert answered > 20
        assert time.monotonic() - began < 15
