"""The webhook as the API server of the tests calls it: by an address, for there are no Services."""

import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cryptography import x509

from tests.controlplane import Client, ControlPlane, chart
from tests.controlplane.identities import APPROVER, APPROVER_NAMESPACE
from tests.controlplane.manifests import Manifest
from tests.running import Approver

NAME = "policy-approver-webhook"
SECRET = f"{NAME}-ca"
HOST = "127.0.0.1"
VALUES: Manifest = {
    "admission": {
        "policies": {"enabled": True},
        "requests": {"enabled": True},
        "caInjection": "self",
        "lint": False,
    }
}
"""Of a chart that has the approver write its CAs into the configuration itself."""


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
def served(
    cluster: ControlPlane, *flags: str, values: Manifest = VALUES, **policies: object
) -> Iterator[Webhook]:
    """Have the webhook called until the end of the block, by a configuration that is gone then."""
    port = free_port()
    with (
        called(cluster.client(), port, values, **policies),
        running(cluster, port, *flags) as approver,
    ):
        yield Webhook(approver, port, cluster.client())


@contextmanager
def called(
    admin: Client, port: int, values: Manifest = VALUES, **policies: object
) -> Iterator[None]:
    """Have a webhook called that listens on a port, whoever that is."""
    admin.apply(configuration(port, values, **policies))
    try:
        yield
    finally:
        admin.delete("ValidatingWebhookConfiguration", NAME)


def running(cluster: ControlPlane, port: int, *flags: str, wait: bool = True) -> Approver:
    """Run an approver that serves the webhook on a port."""
    return Approver(
        cluster.kubeconfig(APPROVER),
        f"--webhook-host={HOST}",
        f"--webhook-port={port}",
        "--webhook-ca-injection=self",
        f"--webhook-ca-secret-namespace={APPROVER_NAMESPACE}",
        "--webhook-request-warnings",
        *flags,
        wait=wait,
    )


def configuration(port: int, values: Manifest, **policies: object) -> Manifest:
    """Give the chart's configuration, with an address in place of its Service.

    `policies` are other fields of the webhook for policies.
    """
    found = next(
        each
        for each in chart.render_chart(values)
        if each["kind"] == "ValidatingWebhookConfiguration"
    )
    for hook in found["webhooks"]:
        path = hook["clientConfig"]["service"]["path"]
        hook.update(
            {"clientConfig": {"url": f"https://{HOST}:{port}{path}"}},
            **(policies if path == "/policies" else {}),
        )
    return found


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
    return port
