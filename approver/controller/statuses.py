"""The condition `Ready` of every policy, which tells authors what this controller makes of it."""

import logging
import random
from collections.abc import Mapping

from approver.controller.caches import StoredPolicy
from approver.controller.queue import WorkQueue
from approver.kube.conditions import write_readiness
from approver.kube.errors import KubeError
from approver.kube.session import Session
from approver.kube.watching import Key
from approver.policy import Policy

_log = logging.getLogger(__name__)

_LONGEST = 4096  # characters


class PolicyStatuses:
    """Writes the status of policies; `changed` says which may need it."""

    def __init__(self, session: Session, policies: Mapping[Key, StoredPolicy]) -> None:
        self._session = session
        self._policies = policies
        self._queue = WorkQueue[Key](random.random)

    def changed(self, key: Key) -> None:
        """Look at a policy again."""
        self._queue.add(key)

    async def run(self) -> None:
        """Write until cancelled."""
        while (key := await self._queue.get()) is not None:
            try:
                await self._write(key)
            finally:
                self._queue.done(key)

    async def _write(self, key: Key) -> None:
        stored = self._policies.get(key)
        if stored is None:
            self._queue.forget(key)
            return
        policy = stored.policy
        try:
            await write_readiness(
                self._session,
                policy.metadata,
                stored.conditions,
                ready=policy.ready,
                message=_message(policy),
            )
        except KubeError as error:
            _log.warning("status not written", extra={"policy": policy.name, "error": str(error)})
            self._queue.retry(key, error.retry_after)
        else:
            self._queue.forget(key)


def _message(policy: Policy) -> str:
    if policy.ready:
        return "The policy is valid and decides"
    text = "; ".join(str(problem) for problem in policy.problems)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."
