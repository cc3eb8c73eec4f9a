"""What changes, or breaks, while a decision is being made.

The controller runs in the test, with a proxy between it and the API server.
"""

import asyncio
from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import aiohttp
import pytest
from aiohttp import web

from approver.cel import AsyncEngine
from approver.controller.controller import Controller
from approver.ops.metrics import Metrics
from approver.ops.settings import Settings
from approver.service import Composition
from tests.controller.scene import Scene
from tests.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER, APPROVER_NAMESPACE
from tests.kube.following import until
from tests.kube.proxy import Proxy

pytestmark = pytest.mark.cluster

ACCESS_REVIEWS = "subjectaccessreviews"
POLICIES = "certificaterequestpolicies"
MERGE_PATCH = "application/merge-patch+json"


async def test_a_policy_that_changes_during_a_review_decides_as_it_is_then(
    proxy: Proxy, scene: Scene
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    async with deciding(proxy):
        async with held(proxy, "POST", ACCESS_REVIEWS):
            scene.ask("shop")
            await until(lambda: proxy.count("POST", ACCESS_REVIEWS))
            scene.policy("web", allowedDNSNames=[])
            await to_thread(scene.policy_ready, "web", generation=2)

        await to_thread(scene.denied, "shop")


async def test_nothing_is_decided_while_a_policy_may_have_changed_unseen(
    proxy: Proxy, scene: Scene
) -> None:
    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    async with deciding(proxy) as at_work:
        async with held(proxy, "GET", POLICIES):
            proxy.cut()
            scene.policy("web", allowedDNSNames=[])
            scene.ask("shop")
            await until(lambda: "waiting for policies" in " ".join(at_work.controller.missing()))
            await until(lambda: at_work.pending("new") == 1)
            with pytest.raises(TimeoutError):
                await until(lambda: proxy.count("POST", ACCESS_REVIEWS), 0.3)

        await to_thread(scene.denied, "shop")


@pytest.mark.parametrize("watch_is_first", [True, False])
async def test_a_decision_whose_answer_was_lost_is_told_once_and_known_as_ours(
    cluster: ControlPlane, proxy: Proxy, scene: Scene, *, watch_is_first: bool
) -> None:
    async def lose(request: web.Request) -> None:
        if request.method != "PATCH" or not request.path.endswith("/shop/status"):
            return
        proxy.answer = None
        if not watch_is_first:
            proxy.flows.clear()
        body = await request.read()
        client = cluster.client(APPROVER)
        await to_thread(client.call, "PATCH", request.path, body, MERGE_PATCH)
        if watch_is_first:
            await until(lambda: at_work.pending("new") == 0)
        raise aiohttp.ClientError

    scene.policy("web", allowedDNSNames=["*.example.com"])
    scene.bind("web")
    async with deciding(proxy) as at_work:
        proxy.answer = lose
        scene.ask("shop")
        if not watch_is_first:
            await until(lambda: at_work.value("workqueue_retries_total", name="requests"))
            proxy.flows.set()

        event = await to_thread(scene.event, "shop", "Approved")

    assert scene.decided("shop")["message"] == event["note"]
    assert [event["reason"] for event in scene.events("shop")].count("Approved") == 1
    counted = {"decision": "approved", "policy": "web", "enforcement": "enforce"}
    assert at_work.value("policy_approver_decisions_total", **counted) == 1
    assert not at_work.value("policy_approver_foreign_decisions_total", approver="approver-policy")


@pytest.fixture
async def proxy(cluster: ControlPlane) -> AsyncIterator[Proxy]:
    async with Proxy(cluster).running() as proxy:
        yield proxy


class AtWork:
    """A controller that runs, and its metrics."""

    def __init__(self, controller: Controller, metrics: Metrics) -> None:
        self.controller = controller
        self._metrics = metrics

    def value(self, sample: str, /, **labels: str) -> float | None:
        """Read a sample."""
        self.controller.report()
        return self._metrics.registry.get_sample_value(sample, labels)

    def pending(self, state: str) -> float | None:
        return self.value("policy_approver_pending_requests", state=state)


@asynccontextmanager
async def deciding(proxy: Proxy) -> AsyncIterator[AtWork]:
    """Run a controller until the end of the block, as SIGTERM would end it."""
    metrics = Metrics()
    stop = asyncio.Event()
    async with proxy.session(APPROVER) as session, AsyncEngine() as engine:
        settings = Settings(leader_election_namespace=APPROVER_NAMESPACE, workers=4)
        connect = partial(proxy.session, APPROVER)
        controller = Composition(session, connect, engine, metrics, settings).controller
        running = asyncio.create_task(controller.run(stop))
        try:
            await until(lambda: not controller.missing())
            yield AtWork(controller, metrics)
        finally:
            stop.set()
            await running


@asynccontextmanager
async def held(proxy: Proxy, method: str, part: str) -> AsyncIterator[None]:
    """Let calls wait until the end of the block whose path contains a text."""
    released = asyncio.Event()

    async def hold(request: web.Request) -> None:
        if request.method == method and part in request.path:
            await released.wait()

    proxy.answer = hold
    try:
        yield
    finally:
        released.set()
        proxy.answer = None
