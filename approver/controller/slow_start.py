"""Writes after a pause: one goes first, then twice as many each time.

cert-manager's webhook asks whether we may approve, five times a second at the most, and goes by an
answer for a second. Of many writes at once each has it ask; after one, the others have its answer.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

_NO_LIMIT: Final = 1_000
_LONGEST_WAIT_SECONDS: Final = 0.5  # a write may hang, and nobody else is to wait for it


class SlowStart:
    """Limits how many work at a time: to one at first, then to twice as many with each success.

    Whoever has waited for half a second goes on all the same.
    """

    def __init__(self) -> None:
        self._limit = 1
        self._working = 0
        self._waiting = deque[asyncio.Future[None]]()

    def restart(self) -> None:
        """Begin with one again."""
        self._limit = 1

    def succeeded(self) -> None:
        """Hear, from who has a turn, that a write succeeded."""
        self._limit = min(self._limit * 2, _NO_LIMIT)

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None, None]:
        """Wait for a turn, and have it until the end of the block."""
        if self._working >= self._limit:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await asyncio.wait([turn], timeout=_LONGEST_WAIT_SECONDS)
            turn.cancel()
        self._working += 1
        try:
            yield
        finally:
            self._working -= 1
            self._wake()

    def _wake(self) -> None:
        free = self._limit - self._working
        while self._waiting and free > 0:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1
