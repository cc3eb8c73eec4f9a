"""Many requests at once, for one approver and for two."""

from collections import Counter

import pytest

from tests.controller.observed import errors, sample
from tests.controller.scene import SECONDS, Scene
from tests.controlplane import ControlPlane
from tests.controlplane.identities import ALICE, APPROVER, CAROL
from tests.controlplane.manifests import Manifest, decision_of
from tests.controlplane.pki import signing_request
from tests.controlplane.waiting import wait_until
from tests.running import Approver

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("installed_chart")]

PERMITTED = signing_request("", "DNS:shop.example.com")
FORBIDDEN = signing_request("", "DNS:login.bank.example.org")


def test_of_two_hundred_requests_each_is_decided_once_and_rightly(
    cluster: ControlPlane, scene: Scene
) -> None:
    prepare(scene)
    with Approver(cluster.kubeconfig(APPROVER)) as approver:
        expected = ask_for(200, scene)
        wait_until(lambda: len(scene.events()) >= 200, SECONDS, "not all have an event")
        unmatched = sample("policy_approver_pending_requests", state="unmatched")
        assert approver.metrics()[unmatched] == Counter(expected.values())["Unprocessed"]
        assert approver.stop() == 0
        assert errors(approver) == []

    assert verdicts(scene) == expected
    assert told(scene) == Counter(expected.items())


def test_two_approvers_decide_nothing_twice(cluster: ControlPlane, scene: Scene) -> None:
    prepare(scene)
    kubeconfig = cluster.kubeconfig(APPROVER)
    with Approver(kubeconfig) as one, Approver(kubeconfig) as other:
        expected = ask_for(60, scene)
        wait_until(lambda: verdicts(scene) == expected, SECONDS, "not all are decided")
        assert (one.stop(), other.stop()) == (0, 0)
        assert errors(one) == errors(other) == []

    decisions = {pair: times for pair, times in told(scene).items() if pair[1] != "Unprocessed"}
    assert decisions == {pair: 1 for pair in expected.items() if pair[1] != "Unprocessed"}


def prepare(scene: Scene) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web", to=ALICE)


def ask_for(number: int, scene: Scene) -> dict[str, str]:
    """Make so many requests in a row, and say what is to become of each."""
    kinds = [
        (ALICE, PERMITTED, "Approved"),
        (ALICE, FORBIDDEN, "Denied"),
        (CAROL, PERMITTED, "Unprocessed"),
    ]
    expected = {}
    for index in range(number):
        who, csr, outcome = kinds[index % len(kinds)]
        name = f"shop-{index}"
        scene.ask(name, csr, by=who)
        expected[name] = outcome
    return expected


def verdicts(scene: Scene) -> dict[str, str]:
    return {request["metadata"]["name"]: verdict(request) for request in scene.requests()}


def verdict(request: Manifest) -> str:
    decision = decision_of(request)
    return decision["type"] if decision else "Unprocessed"


def told(scene: Scene) -> Counter[tuple[str, str]]:
    """Count the events by the name of the request and the reason."""
    return Counter((event["regarding"]["name"], event["reason"]) for event in scene.events())
