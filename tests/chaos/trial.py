"""One trial: what a fault may act upon, and what is to be seen of it afterwards."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.chaos import evidence, judgement
from tests.chaos.fleet import Fleet
from tests.chaos.network import Network
from tests.chaos.traffic import Traffic
from tests.controlplane.controlplane import ControlPlane
from tests.kube.proxy import Proxy

STUCK: Final = 30.0
"""Seconds after the end of a fault after which nothing may wait any more."""

_LOOK: Final = 0.3  # seconds
_EVENTS: Final = 1.0


@dataclass
class Trial:
    """What a fault may act upon; it says when a `trouble` begins and ends."""

    cluster: ControlPlane
    network: Network
    proxy: Proxy
    fleet: Fleet
    traffic: Traffic
    calm: Callable[[], Awaitable[None]]
    """End the changes of policies and bindings."""
    short: bool
    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @contextmanager
    def trouble(self) -> Iterator[None]:
        """Note when a trouble begins and ends that nobody can do anything about."""
        self.starts.append(time.time())
        yield
        self.ends.append(time.time())

    def strike(self) -> None:
        """Note a blow, from which the approvers can recover at once."""
        with self.trouble():
            pass

    def times(self, number: int) -> int:
        """Say how often to do something: once in the short suite."""
        return 1 if self.short else number

    def must_show(self, sample: str) -> None:
        """Note it unless some approver's metrics tell that the fault had an effect."""
        if not self.fleet.shows(sample):
            self.wrong.append(f"the fault had no effect: no {sample}")


@dataclass(frozen=True)
class Report:
    """The figures of a trial, and what went wrong."""

    requests: int
    settled: float  # seconds, the worst of its troubles
    growth: float  # MiB, the most by which an approver's memory has grown
    wrong: list[str]


async def report(trial: Trial, memory: dict[int, float]) -> Report:
    """Wait until all is decided that ought to be, then look at everything."""
    stuck = await _settle(trial)
    await asyncio.sleep(_EVENTS)
    traffic = trial.traffic
    fates = await asyncio.to_thread(evidence.gather, trial.cluster, traffic.namespace)
    wrong = [f"{name}: undecided {STUCK:.0f} s after the fault" for name in stuck]
    wrong += judgement.faults(traffic.asked, fates, traffic.history)
    spans = zip(trial.ends, [*trial.starts[1:], float("inf")], strict=True)
    settled = (
        judgement.settling(traffic.asked, fates, traffic.history, end, until)
        for end, until in spans
    )
    after = trial.fleet.memory()
    growth = max((after[pid] - memory[pid] for pid in memory if pid in after), default=0.0)
    return Report(len(traffic.asked), max(settled), growth, trial.wrong + wrong)


async def _settle(trial: Trial) -> list[str]:
    """Wait until all is decided that ought to be; name what is not after all patience."""
    traffic, admin = trial.traffic, trial.cluster.client()
    while True:
        decided = await asyncio.to_thread(evidence.decided, admin, traffic.namespace)
        stuck = judgement.undecided(traffic.asked, decided, traffic.history)
        if not stuck or time.time() > trial.ends[-1] + STUCK:
            return stuck
        await asyncio.sleep(_LOOK)
