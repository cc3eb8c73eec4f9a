"""A proxy before the API server that counts calls and makes trouble on demand."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from approver.kube.session import Session, hang_up
from approver.kube.telemetry import Telemetry
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import ADMIN, Identity
from tests.kube.pretended import QUICK

_FAREWELL_SECONDS = 0.25

Answer = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


class Proxy:
    """Passes calls on, in plain HTTP to us and in TLS to the API server.

    `calls` are the method and path with query of each; `bodies` what they brought. `answer` may
    answer a call itself, or wait before it returns None to let it pass. Of calls whose path and
    query contain `stalls`, nothing more is passed on; of those that contain `delays`, each part is
    a second late.
    """

    def __init__(self, cluster: ControlPlane) -> None:
        self._cluster = cluster
        self._open: set[asyncio.Transport] = set()
        self._server = TestServer(self._application())
        self.calls: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []
        self.answer: Answer | None = None
        self.stalls: str | None = None
        self.delays: str | None = None
        self.flows = asyncio.Event()
        self.flows.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        tls = ssl.create_default_context(cafile=self._cluster.ca_file)
        connector = aiohttp.TCPConnector(ssl=tls)
        async with aiohttp.ClientSession(connector=connector) as self._upstream, self._server:
            yield self
        # What was cut while it waited for an answer says farewell in TLS, of which nobody tells us.
        await asyncio.sleep(_FAREWELL_SECONDS)

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(self._server.make_url(""))

    @asynccontextmanager
    async def session(
        self, identity: Identity = ADMIN, telemetry: Telemetry | None = None
    ) -> AsyncIterator[Session]:
        """Open a session through here, whose pauses are short."""
        kubeconfig = self._cluster.kubeconfig(identity, url=self.url)
        async with Session.open(kubeconfig, telemetry=telemetry) as session:
            session.timing = QUICK
            yield session

    def count(self, method: str, part: str = "") -> int:
        """Count the calls whose path and query contain a text."""
        return sum(made == method and part in path for made, path in self.calls)

    def cut(self) -> None:
        """Break all connections that wait for something."""
        for transport in self._open:
            transport.abort()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=2**24)
        application.router.add_route("*", "/{path:.*}", self._handle)
        return application

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.calls.append((request.method, request.path_qs))
        self.bodies.append(await request.read())
        transport = request.transport
        assert isinstance(transport, asyncio.Transport)
        self._open.add(transport)
        try:
            answer = await self.answer(request) if self.answer else None
            return answer or await self._pass_on(request)
        except aiohttp.ClientError:
            transport.abort()
            raise
        finally:
            self._open.discard(transport)

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        url = URL(self._cluster.url + request.raw_path, encoded=True)
        headers = {
            name: request.headers[name]
            for name in ("Authorization", "Accept", "Content-Type", "User-Agent")
        }
        body = await request.read()
        async with self._upstream.request(
            request.method, url, headers=headers, data=body or None
        ) as answer:
            response = web.StreamResponse(status=answer.status)
            response.content_type = answer.content_type
            try:
                await response.prepare(request)
                async for part in answer.content.iter_any():
                    while self.stalls and self.stalls in request.path_qs:  # noqa: ASYNC110 - a test's own
                        await asyncio.sleep(0.01)
                    if self.delays and self.delays in request.path_qs:
                        await asyncio.sleep(1)
                    await self.flows.wait()
                    await response.write(part)
            finally:
                hang_up(answer)
            return response
