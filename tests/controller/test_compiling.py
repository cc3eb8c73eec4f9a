"""Rules are compiled a few at a time, each author's in turn."""

import asyncio
import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from approver.controller.informers import Informers, StoredPolicy
from approver.controller.policies import Policies
from approver.crd import WrittenFields
from approver.kube.watch_stream import Key
from approver.policy import Policy
from approver.rules import AsyncRuleEngine, CelRule, Flaw
from tests.controlplane.waiting import POLL_SECONDS
from tests.examples import policy_manifest

MANY = 240


@dataclass
class Stored:
    """What the watch of policies has told."""

    policies: dict[Key, StoredPolicy] = field(default_factory=dict)
    unreadable_policies: Mapping[Key, str] = field(default_factory=dict)
    missing_fields: tuple[str, ...] = ()


@dataclass
class SlowEngine:
    """Finds nothing wrong with rules, and takes its time."""

    compiled: list[CelRule] = field(default_factory=list)

    async def compile(self, rules: Collection[CelRule]) -> dict[CelRule, Flaw | None]:
        await asyncio.sleep(POLL_SECONDS)
        self.compiled += rules
        return dict.fromkeys(rules)


class NoReports:
    async def report(self, stored: StoredPolicy, policy: Policy) -> None: ...


def stored(name: str, number: int) -> StoredPolicy:
    rules = [{"rule": f"request.name != '{name}-{index}'"} for index in range(number)]
    manifest: dict[str, Any] = policy_manifest(name, allowedIsCA=False, rules=rules)
    return StoredPolicy(Policy.read(manifest), b"{}", (), WrittenFields.of(manifest))


async def test_a_policy_of_many_rules_does_not_hold_up_another_author_s() -> None:
    engine, informers, changed = SlowEngine(), Stored(), asyncio.Event()
    reporter: Any = NoReports()
    policies = Policies(
        cast("Informers", informers),
        cast("AsyncRuleEngine", engine),
        reporter,
        jitter=lambda: 1.0,
        on_change=lambda _: changed.set(),
        requester_selectors=True,
    )
    for name, number in (("large", MANY), ("small", 1)):
        informers.policies["", name] = stored(name, number)
        policies.changed(("", name))
    running = asyncio.create_task(policies.run())

    await changed.wait()

    assert {policy.name for policy in policies.catalogue.policies.values() if policy.compiled} == {
        "small"
    }
    assert len(engine.compiled) < MANY / 4
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
