"""A small synchronous Kubernetes client: objects are dicts, kinds are names."""

import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.controlplane.manifests import Manifest
from tests.controlplane.waiting import POLL_SECONDS

Manifests = list[Manifest]
CALL_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Kind:
    """Where the objects of a kind are."""

    name: str
    api_version: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str | None, name: str = "", subresource: str = "") -> str:
        if self.namespaced and name and not namespace:
            raise ValueError(f"{self.name} {name!r} needs a namespace")
        root = "/apis" if "/" in self.api_version else "/api"
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        tail = "".join(f"/{part}" for part in (name, subresource) if part)
        return f"{root}/{self.api_version}{scope}/{self.plural}{tail}"


RBAC = "rbac.authorization.k8s.io/v1"
ADMISSION = "admissionregistration.k8s.io/v1"
MONITORING = "monitoring.coreos.com/v1"
CERT_MANAGER_API = "cert-manager.io/v1"
KINDS = {
    kind.name: kind
    for kind in (
        Kind("Namespace", "v1", "namespaces", namespaced=False),
        Kind("Secret", "v1", "secrets"),
        Kind("ConfigMap", "v1", "configmaps"),
        Kind("ServiceAccount", "v1", "serviceaccounts"),
        Kind("Service", "v1", "services"),
        Kind("Pod", "v1", "pods"),
        Kind("Deployment", "apps/v1", "deployments"),
        Kind("Job", "batch/v1", "jobs"),
        Kind("PodDisruptionBudget", "policy/v1", "poddisruptionbudgets"),
        Kind("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies"),
        Kind("ServiceMonitor", MONITORING, "servicemonitors"),
        Kind("PodMonitor", MONITORING, "podmonitors"),
        Kind("PrometheusRule", MONITORING, "prometheusrules"),
        Kind("GrafanaDashboard", "grafana.integreatly.org/v1beta1", "grafanadashboards"),
        Kind("PersesDashboard", "perses.dev/v1alpha2", "persesdashboards"),
        Kind("Event", "events.k8s.io/v1", "events"),
        Kind("Lease", "coordination.k8s.io/v1", "leases"),
        Kind("Role", RBAC, "roles"),
        Kind("RoleBinding", RBAC, "rolebindings"),
        Kind("ClusterRole", RBAC, "clusterroles", namespaced=False),
        Kind("ClusterRoleBinding", RBAC, "clusterrolebindings", namespaced=False),
        Kind(
            "CustomResourceDefinition",
            "apiextensions.k8s.io/v1",
            "customresourcedefinitions",
            namespaced=False,
        ),
        Kind(
            "MutatingWebhookConfiguration",
            ADMISSION,
            "mutatingwebhookconfigurations",
            namespaced=False,
        ),
        Kind(
            "ValidatingWebhookConfiguration",
            ADMISSION,
            "validatingwebhookconfigurations",
            namespaced=False,
        ),
        Kind(
            "ValidatingAdmissionPolicy",
            ADMISSION,
            "validatingadmissionpolicies",
            namespaced=False,
        ),
        Kind(
            "ValidatingAdmissionPolicyBinding",
            ADMISSION,
            "validatingadmissionpolicybindings",
            namespaced=False,
        ),
        Kind(
            "SubjectAccessReview",
            "authorization.k8s.io/v1",
            "subjectaccessreviews",
            namespaced=False,
        ),
        Kind("CertificateRequest", CERT_MANAGER_API, "certificaterequests"),
        Kind("Certificate", CERT_MANAGER_API, "certificates"),
        Kind("Issuer", CERT_MANAGER_API, "issuers"),
        Kind("Ingress", "networking.k8s.io/v1", "ingresses"),
        Kind("Gateway", "gateway.networking.k8s.io/v1", "gateways"),
        Kind("ClusterIssuer", CERT_MANAGER_API, "clusterissuers", namespaced=False),
        Kind(
            "CertificateRequestPolicy",
            "policy.cert-manager.io/v1alpha1",
            "certificaterequestpolicies",
            namespaced=False,
        ),
    )
}


class APIError(Exception):
    """The API server refused: `status` is the HTTP status, the text is the server's message.

    `causes` are what it has against which fields.
    """

    def __init__(self, status: int, message: str, causes: Manifests) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.causes = causes


