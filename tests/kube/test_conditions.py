"""Writing decisions and readiness, only onto what was seen."""

from datetime import UTC, datetime

import msgspec
import pytest

from approver.kube.conditions import Outcome, write_decision, write_readiness
from approver.kube.errors import ForbiddenError, KubeError
from approver.kube.resources import CERTIFICATE_REQUESTS, POLICIES
from approver.kube.session import Session
from approver.model import Condition, ObjectMeta, Request
from tests.controlplane.client import Client
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER, OTHER_APPROVER
from tests.controlplane.manifests import Manifest, certificate_request, condition, grant

SPEC = msgspec.Raw(b'{"allowedDNSNames": ["*"]}')

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("installed_chart")]


class Status(msgspec.Struct):
    conditions: tuple[Condition, ...] = ()


class Policy(msgspec.Struct):
    metadata: ObjectMeta
    status: Status = msgspec.field(default_factory=Status)


@pytest.fixture
def web(admin: Client, namespace: str) -> Request:
    """Make a request that nobody has decided."""
    return msgspec.convert(admin.create(certificate_request("web", namespace)), Request)


def now(admin: Client, request: Request) -> Manifest:
    return admin.get("CertificateRequest", request.name, request.namespace)


async def test_an_approval(cluster: ControlPlane, admin: Client, web: Request) -> None:
    async with Session.open(cluster.kubeconfig(APPROVER)) as session:
        assert await write_decision(session, web, "Approved", "because") is Outcome.WRITTEN

    written = condition(now(admin, web), "Approved")
    assert written is not None
    age = datetime.now(UTC) - datetime.fromisoformat(written.pop("lastTransitionTime"))
    assert -1 <= age.total_seconds() <= 60
    assert written == {
        "type": "Approved",
        "status": "True",
        "reason": "policy.cert-manager.io",
        "message": "because",
    }


async def test_a_decision_leaves_the_other_conditions(
    session: Session, admin: Client, web: Request
) -> None:
    other = {"type": "InvalidRequest", "status": "False", "reason": "Other", "message": ""}
    path = CERTIFICATE_REQUESTS.path("web", namespace=web.namespace, subresource="status")
    await session.call("PATCH", path, body={"status": {"conditions": [other]}})
    seen = msgspec.convert(now(admin, web), Request)

    assert await write_decision(session, seen, "Denied", "no", reason="by.hand") is Outcome.WRITTEN
    conditions = now(admin, web)["status"]["conditions"]
    assert [(each["type"], each["reason"]) for each in conditions[:2]] == [
        ("InvalidRequest", "Other"),
        ("Denied", "by.hand"),
    ]


async def test_what_has_changed_since_is_not_decided(
    session: Session, admin: Client, web: Request
) -> None:
    admin.patch("CertificateRequest", "web", {"metadata": {"labels": {"a": "b"}}}, web.namespace)

    assert await write_decision(session, web, "Approved", "") is Outcome.CONFLICT
    assert condition(now(admin, web), "Approved") is None


async def test_it_is_decided_once(session: Session, admin: Client, web: Request) -> None:
    assert await write_decision(session, web, "Approved", "first") is Outcome.WRITTEN
    assert await write_decision(session, web, "Denied", "second") is Outcome.CONFLICT
    assert condition(now(admin, web), "Denied") is None


async def test_another_of_the_same_name_is_not_decided(
    session: Session, admin: Client, web: Request
) -> None:
    admin.delete("CertificateRequest", "web", web.namespace)
    assert await write_decision(session, web, "Approved", "") is Outcome.GONE

    admin.create(certificate_request("web", web.namespace))
    assert await write_decision(session, web, "Approved", "") is Outcome.CONFLICT
    assert condition(now(admin, web), "Approved") is None


async def test_the_webhook_says_which_permission_is_missing(
    cluster: ControlPlane, admin: Client, web: Request
) -> None:
    rule = {
        "apiGroups": ["cert-manager.io"],
        "resources": ["certificaterequests/status"],
        "verbs": ["patch"],
    }
    admin.apply(*grant("status", rule, OTHER_APPROVER, namespace=web.namespace))
    async with Session.open(cluster.kubeconfig(OTHER_APPROVER)) as session:
        with pytest.raises(ForbiddenError) as caught:
            await write_decision(session, web, "Approved", "")

    assert caught.value.message == (
        'admission webhook "webhook.cert-manager.io" denied the request: status.conditions: '
        f'Forbidden: user "{OTHER_APPROVER.name}" does not have permissions to set '
        "approved/denied conditions for issuer {ca Issuer cert-manager.io}"
    )
    assert condition(now(admin, web), "Approved") is None


