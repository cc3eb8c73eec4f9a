"""The endpoints, over HTTP."""

import re

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Counter

from approver.ops.endpoints import AddressError, health_page, metrics_page, readiness_page, serve


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as client, client.get(url) as response:
        return response.status, await response.text()


def address(caplog: pytest.LogCaptureFixture) -> str:
    """Give the address that was taken, which only the log tells."""
    taken: str
    [taken] = [vars(record)["address"] for record in caplog.records if record.msg == "serving %s"]
    return f"http://{taken}"


@pytest.fixture(autouse=True)
def _logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "approver.ops.endpoints")


async def test_probes(caplog: pytest.LogCaptureFixture) -> None:
    missing = ["waiting for policies"]
    pages = {"/healthz": health_page, "/readyz": readiness_page(lambda: missing)}
    async with serve("probes", "127.0.0.1:0", pages):
        url = address(caplog)
        assert await get(f"{url}/healthz") == (200, "ok\n")
        assert await get(f"{url}/readyz") == (503, "waiting for policies\n")
        missing.clear()
        assert await get(f"{url}/readyz") == (200, "ok\n")
        assert (await get(f"{url}/other"))[0] == 404


async def test_metrics_are_brought_up_to_date_first(caplog: pytest.LogCaptureFixture) -> None:
    registry = CollectorRegistry()
    looks = Counter("looks", "Looks at the page.", registry=registry)
    async with serve("metrics", "127.0.0.1:0", {"/metrics": metrics_page(registry, looks.inc)}):
        status, text = await get(f"{address(caplog)}/metrics")
    assert status == 200
    assert re.search(r"^looks_total 1\.0$", text, re.MULTILINE)


async def test_zero_switches_an_endpoint_off(caplog: pytest.LogCaptureFixture) -> None:
    async with serve("metrics", "0", {}):
        assert caplog.records == []


@pytest.mark.parametrize("wrong", ["", "9402", "a:b", ":", ":-1", ":65536", "localhost:9402x"])
async def test_what_is_no_address_is_refused_with_an_example(wrong: str) -> None:
    with pytest.raises(AddressError, match=r"is not an address such as 127\.0\.0\.1:9402 or :9402"):
        async with serve("metrics", wrong, {}):
            pass


async def test_an_address_that_is_taken_is_named(caplog: pytest.LogCaptureFixture) -> None:
    async with serve("probes", "127.0.0.1:0", {}):
        taken = address(caplog).removeprefix("http://")
        with pytest.raises(AddressError, match=f"cannot listen on {taken}: Address already in use"):
            async with serve("metrics", taken, {}):
                pass
