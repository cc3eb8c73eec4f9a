"""What the chart renders of the webhook, where it is on."""

import re
from typing import Any

import pytest

from tests.controlplane.manifests import Manifest
from tests.deploy.rendering import (
    Objects,
    container,
    only,
    permissions,
    pod,
    render,
    render_for,
    rules,
)
from tests.deploy.test_values import APPROVER_POLICYS

CONFIGURATION = "ValidatingWebhookConfiguration"
NAME = "policy-approver-webhook"
INJECTED = "cert-manager.io/inject-ca-from-secret"
REQUESTS = {"requests": {"enabled": True}}
OFF: dict[str, dict[str, Any]] = {
    "none is enabled": {"admission": {"policies": {"enabled": False}}},
    "a shadow": {"app": {"enforcement": "shadow"}},
    "a shadow, all enabled": {"app": {"enforcement": "shadow"}, "admission": REQUESTS},
    "none is enabled, its own CA": {
        "admission": {"policies": {"enabled": False}, "caInjection": "self"}
    },
}


def webhooks(objects: Objects) -> dict[str, Manifest]:
    return {each["name"]: each for each in only(objects, CONFIGURATION)["webhooks"]}


def flags(objects: Objects) -> set[str]:
    return {each for each in container(objects)["args"] if each.startswith("--webhook-")}


