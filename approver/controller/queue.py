"""Keys that are to be worked on: each once, by one worker at a time, and none is lost."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping
from enum import Enum
from typing import Final, Generic, TypeVar

K = TypeVar("K")

_FIRST_DELAY_SECONDS = 0.05
_LONGEST_DELAY_SECONDS = 15.0
_REQUEUE_SHARE = 4  # one of so many keys that are handed out is a requeued one, if there is any


class Lane(Enum):
    """Which workers a key is for. Those that work at length have a lane of their own."""

    SHORT = "short"
    LONG = "long"


class QueueTelemetry:
    """The port through which a queue tells what is worth counting; this one counts nothing."""

    def added(self) -> None:
        """Count a key that was not there."""

    def taken(self, seconds: float) -> None:
        """Count a key that has waited so long for a worker."""

    def worked(self, seconds: float) -> None:
        """Count a key that a worker has had for so long."""


_ONE_WORKER: Final = {Lane.SHORT: 1}


class WorkQueue(Generic[K]):
    """Takes turns between groups of keys, and is first in, first out within each.

    A key that is added while it is worked on is worked on once more. New keys mostly come before
    requeued ones, of which there may be many: all requests that are undecided are requeued whenever
    a policy changes.

    No group has more workers than would be free without its next one: so one group never has more
    than half of them, and a few never all. `group` returns that of a key, by default the key
    itself; `workers` says how many there are in each lane. `jitter` returns a number in [0, 1).
    """

    def __init__(
        self,
        jitter: Callable[[], float],
        *,
        group: Callable[[K], Hashable] = lambda key: key,
        workers: Mapping[Lane, int] = _ONE_WORKER,
        telemetry: QueueTelemetry | None = None,
    ) -> None:
        self._telemetry = telemetry or QueueTelemetry()
        self._since = dict[K, float]()  # it waits, or is worked on
        self._jitter = jitter
        self._lanes = {lane: _Keys(group, number) for lane, number in workers.items()}
        self._long = set[K]()  # which have turned out to be, of those that wait or are worked on
        self._waiting = set[K]()
        self._working = dict[K, Lane]()
        self._attempts = dict[K, int]()
        self._timers = dict[K, asyncio.TimerHandle]()

    def __len__(self) -> int:
        """Return how many keys wait for a worker."""
        return len(self._waiting) - len(self._waiting & self._working.keys())

    def add(self, key: K) -> None:
        """Add a key, to be worked on now."""
        self._add(key, again=False)

    def requeue(self, key: K) -> None:
        """Add a key that has been worked on before."""
        self._add(key, again=True)

    def requeue_long(self, key: K) -> None:
        """Add a key that needs more time than most, in that lane."""
        self._long.add(key)
        self._add(key, again=True)

    async def get(self, lane: Lane = Lane.SHORT) -> K | None:
        """Wait for a key and take it; call `done` when the work has ended. None: it is closed."""
        key = await self._lanes[lane].take()
        if key is not None:
            self._waiting.discard(key)
            self._working[key] = lane
            self._telemetry.taken(self._lap(key))
        return key

    def done(self, key: K) -> None:
        """End the work on a key."""
        self._lanes[self._working.pop(key)].leave(key)
        self._telemetry.worked(self._lap(key))
        if key in self._waiting:
            self._put(key, again=True)
        else:
            self._long.discard(key)
            del self._since[key]

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

    def remove(self, key: K) -> None:
        """Hand out a key no more, unless it is added again."""
        self.forget(key)
        if key not in self._waiting:
            return
        self._waiting.discard(key)
        if key not in self._working:
            for lane in self._lanes.values():
                lane.drop(key)
            self._long.discard(key)
            del self._since[key]

    def close(self) -> None:
        """Hand out no more keys."""
        for lane in self._lanes.values():
            lane.close()

    def _add(self, key: K, *, again: bool) -> None:
        if key in self._waiting:
            return
        self._waiting.add(key)
        self._telemetry.added()
        if key not in self._working:
            self._lap(key)
            self._put(key, again=again)

    def _put(self, key: K, *, again: bool) -> None:
        self._lanes[Lane.LONG if key in self._long else Lane.SHORT].put(key, again=again)

    def _lap(self, key: K) -> float:
        """Return for how many seconds a key has been where it was until now."""
        now = asyncio.get_running_loop().time()
        since = self._since.get(key, now)
        self._since[key] = now
        return now - since

    def _fire(self, key: K) -> None:
        self._timers.pop(key, None)
        self.requeue(key)

    def _stop_timer(self, key: K) -> None:
        if timer := self._timers.pop(key, None):
            timer.cancel()


class _Keys(Generic[K]):
    """The keys of one lane, and who waits for one."""

    def __init__(self, group: Callable[[K], Hashable], workers: int) -> None:
        self._group = group
        self._free = workers
        self._new, self._again = _RoundRobin[K](), _RoundRobin[K]()
        self._turn = 0
        self._working = Counter[Hashable]()
        self._takers = deque[asyncio.Future[None]]()
        self._closed = False

    def put(self, key: K, *, again: bool) -> None:
        (self._again if again else self._new).push(key, self._group(key))
        self._wake()

    def drop(self, key: K) -> None:
        for keys in (self._new, self._again):
            keys.drop(key, self._group(key))

    async def take(self) -> K | None:
        while not self._closed:
            if (key := self._next()) is not None:
                self._free -= 1
                self._working[self._group(key)] += 1
                return key
            taker = asyncio.get_running_loop().create_future()
            self._takers.append(taker)
            await taker
        return None

    def leave(self, key: K) -> None:
        group = self._group(key)
        self._free += 1
        self._working[group] -= 1
        if not self._working[group]:
            del self._working[group]
        self._wake()  # a group that had its share may go on

    def close(self) -> None:
        self._closed = True
        while self._takers:
            self._wake()

    def _wake(self) -> None:
        while self._takers:
            taker = self._takers.popleft()
            if not taker.done():
                taker.set_result(None)
                return

    def _next(self) -> K | None:
        self._turn += 1
        first, second = self._new, self._again
        if self._turn % _REQUEUE_SHARE == 0:
            first, second = second, first
        key = first.pop(self._may_go_on)
        return second.pop(self._may_go_on) if key is None else key

    def _may_go_on(self, group: Hashable) -> bool:
        return self._working[group] < self._free


class _RoundRobin(Generic[K]):
    """Keys by group; the groups take turns."""

    def __init__(self) -> None:
        self._groups = OrderedDict[Hashable, OrderedDict[K, None]]()

    def push(self, key: K, group: Hashable) -> None:
        self._groups.setdefault(group, OrderedDict())[key] = None

    def drop(self, key: K, group: Hashable) -> None:
        """Take a key out, if it is there."""
        if (keys := self._groups.get(group)) is not None:
            keys.pop(key, None)
            if not keys:
                del self._groups[group]

    def pop(self, may_go_on: Callable[[Hashable], bool]) -> K | None:
        """Take the next key of the first group that may have it."""
        group = next(filter(may_go_on, self._groups), None)
        if group is None:
            return None
        keys = self._groups[group]
        key, _ = keys.popitem(last=False)
        if keys:
            self._groups.move_to_end(group)
        else:
            del self._groups[group]
        return key
