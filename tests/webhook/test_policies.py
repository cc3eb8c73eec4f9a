"""What kubectl prints when a policy is written that cannot be ready, or is sloppy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.controller.scene import Scene
from tests.controlplane import Client
from tests.controlplane.client import APIError
from tests.controlplane.kubectl import Ran, kubectl, needs_kubectl
from tests.examples import policy_manifest
from tests.webhook.served import Webhook

pytestmark = [pytest.mark.cluster, needs_kubectl]

Apply = Callable[..., Ran]

BROKEN = """\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: broken}
spec:
  selector: {issuerRef: {name: ca}}
  allowed:
    commonName:
      validations:
        - {rule: "size(self) < (", message: short}
        - {rule: "cr.nosuch == self", message: same}
  plugins: {approver-policy-rego: {values: {a: b}}}
"""
SLOPPY = """\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata: {name: sloppy}
spec:
  selector: {namespace: {matchNames: [none]}}
  allowed:
    dnsNames: {values: ["*example.com"]}
  constraints: {maxDuration: 2160h, privateKey: {minSize: 2048}}
"""


@pytest.fixture
def apply(webhook: Webhook, scene: Scene, tmp_path: Path) -> Apply:
    """Give a function that runs `kubectl apply` as the administrator."""
    del webhook

    def run(text: str, *flags: str) -> Ran:
        arguments = ("apply", *flags, "-f", "-")
        return kubectl(scene.cluster.kubeconfig(), tmp_path, *arguments, text=text)

    return run


@pytest.mark.parametrize("flags", [(), ("--server-side",), ("--dry-run=server",)])
def test_what_could_not_be_ready_is_refused_field_by_field(
    apply: Apply, admin: Client, flags: tuple[str, ...]
) -> None:
    done = apply(BROKEN, *flags)
    assert done.returncode == 1
    refusal = done.stderr[done.stderr.index("The Cert") :]  # behind a warning of the chart's
    assert refusal == (
        'The CertificateRequestPolicy "broken" is invalid: \n'
        "* spec.plugins: no plugins are registered\n"
        "* spec.allowed.commonName.validations[0]: Syntax error: mismatched input '<EOF>' "
        "expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, "
        "NUM_UINT, STRING, BYTES, IDENTIFIER} (line 1, column 15)\n"
        "* spec.allowed.commonName.validations[1]: undefined field 'nosuch' not found in struct "
        "'CertificateRequest' (line 1, column 3)\n"
    )
    assert not admin.list("CertificateRequestPolicy")


def test_what_is_sloppy_is_stored_with_the_findings_of_lint(apply: Apply, admin: Client) -> None:
    done = apply(SLOPPY)
    assert done.returncode == 0
    assert (
        "Warning: sloppy: CRP201 no-dot: spec.allowed.dnsNames.values[0]: "
        '"*example.com" also permits "evilexample.com"\n'
    ) in done.stderr
    admin.get("CertificateRequestPolicy", "sloppy")


def test_a_policy_that_is_good_passes_without_a_word(webhook: Webhook, scene: Scene) -> None:
    del webhook
    obj = policy_manifest(
        "good",
        selector={"namespace": {"matchNames": [scene.namespace]}},
        allowed={"dnsNames": {"values": ["web.example.com"]}},
        constraints={"maxDuration": "2160h", "privateKey": {"minSize": 2048}},
    )
    obj["metadata"]["annotations"] = {"lint.policy.cert-manager.io/CRP801": "they all state it"}
    assert not [text for text in scene.admin.warnings(obj) if '299 - "CRP' in text]


def test_our_own_writes_and_changes_of_metadata_are_not_looked_at(
    webhook: Webhook, scene: Scene
) -> None:
    scene.policy("good", maxDuration="1h")
    scene.policy_ready("good")
    before = webhook.approver.metrics()
    scene.admin.patch("CertificateRequestPolicy", "good", {"metadata": {"labels": {"a": "b"}}})
    series = 'controller_runtime_webhook_requests_total{code="200",webhook="/policies"}'
    assert webhook.approver.metrics()[series] == before[series]
    scene.policy("good", maxDuration="2h")
    assert webhook.approver.metrics()[series] > before[series]


def test_a_change_for_the_worse_is_refused(webhook: Webhook, scene: Scene) -> None:
    del webhook
    scene.policy("good", maxDuration="1h")
    with pytest.raises(APIError, match=r"spec\.plugins") as error:
        scene.policy("good", maxDuration="1h", plugins={"x": {"values": {"a": "b"}}})
    assert error.value.status == 422
    assert error.value.causes[0]["field"] == "spec.plugins"
