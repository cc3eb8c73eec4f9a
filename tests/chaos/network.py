"""A network between approvers and the API server, that cuts, delays and stalls on demand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

_PART = 1 << 16  # bytes


class Network:
    """Passes bytes on. `delay` is in seconds for each part of a stream; `flows` may be cleared.

    What stalls is neither lost nor closed: it arrives when `flows` is set again.
    """

    def __init__(self, url: str) -> None:
        self._upstream = urlsplit(url)
        self._open: set[asyncio.StreamWriter] = set()
        self.delay = 0.0
        self.flows = asyncio.Event()
        self.flows.set()
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Network"]:
        host = self._upstream.hostname
        server = await asyncio.start_server(self._connected, host)
        port = server.sockets[0].getsockname()[1]
        self.url = f"{self._upstream.scheme}://{host}:{port}"
        try:
            yield self
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        """Break every connection."""
        for writer in self._open:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = self._upstream
        try:
            answers, questions = await asyncio.open_connection(upstream.hostname, upstream.port)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, questions}
        self._open |= both
        ways = [
            asyncio.create_task(self._pass_on(reader, questions)),
            asyncio.create_task(self._pass_on(answers, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for end in both:
                end.transport.abort()
            self._open -= both

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while part := await source.read(_PART):
                await asyncio.sleep(self.delay)
                await self.flows.wait()
                target.write(part)
                await target.drain()
        except OSError:
            return
