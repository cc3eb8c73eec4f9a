"""How long to wait after a failure."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

LONGEST_RETRY_AFTER_SECONDS = 300.0
"""A server's Retry-After is followed no longer than this."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Time and chance: a monotonic clock and a sleep in seconds, a random number in [0, 1)."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random


REAL_TIME = Timing()


class Backoff:
    """Exponential, with jitter over the upper half: from `first` seconds to `longest`.

    It starts anew after `longest` seconds without a failure.
    """

    def __init__(self, timing: Timing, *, first: float = 0.5, longest: float = 30.0) -> None:
        self._timing = timing
        self._first = first
        self._longest = longest
        self._next = first
        self._until = timing.clock()

    @property
    def calm(self) -> bool:
        """Whether there has been no failure for long."""
        return self._timing.clock() - self._until > self._longest

    def reset(self) -> None:
        """Start anew: what has failed so far says nothing of what comes."""
        self._next = self._first

    async def pause(self, at_least: float | None = None) -> None:
        """Wait; not shorter than `at_least` seconds, which is what the server asked for."""
        if self.calm:
            self._next = self._first
        delay = self._next * (1 + self._timing.random()) / 2
        self._next = min(2 * self._next, self._longest)
        delay = max(delay, min(at_least or 0, LONGEST_RETRY_AFTER_SECONDS))
        self._until = self._timing.clock() + delay
        await self._timing.sleep(delay)
