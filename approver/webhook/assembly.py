"""Makes the webhook of its parts."""

from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address

from approver.cel.remembering import RememberingEngine
from approver.kube.session import Session
from approver.ops.metrics import Metrics
from approver.ops.settings import Settings
from approver.webhook.authority_secret import AuthoritySecret
from approver.webhook.certificates import CertificateFiles, Certificates, OwnCertificates
from approver.webhook.linter import Linter
from approver.webhook.policy_admission import PolicyAdmission
from approver.webhook.request_admission import Decide, RequestAdmission
from approver.webhook.server import POLICIES, REQUESTS, WebhookServer
from approver.webhook.serving_context import ServingContext
from approver.webhook.trust import Trust
from approver.webhook.webhook import Webhook


def assemble(
    settings: Settings,
    session: Session,
    engine: RememberingEngine,
    metrics: Metrics,
    *,
    decide: Decide,
    leading: Callable[[], bool],
) -> Webhook:
    """Return the webhook; `decide` decides requests, `leading` tells who writes its CAs."""
    namespace = settings.webhook_ca_secret_namespace or session.namespace
    service = f"{settings.webhook_service_name}.{namespace}.svc"
    context = ServingContext()
    trust = Trust(
        session,
        settings.webhook_configuration_name,
        injects=settings.webhook_ca_injection == "self",
        leading=leading,
    )
    policies = PolicyAdmission(engine, Linter(), requester_selectors=settings.requester_selectors)
    admits = {POLICIES: policies.admit}
    if settings.webhook_request_warnings:
        admits[REQUESTS] = RequestAdmission(decide, settings.cert_manager_account).admit
    address = f"{settings.webhook_host}:{settings.webhook_port}"
    server = WebhookServer(address, admits, metrics, quiet=frozenset({REQUESTS}))

    def certificates() -> Certificates:
        if folder := settings.webhook_certificate_dir:
            return CertificateFiles(context, folder)
        secret = AuthoritySecret(
            session,
            namespace,
            settings.webhook_ca_secret_name,
            timedelta(seconds=settings.webhook_ca_duration),
            metrics,
            leading=leading,
        )
        names = [service, f"{service}.cluster.local", *_address(settings.webhook_host)]
        life = timedelta(seconds=settings.webhook_leaf_cert_duration)
        return OwnCertificates(context, secret, trust, names, life)

    return Webhook(server, context, certificates(), trust, policies, service, metrics)


def _address(host: str) -> list[str]:
    """Return the address that it listens on, if that is one by which it can be called."""
    try:
        address = ip_address(host)
    except ValueError:
        return []
    return [] if address.is_unspecified else [host]
