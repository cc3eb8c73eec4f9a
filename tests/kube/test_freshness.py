"""A cache is known to be current by a read, and not by the silence of its watch."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from approver.kube.freshness import Freshness
from approver.kube.reflector import Reflector
from approver.kube.resources import POLICIES
from approver.kube.session import Session
from tests.controlplane.client import Client
from tests.examples import policy_manifest
from tests.kube.following import until
from tests.kube.proxy import Proxy

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("installed_chart")]


@pytest.fixture
def policies(admin: Client) -> Iterator[Client]:
    yield admin
    admin.delete_all("CertificateRequestPolicy")


@asynccontextmanager
async def following(session: Session) -> AsyncIterator[tuple[Reflector[bytes], Freshness]]:
    reflector = Reflector(session, POLICIES, bytes, on_change=lambda *_: None)
    running = asyncio.create_task(reflector.run())
    try:
        await until(lambda: reflector.behind_since is None)
        yield reflector, Freshness(session, POLICIES, reflector)
    finally:
        running.cancel()
        await asyncio.wait([running])


def reads(proxy: Proxy) -> int:
    return proxy.count("GET", "certificaterequestpolicies?limit=")


async def test_it_is_read_once_a_second_while_somebody_asks(proxy: Proxy, policies: Client) -> None:
    policies.apply(policy_manifest("web", allowedDNSNames=["a"]))
    async with proxy.session() as session, following(session) as (_, freshness):
        before = reads(proxy)
        for _ in range(50):
            assert await freshness.ensure()
        assert reads(proxy) == before + 1
        await asyncio.sleep(1.2)
        assert await freshness.ensure()
        await until(lambda: reads(proxy) == before + 2)
        await asyncio.sleep(2.5)
        assert not freshness.proven


async def test_a_watch_that_says_nothing_is_seen_through(proxy: Proxy, policies: Client) -> None:
    policies.apply(policy_manifest("web", allowedDNSNames=["a"]))
    async with proxy.session() as session, following(session) as (reflector, freshness):
        assert await freshness.ensure()
        proxy.stalls = "watch="
        policies.apply(policy_manifest("web", allowedDNSNames=["b"]))
        await asyncio.sleep(2.1)
        assert not freshness.proven
        assert b'"a"' in reflector.cache["", "web"]

        assert not await freshness.ensure()
        await until(lambda: b'"b"' in reflector.cache["", "web"])  # it was listed anew


async def test_without_a_read_there_is_no_proof(proxy: Proxy, policies: Client) -> None:
    policies.apply(policy_manifest("web", allowedDNSNames=["a"]))

    async def refuse(request: web.Request) -> web.Response | None:
        return None if "watch=" in request.query_string else web.Response(status=500)

    async with proxy.session() as session, following(session) as (_, freshness):
        proxy.answer = refuse
        assert not await freshness.ensure()
