"""A server whose connections are bounded before they are protocols.

asyncio's own counts nobody before the handshake of TLS is done, and a connection that only begins
one takes a quarter of a megabyte. Anybody on the network can begin thousands.
"""

import asyncio
import errno
import socket
import ssl
import sys
from collections.abc import Callable
from typing import Final

_MOST_HANDSHAKES: Final = 32  # at a time, of one address; others of it wait for those
_MOST_WAITING: Final = 600  # of one address
_MOST_OF_ALL: Final = 2_000  # wait or shake hands; who comes then waits in the kernel
_HANDSHAKE_SECONDS: Final = 2.0
_SILENT_SECONDS: Final = 3  # for which the kernel keeps who connects and says nothing
_BACKLOG: Final = 1_024
_NO_SUCH_FAMILY: Final = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}  # such as IPv6 where it is off


class Server:
    """Accepts connections on `host:port` and gives each a protocol, from `make`.

    With a context they are over TLS. Raise `OSError` if it cannot listen.
    """

    def __init__(
        self,
        make: Callable[[], asyncio.Protocol],
        host: str | None,
        port: int,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._make = make
        self._context = context
        self._sockets = _listening(host, port)
        self._places = asyncio.Semaphore(_MOST_OF_ALL)
        self._peers = dict[str, _Peer]()
        self._beginning = set[asyncio.Task[None]]()
        self._accepting = [asyncio.create_task(self._accept(each)) for each in self._sockets]

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens first."""
        host, port = self._sockets[0].getsockname()[:2]
        return host, port

    async def close(self) -> None:
        """Accept nobody any more."""
        tasks = [*self._accepting, *self._beginning]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in self._sockets:
            each.close()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._places.acquire()
            try:
                connection, address = await loop.sock_accept(listener)
            except OSError:  # too many open files, or it is gone already
                self._places.release()
                await asyncio.sleep(0.1)
                continue
            except BaseException:
                self._places.release()
                raise
            task = asyncio.create_task(self._begin(connection, str(address[0])))
            self._beginning.add(task)
            task.add_done_callback(self._beginning.discard)

    async def _begin(self, connection: socket.socket, address: str) -> None:
        """Shake hands in turn with others of an address, so that no other address waits."""
        peer = self._peers.setdefault(address, _Peer())
        peer.connections += 1
        try:
            if peer.connections > _MOST_WAITING:
                connection.close()
                return
            async with peer.places:
                await self._shake_hands(connection)
        except asyncio.CancelledError:
            connection.close()
            raise
        finally:
            self._places.release()
            peer.connections -= 1
            if not peer.connections:
                del self._peers[address]

    async def _shake_hands(self, connection: socket.socket) -> None:
        seconds = _HANDSHAKE_SECONDS if self._context else None
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._make, connection, ssl=self._context, ssl_handshake_timeout=seconds
            )
        except (OSError, ssl.SSLError):  # a client that gave up, or does not trust us
            connection.close()


class _Peer:
    """An address, and how many of its connections are no protocols yet."""

    def __init__(self) -> None:
        self.connections = 0
        self.places = asyncio.Semaphore(_MOST_HANDSHAKES)


def _listening(host: str | None, port: int) -> list[socket.socket]:
    """Listen at every address of a host, all if it is None. Raise `OSError`."""
    found = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE, proto=socket.IPPROTO_TCP
    )
    sockets, failed = list[socket.socket](), None
    for family, _, _, _, address in dict.fromkeys(found):
        where = str(address[0]), int(address[1])
        try:
            listener = socket.create_server(where, family=family, backlog=_BACKLOG)
        except OSError as error:
            failed = error
            if error.errno in _NO_SUCH_FAMILY:
                continue
            break
        listener.setblocking(False)  # noqa: FBT003 - its only argument
        if sys.platform == "linux":
            # Clients speak first here: who does not is kept by the kernel for a while.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _SILENT_SECONDS)
        sockets.append(listener)
    else:
        if sockets:
            return sockets
    for each in sockets:
        each.close()
    raise failed or OSError(errno.EADDRNOTAVAIL, "no address")
