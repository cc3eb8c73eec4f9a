"""The policies as decisions use them: their rules compiled, their readiness reported."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator

from approver.controller.informers import Informers, StoredPolicy
from approver.controller.queue import WorkQueue
from approver.kube.conditions import write_readiness
from approver.kube.errors import KubeError
from approver.kube.session import Session
from approver.kube.watch_stream import Key
from approver.policy import Policy
from approver.rules import AsyncRuleEngine, RuleEngineError

_log = logging.getLogger(__name__)

_LONGEST = 4096  # characters of a status message


class Policies:
    """Follows the stored policies: has their rules looked at, then writes their status.

    `on_change` is called when one may have become ready. Nothing is written unless `may_write`.
    """

    def __init__(
        self,
        session: Session,
        caches: Informers,
        engine: AsyncRuleEngine,
        on_change: Callable[[], None],
        may_write: Callable[[], bool],
    ) -> None:
        self._session = session
        self._caches = caches
        self._engine = engine
        self._on_change = on_change
        self._may_write = may_write
        self._judged: dict[Key, StoredPolicy] = {}
        self._to_judge = WorkQueue[Key](random.random)
        self._to_report = WorkQueue[Key](random.random)

    def __iter__(self) -> Iterator[Policy]:
        """Yield every policy, in the state that is known of it."""
        for key, stored in self._caches.policies.items():
            yield self._current(key, stored)
        for key, reason in self._caches.unreadable_policies.items():
            yield Policy.unreadable(key[1], reason)

    def changed(self, key: Key) -> None:
        """Look at a policy again: it was created, changed or deleted."""
        stored = self._caches.policies.get(key)
        if stored is None:
            self._judged.pop(key, None)
        elif self._current(key, stored).compiled:
            self._to_report.add(key)
        else:
            self._to_judge.add(key)

    def report_all(self) -> None:
        """Look at the status of all, now that it may be written, or another one."""
        for key in self._caches.policies:
            self.changed(key)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_work(self._to_judge, self._judge, "rules not compiled"))
            tasks.create_task(_work(self._to_report, self._report, "status not written"))

    def _current(self, key: Key, stored: StoredPolicy) -> Policy:
        compiled = self._judged.get(key)
        current = compiled if compiled and compiled.version == stored.version else stored
        return current.policy.as_installed(self._caches.missing_fields)

    async def _judge(self, key: Key) -> None:
        stored = self._caches.policies.get(key)
        if stored is None:
            return
        verdicts = await self._engine.compile(stored.policy.rules)
        policy = stored.policy.with_rule_problems(verdicts)
        self._judged[key] = StoredPolicy(policy, stored.conditions)
        self._on_change()
        self._to_report.add(key)

    async def _report(self, key: Key) -> None:
        stored = self._caches.policies.get(key)
        if stored is None or not self._may_write():
            return
        policy = self._current(key, stored)
        await write_readiness(
            self._session,
            stored.policy.metadata,
            stored.conditions,
            ready=policy.ready,
            message=_message(policy),
        )


async def _work(queue: WorkQueue[Key], do: Callable[[Key], Awaitable[None]], failure: str) -> None:
    while (key := await queue.get()) is not None:
        try:
            await do(key)
        except (KubeError, RuleEngineError) as error:
            _log.warning("%s", failure, extra={"policy": key[1], "error": str(error)})
            queue.retry(key, getattr(error, "retry_after", None))
        else:
            queue.forget(key)
        finally:
            queue.done(key)


def _message(policy: Policy) -> str:
    if policy.ready:
        return f"The policy is valid and {'decides' if policy.enforcing else 'reports'}"
    text = "; ".join(str(problem) for problem in policy.problems)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."
