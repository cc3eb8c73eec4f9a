"""What people see of policies and decisions with kubectl, where there is one."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.controller.scene import Scene
from tests.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER
from tests.controlplane.kubectl import Ran, needs_kubectl
from tests.controlplane.kubectl import kubectl as run_kubectl
from tests.controlplane.manifests import certificate_request
from tests.controlplane.waiting import wait_until
from tests.running import Approver

pytestmark = [pytest.mark.cluster, needs_kubectl]

EXPLAINED_SECONDS = 30

Kubectl = Callable[..., Ran]

WRONG = """\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: wrong}
spec: {maxDuration: a month, selector: {namespace: {}}}
"""


@pytest.fixture(scope="module", autouse=True)
def approver(cluster: ControlPlane, installed_chart: object) -> Iterator[Approver]:
    del installed_chart
    with Approver(cluster.kubeconfig(APPROVER)) as approver:
        yield approver


@pytest.fixture
def kubectl(cluster: ControlPlane, scene: Scene, tmp_path: Path) -> Kubectl:
    """Give a function that runs kubectl as the administrator, in the namespace of the scene."""
    namespace = f"--namespace={scene.namespace}"
    return partial(run_kubectl, cluster.kubeconfig(), tmp_path, namespace)


def test_policies_are_listed_with_their_readiness(kubectl: Kubectl, scene: Scene) -> None:
    scene.policy("deciding", allowedDNSNames=["*.example.com"], mode="Enforce")
    scene.policy("reporting", allowedDNSNames=["*.example.com"], mode="Audit")
    scene.policy("with-plugin", plugins={"x": {"values": {}}}, selector={"namespace": {}})
    for name in ("deciding", "reporting"):
        scene.policy_ready(name)
    scene.policy_ready("with-plugin", "False")

    lines = kubectl("get", "crp").stdout.splitlines()

    assert [line.split()[:-1] for line in lines] == [
        ["NAME", "READY", "MODE"],
        ["deciding", "True", "Enforce"],
        ["reporting", "True", "Audit"],
        ["with-plugin", "False", "Enforce"],
    ]


def test_policies_and_requests_can_be_waited_for(kubectl: Kubectl, scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    scene.ask("shop")

    assert kubectl("wait", "--for=condition=Ready", "crp/web", "--timeout=10s").returncode == 0
    approved = kubectl("wait", "--for=condition=Approved", "cr/shop", "--timeout=10s")
    assert approved.stdout == "certificaterequest.cert-manager.io/shop condition met\n"


def test_a_request_is_described_with_its_decision(kubectl: Kubectl, scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["*.example.org"])
    scene.bind("web")
    scene.ask("shop")
    message = scene.denied("shop")
    scene.event("shop", "Denied")

    described = kubectl("describe", "certificaterequest", "shop").stdout

    _, _, events = described.partition("Events:")
    assert message in described
    assert events.split()[events.split().index("Warning") + 1] == "Denied"
    assert "policy-approver" in events
    assert message in events


def test_events_are_listed(kubectl: Kubectl, scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    scene.ask("shop")
    scene.event("shop", "Approved")

    listed = kubectl("get", "events", "--no-headers", "--field-selector=reason=Approved")
    [line] = listed.stdout.splitlines()

    assert line.split(maxsplit=4)[1:] == [
        "Normal",
        "Approved",
        "certificaterequest/shop",
        'Approved by CertificateRequestPolicy: "web"',
    ]


def test_requests_are_listed_with_their_decision(kubectl: Kubectl, scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["a.example.com"])
    scene.bind("web")
    for name in ("a", "b"):
        scene.ask(name)
        scene.decided(name)

    columns = "NAME:.metadata.name,SAID:.status.conditions[0].type"
    listed = kubectl("get", "cr", "-o", f"custom-columns={columns}", "--no-headers").stdout

    assert [line.split() for line in listed.splitlines()] == [["a", "Approved"], ["b", "Denied"]]
    plain = kubectl("get", "cr", "--no-headers").stdout.splitlines()
    assert [line.split()[:2] for line in plain] == [["a", "True"], ["b", "True"]]


def test_fields_are_explained(kubectl: Kubectl) -> None:
    wait_until(
        lambda: kubectl("explain", "crp.spec").returncode == 0,
        EXPLAINED_SECONDS,
        "nothing is explained",
    )

    explained = kubectl("explain", "crp.spec.allowedDNSNames").stdout

    assert "KIND:       CertificateRequestPolicy" in explained
    assert "FIELD: allowedDNSNames <[]string>" in explained
    assert "DESCRIPTION:" in explained
    assert "<empty>" not in explained


def test_a_wrong_policy_is_refused_by_its_field(kubectl: Kubectl) -> None:
    refused = kubectl("apply", "-f", "-", text=WRONG)

    assert refused.returncode == 1
    assert 'The CertificateRequestPolicy "wrong" is invalid' in refused.stderr
    assert "spec.maxDuration" in refused.stderr


def test_a_misspelt_field_is_refused(kubectl: Kubectl) -> None:
    refused = kubectl("apply", "-f", "-", text=WRONG.replace("maxDuration", "maxDurations"))

    assert refused.returncode == 1
    assert 'unknown field "spec.maxDurations"' in refused.stderr


def test_approval_by_hand_is_left_alone(kubectl: Kubectl, scene: Scene) -> None:
    scene.admin.create(certificate_request("lonely", scene.namespace))
    scene.event("lonely", "Unprocessed")
    condition = (
        '{"status":{"conditions":[{"type":"Approved","status":"True","reason":"hand",'
        '"message":"by hand"}]}}'
    )

    patched = kubectl(
        "patch", "cr", "lonely", "--subresource=status", "--type=merge", f"--patch={condition}"
    )

    assert patched.returncode == 0, patched.stderr
    assert scene.approved("lonely") == "by hand"
