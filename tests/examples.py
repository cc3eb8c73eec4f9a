"""Policies and requests made from a few words, for tests that need no cluster."""

from pathlib import Path
from typing import Any

from approver import Policy, Request
from tests.controlplane.manifests import certificate_request
from tests.controlplane.pki import signing_request
from tests.running import ROOT


def example_policies() -> list[Path]:
    """Find the policies that users start from; beside each is its test."""
    files = sorted((ROOT / "policies").glob("*.yaml"))
    return [file for file in files if not file.name.endswith(".approver-test.yaml")]


def policy(name: str = "policy", **spec: object) -> Policy:
    """Make a policy of these fields."""
    return Policy.parse(policy_manifest(name, **spec))


def policy_manifest(name: str = "policy", **spec: object) -> dict[str, Any]:
    return {
        "apiVersion": "policy.cert-manager.io/v1alpha1",
        "kind": "CertificateRequestPolicy",
        "metadata": {"name": name},
        "spec": spec,
    }


def request(
    *names: str,
    common_name: str = "",
    namespace: str = "team-a",
    **spec: Any,  # noqa: ANN401 - any field of a request
) -> Request:
    """Make a request for `DNS:...`, `IP:...`, `URI:...` and `email:...` names."""
    csr = signing_request(common_name, *names)
    return Request.parse(certificate_request("web", namespace, csr, **spec))
