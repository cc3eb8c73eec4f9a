import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane import APIError, Client, ControlPlane, Identity, binaries
from tests.controlplane.identities import ALICE, APPROVER, BUILDER_A
from tests.controlplane.manifests import (
    certificate,
    certificate_authority,
    certificate_request,
    decision,
    is_true,
)
from tests.controlplane.manifests import (
    namespace as a_namespace,
)
from tests.controlplane.waiting import wait_until

ZOE = Identity("zoe", ("team-z",))

pytestmark = pytest.mark.cluster


@pytest.mark.skipif("KUBEBUILDER_ASSETS" in os.environ, reason="then it is the user's choice")
def test_the_api_server_is_of_the_version_that_is_asked_for(admin: Client) -> None:
    version = binaries.required(binaries.requirements("kubernetes"), binaries.KUBERNETES)

    assert admin.call("GET", "/version")["gitVersion"] == f"v{version}"


@pytest.mark.parametrize("identity", [ALICE, BUILDER_A])
def test_cert_manager_records_who_asks(
    cluster: ControlPlane, namespace: str, identity: Identity
) -> None:
    created = cluster.client(identity).create(certificate_request("web", namespace))

    assert created["spec"]["username"] == identity.name
    assert created["spec"]["groups"] == [*identity.groups, "system:authenticated"]


def test_cert_manager_refuses_what_is_no_csr(admin: Client, namespace: str) -> None:
    with pytest.raises(APIError, match=r"403.*spec\.request"):
        admin.create(certificate_request("web", namespace, "no CSR"))


def test_cert_manager_issues_what_is_approved(admin: Client, namespace: str) -> None:
    admin.apply(*certificate_authority(namespace), certificate("web", namespace))
    admin.wait_for("CertificateRequest", "web-1", lambda _: True, namespace)

    approval = decision("Approved", "by hand")
    admin.patch("CertificateRequest", "web-1", approval, namespace, subresource="status")

    admin.wait_for("Certificate", "web", is_true("Ready"), namespace)
    assert "tls.crt" in admin.get("Secret", "web", namespace)["data"]


def test_wait_that_is_in_vain_shows_what_was_seen(admin: Client, namespace: str) -> None:
    admin.create(certificate_request("web", namespace))

    with pytest.raises(TimeoutError, match='"username": "admin"'):
        admin.wait_for("CertificateRequest", "web", is_true("Approved"), namespace, timeout=0.1)


@pytest.mark.usefixtures("installed_chart")
def test_approver_may_do_what_the_chart_grants(cluster: ControlPlane, namespace: str) -> None:
    approver = cluster.client(APPROVER)

    assert approver.list("CertificateRequestPolicy") == []
    with pytest.raises(APIError, match="403"):
        approver.list("Secret", namespace)


def test_without_its_webhook_cert_manager_accepts_nothing(
    cluster: ControlPlane, admin: Client, namespace: str
) -> None:
    cluster.webhook.kill()
    with pytest.raises(APIError, match="failed calling webhook"):
        admin.create(certificate_request("web", namespace))

    cluster.webhook.start()
    admin.create(certificate_request("web", namespace))


@pytest.fixture(scope="module")
def bare() -> Iterator[ControlPlane]:
    with ControlPlane(cert_manager=False, identities=[ZOE]) as cluster:
        yield cluster


def test_others_may_be_named_who_can_call(bare: ControlPlane) -> None:
    with pytest.raises(APIError, match='User "zoe" cannot list'):
        bare.client(ZOE).list("Namespace")


def test_parts_come_back_with_their_data(bare: ControlPlane) -> None:
    admin = bare.client()
    admin.create(a_namespace("kept"))

    for part in (bare.etcd, bare.api_server):
        part.kill()
        assert not part.running
        part.start()

    assert admin.get("Namespace", "kept")["metadata"]["name"] == "kept"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGKILL, -9)])
def test_nothing_is_left_however_it_ends(number: signal.Signals, status: int) -> None:
    command = [sys.executable, "-m", "tests.controlplane", "--without-cert-manager"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        first_line = running.stdout.readline()
        directory = first_line.split()[-1].rstrip(".")
        assert processes_of(directory)

        running.send_signal(number)

        assert running.wait(10) == status
    wait_until(lambda: not processes_of(directory), 10, "processes are left")
    assert not Path(directory).exists()


def processes_of(directory: str) -> list[Path]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:  # it ended
            continue
        if directory.encode() in command:
            found.append(process)
    return found
