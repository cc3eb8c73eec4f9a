"""The webhook says of a policy what lint says of it, in every example of every rule."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import yaml

from approver.crd import own_schema
from approver.lint import RULES, Estate, LintRule, Severity, Shape, Subject, lint
from approver.policy import Policy
from approver.rules import DEFAULT_ENGINE
from approver.webhook.linter import Linter, LintError
from tests.examples import policy_manifest

SHAPE = Shape(own_schema())
EXAMPLES = [
    (each.id, text) for each in RULES.values() if each.look for text in (each.bad, each.good)
]


@pytest.fixture
async def linter() -> AsyncIterator[Linter]:
    linter = Linter()
    yield linter
    await linter.close()


def manifest(text: str) -> Mapping[str, Any] | None:
    """Give the policy of an example that is a spec."""
    found = yaml.safe_load(text)
    return None if not isinstance(found, dict) or "kind" in found else policy_manifest(**found)


def wanted(rule: LintRule) -> bool:
    """Say whether `approver lint` shows a rule's findings in a policy, unless told otherwise."""
    return rule.look is not None and rule.severity > Severity.INFO


async def test_it_finds_what_lint_finds(linter: Linter) -> None:
    looked_at = 0
    for _, text in EXAMPLES:
        obj = manifest(text)
        if obj is None:
            continue
        subject = Subject.parse(obj, SHAPE, DEFAULT_ENGINE.get())
        if subject.policy.problems:
            continue  # refused
        findings = sorted(lint(Estate([subject]), wanted), key=lambda each: -each.severity)
        expected = [(each.rule.id, each.hit.path or "metadata.name") for each in findings]
        told = await linter.warnings(obj, subject.policy)
        assert [tuple(text.split(": ")[:2]) for text in told[:10]] == [
            (f"{id_} {RULES[id_].slug}", path) for id_, path in expected[:10]
        ]
        looked_at += 1
    assert looked_at > 60


async def test_what_an_annotation_silences_is_not_said(linter: Linter) -> None:
    obj = policy_manifest(allowedDNSNames=["*example.com"], maxDuration="2160h")
    policy = Policy.parse(obj)
    assert any("CRP201" in text for text in await linter.warnings(obj, policy))
    obj["metadata"]["annotations"] = {"lint.policy.cert-manager.io/CRP201": "meant so"}
    assert not any("CRP201" in text for text in await linter.warnings(obj, Policy.parse(obj)))


async def test_what_is_nested_too_deep_ends_nothing(linter: Linter) -> None:
    obj = policy_manifest(allowedDNSNames=["*example.com"])
    policy, deep = Policy.parse(obj), list[Any]()
    for _ in range(500):
        deep = [deep]
    with pytest.raises(LintError, match="could not be found out"):
        await linter.warnings({**obj, "kind": deep}, policy)
    before = linter._process  # noqa: SLF001 - nobody else knows it
    assert any("CRP201" in text for text in await linter.warnings(obj, policy))
    assert linter._process is before  # noqa: SLF001


async def test_a_process_that_ends_costs_an_answer_and_is_started_again(
    linter: Linter, caplog: pytest.LogCaptureFixture
) -> None:
    first = policy_manifest(allowedDNSNames=["*example.com"])
    await linter.warnings(first, Policy.parse(first))
    assert linter._process  # noqa: SLF001 - nobody else knows it
    os.kill(linter._process.pid, signal.SIGSTOP)  # noqa: SLF001
    second = policy_manifest(allowedDNSNames=["*example.org"])
    waiting = asyncio.create_task(linter.warnings(second, Policy.parse(second)))
    await asyncio.sleep(0.1)
    os.kill(linter._process.pid, signal.SIGKILL)  # noqa: SLF001
    with pytest.raises(LintError, match="could not be found out"):
        await waiting
    assert caplog.records[-1].__dict__["status"] == -signal.SIGKILL
    third = policy_manifest(allowedDNSNames=["*example.net"])
    assert any("CRP201" in text for text in await linter.warnings(third, Policy.parse(third)))


async def test_a_process_that_cannot_start_is_told_of(
    linter: Linter, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    obj = policy_manifest(allowedDNSNames=["*example.com"])
    with pytest.raises(LintError, match="could not be found out"):
        await linter.warnings(obj, Policy.parse(obj))
    assert caplog.records[-1].__dict__["status"] == 1
