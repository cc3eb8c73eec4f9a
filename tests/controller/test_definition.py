"""The installed definition of policies may be another's, which drops fields, or none at all."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from approver.controller.informers import stored_policy
from approver.controller.readiness import ReadinessReporter
from approver.kube.events import EventWriter
from approver.kube.session import Session
from tests.controller.scene import SECONDS, Scene
from tests.controlplane import ControlPlane
from tests.controlplane.certmanager import install_definitions
from tests.controlplane.chart import DEFINITIONS
from tests.controlplane.client import Client
from tests.controlplane.identities import APPROVER
from tests.controlplane.waiting import wait_until
from tests.crds.examples import CRD
from tests.examples import policy_manifest
from tests.running import Approver

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("installed_chart")]

KIND = "CustomResourceDefinition"
NAME = CRD["metadata"]["name"]
PATH = "/apis/policy.cert-manager.io/v1alpha1/certificaterequestpolicies"
ADDITIONS = ("allowedDNSNames", "mode", "rules")
STRUCTURED = {"allowed": {"dnsNames": {"values": ["*.example.com"]}}}

NARROW = policy_manifest("narrow", selector={"namespace": {}}, allowedDNSNames=["a.example.com"])


@pytest.fixture
def definition(admin: Client) -> Iterator[Client]:
    """Give whom may change the definition of policies, and restore it at the end."""
    yield admin
    install_definitions(admin, DEFINITIONS)


def test_a_definition_that_drops_fields_makes_bare_policies_wait(
    cluster: ControlPlane, scene: Scene, definition: Client
) -> None:
    with Approver(cluster.kubeconfig(APPROVER)) as approver:
        assert approver.metrics()["policy_approver_crd_missing_fields"] == 0
        replace(definition, dropping=ADDITIONS)
        line = approver.wait_for_line(
            "the installed CustomResourceDefinition drops fields of policies"
        )
        assert set(line["missing"]) == {f"spec.{field}" for field in ADDITIONS}
        assert approver.metrics()["policy_approver_crd_missing_fields"] == len(ADDITIONS)

        wait_until(lambda: dropped(definition), SECONDS, "fields are not dropped")
        scene.admin.create(NARROW)  # arrives as a mere selector
        scene.bind("narrow")
        scene.ask("b")
        assert "narrow" in scene.event("b", "Waiting")["note"]
        assert "status" not in scene.admin.get("CertificateRequestPolicy", "narrow")

        replace(definition)
        assert scene.policy_ready("narrow")


WHOLE: dict[str, dict[str, Any]] = {
    "audit": STRUCTURED | {"mode": "Audit"},
    "flat": {"allowedDNSNames": ["other.example.com"]},
    "ruled": STRUCTURED | {"rules": [{"rule": "false"}]},
}
"""Policies that forbid all requests here, and would not if they lost a field."""


def test_swapping_definitions_loses_no_field_and_permits_nothing(
    cluster: ControlPlane, scene: Scene, definition: Client
) -> None:
    """Nothing tells what was read by one from the other: UID, version and generation stay."""
    replace(definition)
    for name, spec in WHOLE.items():
        scene.policy(name, **spec)
        scene.bind(name)
    before = specs(scene)
    kubeconfig = cluster.kubeconfig(APPROVER)
    with Approver(kubeconfig), Approver(kubeconfig):
        for number in range(10):
            replace(definition, dropping=ADDITIONS)
            wait_until(lambda: dropped(definition), SECONDS, "fields are not dropped")
            scene.ask(f"lesser-{number}")
            replace(definition)
            scene.ask(f"swapping-{number}")
            wait_until(lambda: not dropped(definition), SECONDS, "fields are dropped")
            scene.ask(f"whole-{number}")
        asked = [request["metadata"]["name"] for request in scene.requests()]
        assert len(asked) == 30
        for name in asked:
            scene.denied(name)
        for name in WHOLE:
            scene.policy_ready(name)
    assert specs(scene) == before


async def test_a_spec_that_has_lost_a_field_is_never_written_back(
    cluster: ControlPlane, scene: Scene, definition: Client
) -> None:
    """An API server may go by a definition for a while after another one was heard of."""
    scene.policy("audit", **WHOLE["audit"])
    before = scene.admin.get("CertificateRequestPolicy", "audit")
    replace(definition, dropping=ADDITIONS)
    await asyncio.to_thread(
        wait_until, lambda: dropped(definition), SECONDS, "fields are not dropped"
    )
    try:
        async with Session.open(cluster.kubeconfig(APPROVER)) as session:
            found = scene.admin.get("CertificateRequestPolicy", "audit")
            stored = stored_policy(json.dumps(found).encode())
            assert "mode" not in json.loads(stored.spec)
            events = EventWriter(session)
            reporter = ReadinessReporter(session, events, may_write=lambda: True)
            await reporter.report(stored, stored.policy)
    finally:
        replace(definition)
        await asyncio.to_thread(
            wait_until, lambda: not dropped(definition), SECONDS, "fields are dropped"
        )
    assert scene.admin.get("CertificateRequestPolicy", "audit") == before


def specs(scene: Scene) -> dict[str, Any]:
    return {name: scene.admin.get("CertificateRequestPolicy", name)["spec"] for name in WHOLE}


def test_a_policy_that_names_a_lost_field_does_not_decide(
    cluster: ControlPlane, scene: Scene, definition: Client
) -> None:
    replace(definition)
    scene.policy("web", selector={"namespace": {}}, mode="Audit", **STRUCTURED)
    scene.bind("web")
    replace(definition, dropping=ADDITIONS)
    wait_until(lambda: dropped(definition), SECONDS, "fields are not dropped")
    with Approver(cluster.kubeconfig(APPROVER)):
        scene.ask("shop")
        assert "web" in scene.event("shop", "Waiting")["note"]


def test_a_policy_that_cannot_have_lost_its_bounds_decides(
    cluster: ControlPlane, scene: Scene, definition: Client
) -> None:
    replace(definition, dropping=ADDITIONS)
    scene.policy("web", **STRUCTURED)
    scene.bind("web")

    with Approver(cluster.kubeconfig(APPROVER)):
        scene.ask("shop")
        assert scene.approved("shop")


def test_a_definition_that_goes_away_is_waited_for(
    cluster: ControlPlane, scene: Scene, definition: Client
) -> None:
    with Approver(cluster.kubeconfig(APPROVER)) as approver:
        definition.delete(KIND, NAME)
        approver.wait_until(lambda: not approver.ready())
        approver.wait_until(lambda: "not installed" in approver.answer("probes", "/readyz").text)
        scene.ask("shop")

        install_definitions(definition, DEFINITIONS)
        scene.policy("web", **STRUCTURED)
        scene.bind("web")
        assert scene.approved("shop")
        assert approver.ready()


def test_a_definition_that_is_missing_at_the_start_is_waited_for(
    cluster: ControlPlane, scene: Scene, definition: Client
) -> None:
    definition.delete(KIND, NAME)
    wait_until(lambda: not definition.serves(PATH), SECONDS, "policies are still served")

    with Approver(cluster.kubeconfig(APPROVER), wait=False) as approver:
        approver.wait_for_line(
            "watching certificaterequestpolicies: certificaterequestpolicies.policy.cert-manager.io"
            " is not installed"
        )
        assert not approver.ready()
        install_definitions(definition, DEFINITIONS)
        scene.policy("web", **STRUCTURED)
        scene.bind("web")
        scene.ask("shop")
        assert scene.approved("shop")


def replace(client: Client, *, dropping: tuple[str, ...] = ()) -> None:
    """Install our definition without some fields of the spec."""
    definition: dict[str, Any] = json.loads(json.dumps(CRD))
    version = definition["spec"]["versions"][0]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    if dropping:
        spec.pop("x-kubernetes-validations", None)
    for field in dropping:
        del spec["properties"][field]
    client.apply(definition)


def dropped(client: Client) -> bool:
    """Say whether the API server goes by the new definition already."""
    return "allowedDNSNames" not in client.create(NARROW, dry_run=True)["spec"]
