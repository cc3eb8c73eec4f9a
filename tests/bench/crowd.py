"""Very many requests, made and followed by a client that does little else."""

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import ADMIN, ALICE, Identity
from tests.controlplane.manifests import Manifest, certificate_request, decision_of

_CREATORS = 24
_LOOK = 0.25  # seconds
_SECONDS = 600.0
_REQUESTS = "/apis/cert-manager.io/v1/{}certificaterequests"


class Crowd:
    """`async with Crowd(cluster) as crowd:` makes requests by Alice, and follows what becomes."""

    def __init__(self, cluster: ControlPlane) -> None:
        self._cluster = cluster
        self._manifest = certificate_request("shop", "")

    async def __aenter__(self) -> Self:
        tls = ssl.create_default_context(cafile=self._cluster.ca_file)
        connector = aiohttp.TCPConnector(ssl=tls, limit=100)
        self._http = aiohttp.ClientSession(self._cluster.url, connector=connector)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.close()

    async def create(self, namespace: str, prefix: str, number: int) -> None:
        """Make so many requests as quickly as may be."""
        names = (f"{prefix}-{index}" for index in range(number))
        await in_parallel(names, lambda name: self.ask(namespace, name), _CREATORS)

    async def arrive(self, namespace: str, prefix: str, rate: float, seconds: float) -> None:
        """Make requests at a rate, whatever becomes of them."""
        start = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for index in range(round(rate * seconds)):
                await asyncio.sleep(max(start + index / rate - time.monotonic(), 0))
                tasks.create_task(self.ask(namespace, f"{prefix}-{index}"))

    async def ask(self, namespace: str, name: str) -> None:
        body = {**self._manifest, "metadata": {"name": name, "namespace": namespace}}
        await self.call("POST", _path(namespace), body, who=ALICE)

    async def decided(self, number: int) -> None:
        """Wait until so many requests are decided."""
        end = time.monotonic() + _SECONDS
        while sum(1 for request in await self.requests() if decision_of(request)) < number:
            if time.monotonic() > end:
                raise TimeoutError(f"not decided: {number} requests")
            await asyncio.sleep(_LOOK)

    async def requests(self) -> list[Manifest]:
        found = await self.call("GET", _path())
        listed: list[Manifest] = json.loads(found)["items"]
        return listed

    async def clear(self, namespace: str) -> None:
        """Delete all requests and all events of a namespace."""
        await self.call("DELETE", _path(namespace))
        await self.call("DELETE", f"/apis/events.k8s.io/v1/namespaces/{namespace}/events")

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        who: Identity = ADMIN,
        media: str = "application/json",
    ) -> bytes:
        headers = {"Authorization": f"Bearer {self._cluster.token(who)}", "Content-Type": media}
        data = None if body is None else json.dumps(body).encode()
        async with self._http.request(method, path, data=data, headers=headers) as response:
            content = await response.read()
            if not response.ok:
                raise RuntimeError(f"{method} {path}: {response.status} {content[:300]!r}")
            return content


async def in_parallel(
    items: Iterable[Any], do: Callable[[Any], Awaitable[object]], number: int
) -> None:
    """Do something with each, so many at a time."""
    remaining = iter(items)

    async def work() -> None:
        for item in remaining:
            await do(item)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(number):
            tasks.create_task(work())


def _path(namespace: str = "") -> str:
    return _REQUESTS.format(f"namespaces/{namespace}/" if namespace else "")
