"""Keys that are to be worked on: each once, by one worker at a time, and none is lost."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")

_FIRST_DELAY_SECONDS = 0.05
_LONGEST_DELAY_SECONDS = 15.0
_REQUEUE_SHARE = 4  # one of so many keys that are handed out is a requeued one, if there is any


class WorkQueue(Generic[K]):
    """First in, first out; a key that is added while it is worked on is worked on once more.

    New keys mostly come before requeued ones, of which there may be many: all requests that are
    undecided are requeued whenever a policy changes. `jitter` returns a number in [0, 1).
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
        """Add a key, to be worked on now."""
        self._add(key, self._new)

    def requeue(self, key: K) -> None:
        """Add a key that has been worked on before."""
        self._add(key, self._again)

    async def get(self) -> K | None:
        """Wait for a key and take it; call `done` when the work has ended. None: it is closed."""
        await self._number.acquire()
        if self._closed:
            self._number.release()  # for the next worker
            return None
        self._turn += 1
        queues = self._new, self._again
        first, second = queues if self._turn % _REQUEUE_SHARE else reversed(queues)
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
        """Add a key later: after `at_least` seconds, and the later the more often it has failed."""
        attempts = self._attempts[key] = self._attempts.get(key, 0) + 1
        delay = min(_FIRST_DELAY_SECONDS * 2 ** min(attempts - 1, 32), _LONGEST_DELAY_SECONDS)
        self.add_later(key, max(delay * (0.5 + self._jitter() / 2), at_least or 0))

    def add_later(self, key: K, delay: float) -> None:
        """Add a key in so many seconds."""
        self._stop_timer(key)
        self._timers[key] = asyncio.get_running_loop().call_later(delay, self._fire, key)

    def retry_now(self) -> None:
        """Add now all that was to be added later, and forget their failures."""
        self._attempts.clear()
        for key, timer in list(self._timers.items()):
            timer.cancel()
            self._fire(key)

    def forget(self, key: K) -> None:
        """Forget a key's failures, and do not add it later because of them."""
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

    def _fire(self, key: K) -> None:
        self._timers.pop(key, None)
        self.requeue(key)

    def _stop_timer(self, key: K) -> None:
        if timer := self._timers.pop(key, None):
            timer.cancel()
