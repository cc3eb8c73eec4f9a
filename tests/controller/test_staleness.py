"""No policy decides that was narrowed more than two seconds ago, whatever its watch is told."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from tests.controller.scene import Scene
from tests.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER
from tests.kube.proxy import Proxy
from tests.running import Approver

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("installed_chart")]

WIDE, NARROW = ["*.example.com"], ["*.example.org"]
OTHERS = 200  # policies beside


@pytest.fixture
async def proxy(cluster: ControlPlane) -> AsyncIterator[Proxy]:
    async with Proxy(cluster).running() as proxy:
        yield proxy


async def _late(request: web.Request) -> None:
    if "watch=" in request.query_string:
        await asyncio.sleep(3)


def stall(proxy: Proxy) -> None:
    proxy.stalls = "watch="


def cut_and_answer_late(proxy: Proxy) -> None:
    proxy.answer = _late
    proxy.cut()


def heal(proxy: Proxy) -> None:
    proxy.stalls, proxy.answer = None, None


@pytest.mark.timeout(180)
async def test_a_policy_that_was_narrowed_approves_nothing_two_seconds_later(
    cluster: ControlPlane, scene: Scene, proxy: Proxy
) -> None:
    for number in range(OTHERS):
        await asyncio.to_thread(scene.policy, f"other-{number:03}", allowedDNSNames=["*.test"])
    await asyncio.to_thread(scene.policy, "web", allowedDNSNames=WIDE)
    await asyncio.to_thread(scene.bind, "web")
    kubeconfig = cluster.kubeconfig(APPROVER, url=proxy.url)
    with Approver(kubeconfig, wait=False) as approver:
        await asyncio.to_thread(approver.wait_until, approver.ready)
        for number, trouble in enumerate((stall, cut_and_answer_late) * 3):
            await asyncio.to_thread(scene.ask, f"wide-{number}")
            await asyncio.to_thread(scene.approved, f"wide-{number}")

            trouble(proxy)
            await asyncio.to_thread(scene.policy, "web", allowedDNSNames=NARROW)
            await asyncio.sleep(2.1)
            await asyncio.to_thread(scene.ask, f"narrow-{number}")
            await asyncio.sleep(0.5)
            heal(proxy)
            await asyncio.to_thread(scene.denied, f"narrow-{number}")

            await asyncio.to_thread(scene.policy, "web", allowedDNSNames=WIDE)
            await asyncio.sleep(2.1)  # a denial by the narrow one would be final, too
