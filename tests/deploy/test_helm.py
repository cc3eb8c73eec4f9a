"""Helm installs and upgrades the chart on a real API server, and takes nothing away."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.controlplane import binaries
from tests.controlplane.certmanager import install_definitions
from tests.controlplane.chart import CHART, DEFINITIONS
from tests.controlplane.client import KINDS
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import ADMIN
from tests.controlplane.manifests import Manifest, certificate_request, encode, namespace
from tests.controlplane.pki import Authority
from tests.controlplane.waiting import wait_until
from tests.crds.examples import CRD_FILE
from tests.examples import policy_manifest

pytestmark = pytest.mark.cluster

PREVIOUS = Path(__file__).parent / "previous"
SECONDS = 60

Helm = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cluster() -> Iterator[ControlPlane]:
    """Start one of its own, on which nothing of ours is installed."""
    with ControlPlane() as cluster:
        yield cluster


@pytest.fixture
def helm(cluster: ControlPlane, tmp_path: Path) -> Helm:
    """Give a function that runs helm, which is not to wait for pods: there are no nodes."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        kubeconfig = cluster.kubeconfig(ADMIN)
        return subprocess.run(
            [str(binaries.find("helm")), f"--kubeconfig={kubeconfig}", *arguments],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env={"HOME": str(tmp_path)},
        )

    return run


INSTALL = ("policy-approver", "--namespace=policy-approver", "--create-namespace")


def test_an_upgrade_keeps_policies_and_requests(
    cluster: ControlPlane, helm: Helm, tmp_path: Path
) -> None:
    previous = tmp_path / "previous"
    shutil.copytree(PREVIOUS, previous)
    (previous / "files").mkdir()
    shutil.copy(CRD_FILE, previous / "files" / "crd.yaml")
    done = helm("install", *INSTALL, str(previous))
    assert done.returncode == 0, done.stderr
    admin = cluster.client()
    path = KINDS["CertificateRequestPolicy"].path(None)
    wait_until(lambda: admin.serves(path), SECONDS, "the definition is not served")
    admin.apply(namespace("shop"))
    admin.create(policy_manifest("web", allowedIsCA=False, selector={"namespace": {}}))
    admin.create(certificate_request("web", "shop"))

    done = helm("upgrade", *INSTALL[:2], str(CHART))

    assert done.returncode == 0, done.stderr
    assert admin.get("CertificateRequestPolicy", "web")["spec"]["allowedIsCA"] is False
    assert admin.get("CertificateRequest", "web", "shop")["spec"]["request"]
    roles = {role["metadata"]["name"] for role in admin.list("ClusterRole")}
    assert "policy-approver" not in roles
    assert "policy-approver-requests" in roles
    assert "symbolic link" not in done.stderr


def test_a_definition_that_another_release_installed_is_taken_over(
    cluster: ControlPlane, helm: Helm
) -> None:
    admin = cluster.client()
    install_definitions(admin, DEFINITIONS)
    admin.create(policy_manifest("web", allowedIsCA=False, selector={"namespace": {}}))

    refused = helm("install", *INSTALL, str(CHART))
    assert refused.returncode != 0
    assert "invalid ownership metadata" in refused.stderr

    done = helm("install", *INSTALL, "--take-ownership", str(CHART))
    assert done.returncode == 0, done.stderr
    assert admin.get("CertificateRequestPolicy", "web")["spec"]["allowedIsCA"] is False


def test_notes_warn_of_other_approvers(cluster: ControlPlane, helm: Helm) -> None:
    admin = cluster.client()
    admin.apply(namespace("cert-manager"))
    admin.create(deployment("cert-manager", "jetstack/cert-manager-controller:v1", "--v=2"))
    admin.create(deployment("other", "jetstack/cert-manager-approver-policy:v0"))

    notes = helm("install", *INSTALL, str(CHART)).stdout

    assert "WARNING: cert-manager runs here with its own approver on" in notes
    assert "WARNING: approver-policy runs here, too" in notes

    quiet = [
        "--set=app.enforcement=shadow,replicaCount=2,podDisruptionBudget.enabled=true",
        "--namespace=policy-approver",
    ]
    notes = helm("upgrade", "policy-approver", *quiet, str(CHART)).stdout
    assert "approver-policy runs here" not in notes
    assert "With one replica" not in notes
    assert "SHADOW" in notes


def test_notes_say_who_has_the_webhook_trusted(cluster: ControlPlane, helm: Helm) -> None:
    admin = cluster.client()
    admin.apply(namespace("cert-manager"))
    admin.create(deployment("cert-manager", "jetstack/cert-manager-controller:v1"))
    warning = "WARNING: no cainjector of cert-manager runs here"

    assert warning in helm("install", *INSTALL, str(CHART)).stdout

    upgrade = ("upgrade", "policy-approver", "--namespace=policy-approver", str(CHART))
    assert warning not in helm(*upgrade, "--set=admission.caInjection=self").stdout
    assert warning not in helm(*upgrade, "--set=admission.policies.enabled=false").stdout
    own = helm(*upgrade, "--set=app.webhook.certificateDir=/tls").stdout
    assert "The webhook serves the certificate in /tls" in own

    admin.create(deployment("cainjector", "jetstack/cert-manager-cainjector:v1"))
    fail = helm(*upgrade, "--set=admission.policies.failurePolicy=Fail").stdout
    assert warning not in fail
    assert "no policy can be written" in fail


def test_an_upgrade_keeps_the_ca_that_others_put_in(cluster: ControlPlane, helm: Helm) -> None:
    admin = cluster.client()
    kind, name = "ValidatingWebhookConfiguration", "policy-approver-webhook"
    assert helm("install", *INSTALL, str(CHART)).returncode == 0
    found = admin.get(kind, name)
    bundle = encode(Authority("somebody").pair.certificate)
    for webhook in found["webhooks"]:
        webhook["clientConfig"]["caBundle"] = bundle
    admin.patch(kind, name, {"webhooks": found["webhooks"]})

    more = "--set=admission.requests.enabled=true,app.webhook.timeoutSeconds=7"
    done = helm("upgrade", *INSTALL[:2], more, str(CHART))

    assert done.returncode == 0, done.stderr
    policies, requests = admin.get(kind, name)["webhooks"]
    assert policies["clientConfig"]["caBundle"] == bundle
    assert policies["timeoutSeconds"] == 7
    assert "caBundle" not in requests["clientConfig"]

    off = "--set=admission.policies.enabled=false"
    assert helm("upgrade", *INSTALL[:2], off, str(CHART)).returncode == 0
    assert name not in {each["metadata"]["name"] for each in admin.list(kind)}


def deployment(name: str, image: str, *arguments: str) -> Manifest:
    labels = {"app": name}
    container = {"name": name, "image": image, "args": [*arguments]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "cert-manager"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
