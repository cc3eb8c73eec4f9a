"""Alerts on a real cluster: what goes wrong is told, and an ordinary hour is silent.

Time goes thirty times faster for the rules, not for the approvers.
"""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.alerts.rules import hastened
from tests.controller.scene import Scene
from tests.controlplane.identities import CAROL
from tests.controlplane.manifests import decision
from tests.controlplane.pki import signing_request
from tests.controlplane.waiting import wait_until
from tests.prometheus.traffic import traffic
from tests.prometheus.watched import Watched, watched

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

FACTOR = 30
HOUR = 3600 / FACTOR
HOME = "shop"
FIRES_SECONDS = 90
ENDS_SECONDS = 150


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Run approvers under an ordinary load: five requests a second, some of which are denied."""
    rules = tmp_path_factory.mktemp("rules") / "rules.yaml"
    rules.write_text(hastened(FACTOR))
    with watched(HOME, rules=rules) as found:
        scene = Scene(found.cluster, HOME)
        scene.policy("web", allowedDNSNames=["*.example.com"])
        scene.bind("web")
        scene.policy_ready("web")

        def ask_for_what_is_denied(name: str) -> None:
            scene.ask(name, signing_request("", f"DNS:{name}.example.org"))

        with traffic(*[scene.ask] * 9, ask_for_what_is_denied, a_second=5):
            yield found


@pytest.fixture
def scene(everything: Watched) -> Scene:
    """Give the scene once nothing fires any more of what the test before has provoked."""
    wait_until(lambda: not everything.prometheus.firing(), ENDS_SECONDS, "alerts go on")
    return Scene(everything.cluster, HOME)


def fired(everything: Watched, enough: Callable[[set[str]], bool], seconds: float) -> set[str]:
    """Watch for some seconds, or until it is enough, and name the alerts that fired."""
    end = time.monotonic() + seconds
    names: set[str] = set()
    while time.monotonic() < end and not enough(names):
        names |= everything.prometheus.firing().keys()
        time.sleep(0.5)
    return names


def until(*names: str) -> Callable[[set[str]], bool]:
    return lambda found: found >= set(names)


def test_nothing_fires_in_an_ordinary_hour(everything: Watched, scene: Scene) -> None:
    half_an_hour = HOUR / 2
    assert not fired(everything, until("any"), half_an_hour)
    scene.policy("web", allowedDNSNames=["*.example.com", "*.example.net"])
    assert not fired(everything, until("any"), half_an_hour)
    assert everything.prometheus.at("sum(policy_approver_decisions_total) > 300", time.time())


def test_a_policy_is_broken(everything: Watched, scene: Scene) -> None:
    expected = {"PolicyApproverPolicyNotReady", "PolicyApproverRequestsWaiting"}
    scene.policy("broken", allowedIsCA=False, rules=[{"rule": "request.nme == ''"}])
    scene.bind("broken", to=CAROL)
    scene.ask("waiting", by=CAROL)
    assert fired(everything, until(*expected), FIRES_SECONDS) == expected
    scene.admin.delete("CertificateRequest", "waiting", HOME)
    scene.admin.delete("CertificateRequestPolicy", "broken")


def test_the_right_to_approve_is_revoked(everything: Watched, scene: Scene) -> None:
    del scene
    expected = {"PolicyApproverForbidden", "PolicyApproverRequestsNotDecided"}
    with everything.without("signers"):
        found = fired(everything, until(*expected), FIRES_SECONDS)
    # Whether it may approve is looked at once a minute, which is half an hour here.
    assert found - {"PolicyApproverMayNotApprove"} == expected


def test_no_replica_can_hold_the_lease(everything: Watched, scene: Scene) -> None:
    del scene
    with everything.without("leases"):
        found = fired(everything, until("PolicyApproverNoLeader"), FIRES_SECONDS)
    assert found - {"PolicyApproverForbidden"} == {"PolicyApproverNoLeader"}


def test_another_approver_decides(everything: Watched, scene: Scene) -> None:
    """The shadow, too, tells that it would have left such a request undecided."""
    expected = {"PolicyApproverForeignDecisions", "PolicyApproverShadowDiffers"}
    scene.ask("unmatched", by=CAROL)
    scene.event("unmatched", "Unprocessed")
    change = decision("Approved", "by hand")
    scene.admin.patch("CertificateRequest", "unmatched", change, HOME, subresource="status")
    found = fired(everything, until(*expected), FIRES_SECONDS)
    assert found - {"PolicyApproverForbidden"} == expected  # that may be of the test before
