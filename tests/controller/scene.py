"""A namespace of its own, where tenants ask and policies answer."""

from dataclasses import dataclass, field
from typing import Any

from tests.controlplane import APIError, Client, ControlPlane, Identity
from tests.controlplane.client import KINDS
from tests.controlplane.identities import ALICE
from tests.controlplane.manifests import (
    Manifest,
    certificate_authority,
    certificate_request,
    condition,
    decision,
    decision_of,
    grant,
    use,
)
from tests.controlplane.waiting import wait_until
from tests.examples import policy_manifest

SECONDS = 15
"""How long anything may take before a test gives up on it."""

_GLOBAL = ("ClusterRoleBinding", "ClusterRole")


@dataclass(slots=True)
class Scene:
    """Policies apply to this namespace only; requests are Alice's for the Issuer `ca` in it."""

    cluster: ControlPlane
    namespace: str
    _granted: set[str] = field(default_factory=set)

    @property
    def admin(self) -> Client:
        return self.cluster.client()

    def authority(self) -> None:
        """Make the Issuer, so that what is approved is signed."""
        self.admin.apply(*certificate_authority(self.namespace))

    def policy(self, name: str, **spec: Any) -> None:  # noqa: ANN401 - any field of the language
        """Make a policy of these fields, or give it them instead of those that it has."""
        selector = {"namespace": {"matchNames": [self.namespace]}}
        self.admin.apply(policy_manifest(name, **{"selector": selector, **spec}))

    def bind(self, *policies: str, to: Identity = ALICE) -> None:
        """Let somebody use policies in this namespace."""
        for name in policies:
            self.admin.apply(*grant(f"use-{name}", use(name), to, namespace=self.namespace))

    def unbind(self, policy: str, who: Identity = ALICE) -> None:
        """Take back what `bind` gave, and wait until the API server's authorizer knows."""
        self.admin.delete("RoleBinding", f"use-{policy}", self.namespace)
        await_refusal(self.admin, who, use(policy), self.namespace)

    def bind_everywhere(self, *policies: str, to: Identity = ALICE) -> None:
        """Let somebody use policies in all namespaces."""
        for name in policies:
            self._granted.add(name)
            self.admin.apply(*grant(name, use(name), to))

    def ask(
        self,
        name: str,
        csr: str | None = None,
        *,
        by: Identity = ALICE,
        **spec: Any,  # noqa: ANN401 - any field of a request
    ) -> None:
        """Ask for `NAME.example.com`, or with a CSR in PEM for what that says."""
        request = certificate_request(name, self.namespace, csr, **spec)
        self.cluster.client(by).create(request)

    def request(self, name: str) -> Manifest:
        """Look at a request as it is now."""
        return self.admin.get("CertificateRequest", name, self.namespace)

    def requests(self) -> list[Manifest]:
        """List the requests as they are now."""
        return self.admin.list("CertificateRequest", self.namespace)

    def decided(self, name: str) -> Manifest:
        """Wait for the decision on a request, and give the condition."""
        request = self.admin.wait_for(
            "CertificateRequest", name, decision_of, self.namespace, timeout=SECONDS
        )
        found = decision_of(request)
        assert found is not None
        return found

    def approved(self, name: str) -> str:
        """Wait for the decision on a request, see that it is approved, and give the message."""
        return self._message(name, "Approved")

    def denied(self, name: str) -> str:
        """Wait for the decision on a request, see that it is denied, and give the message."""
        return self._message(name, "Denied")

    def undecided(self, name: str) -> bool:
        """Say whether a request has no decision now."""
        return decision_of(self.request(name)) is None

    def event(self, name: str, reason: str) -> Manifest:
        """Wait for an event on a request."""
        found: dict[str, Manifest] = {}

        def look() -> bool:
            found.update((event["reason"], event) for event in self.events(name))
            return reason in found

        wait_until(look, SECONDS, f"no event {reason} on {name}")
        return found[reason]

    def events(self, name: str | None = None) -> list[Manifest]:
        """List the events on a request, or on all of them, as they are now."""
        return [
            event
            for event in self.admin.list("Event", self.namespace)
            if event["reportingController"] == "policy-approver"
            and name in {None, event["regarding"]["name"]}
        ]

    def policy_ready(self, name: str, status: str = "True", *, generation: int = 1) -> Manifest:
        """Wait for what a policy's status says of a generation, and give the condition."""

        def says(policy: Manifest) -> bool:
            ready = condition(policy, "Ready") or {}
            return ready.get("status") == status and ready["observedGeneration"] == generation

        policy = self.admin.wait_for("CertificateRequestPolicy", name, says, timeout=SECONDS)
        ready = condition(policy, "Ready")
        assert ready is not None
        return ready

    def clear(self) -> None:
        """Take back what was granted everywhere."""
        for name in self._granted:
            for kind in _GLOBAL:
                self.admin.delete(kind, name)

    def _message(self, name: str, kind: str) -> str:
        decision = self.decided(name)
        assert decision["type"] == kind, decision["message"]
        return str(decision["message"])


def await_refusal(admin: Client, who: Identity, rule: Manifest, namespace: str = "") -> None:
    """Wait until somebody may no longer do what a rule allows."""
    resource, _, subresource = rule["resources"][0].partition("/")
    attributes = {
        "verb": rule["verbs"][0],
        "group": rule["apiGroups"][0],
        "resource": resource,
        "subresource": subresource,
        "name": rule.get("resourceNames", [""])[0],
        "namespace": namespace,
    }
    user = {"user": who.name, "groups": who.groups, "resourceAttributes": attributes}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": user,
    }
    wait_until(
        lambda: not admin.create(review)["status"]["allowed"],
        SECONDS,
        f"{who.name} may still {attributes}",
    )


def await_refusal_by_the_webhook(client: Client, request: str, namespace: str) -> None:
    """Wait until cert-manager's webhook, which remembers permissions, lets nobody approve."""
    path = KINDS["CertificateRequest"].path(namespace, request, "status")
    approval = decision("Approved", "a trial")

    def refuses() -> bool:
        try:
            client.call("PATCH", path, approval, "application/merge-patch+json", dryRun="All")
        except APIError as error:
            return "admission webhook" in str(error)
        return False

    wait_until(refuses, SECONDS, "cert-manager's webhook lets the approver approve")
