"""What the Kubernetes layer tells of itself, as metrics."""

from approver.kube.telemetry import Telemetry
from approver.ops.metrics import Metrics


class MetricsTelemetry(Telemetry):
    """Counts what it is told."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def answered(self, method: str, code: str) -> None:
        """Count an answer as client-go does."""
        self._metrics.calls.labels(method, code).inc()

    def restarted(self, resource: str, cause: str) -> None:
        """Count an interruption of a watch."""
        self._metrics.watch_restarts.labels(resource, cause).inc()

    def access_reviewed(self, result: str) -> None:
        """Count a SubjectAccessReview."""
        self._metrics.access_reviews.labels(result).inc()

    def event_lost(self, cause: str) -> None:
        """Count an event that was not written."""
        self._metrics.events_lost.labels(cause).inc()