def test_policies_are_checked_when_they_are_written() -> None:
    (webhook,) = webhooks(render()).values()
    conditions = webhook.pop("matchConditions")

    assert webhook == {
        "name": "policies.policy-approver.io",
        "clientConfig": {
            "service": {
                "name": NAME,
                "namespace": "policy-approver",
                "path": "/policies",
                "port": 443,
            }
        },
        "rules": [
            {
                "apiGroups": ["policy.cert-manager.io"],
                "apiVersions": ["v1alpha1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["certificaterequestpolicies"],
                "scope": "Cluster",
            }
        ],
        "matchPolicy": "Equivalent",
        "failurePolicy": "Ignore",
        "timeoutSeconds": 5,
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    assert {each["name"]: each["expression"] for each in conditions} == {
        "not-by-ourselves": (
            "request.userInfo.username != 'system:serviceaccount:policy-approver:policy-approver'"
        ),
        "changes-the-spec": (
            "request.operation != 'UPDATE' || !has(oldObject.spec) || !has(object.spec)"
            " || object.spec != oldObject.spec"
        ),
    }


def test_requesters_are_warned_on_request() -> None:
    objects = render(admission=REQUESTS)
    webhook = webhooks(objects)["requests.policy-approver.io"]

    assert set(webhooks(objects)) == {"policies.policy-approver.io", "requests.policy-approver.io"}
    assert webhook["clientConfig"]["service"]["path"] == "/requests"
    assert webhook["rules"] == [
        {
            "apiGroups": ["cert-manager.io"],
            "apiVersions": ["v1"],
            "operations": ["CREATE"],
            "resources": ["certificates", "certificaterequests"],
            "scope": "Namespaced",
        }
    ]
    assert "--webhook-request-warnings" in flags(objects)
    assert "--webhook-request-warnings" not in flags(render())


def test_requesters_alone_are_warned_on_request() -> None:
    objects = render(admission={**REQUESTS, "policies": {"enabled": False}})

    assert set(webhooks(objects)) == {"requests.policy-approver.io"}
    assert "--webhook-port=10250" in flags(objects)


def test_nobody_is_kept_from_requesting() -> None:
    admission = {**REQUESTS, "policies": {"failurePolicy": "Fail"}}
    found = webhooks(render(admission=admission, app={"webhook": {"timeoutSeconds": 9}}))

    assert {
        name: (each["failurePolicy"], each["timeoutSeconds"]) for name, each in found.items()
    } == {
        "policies.policy-approver.io": ("Fail", 9),
        "requests.policy-approver.io": ("Ignore", 2),
    }


def test_the_service_leads_to_the_port_that_is_served() -> None:
    objects = render(app={"webhook": {"port": 10260, "host": "::"}})
    service = objects["Service", NAME]

    assert service["spec"]["ports"] == [{"name": "webhook", "port": 443, "targetPort": "webhook"}]
    assert service["spec"]["selector"].items() <= pod(objects)["metadata"]["labels"].items()
    assert {"name": "webhook", "containerPort": 10260} in container(objects)["ports"]
    assert {
        "--webhook-host=::",
        "--webhook-port=10260",
        f"--webhook-service-name={NAME}",
        f"--webhook-configuration-name={NAME}",
    } <= flags(objects)


def test_metrics_are_not_scraped_at_it() -> None:
    app = {"metrics": {"service": {"servicemonitor": {"enabled": True}}}}
    objects = render(app=app)
    selected = only(objects, "ServiceMonitor")["spec"]["selector"]["matchLabels"].items()

    assert selected <= objects["Service", "policy-approver-metrics"]["metadata"]["labels"].items()
    assert not selected <= objects["Service", NAME]["metadata"]["labels"].items()


@pytest.mark.parametrize(
    ("service", "port"),
    [
        ({"type": "NodePort", "nodePort": 30443}, {"nodePort": 30443}),
        ({"type": "NodePort"}, {}),
        ({"nodePort": 30443}, {}),  # a ClusterIP, for which Kubernetes takes none
    ],
)
def test_the_service_may_have_a_port_of_nodes(
    service: dict[str, object], port: dict[str, int]
) -> None:
    spec = render(app={"webhook": {"service": service}})["Service", NAME]["spec"]

    assert spec["type"] == service.get("type", "ClusterIP")
    assert spec["ports"] == [{"name": "webhook", "port": 443, "targetPort": "webhook", **port}]


@pytest.mark.parametrize("values", [{}, {"nameOverride": "approver"}], ids=str)
def test_the_controller_keeps_one_secret(values: dict[str, Any]) -> None:
    objects = render(**values)
    name = values.get("nameOverride", "policy-approver")
    (role,) = (each for each in objects if each == ("Role", f"{name}-webhook"))

    (rule,) = objects[role]["rules"]
    assert permissions(rule) == [f"get list watch create patch /secrets {name}-webhook-ca"]
    assert f"--webhook-ca-secret-name={name}-webhook-ca" in flags(objects)
    assert "--webhook-ca-secret-namespace=policy-approver" in flags(objects)
    assert objects["RoleBinding", f"{name}-webhook"]["roleRef"]["name"] == f"{name}-webhook"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"admission": {**REQUESTS, "caInjection": "self"}},
        {"app": {"webhook": {"certificateDir": "/tls"}}},
    ],
    ids=str,
)
def test_what_changes_by_itself_is_never_rendered(values: dict[str, Any]) -> None:
    objects = render(**values)

    assert all("caBundle" not in each["clientConfig"] for each in webhooks(objects).values())
    assert not [name for kind, name in objects if kind == "Secret"]


def test_cainjector_is_told_where_the_ca_is() -> None:
    objects = render()

    assert only(objects, CONFIGURATION)["metadata"]["annotations"] == {
        INJECTED: f"policy-approver/{NAME}-ca"
    }
    assert "--webhook-ca-injection=cainjector" in flags(objects)
    assert ("ClusterRole", f"{NAME}-injection") not in objects


def test_the_controller_can_have_its_ca_trusted_itself() -> None:
    objects = render(admission={"caInjection": "self"})
    right = f"patch admissionregistration.k8s.io/validatingwebhookconfigurations {NAME}"

    assert "annotations" not in only(objects, CONFIGURATION)["metadata"]
    assert "--webhook-ca-injection=self" in flags(objects)
    assert right in {line for rule in rules(objects) for line in permissions(rule)}
    assert ("ClusterRole", f"{NAME}-injection") in objects


