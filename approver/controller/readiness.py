"""Tells whether policies are ready: in their status, in the log, and by an event on them."""

import logging
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from approver.controller.informers import StoredPolicy
from approver.kube.conditions import Outcome, write_readiness
from approver.kube.events import EventWriter
from approver.kube.resources import POLICIES
from approver.kube.session import Session
from approver.model import Problem, some
from approver.model.text import REMARK
from approver.policy import Policy

_log = logging.getLogger(__name__)

_LONGEST_MESSAGE: Final = 4096  # characters of a condition in the status


class ReadinessReporter:
    """Writes the condition `Ready` of policies, and tells of it. `may_write` is asked each time."""

    def __init__(
        self, session: Session, events: EventWriter, may_write: Callable[[], bool]
    ) -> None:
        self._session = session
        self._events = events
        self._may_write = may_write

    async def report(self, stored: StoredPolicy, policy: Policy) -> None:
        """Report on a policy, as it was stored and as it is to be taken. Raise `KubeError`."""
        # The API server may still go by a definition that dropped what is absent, though we have
        # heard of another; it would then take the spec that goes with the status for whole.
        if stored.written.absent or not self._may_write():
            return
        message = _message(policy)
        outcome = await write_readiness(
            self._session,
            stored.policy.metadata,
            msgspec.Raw(stored.spec),
            stored.conditions,
            ready=policy.ready,
            message=message,
        )
        if outcome is Outcome.WRITTEN and policy.ready:
            level = logging.WARNING if policy.warnings else logging.INFO
            extra = {"policy": policy.name}
            if policy.warnings:
                extra["warnings"] = _list(policy.warnings)
            _log.log(level, "policy is ready", extra=extra)
        elif outcome is Outcome.WRITTEN:
            _log.warning("policy is not ready", extra={"policy": policy.name, "problems": message})
            self._events.emit(POLICIES, policy.metadata, "Warning", "NotReady", message)


def _message(policy: Policy) -> str:
    if policy.ready:
        said = f"The policy is valid and {'decides' if policy.enforcing else 'reports'}"
        return f"{said}; warning: {_list(policy.warnings)}" if policy.warnings else said
    return _list(policy.problems)


def _list(problems: Sequence[Problem]) -> str:
    return some(
        map(str, problems),
        len(problems),
        _LONGEST_MESSAGE - REMARK,
        separator="; ",
        more="; and {} more problems",
    )
