"""Tells what became of requests: by an event, a log line and metrics."""

import logging
import re
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from approver.controller import log_fields
from approver.kube.approval import missing_permission, signer_name, signer_resource
from approver.kube.discovery import ServedKind
from approver.kube.errors import ForbiddenError
from approver.kube.events import EventWriter
from approver.kube.last_said import LastSaid
from approver.kube.resources import CERTIFICATE_REQUESTS
from approver.model import Decision, Request, fitting, quote
from approver.model.request import CERTIFICATE_NAME
from approver.ops.metrics import Metrics, counter, histogram
from approver.policy import DecodedRequest

_log = logging.getLogger(__name__)

DECISIONS = counter(
    "policy_approver_decisions",
    "Decisions written: approved or denied, the approving policy, the enforcement.",
    "decision",
    "policy",
    "enforcement",
    known=(
        ("denied", "", "enforce"),
        ("approved", "", "enforce"),
        ("approved", "", "audit"),
    ),
)
_DECISION_SECONDS = histogram(
    "policy_approver_decision_seconds",
    "Time from first seeing a request to having written its decision; held: its first review did"
    " not decide it.",
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
    "held",
    known=(("true",), ("false",)),
)
_NAMESPACE_DECISIONS = counter(
    "policy_approver_namespace_decisions",
    "Decisions written for the requests of a namespace: approved or denied.",
    "request_namespace",
    "decision",
)
_VIOLATIONS = counter(
    "policy_approver_violations",
    "Violations in written denials and of audit policies.",
    "policy",
    "field",
)

_KEYS: Final = re.compile(r"\[[^\]]*\]")
_MOST_REMEMBERED: Final = 10_000  # requests, of which it is known what the log said last
_LONGEST_NOTE: Final = 1000
_CURE: Final = " (to try again: delete this request, then renew its Certificate)"
_NOT_PERMITTED: Final = "does not have permissions to set approved/denied conditions"


class Wait(NamedTuple):
    """For how long a request was known undecided; `held`: its first review did not decide it."""

    seconds: float
    held: bool


class NoSuchKind:
    """Says that the API server serves no such kind of signer."""


NO_SUCH_KIND: Final = NoSuchKind()
SignerLookup = ServedKind | NoSuchKind | None
"""How the kind of a signer is served; None if nobody knows."""


class Announcer:
    """Tells of decisions that were written, and of requests that were not decided.

    `read` returns what a request asks for, which has been read before. `events` is None where
    nothing may be written.
    """

    def __init__(
        self,
        events: EventWriter | None,
        metrics: Metrics,
        read: Callable[[Request], DecodedRequest | str],
    ) -> None:
        self._events = events
        self._metrics = metrics
        self._read = read
        self._logged = LastSaid(_MOST_REMEMBERED)

    def announce(self, request: Request, decision: Decision, wait: Wait) -> None:
        """Tell of a decision that was written."""
        approved = decision.verdict == "approved"
        # If the response to a write was lost, another replica may emit the same event. One name
        # for both makes them one object.
        self._emit(
            request,
            "Normal" if approved else "Warning",
            "Approved" if approved else "Denied",
            decision.message if approved else _explained(request, decision.message, denied=True),
            once=True,
        )
        self._count(request, decision, wait)
        trace = log_fields.full_trace if _log.isEnabledFor(logging.DEBUG) else log_fields.trace
        fields = log_fields.request(request) | log_fields.asked(self._read(request))
        _log.info("request %s", decision.verdict, extra=fields | trace(decision))

    def announce_pending(self, request: Request, decision: Decision) -> None:
        """Tell why a request is not decided now, once for each reason."""
        note = _explained(request, decision.message)
        if decision.verdict == "waiting":
            self._emit(request, "Warning", "Waiting", note)
        else:
            self._emit(request, "Normal", "Unprocessed", note)
        if self._logged.is_news(request.metadata.uid, decision.message):
            fields = log_fields.request(request) | log_fields.undecided(decision)
            _log.info("request %s", decision.verdict, extra=fields)

    def announce_error(
        self,
        request: Request,
        error: Exception,
        signer: SignerLookup = None,
    ) -> None:
        """Tell that a request could not be decided, and will be tried again.

        `signer` is how its kind of signer is served, as far as that is known.
        """
        fields = log_fields.request(request) | {"error": str(error)}
        note = "An error keeps this request from being decided; it will be tried again"
        if signer is NO_SUCH_KIND:
            issuer = request.issuer
            note = f"There is no kind {quote(issuer.kind)} in the API group {quote(issuer.group)}"
        elif isinstance(error, ForbiddenError) and _NOT_PERMITTED in error.message:
            served = signer if isinstance(signer, ServedKind) else None
            fields["missing"] = missing_permission(signer_name(request, served))
            kind = signer_resource(request.issuer, served)
            note = f"The approver may not approve for {kind}; it will be tried again"
        self._emit(request, "Warning", "EvaluationError", _explained(request, note))
        is_news = self._logged.is_news(request.metadata.uid, str(error))
        level = logging.ERROR if is_news else logging.DEBUG
        _log.log(level, "request not decided, to be tried again", extra=fields)

    def _emit(
        self,
        request: Request,
        kind: Literal["Normal", "Warning"],
        reason: str,
        note: str,
        *,
        once: bool = False,
    ) -> None:
        if self._events:
            self._events.emit(CERTIFICATE_REQUESTS, request.metadata, kind, reason, note, once=once)

    def _count(self, request: Request, decision: Decision, wait: Wait) -> None:
        self._metrics[DECISIONS].labels(
            decision.verdict, decision.policy or "", decision.enforcement
        ).inc()
        self._metrics[_NAMESPACE_DECISIONS].labels(request.namespace, decision.verdict).inc()
        self._metrics[_DECISION_SECONDS].labels(str(wait.held).lower()).observe(wait.seconds)
        for name in decision.deciding_policies:
            for violation in decision.policies[name].violations:
                self._metrics[_VIOLATIONS].labels(name, _KEYS.sub("", violation.field)).inc()


def _explained(request: Request, message: str, *, denied: bool = False) -> str:
    """Say what explains more, and how a Certificate recovers; a long message's end gives way."""
    cure = _CURE if denied and CERTIFICATE_NAME in request.metadata.annotations else ""
    more = f"{cure} (kubectl approver explain -n {request.namespace} {request.name})"
    return fitting(message, _LONGEST_NOTE - len(more.encode())) + more
