"""What a decision does: the condition first, then, if it was written, all that tells of it."""

import logging
import re
from typing import Final, Literal

from approver.controller import log_fields
from approver.kube.conditions import Outcome, write_decision
from approver.kube.errors import ForbiddenError
from approver.kube.events import EventWriter
from approver.kube.resources import CERTIFICATE_REQUESTS
from approver.kube.session import Session
from approver.model import Decision, Request
from approver.ops.metrics import Metrics

_log = logging.getLogger(__name__)

_KEYS: Final = re.compile(r"\[[^\]]*\]")
_NOT_PERMITTED: Final = "does not have permissions to set approved/denied conditions"


class Announcer:
    """Writes decisions; tells of them by an event, a log line and metrics.

    `events` is None where nothing is to be written but decisions.
    """

    def __init__(self, session: Session, events: EventWriter | None, metrics: Metrics) -> None:
        self._session = session
        self._events = events
        self._metrics = metrics

    async def write(self, request: Request, decision: Decision) -> bool:
        """Set the condition; return whether that was done.

        Raise `KubeError`. False means that the request has changed, which the watch tells of.
        """
        condition = _condition(decision)
        outcome = await write_decision(self._session, request, condition, decision.message)
        if outcome is not Outcome.WRITTEN:
            _log.info("not decided: the request has changed", extra=log_fields.request(request))
            return False
        return True

    def tell(self, request: Request, decision: Decision, age: float) -> None:
        """Tell of a decision that was written; `age` is the request's, in seconds."""
        condition = _condition(decision)
        kind: Literal["Normal", "Warning"] = "Normal" if condition == "Approved" else "Warning"
        # Who has lost an answer may tell of what another has written with the same words.
        self._emit(request, kind, condition, decision.message, once=True)
        self._count(decision, age)
        told = log_fields.full_trace if _log.isEnabledFor(logging.DEBUG) else log_fields.trace
        _log.info(
            "request %s", decision.verdict, extra=log_fields.request(request) | told(decision)
        )

    def hold(self, request: Request, decision: Decision) -> None:
        """Tell why a request is not decided now."""
        if decision.verdict == "waiting":
            self._emit(request, "Warning", "Waiting", decision.message)
        else:
            self._emit(request, "Normal", "Unprocessed", decision.message)
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug(
                "request %s",
                decision.verdict,
                extra=log_fields.request(request) | log_fields.full_trace(decision),
            )

    def fail(self, request: Request, error: Exception) -> None:
        """Tell that a request could not be decided, and will be tried again."""
        note = "An error keeps this request from being decided; it will be tried again"
        self._emit(request, "Warning", "EvaluationError", note)
        details = log_fields.request(request) | {"error": str(error)}
        if isinstance(error, ForbiddenError) and _NOT_PERMITTED in error.message:
            details["missing"] = f"approve on signers, resource name {_signer(request)}"
        _log.error("request not decided, to be tried again", extra=details)

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
        self._metrics.decisions.labels(
            decision.verdict, decision.policy or "", decision.enforcement
        ).inc()
        self._metrics.decision_seconds.observe(age)
        for name in decision.deciding_policies:
            for violation in decision.policies[name].violations:
                self._metrics.violations.labels(name, _KEYS.sub("", violation.field)).inc()


def _condition(decision: Decision) -> Literal["Approved", "Denied"]:
    return "Approved" if decision.verdict == "approved" else "Denied"


def _signer(request: Request) -> str:
    """Return what cert-manager's webhook wants us to have the verb `approve` on."""
    issuer = request.issuer
    scope = "" if issuer.kind == "ClusterIssuer" else f"{request.namespace}."
    return f"{issuer.kind.lower()}s.{issuer.group}/{scope}{issuer.name}"
