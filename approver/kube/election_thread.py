"""The election on a thread of its own: no work on the main event loop can cost the lease."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, suppress
from threading import Thread

from approver.kube.leader_election import LeaderElector
from approver.kube.session import Session


class ElectionThread:
    """A `LeaderElector` with an event loop and a connection of its own.

    `connect` opens its session, and `elect` makes it; both are called on the thread. What it is
    asked is only ever a comparison of times, and can be asked from any thread.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractAsyncContextManager[Session]],
        elect: Callable[[Session], LeaderElector],
    ) -> None:
        self._connect = connect
        self._elect = elect
        self._elector: LeaderElector | None = None
        self._thread = Thread(target=self._run, name="election", daemon=True)
        self._wake: Callable[[], object] = lambda: None
        self._stopping = False
        self._ended = Future[None]()

    @property
    def leading(self) -> bool:
        """Whether the lease is ours at this moment."""
        return self._elector is not None and self._elector.leading

    @property
    def steady(self) -> bool:
        """Whether it has led for so long that no write of one who led before can be on its way."""
        return self._elector is not None and self._elector.steady

    async def run(self) -> None:
        """Stand for election until cancelled, and `release` must then end it.

        Raise `ConfigurationError` if there is no way to the API server.
        """
        self._thread.start()
        await asyncio.shield(asyncio.wrap_future(self._ended))

    async def release(self) -> None:
        """Give the lease up, if it is ours, and end the thread."""
        self._stopping = True
        self._wake()
        if self._thread.is_alive():
            await asyncio.wait([asyncio.wrap_future(self._ended)])

    def _run(self) -> None:
        try:
            asyncio.run(self._stand())
        except BaseException as error:  # noqa: BLE001 - whoever awaits `run` is to have it
            self._ended.set_exception(error)
        else:
            self._ended.set_result(None)

    async def _stand(self) -> None:
        woken, loop = asyncio.Event(), asyncio.get_running_loop()
        self._wake = lambda: _call(loop, woken.set)
        async with self._connect() as session:
            self._elector = self._elect(session)
            standing = asyncio.create_task(self._elector.run())
            while not self._stopping:
                await woken.wait()
            standing.cancel()
            await asyncio.wait([standing])
            await self._elector.release()


def told_on(
    loop: asyncio.AbstractEventLoop, on_change: Callable[[bool], None]
) -> Callable[[bool], None]:
    """Return what calls a function on another thread's loop, as long as that runs."""
    return lambda leading: _call(loop, on_change, leading)


def _call(
    loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: object
) -> None:
    with suppress(RuntimeError):  # it is closed
        loop.call_soon_threadsafe(function, *arguments)
