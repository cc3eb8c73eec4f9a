"""Time that is not waited for."""

import asyncio

from approver.kube.backoff import Timing


class PretendedTime:
    """A clock that moves only by sleeps, which are written down instead of slept."""

    def __init__(self, chance: float = 1.0) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self.timing = Timing(lambda: self.now, self._sleep, lambda: chance)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


async def _nap(_: float) -> None:
    await asyncio.sleep(0.02)


QUICK = Timing(sleep=_nap)
"""Real time with short pauses."""
