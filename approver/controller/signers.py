"""Signers for which decisions cannot be written: their requests wait, and nobody else's.

cert-manager's webhook looks at every decision. It refuses those for signers that we may not approve
for, and can hang on a kind of signer that does not exist.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from approver.kube.watch_stream import Key
from approver.model import Request
from approver.model.request import IssuerRef

_SHORTEST_DELAY_SECONDS: Final = 0.2
_LONGEST_DELAY_SECONDS: Final = 300.0
_LONGEST_PASSING_DELAY_SECONDS: Final = 1.0
_SHARE: Final = 0.25  # of the time that a trouble has lasted is let pass before the next try

_Signer = tuple[str, IssuerRef]  # of one namespace, so that no tenant can hold up another


@dataclass(slots=True)
class _Trouble:
    """Why requests wait: `trying` is the one whose decision may be written to see whether it ends.

    `next_try` makes it one of the `waiting`, which take turns.
    """

    since: float
    trying: Key | None = None
    waiting: dict[Key, None] = field(default_factory=dict)
    next_try: asyncio.TimerHandle | None = None


class Signers:
    """Remembers which signers make trouble. `requeue` is called with a key whose turn it is.

    `jitter` returns a number in [0, 1).
    """

    def __init__(self, requeue: Callable[[Key], None], jitter: Callable[[], float]) -> None:
        self._requeue = requeue
        self._jitter = jitter
        self._troubles: dict[_Signer, _Trouble] = {}

    def keeps_waiting(self, request: Request) -> bool:
        """Tell whether there is no use in deciding a request yet."""
        trouble = self._troubles.get(_signer(request))
        return trouble is not None and _key(request) in trouble.waiting

    def admits(self, request: Request) -> bool:
        """Tell whether a decision may be written; the outcome must then be told. If not, it waits.

        While there is trouble, one at a time may: one whose turn it is, or that is new.
        """
        trouble, key = self._troubles.get(_signer(request)), _key(request)
        if trouble is None or trouble.trying == key:
            return True
        if trouble.trying is not None:
            trouble.waiting[key] = None
            return False
        trouble.trying = key
        return True

    def succeeded(self, request: Request) -> None:
        """Hear that a decision was written: the trouble is over, perhaps that of others, too."""
        trouble = self._troubles.pop(_signer(request), None)
        if trouble is not None:
            _cancel(trouble)
            for key in trouble.waiting:
                self._requeue(key)
            self.retry_now()

    def failed(self, request: Request, *, passing: bool = False) -> None:
        """Hear that a decision was refused, or that the write hung.

        `passing`: as far as can be told, it is not the signer's fault.
        """
        signer, key, loop = _signer(request), _key(request), asyncio.get_running_loop()
        trouble = self._troubles.get(signer)
        if trouble is None:
            trouble = self._troubles[signer] = _Trouble(loop.time(), trying=key)
        trouble.waiting[key] = None
        if trouble.trying == key:  # and not one of those that were on their way already
            trouble.trying = None
            longest = _LONGEST_PASSING_DELAY_SECONDS if passing else _LONGEST_DELAY_SECONDS
            delay = min((loop.time() - trouble.since) * _SHARE, longest)
            delay = max(delay, _SHORTEST_DELAY_SECONDS)
            self._try_later(signer, trouble, delay * (0.5 + self._jitter() / 2))

    def released(self, request: Request) -> None:
        """Hear that work on a request has ended; if it has tried nothing, another one may."""
        signer = _signer(request)
        trouble = self._troubles.get(signer)
        if trouble is not None and trouble.trying == _key(request):
            trouble.trying = None
            self._try_later(signer, trouble, _SHORTEST_DELAY_SECONDS)

    def forget(self, request: Request) -> None:
        """Hear that a request is decided, or gone."""
        signer, key = _signer(request), _key(request)
        trouble = self._troubles.get(signer)
        if trouble is not None:
            trouble.waiting.pop(key, None)
            if trouble.trying == key:
                trouble.trying = None
            if not trouble.waiting and trouble.trying is None:
                _cancel(trouble)
                del self._troubles[signer]

    def retry_now(self) -> None:
        """Try one request of each signer that makes trouble."""
        for signer, trouble in self._troubles.items():
            if trouble.trying is None:
                self._try_later(signer, trouble, 0)

    def _try_later(self, signer: _Signer, trouble: _Trouble, delay: float) -> None:
        _cancel(trouble)
        loop = asyncio.get_running_loop()
        trouble.next_try = loop.call_later(delay, self._try_next, signer, trouble)

    def _try_next(self, signer: _Signer, trouble: _Trouble) -> None:
        trouble.next_try = None
        if self._troubles.get(signer) is trouble and trouble.trying is None and trouble.waiting:
            key = next(iter(trouble.waiting))
            del trouble.waiting[key]
            trouble.trying = key
            self._requeue(key)


def _signer(request: Request) -> _Signer:
    return request.namespace, request.issuer


def _key(request: Request) -> Key:
    return request.namespace, request.name


def _cancel(trouble: _Trouble) -> None:
    if trouble.next_try is not None:
        trouble.next_try.cancel()
        trouble.next_try = None
