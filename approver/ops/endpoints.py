"""The HTTP endpoints for Prometheus and for the kubelet."""

import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from approver.model import Error

_log = logging.getLogger(__name__)

OFF = "0"
"""The address that says: do not listen."""

Page = Callable[[], web.Response]


class AddressError(Error, ValueError):
    """An address that is not `host:port`, or that cannot be listened on."""


@asynccontextmanager
async def serve(name: str, address: str, pages: Mapping[str, Page]) -> AsyncIterator[None]:
    """Answer GET on `host:port`; log the address taken, since port 0 means a free one."""
    if address == OFF:
        yield
        return
    host, port = _parse(address)
    application = web.Application()
    for path, page in pages.items():
        application.router.add_get(path, _handler(page))
    runner = web.AppRunner(application, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise AddressError(
                f"cannot listen on {address}: {os.strerror(error.errno or 0)}"
            ) from error
        host, port = runner.addresses[0][:2]
        _log.info("serving %s", name, extra={"address": f"{host}:{port}"})
        yield
    finally:
        await runner.cleanup()


def metrics_page(registry: CollectorRegistry, refresh: Callable[[], None]) -> Page:
    """Return the page of a registry; `refresh` brings its gauges up to date first."""

    def page() -> web.Response:
        refresh()
        return web.Response(
            body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )

    return page


def health_page() -> web.Response:
    """Say that the event loop turns, which this answer shows."""
    return web.Response(text="ok\n")


def readiness_page(missing: Callable[[], Sequence[str]]) -> Page:
    """Return a page that is 200 if nothing is `missing`, or else 503 and what is."""

    def page() -> web.Response:
        lines = missing()
        return web.Response(
            text="".join(f"{line}\n" for line in lines) or "ok\n", status=503 if lines else 200
        )

    return page


def _handler(page: Page) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(_: web.Request) -> web.Response:
        return page()

    return handle


def _parse(address: str) -> tuple[str | None, int]:
    host, colon, port = address.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65535:  # noqa: PLR2004
        raise AddressError(f"{address} is not an address such as 127.0.0.1:9402 or :9402")
    return host.removeprefix("[").removesuffix("]") or None, int(port)
