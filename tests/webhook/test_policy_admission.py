"""What of a policy makes a difference to the answer, and when it is looked at anew."""

import asyncio
import sys
from collections.abc import Collection, Mapping
from typing import Any

import pytest

from approver.cel import AsyncEngine
from approver.cel.remembering import RememberingEngine
from approver.cel.worker_handle import WorkerHandle
from approver.rules import Answer as RuleAnswer
from approver.rules import CelRule, Flaw, Question, RuleEngineError
from approver.webhook.admission import AdmissionRequest, Answer
from approver.webhook.linter import Linter
from approver.webhook.policy_admission import PolicyAdmission
from tests.examples import policy_manifest

SLOPPY: dict[str, Any] = {"selector": {"issuerRef": {}}, "allowedDNSNames": ["*example.com"]}
SILENCED = {"lint.policy.cert-manager.io/CRP201": "meant so"}


async def answer(admission: PolicyAdmission, obj: dict[str, Any]) -> Answer:
    return await admission.admit(AdmissionRequest(uid="u", object=obj))


async def test_an_allowed_policy_is_not_looked_at_again_whatever_it_is_called(
    admission: PolicyAdmission, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await answer(admission, policy_manifest("first", **SLOPPY))
    assert any(text.startswith("first: CRP201 no-dot: spec.") for text in first.warnings)
    await admission._linter.close()  # noqa: SLF001 - nobody can lint any more
    monkeypatch.setattr(sys, "executable", "/bin/false")
    second = await answer(admission, policy_manifest("second", **SLOPPY))
    assert second.warnings == [text.replace("first", "second", 1) for text in first.warnings]


async def test_of_many_at_a_time_lint_looks_at_a_few(admission: PolicyAdmission) -> None:
    """And once at those that say the same."""
    same = [policy_manifest(f"same-{n}", **SLOPPY) for n in range(20)]
    others = [
        policy_manifest(f"other-{n}", **SLOPPY | {"maxDuration": f"{n + 1}h"}) for n in range(20)
    ]
    answers = await asyncio.gather(*(answer(admission, obj) for obj in (*same, *others)))
    assert all("CRP201" in each.warnings[0] for each in answers[:20])
    told = [text for each in answers[20:] for text in each.warnings if "takes too long" in text]
    assert 0 < len(told) < 20


async def test_what_nobody_waits_for_any_more_is_known_to_who_asks_again() -> None:
    obj = policy_manifest("p", **SLOPPY)
    async with (
        AsyncEngine() as engine,
        PolicyAdmission(
            RememberingEngine(engine), Linter(), requester_selectors=True, patience_seconds=0
        ) as admission,
    ):
        first = await answer(admission, obj)
        assert "takes too long" in first.warnings[0]
        await asyncio.gather(*admission._linting.values())  # noqa: SLF001 - it goes on
        assert "CRP201" in (await answer(admission, obj)).warnings[0]


class Busy:
    """An engine on a machine that is too busy to compile a rule."""

    async def compile(self, rules: Collection[CelRule]) -> Mapping[CelRule, Flaw | None]:
        return dict.fromkeys(rules, Flaw("it takes too much time", lasting=False))

    async def ask(self, *_: object) -> Mapping[Question, RuleAnswer]:
        raise AssertionError("nobody asks while a policy is written")


async def test_a_policy_is_not_refused_since_the_machine_is_busy() -> None:
    obj = policy_manifest(selector={"issuerRef": {}}, rules=[{"rule": "true"}])
    admission = PolicyAdmission(RememberingEngine(Busy()), Linter(), requester_selectors=True)
    with pytest.raises(RuleEngineError, match="takes too much time"):
        await answer(admission, obj)


async def test_problems_beyond_the_first_fifty_are_counted(admission: PolicyAdmission) -> None:
    misspelt: dict[str, Any] = {f"misspelt{n}": 1 for n in range(60)}
    refused = await answer(admission, policy_manifest(selector={"issuerRef": {}}, **misspelt))
    assert len(refused.causes) == 51
    assert refused.causes[-1].message == "and 10 more problems"


@pytest.mark.parametrize(
    "other",
    [
        policy_manifest(**SLOPPY | {"allowedDNSNames": ["*.example.com"]}),
        policy_manifest(**SLOPPY) | {"metadata": {"name": "p", "annotations": SILENCED}},
    ],
)
async def test_another_spec_and_what_is_silenced_make_a_difference(
    admission: PolicyAdmission, other: dict[str, Any]
) -> None:
    await answer(admission, policy_manifest(**SLOPPY))
    assert not any("CRP201" in text for text in (await answer(admission, other)).warnings)


async def test_a_policy_that_is_wrong_anyway_is_refused_on_a_busy_machine() -> None:
    rules = [{"rule": "true"}]
    obj = policy_manifest(selector={"issuerRef": {}}, misspelt=1, rules=rules)
    admission = PolicyAdmission(RememberingEngine(Busy()), Linter(), requester_selectors=True)
    assert [cause.field for cause in (await answer(admission, obj)).causes] == ["spec.misspelt"]


async def test_who_hangs_up_ends_no_process_of_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decisions use it, too."""
    starts, start = [], WorkerHandle.start

    async def counted() -> WorkerHandle:
        starts.append(1)
        return await start()

    monkeypatch.setattr(WorkerHandle, "start", counted)
    async with (
        AsyncEngine() as engine,
        PolicyAdmission(RememberingEngine(engine), Linter(), requester_selectors=True) as admission,
    ):
        await engine.compile([CelRule("true", "request")])
        for number in range(20):
            rules = [{"rule": f"size(request.dnsNames) < {number}"}]
            obj = policy_manifest(selector={"issuerRef": {}}, rules=rules)
            asking = asyncio.create_task(answer(admission, obj))
            await asyncio.sleep(0.004)
            asking.cancel()
            await asyncio.wait([asking])
        await engine.compile([CelRule("!false", "request")])
        assert 1 <= len(starts) <= 2


async def test_texts_of_a_refusal_are_cut(admission: PolicyAdmission) -> None:
    spec: dict[str, Any] = {"selector": {"issuerRef": {}}, "x" * 5_000: 1}
    refused = await answer(admission, policy_manifest(**spec))
    assert [len(cause.field) <= 500 for cause in refused.causes] == [True]
