"""The page of a replay in a real browser: readable on a phone, and nothing is fetched."""

import asyncio
import contextlib
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from approver.cli import main
from tests.controlplane.manifests import certificate_request
from tests.examples import policy_manifest

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
SECONDS = 20

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Write the page of a replay in which a long name and a hostile one are broken."""
    names = ("a" * 60 + ".example.com", "b")
    items = [
        policy_manifest("web", selector={"namespace": {}}, allowedDNSNames=["*.example.com"]),
        *(certificate_request(name, "shop", username="alice") for name in names),
    ]
    items[1]["metadata"]["annotations"] = {
        "cert-manager.io/certificate-name": "<script>document.title='run'</script>" + "x" * 200
    }
    (tmp_path / "dump.json").write_text(json.dumps({"kind": "List", "items": items}))
    spec: dict[str, Any] = {"selector": {"namespace": {}}, "maxDuration": "1h"}
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(policy_manifest("web", **spec)))
    target = tmp_path / "replay.html"
    dump, policy = tmp_path / "dump.json", tmp_path / "policy.yaml"
    assert main(["replay", f"-o=html={target}", f"--file={dump}", str(policy)]) == 1
    return target


async def test_it_is_readable_on_a_phone_and_needs_nothing_else(page: Path, tmp_path: Path) -> None:
    async with opened(page, tmp_path) as browser:
        width = await browser.value("document.documentElement.scrollWidth")
        text = await browser.value("document.body.innerText")
        size = await browser.value("parseFloat(getComputedStyle(document.body).fontSize)")
        title = await browser.value("document.title")

    assert width <= PHONE["width"]
    assert size >= 14
    assert "spec.maxDuration" in text
    assert "<script>" in text
    assert title != "run"
    assert browser.fetched == [page.as_uri()]


class Browser:
    """A page that is open in Chromium, asked through its DevTools."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._loaded = False
        self.fetched: list[str] = []

    async def call(self, method: str, **parameters: object) -> dict[str, Any]:
        self._number += 1
        number = self._number
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while (said := await self._hear()).get("id") != number:
            pass
        found: dict[str, Any] = said["result"]
        return found

    async def loaded(self) -> None:
        """Wait until the page is there."""
        while not self._loaded:
            await self._hear()

    async def _hear(self) -> dict[str, Any]:
        said: dict[str, Any] = await self._socket.receive_json(timeout=SECONDS)
        self._loaded = self._loaded or said.get("method") == "Page.loadEventFired"
        if said.get("method") == "Network.requestWillBeSent":
            self.fetched.append(said["params"]["request"]["url"])
        return said

    async def value(self, expression: str) -> Any:  # noqa: ANN401 - any JSON
        found = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")


@asynccontextmanager
async def opened(page: Path, home: Path) -> AsyncIterator[Browser]:
    """Open a page as a phone does."""
    assert BROWSER
    process = await asyncio.create_subprocess_exec(
        BROWSER,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--remote-debugging-port=0",
        f"--user-data-dir={home / 'profile'}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS), aiohttp.ClientSession() as session:
            address = await _address(process)
            async with session.get(f"http://{address}/json/list") as answer:
                [target] = [each for each in await answer.json() if each["type"] == "page"]
            async with session.ws_connect(target["webSocketDebuggerUrl"]) as socket:
                browser = Browser(socket)
                await browser.call("Network.enable")
                await browser.call("Page.enable")
                await browser.call("Emulation.setDeviceMetricsOverride", **PHONE)
                await browser.call("Page.navigate", url=page.as_uri())
                await browser.loaded()
                yield browser
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr
    async for line in process.stderr:
        if found := re.search(rb"ws://([^/]+)/", line):
            return found[1].decode()
    pytest.fail("Chromium has ended")
