"""What of a policy makes a difference to the answer, and when it is looked at anew."""

import sys
from typing import Any

import pytest

from approver.webhook.admission import AdmissionRequest, Answer
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


async def test_what_is_refused_is_looked_at_again(admission: PolicyAdmission) -> None:
    """A rule may have been stopped since the machine was busy."""
    broken = policy_manifest(selector={"issuerRef": {}}, rules=[{"rule": "1 +"}])
    first = await answer(admission, broken)
    second = await answer(admission, broken)
    assert first.causes
    assert second == first
    assert second is not first


async def test_texts_of_a_refusal_are_cut(admission: PolicyAdmission) -> None:
    spec: dict[str, Any] = {"selector": {"issuerRef": {}}, "x" * 5_000: 1}
    refused = await answer(admission, policy_manifest(**spec))
    assert [len(cause.field) <= 500 for cause in refused.causes] == [True]
