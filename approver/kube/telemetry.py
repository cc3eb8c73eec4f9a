"""What this package has to say to metrics."""


class Telemetry:
    """Told of what is worth counting; does nothing with it. All words are of fixed sets."""

    def answered(self, method: str, code: str) -> None:
        """Count an answer by its HTTP status, or `<error>` if there was none."""

    def restarted(self, resource: str, cause: str) -> None:
        """Count an interruption of a resource's stream of changes."""

    def access_reviewed(self, result: str) -> None:
        """Count a question for access: `allowed`, `denied` or `error`."""

    def event_lost(self, cause: str) -> None:
        """Count an event that could not be written."""
