"""The CRD, and policies that it takes and refuses."""

from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
CRD_FILE = REPOSITORY / "crds" / "policy.cert-manager.io_certificaterequestpolicies.yaml"

CRD: dict[str, Any] = yaml.safe_load(CRD_FILE.read_text())
SCHEMA: dict[str, Any] = CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def examples(name: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = yaml.safe_load((HERE / f"{name}.yaml").read_text())
    return listed


def title(example: dict[str, Any]) -> str:
    return str(example["title"])


def policy(spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "policy.cert-manager.io/v1alpha1",
        "kind": "CertificateRequestPolicy",
        "metadata": {"name": "example"},
        "spec": spec,
    }
