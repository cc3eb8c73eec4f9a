"""The policies as decisions use them: their rules compiled, their readiness reported."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Final

from approver.controller.announcer import DECISIONS
from approver.controller.informers import Informers, StoredPolicy
from approver.controller.queue import Lane, WorkQueue
from approver.controller.readiness import ReadinessReporter
from approver.controller.workers import Done, Workers
from approver.kube.watch_stream import Key
from approver.model import quote_all
from approver.ops.metrics import ALL_REPLICAS, Metrics, gauge
from approver.policy import Policy
from approver.policy.index import Change
from approver.review import Catalogue
from approver.rules import AsyncRuleEngine, CelRule, Flaw

_log = logging.getLogger(__name__)

_POLICIES = gauge(
    "policy_approver_policies",
    f"Policies by readiness and mode{ALL_REPLICAS}.",
    "ready",
    "mode",
)
_POLICY_READY = gauge(
    "policy_approver_policy_ready",
    f"Whether a policy is ready: 1, or 0{ALL_REPLICAS}.",
    "policy",
    "mode",
)

_COMPILERS: Final = 2
_RULES_AT_ONCE: Final = 4  # which may take seconds, if they are meant to


class Policies:
    """Follows the stored policies: has their rules compiled, then reports on them in their status.

    `on_change` is called when a policy has been compiled. Unless there are `requester_selectors`,
    a policy that says itself for whom it is is not ready. `jitter` returns a number in [0, 1).
    """

    def __init__(
        self,
        informers: Informers,
        engine: AsyncRuleEngine,
        reporter: ReadinessReporter,
        *,
        jitter: Callable[[], float],
        on_change: Callable[[Change], None],
        requester_selectors: bool,
    ) -> None:
        self._informers = informers
        self._engine = engine
        self._reporter = reporter
        self._to_compile = WorkQueue[Key](jitter, workers={Lane.SHORT: _COMPILERS})
        self._to_report = WorkQueue[Key](jitter)
        self._on_change = on_change
        self._requester_selectors = requester_selectors
        self._compiled: dict[Key, StoredPolicy] = {}
        self._catalogue = Catalogue()
        self._outdated = dict[Key, None]()  # what the catalogue may have otherwise
        self._shown: frozenset[tuple[str, str]] = frozenset()  # names and modes, on the metric
        self._flaws: dict[Key, dict[CelRule, Flaw | None]] = {}  # of policies half compiled

    @property
    def catalogue(self) -> Catalogue:
        """Every policy, in the state that is known of it."""
        if self._outdated:
            now = {key[1]: self._current(key) for key in self._outdated}
            self._catalogue = self._catalogue.changed(now)
            self._outdated.clear()
        return self._catalogue

    def changed(self, key: Key) -> Change:
        """Hear that a policy was created, changed or deleted; return what that means."""
        if key not in self._informers.policies:
            self._compiled.pop(key, None)
            self._flaws.pop(key, None)
        change = self._look_up(key)
        self._go_on(key)
        return change

    def all_changed(self) -> None:
        """Hear that all may be other policies now, since the definition is another."""
        keys = (*self._informers.policies, *self._informers.unreadable_policies)
        self._outdated |= dict.fromkeys(keys)

    def report_all(self) -> None:
        """Report on all policies again: we may write now, or their readiness may be another."""
        for key in self._informers.policies:
            self._go_on(key)

    def _look_up(self, key: Key) -> Change:
        """Return a policy as it was when decisions were last made by it, and as it is."""
        self._outdated[key] = None
        return Change(self._catalogue.policies.get(key[1]), self._current(key))

    def _go_on(self, key: Key) -> None:
        """Have a policy compiled, or reported on if it is."""
        stored = self._informers.policies.get(key)
        if stored is None:
            return
        if self._as_known(key, stored).compiled:
            self._to_report.add(key)
        else:
            self._to_compile.add(key)

    async def run(self) -> None:
        """Compile and report until cancelled."""
        compiling = Workers(
            self._to_compile, self.compile, number=_COMPILERS, on_error=_warn("rules not compiled")
        )
        reporting = Workers(
            self._to_report, self.report_status, on_error=_warn("status not written")
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(compiling.run(), name="compiling")
            tasks.create_task(reporting.run(), name="reporting")

    async def compile(self, key: Key) -> Done:
        """Have some rules of a policy compiled, then those of another. Raise `RuleEngineError`."""
        stored = self._informers.policies.get(key)
        if stored is None:
            return Done()
        rules, flaws = stored.policy.rules, self._flaws.setdefault(key, {})
        some_rules = list(islice((rule for rule in rules if rule not in flaws), _RULES_AT_ONCE))
        flaws |= await self._engine.compile(some_rules)
        if not rules <= flaws.keys():
            self._to_compile.requeue(key)
            return Done()
        self._flaws.pop(key, None)
        policy = stored.policy.with_rule_flaws(flaws)
        self._compiled[key] = replace(stored, policy=policy)
        self._on_change(self._look_up(key))
        self._to_report.add(key)
        return Done()

    async def report_status(self, key: Key) -> Done:
        """Write whether a policy is ready into its status. Raise `KubeError`."""
        stored = self._informers.policies.get(key)
        if stored is not None:
            await self._reporter.report(stored, self._as_known(key, stored))
        return Done()

    def report(self, metrics: Metrics) -> None:
        """Bring the gauges up to date."""
        ready = {
            (policy.name, _mode(policy)): policy.ready
            for policy in self.catalogue.policies.values()
        }
        states = Counter((is_ready, mode) for (_, mode), is_ready in ready.items())
        for is_ready, mode in product((True, False), ("Enforce", "Audit")):
            metrics[_POLICIES].labels(str(is_ready).lower(), mode).set(states[is_ready, mode])
        for name, mode in self._shown - ready.keys():  # deleted, or of the other mode now
            metrics[_POLICY_READY].remove_by_labels({"policy": name, "mode": mode})
        for labels, is_ready in ready.items():
            metrics[_POLICY_READY].labels(*labels).set(is_ready)
        for name, _ in ready.keys() - self._shown:
            metrics[DECISIONS].labels("approved", name, "enforce")  # there at 0, before the first
        self._shown = frozenset(ready)

    def _current(self, key: Key) -> Policy | None:
        if stored := self._informers.policies.get(key):
            return self._as_known(key, stored)
        reason = self._informers.unreadable_policies.get(key)
        return None if reason is None else Policy.unreadable(key[1], reason)

    def _as_known(self, key: Key, stored: StoredPolicy) -> Policy:
        """Return a stored policy with what is known of its rules, and of the definition."""
        compiled = self._compiled.get(key)
        current = compiled if compiled and compiled.version == stored.version else stored
        policy = _as_installed(current, self._informers.missing_fields)
        return policy if self._requester_selectors else policy.with_requester_selectors_off()


def _mode(policy: Policy) -> str:
    return "Enforce" if policy.enforcing else "Audit"


def _as_installed(stored: StoredPolicy, missing: Sequence[str]) -> Policy:
    """Return a policy as it is to be taken: what was read may not be all that was written."""
    policy, written = stored.policy, stored.written
    if lost := written.absent:
        return policy.with_losses(f"has lost fields that were written: {quote_all(lost)}")
    lost = tuple(missing) if policy.restricts_nothing else tuple(written.may_have_lost(missing))
    if not lost:
        return policy
    return policy.with_losses(
        f"may have lost fields that the installed definition lacks: {', '.join(lost)}"
    )


def _warn(failure: str) -> Callable[[Key, Exception], None]:
    def warn(key: Key, error: Exception) -> None:
        _log.warning("%s", failure, extra={"policy": key[1], "error": str(error)})

    return warn
