"""An approver without one of its permissions says which, does the rest, and recovers."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.controller.observed import readiness, sample, warns
from tests.controller.scene import SECONDS, Scene, await_refusal, await_refusal_by_the_webhook
from tests.controlplane import Client, ControlPlane
from tests.controlplane.identities import APPROVER
from tests.controlplane.manifests import Manifest, without_hint
from tests.controlplane.waiting import wait_until
from tests.running import Approver

pytestmark = pytest.mark.cluster


def test_without_approve_on_the_signer_nothing_is_decided(
    cluster: ControlPlane, scene: Scene, installed_chart: list[Manifest]
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    scene.ask("shop")
    with ExitStack() as taken:
        taken.enter_context(without("signers", cluster.client(), installed_chart))
        await_refusal_by_the_webhook(cluster.client(APPROVER), "shop", scene.namespace)
        with Approver(cluster.kubeconfig(APPROVER)) as approver:
            event = scene.event("shop", "EvaluationError")
            assert event["type"] == "Warning"
            assert without_hint(event) == (
                "The approver may not approve for issuers.cert-manager.io; it will be tried again"
            )
            line = approver.wait_for_line("request not decided, to be tried again")
            assert line["level"] == "error"
            assert line["missing"] == (
                f"approve on signers, resource name issuers.cert-manager.io/{scene.namespace}.ca"
            )
            assert scene.undecided("shop")

            taken.close()

            scene.approved("shop")


def test_of_a_signer_without_a_namespace_the_permission_that_helps_is_named(
    scene: Scene, team_issuers: None
) -> None:
    """Its kind does not say so by its name: the API server knows."""
    del team_issuers
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    issuer = {"name": "ca", "kind": "TeamIssuer", "group": "sign.example.com"}
    with Approver(scene.cluster.kubeconfig(APPROVER)) as approver:
        scene.ask("shop", issuerRef=issuer)

        note = scene.event("shop", "EvaluationError")["note"]
        assert note.startswith("The approver may not approve for teamissuers.sign.example.com;")
        line = approver.wait_for_line("request not decided, to be tried again")
        assert line["missing"] == (
            "approve on signers, resource name teamissuers.sign.example.com/ca"
        )


@pytest.mark.timeout(90)  # cert-manager's webhook looks for such a kind until its time is over
def test_a_kind_of_signer_that_there_is_not_is_named(scene: Scene, team_issuers: None) -> None:
    del team_issuers
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    issuer = {"name": "ca", "kind": "TeamIsuer", "group": "sign.example.com"}
    with Approver(scene.cluster.kubeconfig(APPROVER)):
        scene.ask("shop", issuerRef=issuer)

        def told() -> bool:
            return 'There is no kind "TeamIsuer" in the API group "sign.example.com"' in {
                without_hint(event) for event in scene.events("shop")
            }

        wait_until(told, 3 * SECONDS, "no event names the kind")


@pytest.fixture
def team_issuers(admin: Client, installed_chart: list[Manifest]) -> Iterator[None]:
    """Define a kind of signer that has no namespace."""
    del installed_chart
    name = "teamissuers.sign.example.com"
    schema = {"openAPIV3Schema": {"type": "object"}}
    admin.apply(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": name},
            "spec": {
                "group": "sign.example.com",
                "scope": "Cluster",
                "names": {"kind": "TeamIssuer", "plural": "teamissuers"},
                "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
            },
        }
    )
    path = "/apis/sign.example.com/v1/teamissuers"
    wait_until(lambda: admin.serves(path), SECONDS, "the kind is not served")
    yield
    admin.delete("CustomResourceDefinition", name)

    def gone() -> bool:
        kinds = admin.list("CustomResourceDefinition")
        return name not in {each["metadata"]["name"] for each in kinds}

    wait_until(gone, SECONDS, "the kind is still there")


def test_without_access_reviews_nothing_is_decided(
    cluster: ControlPlane, scene: Scene, installed_chart: list[Manifest]
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    with Approver(cluster.kubeconfig(APPROVER)) as approver:
        with without("subjectaccessreviews", cluster.client(), installed_chart):
            scene.ask("shop")

            scene.event("shop", "EvaluationError")
            line = approver.wait_for_line("request not decided, to be tried again")
            assert 'cannot create resource "subjectaccessreviews"' in line["error"]
            assert "missing" not in line
            assert scene.undecided("shop")

        scene.approved("shop")


def test_without_sight_of_the_policies_it_is_not_ready(
    cluster: ControlPlane, scene: Scene, installed_chart: list[Manifest]
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    scene.ask("shop")
    with (
        without("certificaterequestpolicies", cluster.client(), installed_chart),
        Approver(cluster.kubeconfig(APPROVER), wait=False) as approver,
    ):
        approver.wait_until(lambda: warns(approver, "certificaterequestpolicies"))
        approver.wait_until(lambda: readiness(approver)[1].startswith("waiting for policies: 403"))
        assert approver.answer("probes", "/healthz").status_code == 200
        assert scene.undecided("shop")


def test_without_events_it_decides(
    cluster: ControlPlane, scene: Scene, installed_chart: list[Manifest]
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    with (
        Approver(cluster.kubeconfig(APPROVER)) as approver,
        without("events", cluster.client(), installed_chart),
    ):
        scene.ask("shop")

        scene.approved("shop")
        lost = sample("policy_approver_events_lost_total", cause="forbidden")
        approver.wait_until(lambda: approver.metrics().get(lost) == 1)
        assert warns(approver, "events are lost")


def test_without_the_status_of_policies_it_decides(
    cluster: ControlPlane, scene: Scene, installed_chart: list[Manifest]
) -> None:
    with Approver(cluster.kubeconfig(APPROVER)) as approver:
        with without("certificaterequestpolicies/status", cluster.client(), installed_chart):
            scene.policy("web", allowedDNSNames=["*.example.com"])
            scene.bind("web")
            scene.ask("shop")

            scene.approved("shop")
            line = approver.wait_for_line("status not written", policy="web")
            assert "certificaterequestpolicies/status" in line["error"]

        scene.policy_ready("web")


@contextmanager
def without(resource: str, admin: Client, rendered: list[Manifest]) -> Iterator[None]:
    """Take the rule about a resource from the chart's ClusterRoles, and give it back at the end."""
    role, taken = next(
        (manifest, rule)
        for manifest in rendered
        if manifest["kind"] == "ClusterRole"
        for rule in manifest["rules"]
        if resource in rule["resources"]
    )
    admin.apply(role | {"rules": [rule for rule in role["rules"] if rule != taken]})
    try:
        await_refusal(admin, APPROVER, taken)
        yield
    finally:
        admin.apply(role)
