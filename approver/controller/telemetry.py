"""What the Kubernetes layer tells of itself, as metrics."""

from approver.kube.telemetry import Telemetry
from approver.ops.metrics import Metrics, counter

_CALLS = counter(
    "rest_client_requests",
    "Calls to the API server, by method and HTTP status, <error> if there was no answer.",
    "method",
    "code",
)
_WATCH_RESTARTS = counter(
    "policy_approver_watch_restarts",
    "Watches that had to be started again.",
    "resource",
    "cause",
)
_ACCESS_REVIEWS = counter(
    "policy_approver_access_reviews",
    "SubjectAccessReviews that the API server answered: allowed, denied, error.",
    "result",
)
_EVENTS_LOST = counter(
    "policy_approver_events_lost",
    "Events that could not be written.",
    "cause",
)


class MetricsTelemetry(Telemetry):
    """Counts what it is told."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def answered(self, method: str, code: str) -> None:
        """Count an answer as client-go does."""
        self._metrics[_CALLS].labels(method, code).inc()

    def restarted(self, resource: str, cause: str) -> None:
        """Count an interruption of a watch."""
        self._metrics[_WATCH_RESTARTS].labels(resource, cause).inc()

    def access_reviewed(self, result: str) -> None:
        """Count a SubjectAccessReview."""
        self._metrics[_ACCESS_REVIEWS].labels(result).inc()

    def event_lost(self, cause: str) -> None:
        """Count an event that was not written."""
        self._metrics[_EVENTS_LOST].labels(cause).inc()
