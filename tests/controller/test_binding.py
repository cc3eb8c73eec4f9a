"""A policy decides for those who may use it, where its selector says so."""

import pytest

from tests.controller.observed import sample
from tests.controller.scene import Scene
from tests.controlplane.identities import ALICE, BOB, CAROL
from tests.controlplane.manifests import namespace as a_namespace
from tests.controlplane.manifests import without_hint
from tests.running import Approver

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("approver")]


def test_a_request_stays_pending_until_its_requester_is_bound(
    scene: Scene, approver: Approver
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.ask("shop", by=ALICE)

    event = scene.event("shop", "Unprocessed")
    assert event["type"] == "Normal"
    assert without_hint(event) == (
        'No policy that applies to this request is bound to "alice" '
        f'in namespace "{scene.namespace}": the verb use on one of them is missing'
    )
    pending = sample("policy_approver_pending_requests", state="unmatched")
    assert approver.metrics()[pending] == 1
    assert scene.undecided("shop")

    scene.bind("web", to=ALICE)

    scene.approved("shop")
    approver.wait_until(lambda: approver.metrics()[pending] == 0)


def test_a_binding_to_one_requester_is_none_to_another(scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web", to=BOB)

    scene.ask("hers", by=CAROL)
    scene.ask("his", by=BOB)

    scene.approved("his")
    scene.event("hers", "Unprocessed")
    assert scene.undecided("hers")


def test_a_binding_may_hold_in_all_namespaces(scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.ask("shop")
    scene.event("shop", "Unprocessed")

    scene.bind_everywhere("web")

    scene.approved("shop")


def test_a_binding_that_was_removed_binds_no_longer(scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    scene.ask("before")
    scene.approved("before")

    scene.unbind("web")
    scene.ask("after")

    scene.event("after", "Unprocessed")
    assert scene.undecided("after")


def test_a_namespace_that_gets_the_label_is_selected(scene: Scene) -> None:
    selector = {"namespace": {"matchLabels": {"example.com/web": "yes"}}}
    scene.policy("web", allowedDNSNames=["*.example.com"], selector=selector)
    scene.bind("web")
    scene.ask("shop")
    event = scene.event("shop", "Unprocessed")
    assert (
        without_hint(event)
        == f'No policy applies to this request from namespace "{scene.namespace}"'
    )

    scene.admin.apply(a_namespace(scene.namespace, **{"example.com/web": "yes"}))

    scene.approved("shop")


def test_a_requester_learns_nothing_of_policies_that_others_use(scene: Scene) -> None:
    scene.policy("secret", allowedDNSNames=["*.secret.example.com"])
    scene.policy("web", allowedDNSNames=["*.web.example.com"])
    scene.bind("web", to=ALICE)
    scene.bind("secret", to=BOB)

    scene.ask("shop", by=ALICE)

    assert "secret" not in scene.denied("shop")
    assert not any("secret" in event["note"] for event in scene.events("shop"))
