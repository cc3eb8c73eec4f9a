"""A review with all that it asks for on the way."""

import asyncio
from collections.abc import Iterable, Mapping

from approver.kube.access import AccessReviews
from approver.model import Decision, Request
from approver.ops.metrics import Metrics
from approver.policy import Policy
from approver.policy.rules import AsyncRuleEngine
from approver.review import Ask, AskRules, Review


class Reviewer:
    """Reviews requests by the policies of the moment, bindings and rules being asked for."""

    def __init__(
        self,
        policies: Iterable[Policy],
        access: AccessReviews,
        engine: AsyncRuleEngine,
        metrics: Metrics,
    ) -> None:
        self._policies = policies
        self._access = access
        self._engine = engine
        self._metrics = metrics

    async def review(self, request: Request, namespace_labels: Mapping[str, str]) -> Decision:
        """Decide a request, without any effect. Raise `KubeError` or `RuleEngineError`."""
        with self._metrics.review_seconds.time():
            review = Review(self._policies, request, namespace_labels)
            outcome = review.decide()
        while not isinstance(outcome, Decision):
            await self._answer(review, request, outcome)
            outcome = review.decide()
        return outcome

    async def _answer(self, review: Review, request: Request, ask: Ask | AskRules) -> None:
        if isinstance(ask, AskRules):
            review.answer(await self._engine.ask(ask.questions, ask.about))
            return
        answers = await asyncio.gather(
            *(
                self._access.may_use(request.requester, request.namespace, name, fresh=ask.anew)
                for name in ask.names
            )
        )
        review.tell(dict(zip(ask.names, answers, strict=True)), anew=ask.anew)
