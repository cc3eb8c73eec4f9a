"""Policies that change, and policies that are not ready."""

import pytest

from tests.controller.observed import sample
from tests.controller.scene import SECONDS, Scene
from tests.controlplane.identities import ALICE
from tests.controlplane.manifests import Manifest, without_hint
from tests.controlplane.waiting import wait_until
from tests.running import Approver

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("approver")]

OTHER_ISSUER = {"issuerRef": {"name": "other"}}
UNKNOWN_PLUGIN: Manifest = {"rego": {}}


def test_an_edit_decides_what_was_pending(scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"], selector=OTHER_ISSUER)
    scene.bind("web")
    scene.ask("shop")
    scene.event("shop", "Unprocessed")

    scene.policy("web", allowedDNSNames=["*.example.com"])

    scene.approved("shop")


def test_an_edit_does_not_revive_what_was_denied(scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=[])
    scene.bind("web")
    scene.ask("before")
    message = scene.denied("before")

    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.policy_ready("web", generation=2)
    scene.ask("after")

    scene.approved("after")
    assert scene.denied("before") == message


def test_a_policy_that_was_deleted_decides_no_longer(scene: Scene, approver: Approver) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    scene.ask("before")
    scene.approved("before")

    scene.admin.delete("CertificateRequestPolicy", "web")
    approver.wait_until(lambda: 'policy="web"' not in "".join(approver.metrics()))
    scene.ask("after")

    event = scene.event("after", "Unprocessed")
    assert (
        without_hint(event)
        == f'No policy applies to this request from namespace "{scene.namespace}"'
    )


def test_the_status_of_a_policy_follows_its_spec(scene: Scene, approver: Approver) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    ready = scene.policy_ready("web")
    assert (ready["reason"], ready["message"]) == ("Ready", "The policy is valid and decides")
    since = ready["lastTransitionTime"]

    scene.policy("web", allowedDNSNames=["*.example.net"])
    assert scene.policy_ready("web", generation=2)["lastTransitionTime"] == since

    scene.policy("web", allowedDNSNames=["*.example.net"], plugins=UNKNOWN_PLUGIN)
    ready = scene.policy_ready("web", "False", generation=3)
    assert (ready["reason"], ready["message"]) == (
        "NotReady",
        "spec.plugins: no plugins are registered",
    )
    metrics = approver.metrics()
    assert metrics[sample("policy_approver_policies", ready="false", mode="Enforce")] == 1
    assert metrics[sample("policy_approver_policy_ready", policy="web", mode="Enforce")] == 0


def test_a_regular_expression_that_always_fails_is_told_of(
    scene: Scene, approver: Approver
) -> None:
    scene.policy("doubtful", rules=[{"rule": "request.name.matches('(')"}])

    warning = 'spec.rules[0]: a call with "(" always fails: it is no regular expression'
    ready = scene.policy_ready("doubtful")
    assert ready["message"] == f"The policy is valid and decides; warning: {warning}"
    told = approver.wait_for_line("policy is ready", policy="doubtful")
    assert (told["level"], told["warnings"]) == ("warning", warning)


def test_a_policy_that_is_not_ready_is_told_of(scene: Scene, approver: Approver) -> None:
    scene.policy("broken", plugins=UNKNOWN_PLUGIN)

    problem = "spec.plugins: no plugins are registered"
    line = approver.wait_for_line("policy is not ready", policy="broken")
    assert (line["level"], line["problems"]) == ("warning", problem)
    wait_until(lambda: problem in notes_on(scene, "broken"), SECONDS, "no event on the policy")


def notes_on(scene: Scene, policy: str) -> list[str]:
    return [
        event["note"]
        for event in scene.admin.list("Event", "default")
        if event["regarding"]["name"] == policy
    ]


def test_a_request_waits_for_a_bound_policy_that_is_not_ready(
    scene: Scene, approver: Approver
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"], plugins=UNKNOWN_PLUGIN)
    scene.policy("narrow", allowedDNSNames=[])
    scene.bind("web", "narrow")
    scene.ask("shop")

    event = scene.event("shop", "Waiting")
    assert (event["type"], without_hint(event)) == (
        "Warning",
        "Waiting for policies that are not ready: web",
    )
    waiting = sample("policy_approver_pending_requests", state="waiting")
    assert approver.metrics()[waiting] == 1
    assert scene.undecided("shop")

    scene.policy("web", allowedDNSNames=["*.example.com"])

    assert scene.approved("shop") == 'Approved by CertificateRequestPolicy: "web"'


def test_a_ready_policy_approves_without_waiting_for_others(scene: Scene) -> None:
    scene.policy("broken", plugins=UNKNOWN_PLUGIN)
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("broken", "web", to=ALICE)

    scene.ask("shop")

    assert scene.approved("shop") == 'Approved by CertificateRequestPolicy: "web"'
