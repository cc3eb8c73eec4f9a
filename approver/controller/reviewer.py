"""A review with all that it asks for on the way."""

import asyncio
import time
from collections.abc import Collection, Mapping
from heapq import nsmallest
from typing import Final

from msgspec.structs import replace

from approver.controller.access_hints import AccessHints
from approver.controller.readings import Readings
from approver.controller.snapshot import Snapshot
from approver.kube.authorizer import Authorizer
from approver.model import Decision, Request
from approver.ops.metrics import Metrics, histogram
from approver.review import Access, NeedAnswers, NeedBindings, NeedTurn, Review, Selection
from approver.rules import AsyncRuleEngine

_REVIEW_SECONDS = histogram(
    "policy_approver_review_seconds",
    "Time of one review: reading the CSR and evaluating the policies.",
    (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5),
)


_FEW_QUESTIONS: Final = 100
_LATE_QUESTIONS: Final = 4  # at a time, for which nobody waits
_SLICE_SECONDS: Final = 0.05  # of a worker of the engine, after which others have their turn
_ASKING_SECONDS: Final = 60.0  # for all rules of a request; what is not answered then has failed


class Reviewer:
    """Reviews requests by a snapshot, and asks for bindings and rules where they matter.

    A tenant can write requests that take seconds. So such reviews take turns, with pauses between
    them in which the event loop is free for all others.
    """

    def __init__(
        self,
        authorizer: Authorizer,
        hints: AccessHints,
        engine: AsyncRuleEngine,
        metrics: Metrics,
        *,
        readings: Readings | None = None,
        always_read: bool = False,
    ) -> None:
        self._always_read = always_read
        self._authorizer = authorizer
        self._hints = hints
        self._engine = engine
        self._metrics = metrics
        self._readings = readings or Readings()
        self._turn = asyncio.Lock()

    async def review(
        self,
        request: Request,
        snapshot: Snapshot,
        namespace_labels: Mapping[str, str],
        *,
        at_length: bool = False,
    ) -> Decision | None:
        """Decide a request, without any effect. Raise `KubeError` or `RuleEngineError`.

        None: that takes long, and was not to be done `at_length`. A decision with `unasked`
        policies is to be reviewed again once `ask_late` has asked about them.
        """
        if request.spec.cut and not at_length:
            return None
        with self._metrics[_REVIEW_SECONDS].time():
            selection = snapshot.select(request, namespace_labels)
            review = Review(
                selection,
                request,
                namespace_labels,
                self._access(selection, request),
                bounded=True,
                read=self._readings.read,
                always_read=self._always_read,
            )
            outcome = review.decide()
        asked_seconds = 0.0
        while not isinstance(outcome, Decision):
            if isinstance(outcome, NeedBindings):
                await self._learn_bindings(review, request, outcome)
            elif isinstance(outcome, NeedAnswers):
                if not at_length and len(outcome.questions) > _FEW_QUESTIONS:
                    return None
                asked_seconds += await self._learn_answers(review, outcome)
                if asked_seconds > _ASKING_SECONDS:
                    review.stop_asking()
            elif not at_length:
                return None
            outcome = await self._decide_in_turn(review) if at_length else review.decide()
        if outcome.unasked:
            names = self._hints.unasked(outcome.unasked, request.requester, request.namespace)
            return replace(outcome, unasked=names)
        return outcome

    async def ask_late(self, request: Request, policies: Collection[str]) -> None:
        """Find out of a few policies whether the requester may use them, though most likely not.

        Raise `KubeError`.
        """
        requester, namespace, drops = request.requester, request.namespace, self._authorizer.drops
        few = nsmallest(_LATE_QUESTIONS, policies)
        answers = await self._authorizer.may_use(requester, namespace, few)
        if drops == self._authorizer.drops:
            self._hints.learn(answers, requester, namespace)

    def _access(self, selection: Selection, request: Request) -> Access:
        requester, namespace = request.requester, request.namespace
        names = selection.names
        if selection.auditing:
            names |= selection.auditing.keys()
        return Access(
            self._authorizer.known(requester, namespace),
            self._hints.likely(names, requester, namespace),
        )

    async def _decide_in_turn(
        self, review: Review
    ) -> Decision | NeedBindings | NeedAnswers | NeedTurn:
        async with self._turn:
            review.take_turn()
            began = time.perf_counter()
            outcome = review.decide()
            await asyncio.sleep(time.perf_counter() - began)  # as long as it has held the loop
            return outcome

    async def _learn_bindings(self, review: Review, request: Request, need: NeedBindings) -> None:
        bound = await self._authorizer.may_use(
            request.requester, request.namespace, need.names, fresh=need.anew
        )
        review.learn_bindings(bound, anew=need.anew)

    async def _learn_answers(self, review: Review, need: NeedAnswers) -> float:
        """Ask in slices, after each of which others can; return how many seconds it took."""
        began = time.perf_counter()
        questions, size = list(need.questions), _FEW_QUESTIONS
        while questions:
            asked, questions = questions[:size], questions[size:]
            sliced = time.perf_counter()
            review.learn_answers(await self._engine.ask(asked, need.activation))
            pace = _SLICE_SECONDS / max(time.perf_counter() - sliced, _SLICE_SECONDS / 4)
            size = max(1, int(size * pace))
        return time.perf_counter() - began
