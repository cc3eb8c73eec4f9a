"""The HTTP endpoints for Prometheus and for the kubelet."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from math import inf
from ssl import SSLContext
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from approver.model import Error
from approver.ops.crowd import ConnectionLimit, Pace
from approver.ops.exposition import exposition
from approver.ops.server import Server

_log = logging.getLogger(__name__)

_EXPOSITION_SECONDS: Final = 1.0
_SHUTDOWN_SECONDS: Final = 2.0  # for which the end waits for answers that are under way

OFF = "0"
"""The address that says: do not listen."""

Page = Callable[[], Awaitable[web.Response]]


class AddressError(Error, ValueError):
    """An address that is not `host:port`, or that cannot be listened on."""


@asynccontextmanager
async def serve(name: str, address: str, pages: Mapping[str, Page]) -> AsyncIterator[None]:
    """Answer GET on `host:port`, as `listening` does."""
    if address == OFF:
        yield
        return
    application, pace = web.Application(), Pace()
    for path, page in pages.items():
        application.router.add_get(path, pace.handler(page))
    async with listening(name, address, application, ConnectionLimit):
        yield


@asynccontextmanager
async def listening(
    name: str,
    address: str,
    application: web.Application,
    limit: Callable[[Callable[[], asyncio.BaseProtocol]], ConnectionLimit],
    context: SSLContext | None = None,
) -> AsyncIterator[None]:
    """Serve an application on `host:port`, over TLS if there is a context for it.

    The address taken is logged, since port 0 means a free one. Raise `AddressError`.
    """
    host, port = _parse(address)
    runner = web.AppRunner(
        application,
        access_log=None,
        handle_signals=False,
        handler_cancellation=True,  # who hangs up waits for nothing any more
        shutdown_timeout=_SHUTDOWN_SECONDS,
        auto_decompress=False,  # a few bytes may be megabytes
    )
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - it is set up
    try:
        try:
            server = Server(limit(runner.server), host, port, context)
        except OSError as error:
            raise AddressError(f"cannot listen on {address}: {_reason(error)}") from error
        try:
            host, port = server.address
            _log.info("serving %s", name, extra={"address": f"{host}:{port}"})
            yield
        finally:
            await server.close()
    finally:
        await runner.cleanup()


def _reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"{error.strerror}"
    return os.strerror(error.errno or 0)


def metrics_page(registry: CollectorRegistry, refresh: Callable[[], None]) -> Page:
    """Return the page of a registry; `refresh` brings its gauges up to date first.

    However often it is asked for, it is made once a second.
    """
    made_at, text = -inf, b""

    async def page() -> web.Response:
        nonlocal made_at, text
        now = time.monotonic()
        if now - made_at >= _EXPOSITION_SECONDS:
            refresh()
            made_at, text = now, await exposition(registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    return page


async def health_page() -> web.Response:
    """Say that the event loop turns, which this answer shows."""
    return web.Response(text="ok\n")


def readiness_page(missing: Callable[[], Sequence[str]]) -> Page:
    """Return a page that is 200 if nothing is `missing`, or else 503 and what is."""

    async def page() -> web.Response:
        lines = missing()
        return web.Response(
            text="".join(f"{line}\n" for line in lines) or "ok\n", status=503 if lines else 200
        )

    return page


def _parse(address: str) -> tuple[str | None, int]:
    host, colon, port = address.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65535:  # noqa: PLR2004
        raise AddressError(f"{address} is not an address such as 127.0.0.1:9402 or :9402")
    return host.removeprefix("[").removesuffix("]") or None, int(port)
