"""A review with all that it asks for on the way."""

from collections.abc import Iterable, Mapping
from typing import Final

from approver.kube.authorizer import Authorizer
from approver.model import Decision, Request
from approver.ops.metrics import Metrics
from approver.policy import Policy
from approver.review import Catalogue, NeedAnswers, NeedBindings, Review, Selection
from approver.rules import AsyncRuleEngine

_REMEMBERED: Final = 1_000  # selections


class Reviewer:
    """Reviews requests by the policies of the moment, bindings and rules being asked for.

    `revise` must be called whenever the policies or the labels of a namespace have changed.
    """

    def __init__(
        self,
        policies: Iterable[Policy],
        access: Authorizer,
        engine: AsyncRuleEngine,
        metrics: Metrics,
    ) -> None:
        self._policies = policies
        self._access = access
        self._engine = engine
        self._metrics = metrics
        self._catalogue: Catalogue | None = None
        self._selections: dict[tuple[object, ...], Selection] = {}

    def revise(self) -> None:
        """Forget what followed from policies and labels."""
        self._catalogue = None
        self._selections.clear()

    async def review(self, request: Request, namespace_labels: Mapping[str, str]) -> Decision:
        """Decide a request, without any effect. Raise `KubeError` or `RuleEngineError`."""
        with self._metrics.review_seconds.time():
            selection = self._select(request, namespace_labels)
            known = self._access.known(request.requester, request.namespace)
            review = Review(selection, request, namespace_labels, known)
            outcome = review.decide()
        while not isinstance(outcome, Decision):
            await self._answer(review, request, outcome)
            outcome = review.decide()
        return outcome

    def _select(self, request: Request, namespace_labels: Mapping[str, str]) -> Selection:
        requester = request.requester
        alike = request.namespace, request.issuer, requester.username, requester.groups
        selection = self._selections.get(alike)
        if selection is None:
            if self._catalogue is None:
                self._catalogue = Catalogue(self._policies)
            if len(self._selections) >= _REMEMBERED:
                self._selections.clear()
            selection = Selection.of(self._catalogue, request, namespace_labels)
            self._selections[alike] = selection
        return selection

    async def _answer(
        self, review: Review, request: Request, ask: NeedBindings | NeedAnswers
    ) -> None:
        if isinstance(ask, NeedAnswers):
            review.learn_answers(await self._engine.ask(ask.questions, ask.activation))
            return
        answers = await self._access.may_use(
            request.requester, request.namespace, ask.names, fresh=ask.anew
        )
        review.learn_bindings(answers, anew=ask.anew)
