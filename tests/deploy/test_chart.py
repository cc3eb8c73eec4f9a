"""What the Helm chart installs."""

import subprocess
from importlib.metadata import version
from typing import Any

import pytest
import yaml

from tests.controlplane import binaries
from tests.controlplane.chart import CHART
from tests.controlplane.client import Client
from tests.controlplane.identities import APPROVER_NAMESPACE
from tests.crds.examples import CRD
from tests.deploy.rendering import container, kinds, only, permissions, pod, render, rules

PERMISSIONS = {
    # Watch requests and record decisions.
    "list watch cert-manager.io/certificaterequests",
    "patch cert-manager.io/certificaterequests/status",
    "approve cert-manager.io/signers issuers.cert-manager.io/* clusterissuers.cert-manager.io/*",
    # Watch policies and report their readiness.
    "list watch policy.cert-manager.io/certificaterequestpolicies",
    "patch policy.cert-manager.io/certificaterequestpolicies/status",
    # See whether the API server drops fields of policies.
    f"list watch apiextensions.k8s.io/customresourcedefinitions {CRD['metadata']['name']}",
    # Match selector.namespace.
    "list watch /namespaces",
    # Learn when an access decision may have changed.
    "list watch rbac.authorization.k8s.io/roles",
    "list watch rbac.authorization.k8s.io/rolebindings",
    "list watch rbac.authorization.k8s.io/clusterroles",
    "list watch rbac.authorization.k8s.io/clusterrolebindings",
    # See whether cert-manager's webhook makes sure who requests.
    "list watch admissionregistration.k8s.io/mutatingwebhookconfigurations",
    "list watch admissionregistration.k8s.io/validatingwebhookconfigurations",
    # Ask whether a requester may use a policy.
    "create authorization.k8s.io/subjectaccessreviews",
    # Tell requesters what happened.
    "create events.k8s.io/events",
}


def test_it_elects_by_no_other_lease_than_its_own() -> None:
    names = "policy.cert-manager.io policy.cert-manager.io-shadow"
    role = render()["Role", "policy-approver"]
    found = [line for rule in role["rules"] for line in permissions(rule)]
    assert found == [f"get create update coordination.k8s.io/leases {names}"]


