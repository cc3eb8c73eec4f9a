"""An HTTP server's connections: few, short, and answered at a pace, whoever asks.

Anybody on the network of a cluster can connect. What that costs is bounded, so that decisions are
made meanwhile, and the kubelet and Prometheus get their answers.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

_MOST_CONNECTIONS: Final = 64
_LIFETIME_SECONDS: Final = 10.0  # of a connection, whatever it is waiting for
_PAUSE_SECONDS: Final = 0.005  # between two answers: each takes less than 1 ms, mostly


class ConnectionLimit:
    """Makes protocols for a server. Of too many connections, the oldest gives way."""

    def __init__(
        self,
        make: Callable[[], asyncio.BaseProtocol],
        most: int = _MOST_CONNECTIONS,
        lifetime_seconds: float = _LIFETIME_SECONDS,
    ) -> None:
        self._make = make
        self._most = most
        self._lifetime_seconds = lifetime_seconds
        self._open: dict[asyncio.Transport, asyncio.TimerHandle] = {}  # oldest first

    def __call__(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        return _Limited(self._make(), self._opened, self._closed)

    def seconds_left(self, transport: asyncio.BaseTransport | None) -> float:
        """Return for how long a connection may go on; 0 if it is closed."""
        timer = self._open.get(transport) if isinstance(transport, asyncio.Transport) else None
        return timer.when() - asyncio.get_running_loop().time() if timer else 0.0

    def _opened(self, transport: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        self._open[transport] = loop.call_later(self._lifetime_seconds, transport.abort)
        if len(self._open) > self._most:
            oldest = next(iter(self._open))
            self._closed(oldest)
            oldest.abort()

    def _closed(self, transport: asyncio.Transport) -> None:
        if timer := self._open.pop(transport, None):
            timer.cancel()


class _Limited(asyncio.Protocol):
    """Passes all on to the protocol that does the work."""

    def __init__(
        self,
        inner: asyncio.BaseProtocol,
        opened: Callable[[asyncio.Transport], None],
        closed: Callable[[asyncio.Transport], None],
    ) -> None:
        assert isinstance(inner, asyncio.Protocol)  # noqa: S101 - as aiohttp's are
        self._inner = inner
        self._tell_opened, self._tell_closed = opened, closed
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a TCP connection
        self._transport = transport
        self._inner.connection_made(transport)
        self._tell_opened(transport)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport:
            self._tell_closed(self._transport)
        self._inner.connection_lost(exc)


class Pace:
    """Answers one request after the other, with a pause behind each, and then hangs up."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    def handler(
        self, page: Callable[[], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Return what answers a request by a page."""

        async def handle(_: web.Request) -> web.Response:
            async with self._turn:
                await asyncio.sleep(_PAUSE_SECONDS)
                response = await page()
            response.force_close()
            return response

        return handle
