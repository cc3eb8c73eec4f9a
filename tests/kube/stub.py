"""A server that answers what a real API server cannot be made to answer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes_asyncio.client import Configuration

from approver.kube.backoff import REAL_TIME, Timing
from approver.kube.session import Session
from approver.kube.transport import Transport


@asynccontextmanager
async def answering(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]], timing: Timing = REAL_TIME
) -> AsyncIterator[Session]:
    """Open a session with a server that answers all calls by a function."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(application, skip_url_asserts=True) as server:
        configuration = Configuration(host=str(server.make_url("")).rstrip("/"))
        async with Transport(configuration) as transport:
            yield Session(transport, timing=timing)
