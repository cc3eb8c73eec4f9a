"""The real API server takes all that the chart renders, field by field."""

from pathlib import Path
from typing import Any

import pytest

from tests.controlplane import binaries
from tests.controlplane.certmanager import install_definition
from tests.controlplane.chart import CHART, PRESETS, render_text
from tests.controlplane.client import KINDS, APIError, Client
from tests.controlplane.manifests import Manifest, load
from tests.deploy.rendering import only, render
from tests.deploy.test_presets import VALUES as PRESET_VALUES
from tests.deploy.test_values import APPROVER_POLICYS, COMMENTED, STARTUP_CHECK, merged

INSTALL = CHART.parents[1] / "install.yaml"
# Of kinds whose own definitions are in no Go module that can be had.
DASHBOARDS = Path(__file__).parent / "definitions"

pytestmark = pytest.mark.cluster

MONITORS: dict[str, Any] = {
    "prometheusRule": {"enabled": True},
    "grafanaDashboard": {"enabled": True, "namespace": "policy-approver"},
}
TEXT = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: '{{ .Release.Name }}-text', namespace: '{{ .Release.Namespace }}'}
"""
MATRIX: dict[str, dict[str, Any]] = {
    "as it is": {},
    "as approver-policy": APPROVER_POLICYS,
    "all that approver-policy has": merged(APPROVER_POLICYS, merged(COMMENTED, STARTUP_CHECK)),
    "watched by Services": {
        **MONITORS,
        "app": {
            "metrics": {
                "service": {
                    "ipFamilyPolicy": "SingleStack",
                    "ipFamilies": ["IPv4"],
                    "servicemonitor": {
                        "enabled": True,
                        "labels": {"team": "pki"},
                        "annotations": {"note": "x"},
                        "endpointAdditionalProperties": {
                            "metricRelabelings": [{"action": "labeldrop", "regex": "pod"}]
                        },
                    },
                }
            }
        },
    },
    "watched by pods": {
        **MONITORS,
        "app": {"metrics": {"service": {"enabled": False}, "podmonitor": {"enabled": True}}},
    },
    "many replicas": {
        "replicaCount": 3,
        "podDisruptionBudget": {"enabled": True, "maxUnavailable": "50%"},
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
            }
        ],
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
        },
        "revisionHistoryLimit": 2,
    },
    "walled in": {
        "networkPolicy": {
            "metricsFrom": [{"namespaceSelector": {"matchLabels": {"team": "watch"}}}],
            "ingress": [{"ports": [{"port": 8080}]}],
            "egress": [{"ports": [{"port": 443}, {"port": 53, "protocol": "UDP"}]}],
        },
        "podDisruptionBudget": {"enabled": True},
    },
    "dashboards as custom resources": {
        "grafanaDashboard": {"enabled": True, "operator": {"enabled": True}},
        "persesDashboard": {"enabled": True, "labels": {"team": "pki"}},
    },
    "nothing goes out": {"networkPolicy": {"egress": []}},
    "decorated": {
        "commonLabels": {"team": "pki"},
        "commonAnnotations": {"note": "x"},
        "podLabels": {"mesh": "off"},
        "podAnnotations": {"scrape": "yes"},
        "priorityClassName": "system-cluster-critical",
        "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["api"]}],
        "volumes": [{"name": "ca", "configMap": {"name": "ca"}}],
        "volumeMounts": [{"name": "ca", "mountPath": "/ca"}],
        "imagePullSecrets": [{"name": "registry"}],
        "extraEnv": [{"name": "TZ", "value": "UTC"}],
        "http_proxy": "proxy:80",
        "no_proxy": "10.0.0.0/8",
        "livenessProbe": {"initialDelaySeconds": 5},
        "extraObjects": [
            TEXT,
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "an-object", "namespace": "{{ .Release.Namespace }}"},
            },
        ],
    },
    "by others' names": {
        "nameOverride": "approver",
        "serviceAccount": {"name": "approver", "annotations": {"a": "b"}, "labels": {"c": "d"}},
        "startupapicheck": {
            "enabled": True,
            "ttlSecondsAfterFinished": 60,
            "serviceAccount": {"name": "waits"},
        },
        "requesterSelectors": {"admissionPolicy": False},
    },
    "with all webhooks": {
        "admission": {
            "policies": {"failurePolicy": "Fail"},
            "requests": {"enabled": True},
            "caInjection": "self",
        },
        "app": {"webhook": {"service": {"type": "NodePort", "nodePort": 30443}, "port": 10260}},
        "hostNetwork": True,
    },
    "with a certificate of one's own": {
        "app": {"webhook": {"certificateDir": "/tls"}},
        "volumes": [{"name": "tls", "secret": {"secretName": "webhook"}}],
        "volumeMounts": [{"name": "tls", "mountPath": "/tls", "readOnly": True}],
    },
    "without a webhook": {"admission": {"policies": {"enabled": False}}},
    "beside approver-policy": {
        "crds": {"enabled": False},
        "app": {"enforcement": "shadow"},
        "startupapicheck": {"enabled": True},
    },
}


@pytest.fixture(scope="module", autouse=True)
def _definitions(admin: Client, installed_chart: object) -> None:
    del installed_chart
    folder = binaries.find("prometheus-operator-crds")
    for plural in ("servicemonitors", "podmonitors", "prometheusrules"):
        install_definition(admin, folder / f"monitoring.coreos.com_{plural}.yaml")
    for file in sorted(DASHBOARDS.glob("*.yaml")):
        install_definition(admin, file)


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_it_takes_what_is_rendered(admin: Client, values: dict[str, Any]) -> None:
    for manifest in render(**values).values():
        try_out(admin, manifest)


@pytest.mark.parametrize("values", PRESET_VALUES.values(), ids=PRESET_VALUES)
def test_it_takes_presets(admin: Client, values: dict[str, Any]) -> None:
    for manifest in load(render_text(values, PRESETS)):
        try_out(admin, manifest)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("GrafanaDashboard", {"configMap": {"name": "board"}}),
        ("PersesDashboard", {"title": "board"}),
    ],
)
def test_it_takes_no_dashboard_with_other_fields(
    admin: Client, kind: str, wrong: dict[str, Any]
) -> None:
    values = MATRIX["dashboards as custom resources"]
    manifest = only(render(**values), kind)
    with pytest.raises(APIError, match=rf"\.spec\.{next(iter(wrong))}: field not declared"):
        try_out(admin, {**manifest, "spec": {**manifest["spec"], **wrong}})


def test_it_takes_what_is_installed_without_helm(admin: Client) -> None:
    for manifest in load(INSTALL):
        try_out(admin, manifest)


def try_out(admin: Client, manifest: Manifest) -> None:
    """Have an object looked at, field by field, and kept nowhere."""
    metadata = manifest["metadata"]
    path = KINDS[manifest["kind"]].path(metadata.get("namespace"), metadata["name"])
    admin.call(
        "PATCH",
        path,
        manifest,
        "application/apply-patch+yaml",
        fieldManager="tests",
        force="true",
        dryRun="All",
        fieldValidation="Strict",
    )
