"""Many policies and one request make a decision.

Who may use which policy is asked late, and elsewhere: a review says what it must know next
and decides once it is told.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from approver.model import Decision, PolicyTrace, Request, Verdict, Violation
from approver.policy import Asked, Policy
from approver.policy.about import about
from approver.policy.rules import DEFAULT_ENGINE, About, Answer, Question, RuleEngine
from approver.review import message
from approver.review.examine import UnacceptableError, examine


@dataclass(frozen=True, slots=True)
class Ask:
    """Which policies' bindings a review must know to go on; `anew`: not from a cache."""

    names: tuple[str, ...]
    anew: bool = False


@dataclass(frozen=True, slots=True)
class AskRules:
    """What rules must be asked of the request for a review to go on."""

    questions: frozenset[Question]
    about: About


class Review:
    """One request before the policies of a moment: `decide` until that gives a `Decision`."""

    def __init__(
        self, policies: Iterable[Policy], request: Request, namespace_labels: Mapping[str, str]
    ) -> None:
        self._policies = sorted(policies, key=lambda policy: policy.name)
        self._namespace_labels = namespace_labels
        self._selected = frozenset(
            policy.name for policy in self._policies if policy.selects(request, namespace_labels)
        )
        self._deciding = tuple(
            policy
            for policy in self._policies
            if policy.enforcing and policy.name in self._selected
        )
        self._violations: dict[str, tuple[Violation, ...]] = {}  # without those of rules
        self._answers: dict[Question, Answer] = {}
        self._self_bound = {
            policy.name: True
            for policy in self._policies
            if policy.binds and policy.name in self._selected
        }
        self._bound = dict(self._self_bound)
        self._asked_anew: set[str] = set()
        self._asked, self._unacceptable = _examined(request)

    def tell(self, bound: dict[str, bool], *, anew: bool = False) -> None:
        """Learn of policies, by name, whether they are bound to the requester."""
        self._bound |= bound | self._self_bound
        if anew:
            self._asked_anew.update(bound)

    def answer(self, answers: Mapping[Question, Answer]) -> None:
        """Learn what rules say of the request."""
        self._answers.update(answers)

    def decide(self) -> Decision | Ask | AskRules:
        """Return the decision, or what must be known first."""
        outcome = self._outcome()
        if isinstance(outcome, Decision):
            return self._ask_for_audit() or outcome
        return outcome

    def ask_all(self) -> AskRules | None:
        """Evaluate also the policies that cannot matter, for the trace, and ask their rules."""
        ready = [policy for policy in self._policies if self._evaluate(policy) is not None]
        return self._ask_rules(ready)

    def _outcome(self) -> Decision | Ask | AskRules:
        clean = [policy for policy in self._deciding if self._evaluate(policy) == ()]
        return (
            self._ask_rules(clean)
            or self._approval(clean)
            or self._bindings()
            or self._denial(clean)
        )

    def _approval(self, clean: list[Policy]) -> Decision | Ask | None:
        """Approve by the first policy that does and is bound, if there is one."""
        approving = self._approving(clean)
        for name in approving:
            if name not in self._bound:
                return self._ask(approving)
            if self._bound[name]:
                return self._decision("approved", message.approved(name), policy=name)
        return None

    def _bindings(self) -> Decision | Ask | None:
        """Make sure which policies are bound, and that one is."""
        names = [policy.name for policy in self._deciding]
        if unknown := tuple(name for name in names if name not in self._bound):
            return Ask(unknown)
        if any(self._bound[name] for name in names):
            return None
        return self._decision(
            "unmatched",
            message.unmatched(len(self._policies), len(names)),
            unacceptable=self._unlisted_extension([]),
        )

    def _denial(self, clean: list[Policy]) -> Decision | Ask | AskRules:
        """Deny, unless something unknown might still approve."""
        if unsure := set(self._approving(clean)) - self._asked_anew:
            return Ask(tuple(sorted(unsure)), anew=True)
        bound = [policy for policy in self._deciding if self._bound[policy.name]]
        if reason := self._unacceptable or self._unlisted_extension(bound):
            return self._decision("denied", message.unacceptable(reason), unacceptable=reason)
        if waiting := [policy.name for policy in bound if not policy.ready]:
            return self._decision("waiting", message.waiting(waiting))
        if question := self._ask_rules(bound):
            return question
        violations = {policy.name: self._all_violations(policy) for policy in bound}
        return self._decision("denied", message.denied(violations))

    def _approving(self, clean: list[Policy]) -> list[str]:
        return [policy.name for policy in clean if not self._all_violations(policy)]

    def _ask_for_audit(self) -> Ask | AskRules | None:
        """Ask what must be known to report on policies that do not decide."""
        auditing = [
            policy
            for policy in self._policies
            if not policy.enforcing
            and policy.name in self._selected
            and (self._evaluate(policy) or policy.rule_checks)
        ]
        if names := tuple(p.name for p in auditing if p.name not in self._bound):
            return Ask(names)
        return self._ask_rules([policy for policy in auditing if self._bound[policy.name]])

    def _evaluate(self, policy: Policy) -> tuple[Violation, ...] | None:
        """Return the violations that need no rules, None if there can be no saying."""
        if self._asked is None or not policy.ready:
            return None
        if policy.name not in self._violations:
            self._violations[policy.name] = policy.violations(self._asked)
        return self._violations[policy.name]

    def _all_violations(self, policy: Policy) -> tuple[Violation, ...]:
        """Return the violations of a policy whose rules have been asked."""
        assert self._asked is not None  # noqa: S101 - or no rule would have been asked
        plain = self._violations[policy.name]
        return plain + policy.rule_violations(self._asked, self._answers)

    def _unanswered(self, policy: Policy) -> Iterator[Question]:
        if self._asked is not None and policy.ready and policy.rule_checks:
            for question in policy.questions(self._asked):
                if question not in self._answers:
                    yield question

    def _ask_rules(self, policies: Iterable[Policy]) -> AskRules | None:
        questions = frozenset(chain.from_iterable(map(self._unanswered, policies)))
        if self._asked is None or not questions:
            return None
        return AskRules(questions, about(self._asked, self._namespace_labels))

    def _ask(self, names: list[str]) -> Ask:
        """Ask for one, and twice as many each time: the first often settles it."""
        unknown = [name for name in names if name not in self._bound]
        return Ask(tuple(unknown[: len(names) - len(unknown) + 1]))

    def _unlisted_extension(self, bound: list[Policy]) -> str | None:
        """Find an extension that no policy lists: it is copied, and nobody has judged it."""
        listed = frozenset().union(*(policy.extensions for policy in bound))
        for oid in self._asked.csr.extensions if self._asked else ():
            if oid not in listed:
                return f"spec.request: extension: {oid} is not allowed by any policy"
        return None

    def _decision(
        self,
        verdict: Verdict,
        text: str,
        *,
        policy: str | None = None,
        unacceptable: str | None = None,
    ) -> Decision:
        reason = unacceptable or self._unacceptable
        return Decision(
            verdict=verdict,
            policy=policy,
            message=text,
            request=(reason,) if reason else (),
            policies={policy.name: self._trace(policy) for policy in self._policies},
        )

    def _trace(self, policy: Policy) -> PolicyTrace:
        violations = self._violations.get(policy.name)
        evaluated: Literal["approved", "denied"] | None = None
        if violations is not None and not any(self._unanswered(policy)):
            violations = self._all_violations(policy)
            evaluated = "denied" if violations else "approved"
        elif violations:
            evaluated = "denied"
        return PolicyTrace(
            ready=policy.ready,
            enforcing=policy.enforcing,
            problems=policy.problems,
            selected=policy.name in self._selected,
            bound=self._bound.get(policy.name),
            evaluated=evaluated,
            violations=violations or (),
        )


def review(
    policies: Iterable[Policy],
    request: Request,
    bound: Collection[str] | None = None,
    namespace_labels: Mapping[str, str] | None = None,
    engine: RuleEngine | None = None,
) -> Decision:
    """Decide a request by all policies of a cluster, with the full trace.

    `bound` names the policies that the requester may use; None means all of them. `engine`
    answers rules, the default one if it is None; raise `RuleEngineError` if it cannot.
    """
    policies = list(policies)
    case = Review(policies, request, namespace_labels or {})
    case.tell(
        {policy.name: bound is None or policy.name in bound for policy in policies}, anew=True
    )
    if ask := case.ask_all():
        engine = engine or DEFAULT_ENGINE.get()
        case.answer(engine.ask(ask.questions, ask.about))
    decision = case.decide()
    assert isinstance(decision, Decision), "a review that knows everything does not ask"  # noqa: S101
    return decision


def _examined(request: Request) -> tuple[Asked | None, str | None]:
    try:
        return examine(request), None
    except UnacceptableError as error:
        return None, str(error)
