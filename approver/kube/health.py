"""Whether the API server answers: who waits for it is woken when it does so again.

Every wait after a failure is a guess at how long a trouble lasts. The first call that succeeds
makes all those guesses needless.
"""

import asyncio
from collections.abc import Awaitable, Callable
from math import inf
from typing import Final

_CALM_SECONDS: Final = 0.5
_LONGEST_CALM_SECONDS: Final = 16.0


class Health:
    """Told of every call's outcome; `clock` is monotonic, in seconds.

    A trouble is over at the first success after `calm` seconds without a failure; after longer, up
    to `longest`, if it comes back again and again.

    `on_recovery` adds a function to be called at the end of a trouble, with whether the server had
    been silent. Connections from before a silence may be dead without anybody having said so.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        calm: float = _CALM_SECONDS,
        longest: float = _LONGEST_CALM_SECONDS,
    ) -> None:
        self._clock = clock
        self._shortest_calm = calm
        self._longest_calm = longest
        self._failed_at: float | None = None
        self._silent = False
        self._calm = calm
        self._recovered_at = -inf
        self._recovered = asyncio.Event()
        self._listeners: list[Callable[[bool], None]] = []

    def on_recovery(self, listener: Callable[[bool], None]) -> None:
        """Have a function called whenever a trouble is over."""
        self._listeners.append(listener)

    def failed(self, *, silent: bool) -> None:
        """Note a call without an answer, or answered with a trouble of the server's own."""
        now = self._clock()
        if self._failed_at is None:
            again = now - self._recovered_at < self._longest_calm
            self._calm = min(2 * self._calm, self._longest_calm) if again else self._shortest_calm
        self._failed_at = now
        self._silent |= silent

    def answered(self) -> None:
        """Note a call that was answered."""
        now = self._clock()
        if self._failed_at is None or now - self._failed_at < self._calm:
            return
        silent, self._silent = self._silent, False
        self._failed_at, self._recovered_at = None, now
        self._recovered.set()
        self._recovered = asyncio.Event()
        for listener in self._listeners:
            listener(silent)

    async def sooner(self, pause: Awaitable[None]) -> bool:
        """Wait for the end of a pause or of the trouble; tell whether the trouble has ended."""
        recovered = self._recovered
        waits = [asyncio.ensure_future(pause), asyncio.ensure_future(recovered.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return recovered.is_set()
        finally:
            for wait in waits:
                wait.cancel()