async def test_the_webhook_forbids_other_things_too(session: Session, web: Request) -> None:
    denied = (Condition("Denied", "True", last_transition_time="2020-01-01T00:00:00Z"),)
    status = msgspec.structs.replace(web.status, conditions=denied)
    both = msgspec.structs.replace(web, status=status)
    with pytest.raises(ForbiddenError, match="'Denied' and 'Approved' conditions cannot coexist"):
        await write_decision(session, both, "Approved", "")


@pytest.fixture
def policy(policies: Client) -> Manifest:
    manifest = {
        **POLICIES.kind.header,
        "metadata": {"name": "web"},
        "spec": {"allowedDNSNames": ["*"]},
    }
    return policies.create(manifest)


@pytest.mark.usefixtures("policy")
async def test_readiness_is_written_when_it_changes(
    cluster: ControlPlane, policies: Client
) -> None:
    async with Session.open(cluster.kubeconfig(APPROVER)) as session:

        async def report(problems: str) -> Outcome:
            seen = msgspec.convert(policies.get("CertificateRequestPolicy", "web"), Policy)
            return await write_readiness(
                session,
                seen.metadata,
                SPEC,
                seen.status.conditions,
                ready=not problems,
                message=problems,
            )

        def ready() -> tuple[object, ...]:
            found = condition(policies.get("CertificateRequestPolicy", "web"), "Ready") or {}
            return found["status"], found["reason"], found["message"], found["observedGeneration"]

        assert await report("") is Outcome.WRITTEN
        assert ready() == ("True", "Ready", "", 1)
        assert await report("") is Outcome.UNCHANGED
        assert await report("spec: no") is Outcome.WRITTEN
        assert ready() == ("False", "NotReady", "spec: no", 1)
        policies.patch("CertificateRequestPolicy", "web", {"spec": {"allowedDNSNames": ["a"]}})
        assert await report("spec: no") is Outcome.WRITTEN
        assert ready() == ("False", "NotReady", "spec: no", 2)


async def test_the_time_of_readiness_is_that_of_its_last_change(
    session: Session, policies: Client, policy: Manifest
) -> None:
    long_ago = "2020-01-01T00:00:00Z"
    before = Condition("Ready", "False", "NotReady", "why", long_ago, 1)
    metadata = msgspec.convert(policy["metadata"], ObjectMeta)
    await write_readiness(session, metadata, SPEC, [before], ready=False, message="another reason")
    written = policies.get("CertificateRequestPolicy", "web")
    found = condition(written, "Ready") or {}
    assert found["lastTransitionTime"] == long_ago

    metadata = msgspec.convert(written["metadata"], ObjectMeta)
    await write_readiness(session, metadata, SPEC, [before], ready=True, message="")
    found = condition(policies.get("CertificateRequestPolicy", "web"), "Ready") or {}
    assert found["lastTransitionTime"] > long_ago


async def test_readiness_of_an_old_generation_is_not_written(
    session: Session, policies: Client, policy: Manifest
) -> None:
    metadata = msgspec.convert(policy["metadata"], ObjectMeta)
    policies.patch("CertificateRequestPolicy", "web", {"spec": {"allowedDNSNames": ["a"]}})
    written = await write_readiness(session, metadata, SPEC, (), ready=True, message="")

    assert written is Outcome.CONFLICT


async def test_nothing_is_written_if_the_definition_lacks_a_field(
    session: Session, policies: Client, policy: Manifest
) -> None:
    metadata = msgspec.convert(policy["metadata"], ObjectMeta)
    unknown = msgspec.Raw(b'{"allowedDNSNames": ["*"], "later": true}')
    with pytest.raises(KubeError, match=r'unknown field "spec.later"'):
        await write_readiness(session, metadata, unknown, (), ready=True, message="")

    found = policies.get("CertificateRequestPolicy", "web")
    assert found["metadata"]["resourceVersion"] == metadata.resource_version