class Client:
    """Calls the API server as one identity.

    Methods take the kind's name and answer with the object as the server has it. They raise
    `APIError` when it refuses, and httpx's errors when it does not answer.
    """

    def __init__(self, url: str, token: str, tls: ssl.SSLContext) -> None:
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            verify=tls,
            timeout=CALL_SECONDS,
            trust_env=False,
        )

    def get(self, kind: str, name: str, namespace: str | None = None) -> Manifest:
        return self.call("GET", KINDS[kind].path(namespace, name))

    def create(
        self, manifest: Manifest, *, dry_run: bool = False, strict: bool = False
    ) -> Manifest:
        """Create an object; `strict` refuses unknown fields, as kubectl does."""
        path = KINDS[manifest["kind"]].path(manifest["metadata"].get("namespace"))
        return self.call(
            "POST",
            path,
            manifest,
            dryRun="All" if dry_run else None,
            fieldValidation="Strict" if strict else None,
        )

    def apply(self, *manifests: Manifest) -> None:
        """Create or change objects by server-side apply, as one owner that always wins."""
        for manifest in manifests:
            metadata = manifest["metadata"]
            path = KINDS[manifest["kind"]].path(metadata.get("namespace"), metadata["name"])
            self._apply(path, manifest)

    def apply_file(self, kind: str, name: str, file: Path) -> Manifest:
        """Apply a file of one object of no namespace as it stands, unread: quick for large CRDs."""
        return self._apply(KINDS[kind].path(None, name), file.read_bytes())

    def patch(
        self,
        kind: str,
        name: str,
        change: Manifest | Manifests,
        namespace: str | None = None,
        *,
        subresource: str = "",
    ) -> Manifest:
        """Change an object by a merge patch, or by a JSON patch if the change is a list."""
        media = f"application/{'json' if isinstance(change, list) else 'merge'}-patch+json"
        return self.call("PATCH", KINDS[kind].path(namespace, name, subresource), change, media)

    def warnings(self, manifest: Manifest) -> list[str]:
        """Give what the API server warns of when an object is created; it is not."""
        path = KINDS[manifest["kind"]].path(manifest["metadata"].get("namespace"))
        response = self._http.request("POST", path, json=manifest, params={"dryRun": "All"})
        if not response.is_success:
            raise APIError(response.status_code, message(response), causes(response))
        return response.headers.get_list("warning")

    def delete(self, kind: str, name: str, namespace: str | None = None) -> Manifest:
        return self.call("DELETE", KINDS[kind].path(namespace, name))

    def delete_all(self, kind: str, namespace: str | None = None) -> None:
        """Delete every object of a kind, in a namespace if the kind has them."""
        self.call("DELETE", KINDS[kind].path(namespace))

    def wait_for(
        self,
        kind: str,
        name: str,
        until: Callable[[Manifest], object],
        namespace: str | None = None,
        *,
        timeout: float = 10,
    ) -> Manifest:
        """Wait until an object exists and `until` is true of it, at most `timeout` seconds.

        Raises TimeoutError that shows what was seen last.
        """
        deadline = time.monotonic() + timeout
        while True:
            seen: Manifest | APIError
            try:
                seen = self.get(kind, name, namespace)
                if until(seen):
                    return seen
            except APIError as error:
                if error.status != httpx.codes.NOT_FOUND:
                    raise
                seen = error
            if time.monotonic() > deadline:
                raise TimeoutError(f"{kind} {name} after {timeout} s: {describe(seen)}")
            time.sleep(POLL_SECONDS)

    def list(self, kind: str, namespace: str | None = None) -> Manifests:
        """List a kind's objects, in one namespace or in all."""
        found = self.call("GET", KINDS[kind].path(namespace))
        listed = {"apiVersion": KINDS[kind].api_version, "kind": kind}
        return [listed | item for item in found["items"]]

    def call(
        self,
        method: str,
        path: str,
        body: Manifest | Manifests | bytes | None = None,
        media: str = "application/json",
        **query: str | None,
    ) -> Manifest:
        """Send any request; bytes are sent as they are. While the server says 429, try again."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        parameters = {name: value for name, value in query.items() if value is not None}
        headers = {"Content-Type": media} if content is not None else {}
        deadline = time.monotonic() + CALL_SECONDS
        while True:
            response = self._http.request(
                method, path, content=content, params=parameters, headers=headers
            )
            if response.is_success:
                answer: Manifest = response.json()
                return answer
            busy = response.status_code == httpx.codes.TOO_MANY_REQUESTS
            if not busy or time.monotonic() > deadline:
                raise APIError(response.status_code, message(response), causes(response))
            time.sleep(float(response.headers.get("Retry-After", 1)))

    def serves(self, path: str) -> bool:
        """Say whether the API server knows a path, which it does a while after the CRD is there."""
        try:
            self.call("GET", path)
        except APIError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return False
            raise
        return True

    def ready(self) -> bool:
        """Say whether the API server answers and is ready."""
        try:
            return self._http.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def close(self) -> None:
        self._http.close()

    def _apply(self, path: str, body: Manifest | bytes) -> Manifest:
        media = "application/apply-patch+yaml"
        return self.call("PATCH", path, body, media, fieldManager="tests", force="true")


def message(response: httpx.Response) -> str:
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return response.text


def causes(response: httpx.Response) -> Manifests:
    try:
        found: Manifests = response.json()["details"]["causes"]
    except (ValueError, KeyError, TypeError):
        return []
    return found


def describe(seen: Manifest | APIError) -> str:
    if isinstance(seen, APIError):
        return str(seen)
    metadata: dict[str, Any] = seen["metadata"] | {"managedFields": None}
    return json.dumps(seen | {"metadata": metadata}, indent=1)
