"""Objects of Kubernetes and cert-manager, made from a few words."""

import base64
from pathlib import Path
from typing import Any

import yaml

from tests.controlplane.pki import Authority, signing_request

Manifest = dict[str, Any]


def load(source: Path | str) -> list[Manifest]:
    """Read every object of a YAML file or text."""
    text = source.read_text() if isinstance(source, Path) else source
    return [manifest for manifest in yaml.load_all(text, yaml.CSafeLoader) if manifest]


def condition(manifest: Manifest, kind: str) -> Manifest | None:
    """Pick a condition out of an object's status."""
    conditions: list[Manifest] = manifest.get("status", {}).get("conditions") or []
    return next((found for found in conditions if found["type"] == kind), None)


def namespace(name: str, **labels: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def certificate_request(
    name: str, namespace: str, csr: str | None = None, *, issuer: str = "ca", **spec: object
) -> Manifest:
    """Ask the namespace's Issuer to sign a PEM CSR, or one for `NAME.example.com`.

    `spec` adds or replaces fields: `duration="1h"`, `usages=["server auth"]`, `issuerRef={...}`.
    """
    csr = csr or signing_request("", f"DNS:{name}.example.com")
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "CertificateRequest",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"request": encode(csr), "issuerRef": issuer_reference(issuer), **spec},
    }


def certificate(name: str, namespace: str, *, issuer: str = "ca", **spec: object) -> Manifest:
    """Let cert-manager keep a certificate for `NAME.example.com` in the Secret NAME."""
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "secretName": name,
            "dnsNames": [f"{name}.example.com"],
            "privateKey": {"algorithm": "ECDSA"},
            "issuerRef": issuer_reference(issuer),
            **spec,
        },
    }


def certificate_authority(namespace: str, *, name: str = "ca") -> list[Manifest]:
    """Make a CA Issuer and the Secret that it signs with."""
    pair = Authority(name).pair
    metadata = {"name": name, "namespace": namespace}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "kubernetes.io/tls",
        "data": {"tls.crt": encode(pair.certificate), "tls.key": encode(pair.key)},
    }
    issuer = {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Issuer",
        "metadata": metadata,
        "spec": {"ca": {"secretName": name}},
    }
    return [secret, issuer]


def role(name: str, *rules: Manifest, namespace: str | None = None) -> Manifest:
    """Make a Role, or a ClusterRole if there is no namespace."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role" if namespace else "ClusterRole",
        "metadata": metadata,
        "rules": list(rules),
    }


def issuer_reference(name: str) -> Manifest:
    return {"name": name, "kind": "Issuer", "group": "cert-manager.io"}


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
