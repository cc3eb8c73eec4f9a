"""Events on objects: written beside the work, never in its way."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from aiohttp import web

from approver.kube.events import EventWriter
from approver.kube.resources import CERTIFICATE_REQUESTS, POLICIES
from approver.kube.session import Session
from approver.kube.telemetry import Telemetry
from approver.model import ObjectMeta
from tests.controlplane.client import Client
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER, CAROL
from tests.controlplane.manifests import Manifest, certificate_request
from tests.kube.proxy import Proxy

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("installed_chart")]


class Losses(Telemetry):
    def __init__(self) -> None:
        self.causes: Counter[str] = Counter()

    def event_lost(self, cause: str) -> None:
        self.causes[cause] += 1


@asynccontextmanager
async def writing(session: Session) -> AsyncIterator[EventWriter]:
    writer = EventWriter(session)
    task = asyncio.create_task(writer.run())
    try:
        yield writer
        async with asyncio.timeout(20):
            await writer.flush()
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
def request_web(admin: Client, namespace: str) -> ObjectMeta:
    manifest = admin.create(certificate_request("web", namespace))
    return msgspec.convert(manifest["metadata"], ObjectMeta)


def described(admin: Client, metadata: ObjectMeta) -> list[Manifest]:
    """List our events as `kubectl describe` does: by the older API and the object's UID."""
    path = f"/api/v1/namespaces/{metadata.namespace or 'default'}/events"
    found = admin.call("GET", path, fieldSelector=f"involvedObject.uid={metadata.uid}")
    events = [item for item in found["items"] if item["reportingComponent"] == "policy-approver"]
    return sorted(events, key=lambda event: str(event["eventTime"]))


async def test_an_event_shows_on_its_object(
    cluster: ControlPlane, admin: Client, request_web: ObjectMeta
) -> None:
    async with Session.open(cluster.kubeconfig(APPROVER)) as session, writing(session) as writer:
        writer.emit(CERTIFICATE_REQUESTS, request_web, "Warning", "Denied", "No policy approved")

    (event,) = described(admin, request_web)
    assert event["involvedObject"] == {
        "apiVersion": "cert-manager.io/v1",
        "kind": "CertificateRequest",
        "namespace": request_web.namespace,
        "name": "web",
        "uid": request_web.uid,
    }
    assert (event["type"], event["reason"]) == ("Warning", "Denied")
    assert event["message"] == "No policy approved"


async def test_events_of_objects_without_a_namespace_are_in_default(
    session: Session, admin: Client
) -> None:
    policy = ObjectMeta("web", uid="d7b5c1c6-2f0e-4a3e-9d5c-6d2e3b1a0f00")
    async with writing(session) as writer:
        writer.emit(POLICIES, policy, "Normal", "Ready", "")

    (event,) = described(admin, policy)
    assert event["metadata"]["namespace"] == "default"


async def test_what_was_just_said_is_not_repeated(
    session: Session, admin: Client, request_web: ObjectMeta
) -> None:
    async with writing(session) as writer:
        for note in ("a", "a", "b", "b", "a"):
            writer.emit(CERTIFICATE_REQUESTS, request_web, "Normal", "Waiting", note)

    assert [event["message"] for event in described(admin, request_web)] == ["a", "b", "a"]


async def test_names_and_notes_as_long_as_can_be(session: Session, admin: Client) -> None:
    dotted = ".".join(64 * ["abc"])[:253]
    policy = ObjectMeta(dotted, uid="f6f4c8b2-7a56-4e0b-8f3a-0c9d8e7f6a55")
    async with writing(session) as writer:
        writer.emit(POLICIES, policy, "Normal", "Long", 2000 * "é")

    (event,) = described(admin, policy)
    assert event["involvedObject"]["name"] == dotted
    assert event["message"] == 492 * "é" + " and 1508 more characters"


async def test_passing_trouble_is_waited_out(
    proxy: Proxy, admin: Client, request_web: ObjectMeta
) -> None:
    failures = iter(["503", "503"])

    async def answer(_: web.Request) -> web.Response | None:
        return web.Response(status=503) if next(failures, None) else None

    proxy.answer = answer
    async with proxy.session() as session, writing(session) as writer:
        writer.emit(CERTIFICATE_REQUESTS, request_web, "Normal", "Approved", "")

    assert len(described(admin, request_web)) == 1


async def test_what_cannot_be_written_is_counted_and_said_once(
    proxy: Proxy, admin: Client, request_web: ObjectMeta, caplog: pytest.LogCaptureFixture
) -> None:
    losses = Losses()
    async with proxy.session(CAROL, telemetry=losses) as session, writing(session) as writer:
        for reason in ("Approved", "Denied", "Approved"):
            writer.emit(CERTIFICATE_REQUESTS, request_web, "Normal", reason, "")

    assert losses.causes == {"forbidden": 3}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "events are lost: 403 Forbidden: events.events.k8s.io is forbidden" in caplog.text
    assert not described(admin, request_web)


async def test_emitting_never_waits(proxy: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    losses = Losses()
    async with proxy.session(telemetry=losses) as session:
        writer = EventWriter(session)
        for number in range(10_010):
            metadata = ObjectMeta("web", "default", str(number))
            writer.emit(CERTIFICATE_REQUESTS, metadata, "Normal", "Approved", "")

    assert losses.causes == {"queue": 10}
    assert [record.getMessage() for record in caplog.records] == [
        "events are lost: more events than can be written"
    ]


async def test_what_is_said_once_is_one_event_whoever_says_it(
    cluster: ControlPlane, admin: Client, request_web: ObjectMeta
) -> None:
    for _ in range(2):
        async with (
            Session.open(cluster.kubeconfig(APPROVER)) as session,
            writing(session) as writer,
        ):
            writer.emit(CERTIFICATE_REQUESTS, request_web, "Normal", "Approved", "", once=True)

    assert len(described(admin, request_web)) == 1


async def test_an_event_whose_answer_was_lost_is_not_written_twice(
    proxy: Proxy, admin: Client, request_web: ObjectMeta
) -> None:
    lost = iter(["the first"])

    async def answer(request: web.Request) -> web.StreamResponse | None:
        if not next(lost, None):
            return None
        admin.call("POST", request.path, await request.read())
        return web.Response(status=503)

    proxy.answer = answer
    async with proxy.session() as session, writing(session) as writer:
        writer.emit(CERTIFICATE_REQUESTS, request_web, "Normal", "Waiting", "a")

    assert proxy.count("POST", "events") == 2
    assert len(described(admin, request_web)) == 1
