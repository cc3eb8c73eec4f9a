"""Policies that need no writing: valid, without a finding, and they decide as they say."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approver import Policy, review
from approver.cli import main
from tests.controlplane import chart
from tests.controlplane.chart import PRESETS, render_text
from tests.controlplane.client import Client
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER
from tests.controlplane.manifests import Manifest, certificate, decision_of, load, namespace
from tests.examples import request
from tests.running import Approver

SECONDS = 60
VALUES: dict[str, dict[str, Any]] = {
    "a ClusterIssuer": {"everythingFrom": [{"kind": "ClusterIssuer", "name": "internal-ca"}]},
    "many by a pattern": {"everythingFrom": [{"kind": "ClusterIssuer", "name": "letsencrypt-*"}]},
    "CAs, too": {"everythingFrom": [{"kind": "ClusterIssuer", "name": "root", "ca": True}]},
    "an Issuer": {"everythingFrom": [{"kind": "Issuer", "name": "ca", "namespace": "shop"}]},
    "an external one": {
        "everythingFrom": [
            {"kind": "StepClusterIssuer", "name": "step", "group": "certmanager.step.sm"}
        ]
    },
    "people": {
        "everythingFrom": [{"kind": "ClusterIssuer", "name": "a"}],
        "requesters": [{"kind": "Group", "name": "pki"}, {"kind": "User", "name": "alice"}],
    },
    "what would be denied": {"denyTheRest": "audit"},
    "nothing else": {
        "everythingFrom": [
            {"kind": "ClusterIssuer", "name": "internal-ca"},
            {"kind": "ClusterIssuer", "name": "other-ca"},
        ],
        "denyTheRest": "enforce",
    },
}


def presets(**values: object) -> str:
    return render_text(values, PRESETS)


@pytest.mark.parametrize("values", VALUES.values(), ids=list(VALUES))
def test_they_are_valid_and_without_a_finding(values: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "presets.yaml").write_text(presets(**values))
    assert main(["check", str(tmp_path)]) == 0
    known = ["--ignore=CRP604"] if "requesters" in values else []  # people only, as they were told
    assert main(["lint", "--strict", *known, str(tmp_path)]) == 0


@pytest.mark.parametrize("values", VALUES.values(), ids=list(VALUES))
def test_they_stay_when_the_release_goes(values: dict[str, Any]) -> None:
    for manifest in load(presets(**values)):
        assert manifest["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_by_default_there_is_nothing() -> None:
    assert not load(presets())


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"everythingFrom": [{"kind": "Issuer", "name": "ca"}]}, "needs the namespace of the"),
        ({"everythingFrom": [{"kind": "ClusterIssuer"}]}, "missing property 'name'"),
        ({"everythingFrom": [{"kind": "I", "name": "a", "names": "b"}]}, "'names' not allowed"),
        (
            {"everythingFrom": [{"kind": "ClusterIssuer", "name": "a"}] * 2},
            "ClusterIssuer a is there twice, as the policy everything-from-clusterissuer-a",
        ),
        ({"denyTheRest": "yes"}, "value must be one of '', 'audit', 'enforce'"),
        ({"denyTheRest": "audit", "requesters": []}, "minItems: got 0, want 1"),
        (
            {"denyTheRest": "audit", "requesters": [{"kind": "ServiceAccount", "name": "a"}]},
            "the ServiceAccount a needs its namespace",
        ),
    ],
    ids=json.dumps,
)
def test_what_makes_no_sense_says_why(values: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        presets(**values)


@pytest.mark.parametrize(("ca", "verdict"), [(False, "denied"), (True, "approved")])
def test_a_ca_is_approved_where_that_is_said(ca: bool, verdict: str) -> None:  # noqa: FBT001 - a case
    signer = {"kind": "ClusterIssuer", "name": "root", "ca": ca}
    policies = [
        Policy.parse(each)
        for each in load(presets(everythingFrom=[signer]))
        if each["kind"] == "CertificateRequestPolicy"
    ]
    issuer = {"kind": "ClusterIssuer", "name": "root", "group": "cert-manager.io"}
    asked = request(common_name="a CA", isCA=True, usages=["cert sign"], issuerRef=issuer)
    assert review(policies, asked).verdict == verdict


@pytest.fixture
def admin() -> Iterator[Client]:
    """Give a cluster in which an approver decides by nothing but presets."""
    with ControlPlane() as cluster:
        admin = cluster.client()
        chart.install_chart(admin)
        admin.apply(namespace("shop"))
        for name in ("internal-ca", "other-ca"):
            admin.apply(issuer(name))
        with Approver(cluster.kubeconfig(APPROVER)):
            yield admin


def issuer(name: str) -> Manifest:
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "ClusterIssuer",
        "metadata": {"name": name},
        "spec": {"selfSigned": {}},
    }


@pytest.mark.cluster
@pytest.mark.timeout(180)  # a control plane of its own starts within it
def test_everything_from_one_signer_and_nothing_else(admin: Client) -> None:
    values = {
        "everythingFrom": [{"kind": "ClusterIssuer", "name": "internal-ca"}],
        "denyTheRest": "enforce",
    }
    for manifest in load(presets(**values)):
        admin.apply(manifest)
    for name, signer in (("any", "internal-ca"), ("ca", "internal-ca"), ("other", "other-ca")):
        reference = {"kind": "ClusterIssuer", "name": signer}
        admin.create(certificate(name, "shop", issuerRef=reference, isCA=name == "ca"))

    found = {
        name: decision_of(
            admin.wait_for("CertificateRequest", f"{name}-1", decision_of, "shop", timeout=SECONDS)
        )
        for name in ("any", "ca", "other")
    }

    assert {name: each["type"] for name, each in found.items() if each} == {
        "any": "Approved",
        "ca": "Denied",
        "other": "Denied",
    }
