"""What would become of a request that is not there yet."""

import asyncio
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from msgspec.structs import replace

from approver.controller.informers import Informers
from approver.controller.reviewer import Reviewer
from approver.controller.snapshot import Snapshot
from approver.model import Decision, Request
from approver.review import Catalogue, Enforcement

_MOST_ROUNDS: Final = 16  # of questions about a few policies
_ASKING_SECONDS: Final = 2.0  # the API server waits no longer for the webhook


class Forecast:
    """Decides requests as they would be decided now, to tell whoever is about to make them.

    Anybody who reaches the webhook can ask, about what he likes. So nothing that he says may be
    remembered where decisions look: the `reviewer` has readings of its own, each request is another
    one, and what selects it is found anew.
    """

    def __init__(
        self,
        informers: Informers,
        catalogue: Callable[[], Catalogue],
        reviewer: Reviewer,
        enforcement: Enforcement,
    ) -> None:
        self._informers = informers
        self._catalogue = catalogue
        self._reviewer = reviewer
        self._enforcement = enforcement
        self._turn = asyncio.Lock()  # for what the API server is asked beyond what is likely

    async def decide(self, request: Request) -> Decision | None:
        """Return the decision, None if it cannot be told at once.

        Raise `KubeError`, `RuleEngineError`, or `TimeoutError` if others ask for long.
        """
        labels = self._informers.namespace_labels(request.namespace)
        if labels is None or self._informers.missing():
            return None
        request = replace(request, metadata=replace(request.metadata, uid=str(uuid4())))
        snapshot = Snapshot(self._catalogue, self._informers.namespace_labels)
        decision = await self._reviewer.review(request, snapshot, labels)
        if decision and decision.unasked:
            async with asyncio.timeout(_ASKING_SECONDS), self._turn:
                for _ in range(_MOST_ROUNDS):
                    await self._reviewer.ask_late(request, decision.unasked)
                    decision = await self._reviewer.review(request, snapshot, labels)
                    if decision is None or not decision.unasked:
                        break
        if decision is None or decision.unasked:
            return None
        idle = self._informers.no_policies_for
        return self._enforcement.apply(decision, labels, no_policies_for=idle, unmatched_for=None)
