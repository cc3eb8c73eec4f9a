"""cert-manager as its chart would install it: definitions, permissions, webhooks."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.controlplane.client import APIError, Client
from tests.controlplane.identities import CAINJECTOR, CERT_MANAGER
from tests.controlplane.manifests import (
    Manifest,
    certificate_request,
    encode,
    everything,
    grant,
    namespace,
)
from tests.controlplane.waiting import wait_until

NAMESPACE = "cert-manager"
EFFECT_SECONDS = 15
GROUPS = (
    "",
    "acme.cert-manager.io",
    "authorization.k8s.io",
    "cert-manager.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "gateway.networking.k8s.io",
    "networking.k8s.io",
    "route.openshift.io",
)

_READ = ["get", "list", "watch"]
_INJECT = [*_READ, "update", "patch"]
CAINJECTOR_RULES = [
    {"apiGroups": [group], "resources": resources, "verbs": verbs}
    for group, resources, verbs in (
        ("cert-manager.io", ["certificates"], _READ),
        ("", ["secrets"], _READ),
        ("", ["events"], ["get", "create", "update", "patch"]),
        (
            "admissionregistration.k8s.io",
            ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
            _INJECT,
        ),
        ("apiregistration.k8s.io", ["apiservices"], _INJECT),
        ("apiextensions.k8s.io", ["customresourcedefinitions"], _INJECT),
    )
]

IDENTITY = {
    "apiGroups": ["cert-manager.io"],
    "apiVersions": ["v1"],
    "operations": ["CREATE"],
    "resources": ["certificaterequests"],
}
EVERYTHING = {
    "apiGroups": ["cert-manager.io", "acme.cert-manager.io"],
    "apiVersions": ["v1"],
    "operations": ["CREATE", "UPDATE"],
    "resources": ["*/*"],
}


def install_definitions(client: Client, folder: Path) -> None:
    """Create the CRDs of a folder, whose files bear their names, and wait until they are served."""
    files = sorted(folder.glob("*.yaml"))
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda file: install_definition(client, file), files))


def install_definition(client: Client, file: Path) -> None:
    group, _, plural = file.stem.rpartition("_")
    definition = client.apply_file("CustomResourceDefinition", f"{plural}.{group}", file)
    version = next(version for version in definition["spec"]["versions"] if version["storage"])
    path = f"/apis/{group}/{version['name']}/{plural}"
    wait_until(lambda: client.serves(path), EFFECT_SECONDS, f"{path} is not served")


def install_account(client: Client) -> None:
    """Let cert-manager's service account do all in the API groups that its chart names.

    Policies are in none of them: what it may use, a binding must say, as in any cluster.
    """
    rights = everything(*GROUPS)
    client.apply(namespace(NAMESPACE), *grant("cert-manager", rights, CERT_MANAGER))


def install_cainjector_account(client: Client) -> None:
    """Let cainjector's service account do what its chart lets it, but for leader election."""
    role, binding = grant("cert-manager-cainjector", {}, CAINJECTOR)
    client.apply(namespace(NAMESPACE), role | {"rules": CAINJECTOR_RULES}, binding)


def injects(client: Client) -> bool:
    """Ask for the API server's authority in a webhook configuration, until cainjector writes it."""
    kind, name = "ValidatingWebhookConfiguration", "cainjector-probe"
    annotations = {"cert-manager.io/inject-apiserver-ca": "true"}
    client.apply(injectable(name, annotations))
    if "caBundle" not in client.get(kind, name)["webhooks"][0]["clientConfig"]:
        return False
    client.delete(kind, name)
    return True


def injectable(name: str, annotations: Manifest) -> Manifest:
    """Make a webhook configuration that is called for nothing, for cainjector to fill in."""
    webhook = {
        "name": f"{name}.example.com",
        "clientConfig": {"url": "https://127.0.0.1:1"},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name, "annotations": annotations},
        "webhooks": [webhook],
    }


def install_webhook(client: Client, url: str, authority: str) -> None:
    """Register the webhook at `url`, certified by `authority` (PEM), and wait for its effect."""
    client.apply(
        configuration("Mutating", f"{url}/mutate", authority, IDENTITY),
        configuration("Validating", f"{url}/validate", authority, EVERYTHING),
    )
    wait_until(lambda: in_effect(client), EFFECT_SECONDS, "cert-manager's webhook is not called")


def configuration(kind: str, url: str, authority: str, rules: Manifest) -> Manifest:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": f"{kind}WebhookConfiguration",
        "metadata": {"name": "cert-manager-webhook"},
        "webhooks": [
            {
                "name": "webhook.cert-manager.io",
                "clientConfig": {"url": url, "caBundle": encode(authority)},
                "rules": [rules],
                "admissionReviewVersions": ["v1"],
                "matchPolicy": "Equivalent",
                "timeoutSeconds": 30,
                "failurePolicy": "Fail",
                "sideEffects": "None",
            }
        ],
    }


def in_effect(client: Client) -> bool:
    """Ask for a request that the one webhook completes, and for one that the other refuses."""
    probe = certificate_request("probe", "default")
    if "username" not in client.create(probe, dry_run=True)["spec"]:
        return False
    try:
        client.create(certificate_request("probe", "default", "no CSR"), dry_run=True)
    except APIError:
        return True
    return False
