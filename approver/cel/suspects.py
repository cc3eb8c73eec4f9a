"""Rules that had to be stopped."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from approver.rules import CelRule

_SUSPICION_SECONDS: Final = 600.0  # since the last stop
_MOST_RULES: Final = 1000


class Suspects:
    """Remembers for a while which rules had to be stopped."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: OrderedDict[CelRule, float] = OrderedDict()

    def __contains__(self, rule: CelRule) -> bool:
        until = self._until.get(rule)
        return until is not None and until > self._clock()

    def __len__(self) -> int:
        """Return how many rules there are at this time."""
        now = self._clock()
        return sum(until > now for until in self._until.values())

    def add(self, rule: CelRule) -> bool:
        """Note that a rule had to be stopped; return whether it was a suspect already."""
        known = rule in self
        self._until[rule] = self._clock() + _SUSPICION_SECONDS
        self._until.move_to_end(rule)
        if len(self._until) > _MOST_RULES:
            self._until.popitem(last=False)
        return known
