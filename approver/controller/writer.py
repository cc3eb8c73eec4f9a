"""Decisions on their way to the API server: told of once, and known from those of others."""

import logging
from dataclasses import dataclass
from typing import Final

from approver.controller.announcer import Announcer
from approver.kube.errors import UnreachableError
from approver.kube.leader_election import LeaderElector
from approver.model import Condition, Decision, Request
from approver.ops.metrics import Metrics

_log = logging.getLogger(__name__)

_OURS: Final = "approver-policy"  # whose reason for a condition is ours, too
_APPROVERS: Final = {"cert-manager.io": "cert-manager", "policy.cert-manager.io": _OURS}


@dataclass(slots=True)
class _Attempt:
    """A decision to be written. `unsure`: an answer was lost, and it may be written already."""

    decision: Decision
    age: float
    unsure: bool
    seen: bool = False
    told: bool = False


class Writer:
    """Writes decisions, and hears from the watch what became of requests.

    Both count: the answer to a write may be lost, and the decision stand all the same.
    """

    def __init__(self, effects: Announcer, metrics: Metrics, election: LeaderElector) -> None:
        self._effects = effects
        self._metrics = metrics
        self._election = election
        self._attempts: dict[str, _Attempt] = {}  # by UID, until the watch shows the outcome

    def has_written(self, request: Request) -> bool:
        """Tell whether a request is decided, though the watch does not show it yet."""
        attempt = self._attempts.get(request.metadata.uid)
        return attempt is not None and attempt.told

    async def write(self, request: Request, decision: Decision, age: float) -> None:
        """Write a decision, unless the request has changed; `age` is in seconds.

        Raise `KubeError`.
        """
        uid = request.metadata.uid
        attempt = _Attempt(decision, age, unsure=uid in self._attempts)
        self._attempts[uid] = attempt
        written = False
        try:
            written = await self._effects.write(request, decision)
        except UnreachableError:
            attempt.unsure = True
            if not attempt.seen:
                raise
        finally:
            if not (written or attempt.unsure):
                self._attempts.pop(uid, None)
        if written or (attempt.unsure and attempt.seen):
            self._tell(request, attempt)

    def closed(self, request: Request, outcome: Condition | None) -> None:
        """Hear that a request was decided, or is gone."""
        attempt = self._attempts.pop(request.metadata.uid, None)
        if outcome is None:
            return
        if attempt is None or attempt.decision.message != outcome.message:
            self._note_foreign(request, outcome)
            return
        attempt.seen = True
        if attempt.unsure:
            self._tell(request, attempt)

    def _tell(self, request: Request, attempt: _Attempt) -> None:
        if not attempt.told:
            attempt.told = True
            self._effects.tell(request, attempt.decision, attempt.age)

    def _note_foreign(self, request: Request, outcome: Condition) -> None:
        approver = _APPROVERS.get(outcome.reason, "other")
        if not (self._election.steady if approver == _OURS else self._election.leading):
            return  # it is for the one who leads, or one of us who led just now has decided
        self._metrics.foreign_decisions.labels(approver).inc()
        _log.warning(
            "another approver decided: is cert-manager's own still on?",
            extra={"request": f"{request.namespace}/{request.name}", "approver": approver},
        )
