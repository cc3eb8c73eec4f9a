"""Many who ask at once, and many who only connect."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Counter

from approver.ops.endpoints import health_page, metrics_page, serve
from tests.ops.test_endpoints import address, get


@pytest.fixture(autouse=True)
def _logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "approver.ops.endpoints")


@asynccontextmanager
async def connected(url: str, number: int) -> AsyncIterator[list[asyncio.StreamReader]]:
    """Open connections that begin to ask, and go no further."""
    host, _, port = url.removeprefix("http://").partition(":")
    async with AsyncExitStack() as stack:
        readers = []
        for _ in range(number):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET ")  # who says nothing is not let in
            stack.callback(writer.close)
            readers.append(reader)
        yield readers


async def test_the_oldest_connection_gives_way(caplog: pytest.LogCaptureFixture) -> None:
    async with serve("probes", "127.0.0.1:0", {"/healthz": health_page}):
        url = address(caplog)
        async with connected(url, 100) as readers:
            for _ in range(3):
                assert await get(f"{url}/healthz") == (200, "ok\n")
            ended = [reader.at_eof() or reader.exception() for reader in readers]
            assert all(ended[:30])
            assert not any(ended[50:])


async def test_a_crowd_costs_one_exposition_a_second(caplog: pytest.LogCaptureFixture) -> None:
    registry = CollectorRegistry()
    looks = Counter("looks", "Looks at the page.", registry=registry)
    async with (
        serve("metrics", "127.0.0.1:0", {"/metrics": metrics_page(registry, looks.inc)}),
        aiohttp.ClientSession() as client,
    ):
        url = f"{address(caplog)}/metrics"

        async def ask() -> str:
            async with client.get(url) as response:
                assert response.headers["Connection"] == "close"
                return await response.text()

        answers = await asyncio.gather(*[ask() for _ in range(50)])
        assert all("looks_total 1.0" in answer for answer in answers)
        await asyncio.sleep(1.01)
        assert "looks_total 2.0" in await ask()


async def test_what_is_no_http_leaves_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serve("probes", "127.0.0.1:0", {"/healthz": health_page}):
        url = address(caplog)
        host, _, port = url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"\x16\x03\x01 no HTTP\r\n\r\n")
        assert b"400" in await reader.readline()
        writer.close()
        assert await get(f"{url}/healthz") == (200, "ok\n")
