"""What can be counted of the traffic with the API server."""


class Telemetry:
    """The port through which this package tells what is worth counting; this one counts nothing.

    Its methods are called on the event loop, some for every call to the API server. They must not
    block or raise. Every word is of a fixed set, so that it can be the label of a metric.
    """

    def answered(self, method: str, code: str, seconds: float) -> None:
        """Count a call: `code` is the HTTP status of its answer, `<error>` if there was none.

        `seconds` is how long it took, of a stream until it was open.
        """

    def restarted(self, resource: str, cause: str) -> None:
        """Count an interruption of a watch: `resource` is the plural, `cause` a `KubeError`'s."""

    def access_reviewed(self, result: str) -> None:
        """Count a SubjectAccessReview: `allowed`, `denied` or `error`."""

    def event_lost(self, cause: str) -> None:
        """Count an event that could not be written: `queue`, or a `KubeError`'s cause."""
