"""The product's chart: rendered by helm, its permissions installed (nothing here runs pods)."""

import json
import subprocess
from pathlib import Path

from tests.controlplane import binaries
from tests.controlplane.certmanager import install_definitions
from tests.controlplane.client import Client
from tests.controlplane.identities import APPROVER_NAMESPACE
from tests.controlplane.manifests import Manifest, load, namespace

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "charts" / "policy-approver"
PRESETS = CHART.with_name("policy-presets")
DEFINITIONS = ROOT / "crds"
RELEASE = "policy-approver"
RENDER_SECONDS = 30
# A helm that `go build` made takes Kubernetes for 1.20.
KUBERNETES = "1.36"
INSTALLED = (
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
)


def render_chart(values: Manifest | None = None, kubernetes: str = KUBERNETES) -> list[Manifest]:
    """Render the chart as `helm install policy-approver --namespace policy-approver` would."""
    return load(render_text(values, kubernetes=kubernetes))


def render_text(
    values: Manifest | None = None, chart: Path = CHART, kubernetes: str = KUBERNETES
) -> str:
    """Do so, and give the text; or of another chart, or for another version of Kubernetes."""
    rendered = subprocess.run(
        [
            str(binaries.find("helm")),
            "template",
            RELEASE,
            str(chart),
            f"--namespace={APPROVER_NAMESPACE}",
            f"--kube-version={kubernetes}",
            "--values=-",
        ],
        input=json.dumps(values or {}),
        capture_output=True,
        text=True,
        timeout=RENDER_SECONDS,
        check=False,
    )
    if rendered.returncode:
        raise ValueError(rendered.stderr.strip())
    return rendered.stdout


def install_chart(client: Client, values: Manifest | None = None) -> list[Manifest]:
    """Install the CRDs and what grants or takes permissions; give all that was rendered.

    `APPROVER` may then do exactly what the chart lets it.
    """
    manifests = render_chart(values)
    install_definitions(client, DEFINITIONS)
    client.apply(namespace(APPROVER_NAMESPACE))
    for manifest in manifests:
        if manifest["kind"] in INSTALLED:
            client.apply(manifest)
    return manifests
