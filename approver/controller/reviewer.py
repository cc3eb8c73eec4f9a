"""A review with all that it asks for on the way."""

from collections.abc import Mapping

from approver.controller.snapshot import Snapshot
from approver.kube.authorizer import Authorizer
from approver.model import Decision, Request
from approver.ops.metrics import Metrics, histogram
from approver.review import NeedAnswers, NeedBindings, Review
from approver.rules import AsyncRuleEngine

_REVIEW_SECONDS = histogram(
    "policy_approver_review_seconds",
    "Time of one review: reading the CSR and evaluating the policies.",
    (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5),
)


class Reviewer:
    """Reviews requests by a snapshot, and asks for bindings and rules where they matter."""

    def __init__(self, authorizer: Authorizer, engine: AsyncRuleEngine, metrics: Metrics) -> None:
        self._authorizer = authorizer
        self._engine = engine
        self._metrics = metrics

    async def review(
        self, request: Request, snapshot: Snapshot, namespace_labels: Mapping[str, str]
    ) -> Decision:
        """Decide a request, without any effect. Raise `KubeError` or `RuleEngineError`."""
        with self._metrics[_REVIEW_SECONDS].time():
            selection = snapshot.select(request, namespace_labels)
            known = self._authorizer.known(request.requester, request.namespace)
            review = Review(selection, request, namespace_labels, known)
            outcome = review.decide()
        while not isinstance(outcome, Decision):
            await self._answer(review, request, outcome)
            outcome = review.decide()
        return outcome

    async def _answer(
        self, review: Review, request: Request, need: NeedBindings | NeedAnswers
    ) -> None:
        if isinstance(need, NeedAnswers):
            review.learn_answers(await self._engine.ask(need.questions, need.activation))
            return
        bound = await self._authorizer.may_use(
            request.requester, request.namespace, need.names, fresh=need.anew
        )
        review.learn_bindings(bound, anew=need.anew)
