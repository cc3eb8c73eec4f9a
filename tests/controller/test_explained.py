"""`approver explain` names each cause on a real cluster; what it proposes keeps its promise.

An approver decides in most of these scenes, with the permissions of its chart.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.controller.scene import SECONDS, Scene, await_refusal_by_the_webhook
from tests.controlplane.identities import ADMIN, ALICE, APPROVER, BOB, CERT_MANAGER, Identity
from tests.controlplane.manifests import (
    Manifest,
    certificate,
    certificate_request,
    decision,
    decision_of,
    grant,
    use,
)
from tests.controlplane.manifests import namespace as a_namespace
from tests.controlplane.pki import signing_request
from tests.controlplane.waiting import wait_until
from tests.examples import policy_manifest
from tests.running import ROOT, Approver

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

WEB = {"allowedDNSNames": ["*.example.com"]}
Explain = Callable[..., dict[str, Any]]


def run(scene: Scene, *arguments: str, who: Identity = ADMIN) -> subprocess.CompletedProcess[str]:
    kubeconfig = scene.cluster.kubeconfig(who)
    command = [sys.executable, "-W", "error", "-m", "approver", "explain"]
    return subprocess.run(
        [*command, f"--kubeconfig={kubeconfig}", "-n", scene.namespace, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.fixture
def explain(scene: Scene) -> Explain:
    """Give a function that explains a request of the scene, as JSON."""

    def explained(target: str, *arguments: str, who: Identity = ADMIN) -> dict[str, Any]:
        done = run(scene, target, "-o", "json", *arguments, who=who)
        assert done.stdout, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return explained


def apply(scene: Scene, remedy: dict[str, Any]) -> None:
    for manifest in remedy["manifests"]:
        scene.admin.create(manifest)


# First, before the approver of all the others runs.
def test_no_approver_runs(scene: Scene, explain: Explain) -> None:
    scene.policy("web", **WEB)
    scene.bind("web")
    scene.ask("shop")

    assert explain("shop")["cause"] == "no-approver"
    with Approver(scene.cluster.kubeconfig(APPROVER)):
        scene.approved("shop")


def test_a_binding_is_missing_and_the_one_proposed_helps(
    approver: Approver, scene: Scene, explain: Explain
) -> None:
    del approver
    scene.policy("web", **WEB)
    scene.policy("narrow", allowedDNSNames=["*.example.net"])
    scene.ask("shop")
    scene.event("shop", "Unprocessed")

    found = explain("shop")

    assert found["cause"] == "not-bound"
    first, second = found["remedies"]
    assert (first["then"], second["then"]) == ("approved", "denied")
    apply(scene, first)
    scene.approved("shop")


def test_a_denial_is_what_was_promised_of_the_other(
    approver: Approver, scene: Scene, explain: Explain
) -> None:
    del approver
    scene.policy("narrow", allowedDNSNames=["*.example.net"])
    scene.ask("shop")
    scene.event("shop", "Unprocessed")
    [remedy] = explain("shop")["remedies"]
    assert remedy["then"] == "denied"

    apply(scene, remedy)

    assert "narrow" in scene.denied("shop")
    found = explain("shop")
    assert found["cause"] == "denied"
    assert f"kubectl delete certificaterequest -n {scene.namespace} shop" in str(found["remedies"])


def test_the_event_names_the_command(approver: Approver, scene: Scene) -> None:
    del approver
    scene.policy("web", **WEB)
    scene.ask("shop")

    note = scene.event("shop", "Unprocessed")["note"]

    command = f"(kubectl approver explain -n {scene.namespace} shop)"
    assert note.endswith(command)
    done = run(scene, "shop")
    assert done.returncode == 1
    assert "NOT DECIDED: no policy that selects it is bound to the requester" in done.stdout


@pytest.mark.parametrize(
    ("miss", "told"),
    [
        ("glob", 'has resourceNames ["we*"]: RBAC knows no patterns'),
        ("elsewhere", "lets the requester use it in the namespace"),
        ("no role", "which does not exist"),
        ("somebody else", "binds User bob, and not alice"),
    ],
)
def test_near_misses_are_named(
    approver: Approver, scene: Scene, explain: Explain, miss: str, told: str
) -> None:
    del approver
    scene.policy("web", **WEB)
    elsewhere = f"{scene.namespace}-b"
    scene.admin.apply(a_namespace(elsewhere))
    match miss:
        case "glob":
            scene.admin.apply(*grant("use-some", use("we*"), ALICE, namespace=scene.namespace))
        case "elsewhere":
            scene.admin.apply(*grant("use-web", use("web"), ALICE, namespace=elsewhere))
        case "no role":
            _, binding = grant("use-web", use("web"), ALICE, namespace=scene.namespace)
            scene.admin.apply(binding)
        case _:
            scene.bind("web", to=BOB)
    scene.ask("shop")
    scene.event("shop", "Unprocessed")

    found = explain("shop")

    assert found["cause"] == "not-bound"
    assert any(told in text for text in found["nearMisses"]), found["nearMisses"]
    apply(scene, found["remedies"][0])
    scene.approved("shop")


def test_no_policy_selects_it(approver: Approver, scene: Scene, explain: Explain) -> None:
    del approver
    scene.policy("web", **WEB, selector={"namespace": {"matchNames": ["other"]}})
    scene.ask("shop")
    scene.event("shop", "Unprocessed")

    found = explain("shop")

    assert found["cause"] == "none-selects"
    told = f'selector.namespace.matchNames ["other"] does not match "{scene.namespace}"'
    assert told in found["remedies"][0]["text"]


def test_there_is_no_policy(approver: Approver, scene: Scene, explain: Explain) -> None:
    del approver
    scene.admin.create(certificate_request("shop", scene.namespace))
    assert explain("shop")["cause"] == "no-policies"


def test_a_policy_is_not_ready(approver: Approver, scene: Scene, explain: Explain) -> None:
    del approver
    scene.policy("web", **WEB, rules=[{"rule": "request.nosuch"}])
    scene.bind("web")
    scene.ask("shop")
    scene.event("shop", "Waiting")

    found = explain("shop")

    assert found["cause"] == "not-ready"
    assert "spec.rules[0]: undefined field" in found["remedies"][0]["text"]
    scene.policy("web", **WEB)
    scene.approved("shop")


def test_a_certificate_is_followed_to_its_newest_request(
    approver: Approver, scene: Scene, explain: Explain
) -> None:
    del approver
    scene.authority()
    scene.policy("web", allowedDNSNames=["*.example.net"])
    scene.bind("web", to=CERT_MANAGER)
    scene.admin.apply(certificate("shop", scene.namespace))
    scene.denied("shop-1")

    found = explain("certificate/shop")

    assert found["request"]["name"] == "shop-1"
    assert found["cause"] == "denied"
    assert f"cmctl renew -n {scene.namespace} shop" in found["remedies"][0]["text"]
    assert explain("shop")["request"]["name"] == "shop-1"

    scene.policy("web", **WEB)
    assert explain("certificate/shop")["now"]["verdict"] == "approved"


def test_a_csr_that_nobody_can_approve(scene: Scene, explain: Explain) -> None:
    scene.policy("web", **WEB)
    csr = signing_request("", "DNS:shop.example.com", "URI:spiffe://a/../b")
    scene.ask("shop", csr)  # by who may use no policy, so that it stays undecided

    found = explain("shop")

    assert found["cause"] == "request-refused"
    assert "spec.request: san:" in found["remedies"][0]["text"]


def test_it_is_approved(approver: Approver, scene: Scene) -> None:
    del approver
    scene.policy("web", **WEB)
    scene.bind("web")
    scene.authority()
    scene.ask("shop")
    scene.approved("shop")

    done = run(scene, "certificaterequest/shop")

    assert done.returncode == 0, done.stderr
    assert 'APPROVED: Approved by CertificateRequestPolicy: "web"' in done.stdout


def test_another_approver_has_decided(scene: Scene, explain: Explain) -> None:
    scene.admin.create(certificate_request("shop", scene.namespace))
    by_hand = decision("Approved", "by hand")
    scene.admin.patch("CertificateRequest", "shop", by_hand, scene.namespace, subresource="status")

    found = explain("shop")

    assert found["cause"] == "approved-by-another"
    assert found["sentence"] == "APPROVED by another approver (tests): by hand"


def test_the_issuer_does_not_exist(approver: Approver, scene: Scene, explain: Explain) -> None:
    del approver
    scene.policy("web", **WEB)
    scene.bind("web")
    scene.ask("shop")
    scene.approved("shop")
    assert explain("shop")["cause"] == "no-issuer"

    scene.authority()

    wait_until(lambda: explain("shop")["cause"] == "approved", SECONDS, "it is not signed")


def test_the_approver_may_not_approve_for_the_signer(
    approver: Approver, scene: Scene, explain: Explain, installed_chart: list[Manifest]
) -> None:
    del approver
    scene.policy("web", **WEB)
    [role] = [
        each
        for each in installed_chart
        if each["kind"] == "ClusterRole" and each["metadata"]["name"] == "policy-approver-requests"
    ]
    rules = [rule for rule in role["rules"] if "approve" not in rule["verbs"]]
    scene.admin.apply(role | {"rules": rules})
    try:
        scene.admin.create(certificate_request("probe", scene.namespace))
        await_refusal_by_the_webhook(scene.cluster.client(APPROVER), "probe", scene.namespace)
        scene.bind("web")
        scene.ask("shop")
        scene.event("shop", "EvaluationError")
        found = explain("shop")
        assert found["cause"] == "may-not-approve"
        assert "may not approve for issuers.cert-manager.io" in found["sentence"]
    finally:
        scene.admin.apply(role)
    scene.approved("shop")


def test_who_may_see_little_is_told_what_was_not_seen(scene: Scene) -> None:
    scene.policy("web", **WEB)
    scene.ask("shop", by=ALICE)

    done = run(scene, "shop", who=ALICE)

    assert done.returncode == 3
    assert "NOT DECIDED, and policies could not be seen." in done.stdout
    assert "Seen as alice. Not seen: certificaterequestpolicies" in done.stdout

    reader = {"apiGroups": ["policy.cert-manager.io"], "resources": ["*"], "verbs": ["list"]}
    scene.admin.apply(*grant("list-policies", reader, ALICE))
    try:
        # Of herself she may ask the authorizer.
        wait_until(
            lambda: "is bound to the requester" in run(scene, "shop", who=ALICE).stdout,
            SECONDS,
            "policies are not seen",
        )
        found = run(scene, "-o=json", "shop", who=ALICE)
        assert json.loads(found.stdout)["remedies"][0]["then"] == "approved"
        # Of others she may not.
        scene.ask("theirs", by=BOB)
        done = run(scene, "theirs", who=ALICE)
        assert done.returncode == 3
        assert "who may use which policy could not be seen" in done.stdout
    finally:
        scene.admin.delete("ClusterRoleBinding", "list-policies")
        scene.admin.delete("ClusterRole", "list-policies")


def test_what_is_proposed_is_done_when_told_to(approver: Approver, scene: Scene) -> None:
    del approver
    scene.policy("web", **WEB)
    scene.ask("shop")
    scene.event("shop", "Unprocessed")

    asked = run(scene, "--fix", "1", "shop")
    assert "nobody can be asked: say --yes" in asked.stderr
    assert decision_of(scene.request("shop")) is None

    done = run(scene, "--fix", "1", "--yes", "shop")
    assert "created RoleBinding use-policy-web" in done.stderr
    scene.approved("shop")


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["nosuch"], 2, "there is no CertificateRequest, nor one of a Certificate, nosuch"),
        (["pod/web"], 2, "is not NAME, certificate/NAME or certificaterequest/NAME"),
        (["--context", "nosuch", "web"], 3, "nosuch"),
        (["--fix", "9", "shop"], 2, "--fix 9: 1 ways out are proposed"),
    ],
)
def test_bad_input_is_told_in_a_line(
    scene: Scene, arguments: list[str], status: int, told: str
) -> None:
    scene.admin.apply(policy_manifest("web", selector={"namespace": {"matchNames": ["x"]}}, **WEB))
    scene.ask("shop")

    done = run(scene, *arguments)

    assert done.returncode == status
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
