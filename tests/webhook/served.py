"""The webhook as the API server of the tests calls it: by an address, for there are no Services."""

import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cryptography import x509

from tests.controlplane import Client, ControlPlane
from tests.controlplane.identities import APPROVER, APPROVER_NAMESPACE
from tests.controlplane.manifests import Manifest
from tests.running import Approver

NAME = "policy-approver-webhook"
SECRET = f"{NAME}-ca"
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An approver that serves the webhook, and who calls it."""

    approver: Approver
    port: int
    admin: Client

    @property
    def authorities(self) -> list[x509.Certificate]:
        """The CAs in the Secret."""
        data = self.admin.get("Secret", SECRET, APPROVER_NAMESPACE).get("data") or {}
        return x509.load_pem_x509_certificates(base64.b64decode(data.get("ca.crt", "")))

    def leaf(self) -> x509.Certificate:
        """The certificate that is served, whoever signed it."""
        return x509.load_pem_x509_certificate(
            ssl.get_server_certificate((HOST, self.port), timeout=5).encode()
        )


@contextmanager
def served(cluster: ControlPlane, *flags: str, requests: bool = False) -> Iterator[Webhook]:
    """Have the webhook called until the end of the block, by a configuration that is gone then."""
    port = free_port()
    admin = cluster.client()
    admin.apply(configuration(port, requests=requests))
    settings = [
        f"--webhook-host={HOST}",
        f"--webhook-port={port}",
        "--webhook-ca-injection=self",
        f"--webhook-ca-secret-namespace={APPROVER_NAMESPACE}",
        *(["--webhook-request-warnings"] if requests else []),
    ]
    try:
        with Approver(cluster.kubeconfig(APPROVER), *settings, *flags) as approver:
            yield Webhook(approver, port, admin)
    finally:
        admin.delete("ValidatingWebhookConfiguration", NAME)


def configuration(
    port: int, *, requests: bool = False, failure_policy: str = "Ignore", seconds: int = 5
) -> Manifest:
    """Give the chart's configuration, with addresses in place of a Service."""
    policies = {
        "name": "policies.policy-approver.io",
        "rules": [
            {
                "apiGroups": ["policy.cert-manager.io"],
                "apiVersions": ["v1alpha1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["certificaterequestpolicies"],
            }
        ],
        "clientConfig": {"url": f"https://{HOST}:{port}/policies"},
        "failurePolicy": failure_policy,
        "timeoutSeconds": seconds,
    }
    tenants = {
        "name": "requests.policy-approver.io",
        "rules": [
            {
                "apiGroups": ["cert-manager.io"],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["certificates", "certificaterequests"],
            }
        ],
        "clientConfig": {"url": f"https://{HOST}:{port}/requests"},
        "failurePolicy": "Ignore",
        "timeoutSeconds": 2,
    }
    common = {"sideEffects": "None", "admissionReviewVersions": ["v1"]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": NAME},
        "webhooks": [hook | common for hook in [policies, *([tenants] if requests else [])]],
    }


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
    return port
