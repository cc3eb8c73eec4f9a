"""Certificates, Ingresses and Gateways of many shapes, in files beside this one."""

from pathlib import Path
from typing import Any

from tests.controlplane.client import KINDS
from tests.controlplane.manifests import Manifest, load

FOLDER = Path(__file__).parent
TLS = {"hosts": ["www.example.com"]}
DEFAULTS = {
    "issuerRef": {"name": "ca", "kind": "Issuer", "group": "cert-manager.io"},
    "privateKey": {"algorithm": "ECDSA"},
}
ANNOTATIONS = {
    "example.com/note": "copied",
    "cert-manager.io/issue-temporary-certificate": "false",
    "kubectl.kubernetes.io/note": "not copied",
    "argocd.argoproj.io/note": "not copied",
}


def read(name: str) -> Any:  # noqa: ANN401 - of YAML
    [content] = load(FOLDER / f"{name}.yaml")
    return content


CERTIFICATES: Manifest = read("certificates")
REFUSED: list[Manifest] = read("refused")
UNMADE: list[Manifest] = read("unmade")
INGRESSES: Manifest = read("ingresses")
GATEWAYS: Manifest = read("gateways")


def certificate(name: str, spec: Manifest, namespace: str = "team-a") -> Manifest:
    metadata = {"annotations": ANNOTATIONS, "labels": {"app": "web"}}
    return made("Certificate", name, namespace, {"secretName": name, **DEFAULTS, **spec}, metadata)


def ingress(name: str, namespace: str = "team-a") -> Manifest:
    shape = INGRESSES[name]
    spec = {
        "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}},
        "tls": shape.get("tls", [TLS | {"secretName": name}]),
    }
    return made("Ingress", name, namespace, spec, annotated(shape))


def gateway(name: str, namespace: str = "team-a") -> Manifest:
    shape = GATEWAYS[name]
    spec = {"gatewayClassName": "web", "listeners": shape["listeners"]}
    return made("Gateway", name, namespace, spec, annotated(shape))


def annotated(shape: Manifest) -> Manifest:
    return {
        "annotations": {
            name if "/" in name else f"cert-manager.io/{name}": value
            for name, value in shape["annotations"].items()
        }
    }


def made(kind: str, name: str, namespace: str, spec: Manifest, metadata: Manifest) -> Manifest:
    return {
        "apiVersion": KINDS[kind].api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": spec,
    }
