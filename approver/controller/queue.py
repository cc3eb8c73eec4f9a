"""Keys that want work: each at most once, none by two workers at a time, none lost."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")

_FIRST_DELAY = 0.05  # seconds
_LONGEST_DELAY = 15.0


class WorkQueue(Generic[K]):
    """First in, first out. A key added while it is worked on is worked on once more."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._ready = asyncio.Queue[K | None]()
        self._closed = False
        self._waiting = set[K]()
        self._working = set[K]()
        self._attempts = dict[K, int]()
        self._timers = dict[K, asyncio.TimerHandle]()

    def __len__(self) -> int:
        """Return how many keys wait for a worker."""
        return self._ready.qsize()

    def add(self, key: K) -> None:
        """Want work on a key, now."""
        if key in self._waiting:
            return
        self._waiting.add(key)
        if key not in self._working:
            self._ready.put_nowait(key)

    async def get(self) -> K | None:
        """Wait for a key and take it; say `done` when the work has ended. None: no more work."""
        key = await self._ready.get()
        if key is None or self._closed:
            self._ready.put_nowait(None)  # for the next worker
            return None
        self._waiting.discard(key)
        self._working.add(key)
        return key

    def done(self, key: K) -> None:
        """End the work on a key."""
        self._working.discard(key)
        if key in self._waiting:
            self._ready.put_nowait(key)

    def retry(self, key: K, at_least: float | None = None) -> None:
        """Want work on a key later: after `at_least` seconds, and the longer the more failed."""
        attempts = self._attempts[key] = self._attempts.get(key, 0) + 1
        delay = min(_FIRST_DELAY * 2 ** min(attempts - 1, 32), _LONGEST_DELAY)
        self.add_later(key, max(delay * (0.5 + self._jitter() / 2), at_least or 0))

    def add_later(self, key: K, delay: float) -> None:
        """Want work on a key in so many seconds."""
        self._stop_timer(key)
        self._timers[key] = asyncio.get_running_loop().call_later(delay, self._ring, key)

    def forget(self, key: K) -> None:
        """Know nothing more of a key's failures, and do not try again because of them."""
        self._attempts.pop(key, None)
        self._stop_timer(key)

    def close(self) -> None:
        """Hand out no more keys."""
        self._closed = True
        self._ready.put_nowait(None)

    def _ring(self, key: K) -> None:
        self._timers.pop(key, None)
        self.add(key)

    def _stop_timer(self, key: K) -> None:
        if timer := self._timers.pop(key, None):
            timer.cancel()
