"""What can be set: all is documented, in the schema and used; what makes no sense says why."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from approver.cli.replaced import REPLACED
from tests.controlplane.chart import CHART
from tests.deploy.rendering import container, kinds, only, pod, render, rules
from tests.generated.values import comments, leaves

VALUES = (CHART / "values.yaml").read_text()
DEFAULTS = yaml.safe_load(VALUES)
PATHS = [path for path, _ in leaves(DEFAULTS, comments(VALUES))]
TEMPLATES = "\n".join(file.read_text() for file in (CHART / "templates").iterdir())
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
# What is there so that approver-policy's values, or a parent chart's, are not refused.
WITHOUT_EFFECT = {
    "enabled",
    "image._defaultReference",
    "app.minTLSVersion",
    "startupapicheck.image",
}


@pytest.mark.parametrize("path", PATHS)
def test_every_value_is_documented(path: str) -> None:
    said = comments(VALUES)
    parts = path.split(".")
    assert any(said.get(".".join(parts[:end])) for end in range(1, len(parts) + 1))


@pytest.mark.parametrize("path", [path for path in PATHS if path not in WITHOUT_EFFECT])
def test_every_value_is_used_in_a_template(path: str) -> None:
    parts = path.split(".")
    whole = (rf"(with|toYaml) \S+\.{part} " for part in parts)  # as Kubernetes has it
    assert any(re.search(each, TEMPLATES) for each in (rf'[."]{parts[-1]}\b', *whole))


def properties(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    for name, each in schema.get("properties", {}).items():
        inner = f"{path}{name}"
        if "properties" in each:
            yield from properties(each, f"{inner}.")
        else:
            yield inner


@pytest.mark.parametrize("path", sorted(properties(SCHEMA)))
def test_every_value_of_the_schema_is_there(path: str) -> None:
    found = DEFAULTS
    for part in path.split("."):
        assert part in found
        found = found[part]


@pytest.mark.parametrize("path", PATHS)
def test_every_value_is_in_the_schema(path: str) -> None:
    found = SCHEMA
    for part in path.split("."):
        if "properties" not in found:
            return  # an object of Kubernetes, whose fields the API server checks
        found = found["properties"][part]


@pytest.mark.parametrize(
    "values",
    [
        {"replicas": 2},
        {"replicaCount": 1.5},
        {"image": {"pullPolicy": "Sometimes"}},
        {"serviceAccount": {"name": ""}},
        {"crds": {"enabled": "yes"}},
        {"app": {"logLevel": "loud"}},
        {"app": {"logLevel": 6}},
        {"app": {"logFormat": "xml"}},
        {"app": {"enforcement": "dryrun"}},
        {"app": {"unmatched": "ignore"}},
        {"app": {"extraArgs": "--workers=4"}},
        {"app": {"metrics": {"port": 80}}},
        {"app": {"readinessProbe": {"port": "6060"}}},
        {"podDisruptionBudget": {"minAvailable": 1.5}},
        {"admission": {"policies": {"failurePolicy": "Warn"}}},
        {"admission": {"requests": {"failurePolicy": "Fail"}}},
        {"admission": {"caInjection": "none"}},
        {"app": {"webhook": {"timeoutSeconds": 31}}},
        {"app": {"webhook": {"service": {"type": "ExternalName"}}}},
        {"prometheusRule": {"disabled": {"PolicyApproverAbsent": "yes"}}},
    ],
    ids=str,
)
def test_a_value_of_the_wrong_form_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="values don't meet the specifications of the schema"):
        render(**values)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"image": {"digest": "0e072ddd"}}, "image.digest: .* is not sha256: and 64 digits"),
        ({"image": {"tag": "a b"}}, "image.tag: .* is no tag"),
        (
            {"app": {"approveSignerNames": ["letsencrypt"]}},
            "app.approveSignerNames: .* is not RESOURCE.GROUP/NAME, such as",
        ),
        ({"app": {"extraArgs": ["workers=4"]}}, "app.extraArgs: .* is no flag"),
        ({"app": {"unmatchedGrace": "soon"}}, "app.unmatchedGrace: .* is no duration"),
        ({"startupapicheck": {"timeout": "1"}}, "startupapicheck.timeout: .* is no duration"),
        (
            {"podDisruptionBudget": {"enabled": True, "minAvailable": 1, "maxUnavailable": 1}},
            "podDisruptionBudget: set minAvailable or maxUnavailable, not both",
        ),
        (
            {
                "app": {
                    "metrics": {
                        "podmonitor": {"enabled": True},
                        "service": {"servicemonitor": {"enabled": True}},
                    }
                }
            },
            "every metric would be scraped twice",
        ),
        (
            {
                "app": {
                    "metrics": {"service": {"enabled": False, "servicemonitor": {"enabled": True}}}
                }
            },
            "needs the Service",
        ),
        (
            {"app": {"metrics": {"port": 9000}, "readinessProbe": {"port": 9000}}},
            "are both 9000: each needs a port of its own",
        ),
        (
            {"app": {"webhook": {"port": 9402}}},
            "app.metrics.port and app.webhook.port are both 9402",
        ),
        ({"hostNetwork": True}, "app.webhook.port: with hostNetwork, 10250 is the kubelet's own"),
        (
            {"app": {"enforcement": "shadow", "unmatched": "deny"}},
            "app.enforcement: in shadow nothing is written",
        ),
        ({"grafanaDashboard": {"operator": {"enabled": True}}}, "set grafanaDashboard.enabled"),
        (
            {"prometheusRule": {"disabled": {"NoSuchAlert": True}}},
            "there is no alert NoSuchAlert",
        ),
    ],
    ids=str,
)
def test_values_that_make_no_sense_are_refused_with_a_reason(
    values: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        render(**values)


def test_enforcement_is_a_value() -> None:
    app = {
        "enforcement": "audit",
        "namespaceAudit": True,
        "unmatched": "deny",
        "unmatchedGrace": "1m30s",
        "approveWhenNoPolicies": True,
        "requireCertManagerWebhook": True,
    }
    arguments = container(render(app=app, requesterSelectors={"enabled": False}))["args"]

    assert {
        "--enforcement=audit",
        "--namespace-audit",
        "--unmatched=deny",
        "--unmatched-grace=1m30s",
        "--approve-when-no-policies",
        "--require-cert-manager-webhook",
        "--requester-selectors=false",
    } <= set(arguments)


# Its own file, as a user would carry it over.
APPROVER_POLICYS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "approver-policy-values.yaml").read_text()
)
# What that file has in comments only, and as null where its users may have written that.
COMMENTED: dict[str, Any] = {
    "nameOverride": "approver-policy",
    "image": {"registry": "registry.example.com", "tag": "v1.2.3", "digest": f"sha256:{'0' * 64}"},
    "app": {
        "webhook": {
            "service": {"nodePort": 8080},
            "hostNetwork": False,
            "dnsPolicy": "ClusterFirst",
            "affinity": {},
            "nodeSelector": {},
            "tolerations": [],
        }
    },
    "podDisruptionBudget": {"enabled": True, "maxUnavailable": 1},
    "http_proxy": "http://proxy:8080",
    "https_proxy": "https://proxy:8080",
    "no_proxy": "127.0.0.1,localhost",
}
EMPTY: dict[str, Any] = {
    "image": {"registry": None, "tag": None, "digest": None},
    "app": {"webhook": {"hostNetwork": None, "affinity": None, "service": {"nodePort": None}}},
    "podDisruptionBudget": {"minAvailable": None},
    "replicaCount": None,
}
# As a start-up check was proposed for it.
STARTUP_CHECK: dict[str, Any] = {
    "startupapicheck": {
        "enabled": True,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containerSecurityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "timeout": "1m",
        "backoffLimit": 4,
        "ttlSecondsAfterFinished": None,
        "jobAnnotations": {
            "helm.sh/hook": "post-install,post-upgrade",
            "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
            "helm.sh/hook-weight": "1",
        },
        "podAnnotations": {},
        "extraArgs": ["-v"],
        "resources": {},
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "affinity": {},
        "tolerations": [],
        "podLabels": {},
        "image": {
            "registry": None,
            "name": "cert-manager-approver-policy-startupapicheck",
            "repository": "",
            "tag": None,
            "digest": None,
            "pullPolicy": "IfNotPresent",
        },
        "rbac": {"annotations": {"helm.sh/hook": "post-install,post-upgrade"}},
        "serviceAccount": {
            "create": True,
            "name": None,
            "annotations": {"helm.sh/hook": "post-install,post-upgrade"},
            "automountServiceAccountToken": True,
        },
    },
}


@pytest.mark.parametrize("more", [{}, COMMENTED, EMPTY, STARTUP_CHECK], ids=str)
def test_approver_policys_values_render_whole(more: dict[str, Any]) -> None:
    objects = render(**merged(APPROVER_POLICYS, more))

    assert {"Deployment", "CustomResourceDefinition"} <= kinds(objects)
    assert "--log-level=1" in container(objects)["args"]
    (approve,) = (rule for rule in rules(objects) if "signers" in rule["resources"])
    assert "resourceNames" not in approve


def test_a_start_up_check_as_approver_policy_would_have_it() -> None:
    objects = render(**merged(APPROVER_POLICYS, STARTUP_CHECK))

    (waiting,) = only(objects, "Job")["spec"]["template"]["spec"]["containers"]
    assert waiting["args"] == [
        "wait",
        "--timeout=1m",
        "--leader-election-namespace=policy-approver",
    ]
    assert waiting["image"] == container(objects)["image"]


def merged(values: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Lay values over others, as helm does."""
    both = {
        name: merged(values[name], value)
        for name, value in more.items()
        if isinstance(value, dict) and isinstance(values.get(name), dict)
    }
    return {**values, **more, **both}


