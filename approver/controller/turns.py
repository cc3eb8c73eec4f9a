"""The event loop's time, of which work that hardly ever waits takes a little at a time."""

import asyncio
from collections import deque


class Turns:
    """Lets one of all who share it begin in each turn of the loop, first come, first served.

    Without it, ten thousand reviews in a row, none of which has to wait for anything, hold the loop
    for seconds: nothing is heard of the API server, and new requests are not seen.
    """

    def __init__(self) -> None:
        self._taken = False
        self._waiting = deque[asyncio.Future[None]]()

    async def take(self) -> None:
        """Wait for a turn; not at all, if nobody has begun in this turn of the loop."""
        loop = asyncio.get_running_loop()
        if self._taken:
            turn = loop.create_future()
            self._waiting.append(turn)
            await turn
        else:
            self._taken = True
            loop.call_soon(self._next)

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                asyncio.get_running_loop().call_soon(self._next)
                return
        self._taken = False
