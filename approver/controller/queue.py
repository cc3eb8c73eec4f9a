"""Keys that want work: each at most once, none by two workers at a time, none lost."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")

_FIRST_DELAY = 0.05  # seconds
_LONGEST_DELAY = 15.0
_EVERY = 4  # one of so many keys is one that is wanted again, if there is any


class WorkQueue(Generic[K]):
    """First in, first out; a key that is added while it is worked on is worked on once more.

    What is wanted for the first time mostly comes before what is wanted again, which may be much.
    """

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._new = deque[K]()
        self._again = deque[K]()
        self._number = asyncio.Semaphore(0)  # of the keys in both, and one more if it is closed
        self._turn = 0
        self._closed = False
        self._waiting = set[K]()
        self._working = set[K]()
        self._attempts = dict[K, int]()
        self._timers = dict[K, asyncio.TimerHandle]()

    def __len__(self) -> int:
        """Return how many keys wait for a worker."""
        return len(self._new) + len(self._again)

    def add(self, key: K) -> None:
        """Want work on a key, now."""
        self._add(key, self._new)

    def add_again(self, key: K) -> None:
        """Want work on a key that has been worked on before."""
        self._add(key, self._again)

    async def get(self) -> K | None:
        """Wait for a key and take it; say `done` when the work has ended. None: no more work."""
        await self._number.acquire()
        if self._closed:
            self._number.release()  # for the next worker
            return None
        self._turn += 1
        queues = self._new, self._again
        first, second = queues if self._turn % _EVERY else reversed(queues)
        key = (first or second).popleft()
        self._waiting.discard(key)
        self._working.add(key)
        return key

    def done(self, key: K) -> None:
        """End the work on a key."""
        self._working.discard(key)
        if key in self._waiting:
            self._put(key, self._again)

    def retry(self, key: K, at_least: float | None = None) -> None:
        """Want work on a key later: after `at_least` seconds, and the longer the more failed."""
        attempts = self._attempts[key] = self._attempts.get(key, 0) + 1
        delay = min(_FIRST_DELAY * 2 ** min(attempts - 1, 32), _LONGEST_DELAY)
        self.add_later(key, max(delay * (0.5 + self._jitter() / 2), at_least or 0))

    def add_later(self, key: K, delay: float) -> None:
        """Want work on a key in so many seconds."""
        self._stop_timer(key)
        self._timers[key] = asyncio.get_running_loop().call_later(delay, self._ring, key)

    def hurry(self) -> None:
        """Want work now on all that was to be tried again later, as if nothing had failed."""
        self._attempts.clear()
        for key, timer in list(self._timers.items()):
            timer.cancel()
            self._ring(key)

    def forget(self, key: K) -> None:
        """Know nothing more of a key's failures, and do not try again because of them."""
        self._attempts.pop(key, None)
        self._stop_timer(key)

    def close(self) -> None:
        """Hand out no more keys."""
        self._closed = True
        self._number.release()

    def _add(self, key: K, queue: deque[K]) -> None:
        if key in self._waiting:
            return
        self._waiting.add(key)
        if key not in self._working:
            self._put(key, queue)

    def _put(self, key: K, queue: deque[K]) -> None:
        queue.append(key)
        self._number.release()

    def _ring(self, key: K) -> None:
        self._timers.pop(key, None)
        self.add_again(key)

    def _stop_timer(self, key: K) -> None:
        if timer := self._timers.pop(key, None):
            timer.cancel()
