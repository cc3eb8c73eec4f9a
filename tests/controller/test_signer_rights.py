"""The right to approve is looked after before a request waits for it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.controller.observed import sample
from tests.controller.scene import Scene
from tests.controlplane.identities import APPROVER
from tests.controlplane.manifests import Manifest
from tests.running import Approver, Line

pytestmark = pytest.mark.cluster

MAY_WAIT = "requests for a selected kind of signer may wait"
OWN = {
    "Issuer.cert-manager.io": "issuers.cert-manager.io",
    "ClusterIssuer.cert-manager.io": "clusterissuers.cert-manager.io",
}


def warned(approver: Approver) -> dict[str, Line]:
    """Give the warnings by the kind of signer."""
    return {line["signer"]: line for line in approver.log() if line["message"] == MAY_WAIT}


def may_approve(approver: Approver, signer: str) -> float | None:
    return approver.metrics().get(sample("policy_approver_may_approve", signer=signer))


@contextmanager
def right_to_approve(scene: Scene, chart: list[Manifest], *signers: str) -> Iterator[None]:
    """Let the chart's role have it for these signers only, for a while."""
    [role] = [
        each
        for each in chart
        if each["kind"] == "ClusterRole" and each["metadata"]["name"] == "policy-approver-requests"
    ]
    rules = [
        rule | {"resourceNames": list(signers)} if "approve" in rule["verbs"] else rule
        for rule in role["rules"]
        if signers or "approve" not in rule["verbs"]
    ]
    scene.admin.apply(role | {"rules": rules})
    try:
        yield
    finally:
        scene.admin.apply(role)


def test_it_is_told_at_start_and_cleared_when_it_is_granted(
    scene: Scene, installed_chart: list[Manifest]
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    with (
        right_to_approve(scene, installed_chart),
        Approver(scene.cluster.kubeconfig(APPROVER)) as approver,
    ):
        approver.wait_until(lambda: len(warned(approver)) == 2)
        for signer, resource in OWN.items():
            line = warned(approver)[signer]
            assert line["level"] == "warning"
            assert f"approve on signers, resource name {resource}/*" in line["problem"]
            assert may_approve(approver, signer) == 0
    with Approver(scene.cluster.kubeconfig(APPROVER)) as approver:
        approver.wait_until(lambda: may_approve(approver, "Issuer.cert-manager.io") == 1)


def test_a_right_for_signers_by_name_is_what_the_operator_meant(
    scene: Scene, installed_chart: list[Manifest]
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    with (
        right_to_approve(scene, installed_chart, "clusterissuers.cert-manager.io/internal-ca"),
        Approver(scene.cluster.kubeconfig(APPROVER)) as approver,
    ):
        approver.wait_until(lambda: may_approve(approver, "Issuer.cert-manager.io") == 0)
        approver.wait_until(lambda: may_approve(approver, "ClusterIssuer.cert-manager.io") == 1)
        assert set(warned(approver)) == {"Issuer.cert-manager.io"}


def test_a_kind_that_a_policy_adds_is_looked_up_and_forgotten_with_it(
    scene: Scene, approver: Approver
) -> None:
    missing = {"kind": "Isuer", "group": "cert-manager.io"}
    scene.policy("typo", allowedDNSNames=["*"], selector={"issuerRef": missing})

    line = approver.wait_for_line(MAY_WAIT, signer="Isuer.cert-manager.io")
    assert line["problem"] == 'there is no kind "Isuer" in the API group "cert-manager.io"'
    assert may_approve(approver, "Isuer.cert-manager.io") == 0

    scene.policy("typo", allowedDNSNames=["*"])
    approver.wait_until(lambda: may_approve(approver, "Isuer.cert-manager.io") is None)
