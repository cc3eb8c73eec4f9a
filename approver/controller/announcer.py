"""Tells what became of requests: by an event, a log line and metrics."""

import logging
import re
from typing import Final, Literal

from approver.controller import log_fields
from approver.kube.errors import ForbiddenError
from approver.kube.events import EventWriter
from approver.kube.resources import CERTIFICATE_REQUESTS
from approver.model import Decision, Request
from approver.model.kinds import CLUSTER_ISSUER
from approver.ops.metrics import Metrics, counter, histogram

_log = logging.getLogger(__name__)

_DECISIONS = counter(
    "policy_approver_decisions",
    "Decisions written: approved or denied, the approving policy, the enforcement.",
    "decision",
    "policy",
    "enforcement",
)
_DECISION_SECONDS = histogram(
    "policy_approver_decision_seconds",
    "Time from first seeing a request to having written its decision.",
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
_VIOLATIONS = counter(
    "policy_approver_violations",
    "Violations in written denials and of audit policies.",
    "policy",
    "field",
)

_KEYS: Final = re.compile(r"\[[^\]]*\]")
_NOT_PERMITTED: Final = "does not have permissions to set approved/denied conditions"


class Announcer:
    """Tells of decisions that were written, and of requests that were not decided.

    `events` is None where nothing may be written.
    """

    def __init__(self, events: EventWriter | None, metrics: Metrics) -> None:
        self._events = events
        self._metrics = metrics

    def announce(self, request: Request, decision: Decision, age: float) -> None:
        """Tell of a decision that was written; `age` is the request's, in seconds."""
        approved = decision.verdict == "approved"
        # If the response to a write was lost, another replica may emit the same event. One name
        # for both makes them one object.
        self._emit(
            request,
            "Normal" if approved else "Warning",
            "Approved" if approved else "Denied",
            decision.message,
            once=True,
        )
        self._count(decision, age)
        trace = log_fields.full_trace if _log.isEnabledFor(logging.DEBUG) else log_fields.trace
        _log.info(
            "request %s", decision.verdict, extra=log_fields.request(request) | trace(decision)
        )

    def announce_pending(self, request: Request, decision: Decision) -> None:
        """Tell why a request is not decided now."""
        if decision.verdict == "waiting":
            self._emit(request, "Warning", "Waiting", decision.message)
        else:
            self._emit(request, "Normal", "Unprocessed", decision.message)
        if _log.isEnabledFor(logging.DEBUG):
            fields = log_fields.request(request) | log_fields.full_trace(decision)
            _log.debug("request %s", decision.verdict, extra=fields)

    def announce_error(self, request: Request, error: Exception) -> None:
        """Tell that a request could not be decided, and will be tried again."""
        note = "An error keeps this request from being decided; it will be tried again"
        self._emit(request, "Warning", "EvaluationError", note)
        fields = log_fields.request(request) | {"error": str(error)}
        if isinstance(error, ForbiddenError) and _NOT_PERMITTED in error.message:
            fields["missing"] = f"approve on signers, resource name {_signer(request)}"
        _log.error("request not decided, to be tried again", extra=fields)

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

    def _count(self, decision: Decision, age: float) -> None:
        self._metrics[_DECISIONS].labels(
            decision.verdict, decision.policy or "", decision.enforcement
        ).inc()
        self._metrics[_DECISION_SECONDS].observe(age)
        for name in decision.deciding_policies:
            for violation in decision.policies[name].violations:
                self._metrics[_VIOLATIONS].labels(name, _KEYS.sub("", violation.field)).inc()


def _signer(request: Request) -> str:
    """Return what cert-manager's webhook wants us to have the verb `approve` on."""
    issuer = request.issuer
    scope = "" if issuer.kind == CLUSTER_ISSUER.name else f"{request.namespace}."
    return f"{issuer.kind.lower()}s.{issuer.group}/{scope}{issuer.name}"
