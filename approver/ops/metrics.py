"""What dashboards and alerts are made of. No label carries what a requester chose."""

import platform
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.process_collector import ProcessCollector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_SHORT_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5)


class Metrics:
    """All metrics of one controller, in a registry of their own."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Gauge(
            "certmanager_approverpolicy_certificaterequests_approval",
            "CertificateRequests by status: approved, denied, unmatched.",
            ["namespace", "status"],
            registry=registry,
        )
        self.decisions = Counter(
            "policy_approver_decisions",
            "Decisions written: approved or denied, the approving policy, the enforcement.",
            ["decision", "policy", "enforcement"],
            registry=registry,
        )
        self.decision_seconds = Histogram(
            "policy_approver_decision_seconds",
            "Time from first seeing a request to having written its decision.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.review_seconds = Histogram(
            "policy_approver_review_seconds",
            "Time of one review: reading the CSR and evaluating the policies.",
            buckets=_SHORT_SECONDS,
            registry=registry,
        )
        self.violations = Counter(
            "policy_approver_violations",
            "Violations in written denials and of audit policies.",
            ["policy", "field"],
            registry=registry,
        )
        self.pending = Gauge(
            "policy_approver_pending_requests",
            "Undecided requests: new, unmatched, waiting (for a policy to be ready), error.",
            ["state"],
            registry=registry,
        )
        self.oldest_pending = Gauge(
            "policy_approver_oldest_pending_seconds",
            "How long ago the oldest undecided request was first seen; 0 without any.",
            registry=registry,
        )
        self.policies = Gauge(
            "policy_approver_policies",
            "Policies by readiness and mode.",
            ["ready", "mode"],
            registry=registry,
        )
        self.missing_fields = Gauge(
            "policy_approver_crd_missing_fields",
            "Fields of policies that the installed CustomResourceDefinition drops.",
            registry=registry,
        )
        self.access_reviews = Counter(
            "policy_approver_access_reviews",
            "SubjectAccessReviews that the API server answered: allowed, denied, error.",
            ["result"],
            registry=registry,
        )
        self.shadow = Counter(
            "policy_approver_shadow",
            "What we would have decided, and what another approver has; none: it was deleted.",
            ["ours", "theirs"],
            registry=registry,
        )
        self.foreign_decisions = Counter(
            "policy_approver_foreign_decisions",
            "Requests that another approver decided while this one was running.",
            ["approver"],
            registry=registry,
        )
        self.watch_restarts = Counter(
            "policy_approver_watch_restarts",
            "Watches that had to be started again.",
            ["resource", "cause"],
            registry=registry,
        )
        self.events_lost = Counter(
            "policy_approver_events_lost",
            "Events that could not be written.",
            ["cause"],
            registry=registry,
        )
        self.calls = Counter(
            "rest_client_requests",
            "Calls to the API server, by method and HTTP status, <error> if there was no answer.",
            ["method", "code"],
            registry=registry,
        )
        self.leading = Gauge(
            "leader_election_master_status",
            "Whether this process holds the Lease of the name, and so decides: 1 or 0.",
            ["name"],
            registry=registry,
        )
        self.queue_depth = Gauge(
            "workqueue_depth",
            "Requests that wait for a review.",
            ["name"],
            registry=registry,
        )
        self.retries = Counter(
            "workqueue_retries",
            "Reviews that failed and were put back.",
            ["name"],
            registry=registry,
        )
        Gauge(
            "policy_approver_build_info",
            "Version of policy-approver and of Python; always 1.",
            ["version", "python"],
            registry=registry,
        ).labels(version("policy-approver"), platform.python_version()).set(1)

    def forget_policy(self, name: str) -> None:
        """Drop the series of a policy that was deleted."""
        for metric in (self.decisions, self.violations):
            metric.remove_by_labels({"policy": name})
