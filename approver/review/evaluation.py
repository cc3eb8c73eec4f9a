"""What policies say of one request, each at most once and only if somebody wants to know."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from math import inf
from typing import Final, Literal

from approver.model import Request, Violation
from approver.policy import DecodedRequest, Policy, consents
from approver.policy.activation import activation
from approver.policy.index import Index
from approver.review import message
from approver.review.examine import read_or_reason
from approver.rules import Activation, Answer, Question

# What a review may do at a time, in values that a policy looks at, each of which takes up to 1 us.
# What most requests need in all is not interrupted.
_FIRST_TURN: Final = 10_000
_TURN: Final = 20_000
_CHARACTERS_READ = 2  # of a CSR, in the time of one value

_MOST_QUESTIONS: Final = 500  # at a time
_MOST_ANSWERS: Final = 30_000  # of a request: what is not asked for them counts as failed

_MOST_VIOLATIONS: Final = message.MOST_COUNTED + 1  # of a policy


@dataclass(frozen=True, slots=True)
class NeedAnswers:
    """What rules must be asked of the request for a review to go on."""

    questions: frozenset[Question]
    activation: Activation


class _Answers(dict[Question, Answer]):
    def __missing__(self, _: Question) -> Answer:
        return Answer.FAILED


Read = Callable[[Request], DecodedRequest | str]
"""Returns what a request asks for, or why it must not be signed whatever the policies say."""


class TurnOverError(Exception):
    """A bounded evaluation has taken as long as it may at a time; all it has found is kept."""


class Evaluation:
    """One request before any policy. It is read when a policy is first asked about it.

    A `bounded` one raises `TurnOverError` when it has taken its turn, and does not look for more
    violations of a policy than a message counts.
    """

    def __init__(
        self,
        request: Request,
        namespace_labels: Mapping[str, str],
        read: Read = read_or_reason,
        *,
        bounded: bool = False,
    ) -> None:
        self._read = read
        self._request = request
        self._namespace_labels = namespace_labels
        # By policy; the first two as far as rules need not be asked.
        self._permits: dict[str, bool] = {}
        self._without: dict[str, tuple[Violation, ...]] = {}
        self._violations: dict[str, tuple[Violation, ...]] = {}
        self._open: dict[str, dict[Question, None]] = {}
        self._answers = _Answers()
        self._missing_consents: dict[frozenset[str], str | None] = {}  # by names of policies
        self._most = _MOST_VIOLATIONS if bounded else None
        self._most_questions = _MOST_QUESTIONS if bounded else None
        self._most_answers = _MOST_ANSWERS if bounded else None
        self._left: float = _FIRST_TURN if bounded else inf

    def begin_turn(self) -> None:
        """Go on for another turn."""
        self._left = max(self._left, _TURN)

    def end_turns(self) -> None:
        """Do without turns what is still to be looked up: the evaluation has come to its end."""
        self._left = inf

    def stop_asking(self) -> None:
        """Take what rules have not answered by now for what they cannot judge."""
        self._most_answers = 0

    def read(self) -> None:
        """Read the request now, and not when a policy is first asked about it."""
        _ = self._reading

    @property
    def unacceptable(self) -> str | None:
        """What is wrong with the request whatever the policies say, None if nothing is.

        Of such a request no policy can say anything.
        """
        return None if isinstance(self._reading, DecodedRequest) else self._reading

    @cached_property
    def _decoded(self) -> DecodedRequest | None:
        return self._reading if isinstance(self._reading, DecodedRequest) else None

    @cached_property
    def _reading(self) -> DecodedRequest | str:
        self._spend(len(self._request.spec.request) // _CHARACTERS_READ)
        return self._read(self._request)

    @cached_property
    def _size(self) -> int:
        """How many values a policy looks at, at the most."""
        return self._decoded.size if self._decoded else 0

    def _spend(self, values: int) -> None:
        """Begin what takes so long, or leave it to the next turn; a whole turn is always enough."""
        if values > self._left < _TURN:
            raise TurnOverError
        self._left -= values

    def learn_answers(self, answers: Mapping[Question, Answer]) -> None:
        """Learn what rules say of the request."""
        self._answers.update(answers)

    def candidates(self, index: Index, names: frozenset[str]) -> frozenset[str]:
        """Return those of some policies' names that may permit the request."""
        return index.permitting(self._decoded, names) if names and self._decoded else frozenset()

    def permits(self, policy: Policy) -> bool | None:
        """Tell whether a policy permits the request, but for its rules; None if none can say."""
        permits = self._permits.get(policy.name)
        if permits is None and policy.ready and self._decoded:
            self._spend(self._size)
            permits = self._permits[policy.name] = policy.permits(self._decoded)
        return permits

    def answered(self, policy: Policy) -> bool:
        """Tell whether all that a policy's rules must be asked is answered."""
        return not self._unanswered(policy)

    def violations(self, policy: Policy) -> tuple[Violation, ...]:
        """Return the violations of a policy whose rules have been asked, each made once."""
        found = self._violations.get(policy.name)
        if found is None:
            assert self._decoded is not None  # noqa: S101 - or no rule would have been asked
            rules = policy.rule_violations(self._decoded, self._answers)
            found = self._first(chain(self._without_rules(policy), rules))
            self._violations[policy.name] = found
        return found

    def need_answers(self, policies: Iterable[Policy]) -> NeedAnswers | None:
        """Return what the rules of policies must still be asked, if anything."""
        unanswered = chain.from_iterable(map(self._unanswered, policies))
        questions = frozenset(islice(unanswered, self._most_questions))
        if self._decoded is None or not questions:
            return None
        return NeedAnswers(questions, activation(self._decoded, self._namespace_labels))

    def missing_consent(self, policies: Collection[Policy]) -> str | None:
        """Find what the CSR carries and no policy names: nobody would have judged it."""
        names = frozenset(policy.name for policy in policies)
        if names not in self._missing_consents:  # a review asks again after each of its turns
            self._missing_consents[names] = self._find_missing_consent(policies)
        return self._missing_consents[names]

    def _find_missing_consent(self, policies: Collection[Policy]) -> str | None:
        needed = tuple(consents.needed(self._decoded)) if self._decoded else ()
        given = [policy.consents for policy in policies] if needed else []
        if None in given:
            return None  # what was written may be more than what is known
        known = frozenset[consents.Consent]().union(*filter(None, given))
        for consent in needed:
            if consent not in known:
                return f"spec.request: {consent.missing}"
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
        return (None, ()) if permits else ("denied", self._without_rules(policy))

    def _without_rules(self, policy: Policy) -> tuple[Violation, ...]:
        """Return the violations of a policy but for its rules, each made once."""
        if self._decoded is None or self.permits(policy):
            return ()
        found = self._without.get(policy.name)
        if found is None:
            self._spend(self._size)
            found = self._without[policy.name] = self._first(policy.violations(self._decoded))
        return found

    def _first(self, violations: Iterable[Violation]) -> tuple[Violation, ...]:
        return tuple(islice(violations, self._most))

    def _unanswered(self, policy: Policy) -> Collection[Question]:
        """Return what a policy's rules must still be asked, found once."""
        if not policy.rule_checks or not policy.ready or self._decoded is None:
            return ()
        if self._most_answers is not None and len(self._answers) >= self._most_answers:
            return ()
        found = self._open.get(policy.name)
        if found is None:
            self._spend(self._size * len(policy.rule_checks))
            questions = islice(policy.questions(self._decoded), self._most_answers)
            found = self._open[policy.name] = dict.fromkeys(questions)
        for question in [each for each in found if each in self._answers]:
            del found[question]
        return found