def test_certificates_of_ones_own_take_no_rights() -> None:
    objects = render(app={"webhook": {"certificateDir": "/tls"}})

    assert ("ClusterRole", f"{NAME}-injection") not in objects
    assert "annotations" not in only(objects, CONFIGURATION)["metadata"]
    assert "--webhook-certificate-dir=/tls" in flags(objects)
    assert not [flag for flag in flags(objects) if flag.startswith("--webhook-ca-secret-name=")]
    assert not [each for each in objects if each[0] in {"Role", "RoleBinding"} and each[1] == NAME]


@pytest.mark.parametrize("values", OFF.values(), ids=OFF)
def test_nothing_is_left_of_it_where_it_is_off(values: dict[str, Any]) -> None:
    objects = render(**values)

    assert not [each for each in objects if "webhook" in each[1].replace("requester-webhook", "")]
    assert CONFIGURATION not in {kind for kind, _ in objects}
    assert not flags(objects)
    assert {port["name"] for port in container(objects)["ports"]} == {"metrics", "probes"}
    (metrics,) = only(objects, "NetworkPolicy")["spec"]["ingress"]
    assert metrics["ports"] == [{"port": "metrics"}]


def test_everybody_may_reach_it() -> None:
    walled: dict[str, Any] = {"metricsFrom": [{"podSelector": {}}]}
    metrics, webhook = only(render(networkPolicy=walled), "NetworkPolicy")["spec"]["ingress"]

    assert metrics["from"] == [{"podSelector": {}}]
    assert webhook == {"ports": [{"port": "webhook"}]}


def test_it_is_on_the_network_of_the_node_where_pods_cannot_be_reached() -> None:
    objects = render(hostNetwork=True, app={"webhook": {"port": 10260}})

    assert pod(objects)["spec"]["hostNetwork"] is True
    assert {"name": "webhook", "containerPort": 10260} in container(objects)["ports"]


def test_it_takes_no_port_where_it_is_off() -> None:
    """The kubelet's port, or that of metrics, is no mistake then."""
    off = {"policies": {"enabled": False}}
    assert render(admission=off, hostNetwork=True)
    assert render(admission=off, app={"metrics": {"port": 10250}})


@pytest.mark.parametrize(("kubernetes", "has_conditions"), [("1.27", False), ("1.28", True)])
def test_an_old_kubernetes_knows_no_conditions(kubernetes: str, *, has_conditions: bool) -> None:
    found = webhooks(render_for(kubernetes, admission=REQUESTS))

    assert len(found) == 2
    assert {"matchConditions" in each for each in found.values()} == {has_conditions}


def test_flags_of_ones_own_come_last() -> None:
    arguments = container(render(app={"extraArgs": ["--webhook-x=1h"]}, admission=REQUESTS))["args"]

    assert arguments[-1] == "--webhook-x=1h"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"app": {"extraArgs": ["--webhook-port=9"]}}, "app.extraArgs: --webhook-port follows"),
        (
            {"app": {"webhook": {"certificateDir": "/tls"}}, "admission": {"caInjection": "self"}},
            "admission.caInjection: self is about",
        ),
        ({"app": {"webhook": {"certificateDir": "tls"}}}, "/app/webhook/certificateDir"),
        ({"app": {"webhook": {"port": None}}}, "missing property 'port'"),
        ({"admission": {"policies": {"failurePolicy": None}}}, "missing property 'failurePolicy'"),
        ({"admission": None}, "missing property 'admission'"),
    ],
)
def test_what_would_break_it_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        render(**values)


def test_cert_managers_account_may_be_another() -> None:
    admission = {"requests": {"enabled": True, "certManagerAccount": "pki/issuing"}}

    assert "--cert-manager-account=pki/issuing" in container(render(admission=admission))["args"]


def test_approver_policys_values_have_a_webhook() -> None:
    objects = render(**APPROVER_POLICYS)

    assert {"--webhook-host=0.0.0.0", "--webhook-port=10250"} <= flags(objects)
    assert set(webhooks(objects)) == {"policies.policy-approver.io"}