def test_passes_helms_own_checks() -> None:
    helm = str(binaries.find("helm"))
    lint = subprocess.run(
        [helm, "lint", "--strict", str(CHART)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert lint.returncode == 0, lint.stdout + lint.stderr


def test_installs_one_controller() -> None:
    assert kinds(render()) == {
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "Deployment",
        "NetworkPolicy",
        "Role",
        "RoleBinding",
        "Service",
        "ServiceAccount",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    }


def test_permits_the_controller_what_it_needs_and_no_more() -> None:
    assert {line for rule in rules(render()) for line in permissions(rule)} == PERMISSIONS


def test_permits_the_approval_of_further_signers() -> None:
    signers = ["awspcaissuers.awspca.cert-manager.io/*"]

    assert {
        "apiGroups": ["cert-manager.io"],
        "resources": ["signers"],
        "resourceNames": signers,
        "verbs": ["approve"],
    } in rules(render(app={"approveSignerNames": signers}))


def test_permits_the_approval_of_everything_if_no_signer_is_named() -> None:
    (rule,) = (
        rule
        for rule in rules(render(app={"approveSignerNames": []}))
        if "signers" in rule["resources"]
    )

    assert "resourceNames" not in rule


def test_has_a_role_for_each_thing_that_it_does() -> None:
    roles = {name: role for (kind, name), role in render().items() if kind == "ClusterRole"}

    assert set(roles) == {
        f"policy-approver-{part}"
        for part in ("requests", "policies", "bindings", "requester-webhook", "events", "view")
    }
    (view,) = roles["policy-approver-view"]["rules"]
    assert permissions(view) == ["get list watch policy.cert-manager.io/certificaterequestpolicies"]


def test_binds_the_service_account() -> None:
    objects = render(serviceAccount={"name": "approver"})
    account = {"kind": "ServiceAccount", "namespace": APPROVER_NAMESPACE, "name": "approver"}

    assert only(objects, "ServiceAccount")["metadata"]["name"] == "approver"
    for (kind, _), each in objects.items():
        if kind in {"ClusterRoleBinding", "RoleBinding"}:
            assert each["subjects"] == [account]
    assert pod(objects)["spec"]["serviceAccountName"] == "approver"


def test_takes_a_service_account_that_exists() -> None:
    objects = render(serviceAccount={"create": False, "name": "approver"})

    assert "ServiceAccount" not in kinds(objects)
    assert pod(objects)["spec"]["serviceAccountName"] == "approver"


def test_is_of_the_version_of_the_program() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())

    assert chart["version"] == chart["appVersion"] == version("policy-approver")


def test_installs_our_crd_and_keeps_it() -> None:
    crd = only(render(), "CustomResourceDefinition")

    assert crd["spec"] == CRD["spec"]
    assert crd["metadata"]["name"] == CRD["metadata"]["name"]
    assert crd["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_removes_the_crd_on_request() -> None:
    crd = only(render(crds={"keep": False}), "CustomResourceDefinition")

    assert "annotations" not in crd["metadata"]


def test_leaves_the_crd_to_others_on_request() -> None:
    assert "CustomResourceDefinition" not in kinds(render(crds={"enabled": False}))


def test_starts_the_controller() -> None:
    arguments = container(render(app={"extraArgs": ["--workers=4"]}))["args"]

    assert arguments == [
        "run",
        "--log-level=info",
        "--log-format=text",
        "--metrics-bind-address=:9402",
        "--leader-election-namespace=policy-approver",
        "--readiness-probe-bind-address=:6060",
        "--enforcement=enforce",
        "--unmatched=leave",
        "--unmatched-grace=30s",
        "--requester-selectors=true",
        "--webhook-host=0.0.0.0",
        "--webhook-port=10250",
        "--webhook-service-name=policy-approver-webhook",
        "--webhook-configuration-name=policy-approver-webhook",
        "--webhook-ca-injection=cainjector",
        "--webhook-ca-secret-namespace=policy-approver",
        "--webhook-ca-secret-name=policy-approver-webhook-ca",
        "--workers=4",
    ]


def test_moves_ports() -> None:
    ports = {"metrics": {"port": 9000}, "readinessProbe": {"port": 9001}, "webhook": {"port": 9002}}
    objects = render(app=ports)

    assert {port["name"]: port["containerPort"] for port in container(objects)["ports"]} == {
        "metrics": 9000,
        "probes": 9001,
        "webhook": 9002,
    }
    assert "--metrics-bind-address=:9000" in container(objects)["args"]
    assert "--readiness-probe-bind-address=:9001" in container(objects)["args"]
    assert "--webhook-port=9002" in container(objects)["args"]
    assert objects["Service", "policy-approver-metrics"]["spec"]["ports"] == [
        {"name": "metrics", "port": 9000, "targetPort": "metrics"}
    ]


def test_leaves_the_metrics_service_out_on_request() -> None:
    objects = render(app={"metrics": {"service": {"enabled": False}}})
    assert ("Service", "policy-approver-metrics") not in objects


DIGEST = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ({}, "policy-approver:0.1.0"),
        ({"repository": "images/approver", "tag": "edge"}, "images/approver:edge"),
        ({"tag": "edge", "digest": DIGEST}, f"policy-approver@{DIGEST}"),
        ({"registry": "registry.example.com"}, "registry.example.com/policy-approver:0.1.0"),
    ],
)
def test_names_the_image(image: dict[str, str], reference: str) -> None:
    assert container(render(image=image))["image"] == reference


def test_names_an_image_of_a_registry() -> None:
    objects = render(imageRegistry="registry.example.com/pki", imageNamespace="tools")

    assert container(objects)["image"] == "registry.example.com/pki/tools/policy-approver:0.1.0"


def test_passes_on_what_concerns_the_pod() -> None:
    settings: dict[str, Any] = {
        "nodeSelector": {"kubernetes.io/os": "linux", "disk": "fast"},
        "tolerations": [{"key": "pki", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "imagePullSecrets": [{"name": "registry"}],
    }
    template = pod(render(**settings, podAnnotations={"note": "x"}))

    assert template["metadata"]["annotations"] == {"note": "x"}
    assert {name: template["spec"][name] for name in settings} == settings


def test_labels_every_object() -> None:
    for each in render(commonLabels={"team": "pki"}).values():
        assert each["metadata"]["labels"]["team"] == "pki"


@pytest.mark.cluster
def test_runs_under_the_restricted_pod_security_standard(admin: Client, namespace: str) -> None:
    restricted = {"pod-security.kubernetes.io/enforce": "restricted"}
    admin.patch("Namespace", namespace, {"metadata": {"labels": restricted}})
    manifest = {"apiVersion": "v1", "kind": "Pod", **pod(render())}
    manifest["metadata"]["name"] = "policy-approver"

    admin.call("POST", f"/api/v1/namespaces/{namespace}/pods", manifest, dryRun="All")
