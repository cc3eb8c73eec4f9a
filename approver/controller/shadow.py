"""What we would have decided, beside what another approver has: counted, and nothing written."""

import logging
from typing import Final

from approver.controller import log_fields
from approver.kube.watch_stream import Key
from approver.model import Condition, Decision, Request
from approver.ops.metrics import Metrics

_log = logging.getLogger(__name__)

_NONE: Final = "none"  # of a request that was deleted before anybody decided it
_AGREEING: Final = {
    ("approved", "approved"),
    ("denied", "denied"),
    ("unmatched", _NONE),
    ("waiting", _NONE),
}


class Shadow:
    """Holds what another approver has just settled until our own review of it is here.

    The review comes second, so that both are of the same policies, and each request counts once.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._settled: dict[Key, tuple[Request, Condition | None]] = {}

    def settled(self, key: Key, request: Request, theirs: Condition | None) -> None:
        """Hear what became of a request, which is as it was when it was open."""
        self._settled[key] = request, theirs

    def find(self, key: Key) -> Request | None:
        """Return the request to be reviewed, if there is one."""
        request, _ = self._settled.get(key, (None, None))
        return request

    def compare(self, key: Key, ours: Decision) -> None:
        """Count whether both agree; log it if they do not."""
        request, condition = self._settled.pop(key)
        theirs = condition.type.lower() if condition else _NONE
        self._metrics.shadow.labels(ours.verdict, theirs).inc()
        if (ours.verdict, theirs) in _AGREEING:
            _log.debug("both agree", extra=log_fields.request(request) | {"ours": ours.verdict})
            return
        details = {
            "ours": ours.verdict,
            "theirs": theirs,
            "their reason": condition.message if condition else "",
        }
        _log.warning(
            "another approver differs",
            extra=log_fields.request(request) | details | log_fields.full_trace(ours),
        )
