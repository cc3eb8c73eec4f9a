"""What an operator can set of a running approver, by approver-policy's names where it has them."""

from dataclasses import dataclass
from pathlib import Path

from approver.model import ServiceAccount
from approver.model.request import LONGEST_REQUEST
from approver.ops.flags import (
    account,
    at_most,
    boolean,
    flag,
    label,
    level,
    lifetime,
    one_of,
    optional,
    port,
    positive,
    seconds,
    subdomain,
    switch,
)
from approver.ops.logs import FORMATS, LEVELS
from approver.review import Enforcement
from approver.review.enforcement import LABEL
from approver.x509 import LIMIT

_OFF = "port 0 takes a free one, 0 alone switches it off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The flags of `approver run`. Addresses are `host:port`, an empty host meaning all."""

    kubeconfig: Path | None = flag("kubeconfig file, outside a cluster", None, Path)
    context: str | None = flag("context of the kubeconfig, by default its current one")
    metrics_bind_address: str = flag(f"host:port of /metrics; {_OFF}", ":9402")
    readiness_probe_bind_address: str = flag(f"host:port of /healthz and /readyz; {_OFF}", ":6060")
    leader_election_namespace: str | None = flag(
        "namespace of the Lease by which one of several replicas decides, by default the pod's"
        " own or that of the kubeconfig's context"
    )
    workers: int = flag("how many requests are decided at a time", "32", positive)
    enforcement: str = flag(
        "enforce; audit: approve, and say so, what policies would deny or leave undecided;"
        " shadow: write nothing, and count where another approver decides otherwise",
        "enforce",
        one_of("enforce", "audit", "shadow"),
    )
    namespace_audit: bool = switch(f"audit in namespaces that are labelled {LABEL}=audit")
    unmatched: str = flag(
        "leave requests undecided that no policy decides, or deny them",
        "leave",
        one_of("leave", "deny"),
    )
    unmatched_grace: float = flag(
        "how long to wait for a policy before such a request is denied, or approved", "30s", seconds
    )
    approve_when_no_policies: bool = switch(
        "approve as long as the cluster has had no policy since the start, after --unmatched-grace"
    )
    max_csr_size: int = flag(
        "bytes of a CSR in PEM that cert-manager reads, its pemSizeLimitsConfig.maxCertificateSize",
        str(LIMIT),
        at_most(LONGEST_REQUEST * 3 // 4),
    )
    requester_selectors: bool = flag(
        "whether policies may say themselves for whom they are, without RBAC; those that do are not"
        " ready otherwise",
        "true",
        boolean,
    )
    require_cert_manager_webhook: bool = switch(
        "decide nothing while cert-manager's webhook is not configured to make requesters true"
    )
    log_format: str = flag("text or json", "text", one_of(*FORMATS))
    log_level: str = flag(
        "error, warning, info or debug; or a number, of which 2 and more is debug",
        "info",
        level(LEVELS),
    )

    webhook_host: str = flag("address that the webhook listens on, by default all", "")
    webhook_port: int = flag(
        "port of the webhook that looks at policies when they are written; 0 switches it off, and"
        " so does --enforcement=shadow",
        "0",
        port,
    )
    webhook_service_name: str = flag(
        "Service by which the API server calls the webhook", "policy-approver-webhook", label
    )
    webhook_ca_secret_namespace: str | None = flag(
        "namespace of the Service, and of the Secret with the webhook's CAs, by default the pod's"
        " own or that of the kubeconfig's context",
        None,
        optional(label),
    )
    webhook_ca_secret_name: str = flag(
        "Secret with the CAs of the webhook, which the approver makes",
        "policy-approver-webhook-ca",
        subdomain,
    )
    webhook_ca_duration: float = flag("how long one of the CAs is valid", "8760h", lifetime)
    webhook_leaf_cert_duration: float = flag(
        "how long the webhook's certificate is valid, if its CA is; it is renewed when two thirds"
        " are over",
        "168h",
        lifetime,
    )
    webhook_certificate_dir: Path | None = flag(
        "folder with the tls.crt and tls.key of the webhook, instead of its own CAs; they are read"
        " again when they change",
        None,
        optional(Path),
    )
    webhook_configuration_name: str = flag(
        "ValidatingWebhookConfiguration by which the API server knows the webhook",
        "policy-approver-webhook",
        subdomain,
    )
    webhook_ca_injection: str = flag(
        "who writes the CAs into that: cainjector, which is cert-manager's; or self",
        "cainjector",
        one_of("cainjector", "self"),
    )
    webhook_request_warnings: bool = switch(
        "have the webhook warn of Certificates and requests that no policy would approve"
    )
    cert_manager_account: ServiceAccount = flag(
        "NAMESPACE/NAME of cert-manager's service account, which makes requests of Certificates",
        "cert-manager/cert-manager",
        account,
    )

    @property
    def webhook(self) -> bool:
        """Whether to serve the webhook: not beside another approver, where nothing is written."""
        return bool(self.webhook_port) and not self.shadow

    @property
    def shadow(self) -> bool:
        """Whether to review beside another approver, and write nothing."""
        return self.enforcement == "shadow"

    @property
    def policy_enforcement(self) -> Enforcement:
        """What is made of decisions."""
        return Enforcement(
            audit=self.enforcement == "audit",
            namespace_audit=self.namespace_audit,
            unmatched_grace=self.unmatched_grace if self.unmatched == "deny" else None,
            no_policies_grace=self.unmatched_grace if self.approve_when_no_policies else None,
        )
