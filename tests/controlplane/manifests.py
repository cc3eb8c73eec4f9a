"""Objects of Kubernetes and cert-manager, made from a few words."""

import base64
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.controlplane.identities import Identity
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


def decision_of(request: Manifest) -> Manifest | None:
    """Pick out the condition that decides a CertificateRequest."""
    return condition(request, "Approved") or condition(request, "Denied")


def without_hint(event: Manifest) -> str:
    """Give what an event says, but for the command that explains more, if it names one."""
    about = event["regarding"]
    hint = f" (kubectl approver explain -n {about['namespace']} {about['name']})"
    return str(event["note"]).removesuffix(hint)


def is_true(kind: str) -> Callable[[Manifest], bool]:
    """Make the question whether a condition of this kind is true."""

    def holds(manifest: Manifest) -> bool:
        found = condition(manifest, kind)
        return found is not None and found["status"] == "True"

    return holds


def decision(kind: str, message: str) -> Manifest:
    """Make the change of status that sets `Approved` or `Denied` on an undecided request."""
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = {"type": kind, "status": "True", "reason": "tests", "message": message}
    return {"status": {"conditions": [made | {"lastTransitionTime": now}]}}


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


def grant(
    name: str, rule: Manifest, *identities: Identity, namespace: str | None = None
) -> list[Manifest]:
    """Make a Role and its RoleBinding, or without a namespace a ClusterRole and its binding."""
    kind = "Role" if namespace else "ClusterRole"
    group = "rbac.authorization.k8s.io"
    common = {
        "apiVersion": f"{group}/v1",
        "metadata": {"name": name} | ({"namespace": namespace} if namespace else {}),
    }
    users = [{"apiGroup": group, "kind": "User", "name": identity.name} for identity in identities]
    reference = {"apiGroup": group, "kind": kind, "name": name}
    role = common | {"kind": kind, "rules": [rule]}
    binding = common | {"kind": f"{kind}Binding", "roleRef": reference, "subjects": users}
    return [role, binding]


def use(*policies: str) -> Manifest:
    """Make the rule that binds requesters to policies; without names, to all."""
    rule = {
        "apiGroups": ["policy.cert-manager.io"],
        "resources": ["certificaterequestpolicies"],
        "verbs": ["use"],
    }
    return rule | ({"resourceNames": list(policies)} if policies else {})


def everything(*api_groups: str) -> Manifest:
    """Make the rule that permits everything in some API groups."""
    return {"apiGroups": list(api_groups), "resources": ["*"], "verbs": ["*"]}


def issuer_reference(name: str) -> Manifest:
    return {"name": name, "kind": "Issuer", "group": "cert-manager.io"}


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