@pytest.mark.parametrize("flag", REPLACED)
def test_a_flag_of_approver_policy_is_refused_before_a_pod_starts_with_it(flag: str) -> None:
    with pytest.raises(ValueError, match=f"app.extraArgs: {flag} is a flag .*{REPLACED[flag]}"):
        render(app={"extraArgs": [f"{flag}=4"]})


def test_deprecated_places_of_approver_policys_values_count() -> None:
    webhook = {
        "hostNetwork": True,
        "dnsPolicy": "ClusterFirstWithHostNet",
        "affinity": {"nodeAffinity": {}},
        "nodeSelector": {"role": "pki"},
        "tolerations": [{"key": "pki"}],
    }
    spec = pod(render(app={"webhook": {**webhook, "port": 10260}}))["spec"]

    assert {name: spec[name] for name in webhook} == {
        **webhook,
        "nodeSelector": {"role": "pki"},
    }


@pytest.mark.parametrize(("count", "replicas"), [(3, 3), ("${REPLICAS}", "${REPLICAS}")])
def test_the_number_of_replicas_may_be_filled_in_later(count: object, replicas: object) -> None:
    assert only(render(replicaCount=count), "Deployment")["spec"]["replicas"] == replicas


def test_the_number_of_replicas_may_be_left_to_others() -> None:
    assert "replicas" not in only(render(replicaCount=None), "Deployment")["spec"]


def test_proxies_are_variables() -> None:
    objects = render(https_proxy="proxy:8080", extraEnv=[{"name": "TZ", "value": "UTC"}])

    assert container(objects)["env"] == [
        {"name": "HTTPS_PROXY", "value": "proxy:8080"},
        {"name": "TZ", "value": "UTC"},
    ]


def test_an_alert_can_be_left_out_and_labelled() -> None:
    settings = {
        "enabled": True,
        "disabled": {"PolicyApproverRequestsUnmatched": True},
        "alertLabels": {"team": "pki"},
        "runbookBaseURL": "https://docs.example.com/approver",
    }
    (group,) = only(render(prometheusRule=settings), "PrometheusRule")["spec"]["groups"]
    alerts = {rule["alert"]: rule for rule in group["rules"]}

    assert "PolicyApproverRequestsUnmatched" not in alerts
    absent = alerts["PolicyApproverAbsent"]
    assert absent["labels"] == {"severity": "critical", "team": "pki"}
    assert absent["annotations"]["runbook_url"] == (
        "https://docs.example.com/approver/runbooks.md#policyapproverabsent"
    )
