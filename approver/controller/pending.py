"""The requests that want a decision: since when, and what became of them so far."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from approver.kube.watch_stream import Key
from approver.ops.metrics import Metrics, gauge

_PENDING = gauge(
    "policy_approver_pending_requests",
    "Undecided requests: new, unmatched, waiting (for a policy to be ready), error; 0 but from the"
    " leader.",
    "state",
)
_OLDEST_PENDING = gauge(
    "policy_approver_oldest_pending_seconds",
    "How long ago the oldest undecided request was created; 0 without any; 0 but from the leader.",
)

State = Literal["new", "unmatched", "waiting", "error"]


@dataclass(slots=True)
class _Entry:
    since: float
    created: float
    state: State = "new"
    unmatched_since: float | None = None
    held_since: float | None = None
    reviewed_by: object = None


class Pending:
    """What is known of each undecided request.

    `clock` is monotonic, and what all times are by; `wall_clock` is what the world goes by. Both
    are in seconds.
    """

    def __init__(
        self, clock: Callable[[], float], wall_clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self._wall_clock = wall_clock
        self._entries: dict[Key, _Entry] = {}

    def add(self, key: Key, creation: str | None = None) -> None:
        """Begin to count the time of a request, unless it is known; it is new, or has changed.

        `creation` is its timestamp, in RFC 3339.
        """
        entry = self._entries.get(key)
        if entry is None:
            now = self._clock()
            self._entries[key] = entry = _Entry(now, now - self._age_of(creation))
        entry.reviewed_by = None

    def was_reviewed_by(self, key: Key, basis: object) -> bool:
        """Tell whether its last review was by just this, and left it undecided."""
        entry = self._entries.get(key)
        return entry is not None and entry.reviewed_by == basis

    def remove(self, key: Key) -> None:
        """Forget a request: it is decided, or gone."""
        self._entries.pop(key, None)

    def mark(self, key: Key, state: State, reviewed_by: object = None) -> None:
        """Note how its last review ended, and by what: another one by the same would end so, too.

        None: it may end otherwise.
        """
        if entry := self._entries.get(key):
            entry.state = state
            entry.reviewed_by = reviewed_by
            entry.held_since = None
            if state != "unmatched":
                entry.unmatched_since = None
            elif entry.unmatched_since is None:
                entry.unmatched_since = self._clock()

    def is_unmatched(self, key: Key) -> bool:
        """Tell whether its last review found no policy."""
        entry = self._entries.get(key)
        return entry is not None and entry.state == "unmatched"

    def unmatched_for(self, key: Key) -> float:
        """Return for how many seconds all reviews of a request have found no policy."""
        entry = self._entries.get(key)
        since = entry.unmatched_since if entry else None
        return 0.0 if since is None else self._clock() - since

    def held_for(self, key: Key) -> float:
        """Return for how many seconds a request has been denied by its reviews, and not yet."""
        entry = self._entries.get(key)
        if entry is None:
            return 0.0
        if entry.held_since is None:
            entry.held_since = self._clock()
        return self._clock() - entry.held_since

    def age(self, key: Key) -> float:
        """Return for how many seconds a request has been known."""
        entry = self._entries.get(key)
        return self._clock() - entry.since if entry else 0.0

    def is_held(self, key: Key) -> bool:
        """Tell whether a request could not be decided at once."""
        entry = self._entries.get(key)
        return entry is not None and entry.state != "new"

    def report(self, metrics: Metrics, *, leading: bool) -> None:
        """Bring the gauges up to date. Who does not lead reviews nothing, and knows no states."""
        entries = self._entries.values() if leading else ()
        states = Counter(entry.state for entry in entries)
        for state in get_args(State):
            metrics[_PENDING].labels(state).set(states[state])
        oldest = min((entry.created for entry in entries), default=None)
        metrics[_OLDEST_PENDING].set(0 if oldest is None else self._clock() - oldest)

    def _age_of(self, creation: str | None) -> float:
        if creation is None:
            return 0.0
        return max(self._wall_clock() - datetime.fromisoformat(creation).timestamp(), 0.0)
