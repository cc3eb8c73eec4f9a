"""What the Kubernetes layer tells of itself, as metrics."""

from itertools import product

from approver.controller.queue import QueueTelemetry
from approver.kube.telemetry import Telemetry
from approver.model import kinds
from approver.ops.metrics import Metrics, counter, histogram

_WATCHED = (
    kinds.CERTIFICATE_REQUEST,
    kinds.POLICY,
    kinds.CUSTOM_RESOURCE_DEFINITION,
    kinds.NAMESPACE,
    *kinds.RBAC,
)
_INTERRUPTIONS = ("disconnected", "gone", "silent", "unreachable", "forbidden", "server_error")

_CALLS = counter(
    "rest_client_requests",
    "Calls to the API server, by method and HTTP status, <error> if there was no answer.",
    "method",
    "code",
)
_CALL_SECONDS = histogram(
    "rest_client_request_duration_seconds",
    "Time of a call to the API server; of a watch, until it was open.",
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    "verb",
)
_WATCH_RESTARTS = counter(
    "policy_approver_watch_restarts",
    "Watches that had to be started again.",
    "resource",
    "cause",
    known=product((kind.plural for kind in _WATCHED), _INTERRUPTIONS),
)
_ACCESS_REVIEWS = counter(
    "policy_approver_access_reviews",
    "SubjectAccessReviews that the API server answered: allowed, denied, error.",
    "result",
    known=(("allowed",), ("denied",), ("error",)),
)
_EVENTS_LOST = counter(
    "policy_approver_events_lost",
    "Events that could not be written.",
    "cause",
    known=(("queue",), ("forbidden",), ("unreachable",), ("server_error",)),
)


_SECONDS = (0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
_ADDS = counter("workqueue_adds", "Requests that were queued for a review.", "name")
_QUEUE_SECONDS = histogram(
    "workqueue_queue_duration_seconds", "Time that requests waited for a review.", _SECONDS, "name"
)
_WORK_SECONDS = histogram(
    "workqueue_work_duration_seconds",
    "Time of reviews, with what they wait for, and the write.",
    _SECONDS,
    "name",
)


class QueueMetrics(QueueTelemetry):
    """Counts what the queue of a name tells."""

    def __init__(self, metrics: Metrics, name: str) -> None:
        self._added = metrics[_ADDS].labels(name)
        self._taken = metrics[_QUEUE_SECONDS].labels(name)
        self._worked = metrics[_WORK_SECONDS].labels(name)

    def added(self) -> None:
        """Count a key that was not there."""
        self._added.inc()

    def taken(self, seconds: float) -> None:
        """Count a key that has waited so long for a worker."""
        self._taken.observe(seconds)

    def worked(self, seconds: float) -> None:
        """Count a key that a worker has had for so long."""
        self._worked.observe(seconds)


class MetricsTelemetry(Telemetry):
    """Counts what it is told."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def answered(self, method: str, code: str, seconds: float) -> None:
        """Count an answer as client-go does."""
        self._metrics[_CALLS].labels(method, code).inc()
        self._metrics[_CALL_SECONDS].labels(method).observe(seconds)

    def restarted(self, resource: str, cause: str) -> None:
        """Count an interruption of a watch."""
        self._metrics[_WATCH_RESTARTS].labels(resource, cause).inc()

    def access_reviewed(self, result: str) -> None:
        """Count a SubjectAccessReview."""
        self._metrics[_ACCESS_REVIEWS].labels(result).inc()

    def event_lost(self, cause: str) -> None:
        """Count an event that was not written."""
        self._metrics[_EVENTS_LOST].labels(cause).inc()
