"""What policies say of one request, each at most once and only if somebody wants to know."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from approver.model import Request, Violation
from approver.policy import DecodedRequest, Policy
from approver.policy.activation import activation
from approver.policy.index import Index
from approver.review.examine import UnacceptableError, examine
from approver.rules import Activation, Answer, Question


@dataclass(frozen=True, slots=True)
class NeedAnswers:
    """What rules must be asked of the request for a review to go on."""

    questions: frozenset[Question]
    activation: Activation


class Evaluation:
    """One request, read, before any policy.

    `unacceptable` is what is wrong with it whatever the policies say, None if nothing is. Of such
    a request no policy can say anything.
    """

    def __init__(self, request: Request, namespace_labels: Mapping[str, str]) -> None:
        self._namespace_labels = namespace_labels
        self._permits: dict[str, bool] = {}  # as far as rules need not be asked
        self._answers: dict[Question, Answer] = {}
        self._decoded: DecodedRequest | None = None
        self.unacceptable: str | None = None
        try:
            self._decoded = examine(request)
        except UnacceptableError as error:
            self.unacceptable = str(error)

    def learn_answers(self, answers: Mapping[Question, Answer]) -> None:
        """Learn what rules say of the request."""
        self._answers.update(answers)

    def candidates(self, index: Index, names: frozenset[str]) -> frozenset[str]:
        """Return those of some policies' names that may permit the request."""
        return index.permitting(self._decoded, names) if self._decoded else frozenset()

    def permits(self, policy: Policy) -> bool | None:
        """Tell whether a policy permits the request, but for its rules; None if none can say."""
        if self._decoded is None or not policy.ready:
            return None
        permits = self._permits.get(policy.name)
        if permits is None:
            permits = self._permits[policy.name] = policy.permits(self._decoded)
        return permits

    def answered(self, policy: Policy) -> bool:
        """Tell whether all that a policy's rules must be asked is answered."""
        return not any(self._unanswered(policy))

    def violations(self, policy: Policy) -> tuple[Violation, ...]:
        """Return the violations of a policy whose rules have been asked."""
        assert self._decoded is not None  # noqa: S101 - or no rule would have been asked
        rules = policy.rule_violations(self._decoded, self._answers)
        return rules if self.permits(policy) else policy.violations(self._decoded) + rules

    def need_answers(self, policies: Iterable[Policy]) -> NeedAnswers | None:
        """Return what the rules of policies must still be asked, if anything."""
        questions = frozenset(chain.from_iterable(map(self._unanswered, policies)))
        if self._decoded is None or not questions:
            return None
        return NeedAnswers(questions, activation(self._decoded, self._namespace_labels))

    def unlisted_extension(self, policies: Iterable[Policy]) -> str | None:
        """Find an extension that no policy lists: it is copied, and nobody has judged it."""
        if self._decoded is None or not self._decoded.csr.extensions:
            return None
        listed = frozenset().union(*(policy.extensions for policy in policies))
        for oid in self._decoded.csr.extensions:
            if oid not in listed:
                return f"spec.request: extension: {oid} is not allowed by any policy"
        return None

    def outcome(
        self, policy: Policy
    ) -> tuple[Literal["approved", "denied"] | None, tuple[Violation, ...]]:
        """Return what is known by now of a policy's verdict, and of its violations."""
        permits = self._permits.get(policy.name)
        if self._decoded is None or permits is None:
            return None, ()
        if self.answered(policy):
            violations = self.violations(policy)
            return ("denied" if violations else "approved"), violations
        return (None, ()) if permits else ("denied", policy.violations(self._decoded))

    def _unanswered(self, policy: Policy) -> Iterator[Question]:
        if self._decoded is not None and policy.ready and policy.rule_checks:
            for question in policy.questions(self._decoded):
                if question not in self._answers:
                    yield question
