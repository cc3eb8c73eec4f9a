"""The one place where a decision is written, and where ours are told from those of others."""

import logging
from dataclasses import dataclass
from typing import Final, Protocol

from approver.controller import log_fields
from approver.controller.announcer import Announcer, Wait
from approver.kube.conditions import Outcome, write_decision
from approver.kube.errors import UnreachableError
from approver.kube.session import Session
from approver.model import Condition, Decision, Request
from approver.ops.metrics import Metrics, counter

_log = logging.getLogger(__name__)

_OURS: Final = "approver-policy"  # whose reason for a condition is ours, too
_APPROVERS: Final = {"cert-manager.io": "cert-manager", "policy.cert-manager.io": _OURS}
_FOREIGN_DECISIONS = counter(
    "policy_approver_foreign_decisions",
    "Requests that another approver decided while this one was running.",
    "approver",
    known=((name,) for name in (*_APPROVERS.values(), "other")),
)


class Leadership(Protocol):
    """Whether this process decides. Both are asked before and after every write, and are cheap."""

    @property
    def leading(self) -> bool:
        """Whether it is the leader at this moment."""
        ...

    @property
    def steady(self) -> bool:
        """Whether it has led for so long that no write of the leader before is on its way."""
        ...


@dataclass(slots=True)
class _Attempt:
    """A decision to be written.

    `uncertain`: a response was lost, so it may be written already. `seen`: the watch shows that it
    is. `announced`: all who want to know have been told.
    """

    decision: Decision
    wait: Wait
    uncertain: bool
    seen: bool = False
    announced: bool = False


class Writer:
    """Writes decisions, and hears from the watch what became of requests.

    Both count: the response to a write may be lost, and the decision stand all the same.
    """

    def __init__(
        self, session: Session, announcer: Announcer, metrics: Metrics, leadership: Leadership
    ) -> None:
        self._session = session
        self._announcer = announcer
        self._metrics = metrics
        self._leadership = leadership
        self._attempts: dict[str, _Attempt] = {}  # by UID, until the watch shows the outcome

    def has_written(self, request: Request) -> bool:
        """Tell whether a request is decided, though the watch does not show it yet."""
        attempt = self._attempts.get(request.metadata.uid)
        return attempt is not None and attempt.announced

    async def write(self, request: Request, decision: Decision, wait: Wait) -> None:
        """Write a decision, unless the request has changed, which the watch tells of.

        Raise `KubeError`.
        """
        uid = request.metadata.uid
        attempt = _Attempt(decision, wait, uncertain=uid in self._attempts)
        self._attempts[uid] = attempt
        written = False
        try:
            written = await self._set_condition(request, decision)
        except UnreachableError:
            attempt.uncertain = True
            if not attempt.seen:
                raise
        finally:
            if not (written or attempt.uncertain):
                self._attempts.pop(uid, None)
        if written or (attempt.uncertain and attempt.seen):
            self._announce(request, attempt)

    def closed(self, request: Request, outcome: Condition | None) -> None:
        """Hear that a request was decided, or is gone."""
        attempt = self._attempts.pop(request.metadata.uid, None)
        if outcome is None:
            return
        if attempt is None or attempt.decision.message != outcome.message:
            self._note_foreign(request, outcome)
            return
        attempt.seen = True
        if attempt.uncertain:
            self._announce(request, attempt)

    async def _set_condition(self, request: Request, decision: Decision) -> bool:
        outcome = await write_decision(
            self._session,
            request,
            "Approved" if decision.verdict == "approved" else "Denied",
            decision.message,
        )
        if outcome is not Outcome.WRITTEN:
            fields = log_fields.request(request)
            _log.info("not decided: the request has changed", extra=fields)
            return False
        return True

    def _announce(self, request: Request, attempt: _Attempt) -> None:
        if not attempt.announced:
            attempt.announced = True
            self._announcer.announce(request, attempt.decision, attempt.wait)

    def _note_foreign(self, request: Request, outcome: Condition) -> None:
        approver = _APPROVERS.get(outcome.reason, "other")
        leadership = self._leadership
        if not (leadership.steady if approver == _OURS else leadership.leading):
            return  # the leader counts it, or one of us that led just before has decided
        self._metrics[_FOREIGN_DECISIONS].labels(approver).inc()
        _log.warning(
            "another approver decided: is cert-manager's own still on?",
            extra={"request": f"{request.namespace}/{request.name}", "approver": approver},
        )
