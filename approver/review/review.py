"""Many policies and one request make a decision.

Who may use which policy is asked late, and elsewhere: a review says what it must know next
and decides once it is told.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Literal

from approver.model import Decision, PolicyTrace, Request, Verdict, Violation
from approver.policy import Asked, Policy
from approver.policy.about import about
from approver.policy.rules import DEFAULT_ENGINE, About, Answer, Question, RuleEngine
from approver.review import message
from approver.review.examine import UnacceptableError, examine
from approver.review.selection import Catalogue, Selection


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
    """One request before the policies of a moment: `decide` until that gives a `Decision`.

    `bound` is what is known already of who may use which policy. Nothing is looked at that cannot
    matter: no policy that is known not to be bound, and none after the first that approves.
    """

    def __init__(
        self,
        selection: Selection,
        request: Request,
        namespace_labels: Mapping[str, str],
        bound: Mapping[str, bool] | None = None,
    ) -> None:
        self._selection = selection
        self._request = request
        self._namespace_labels = namespace_labels
        self._permits: dict[str, bool] = {}  # as far as rules need not be asked
        self._answers: dict[Question, Answer] = {}
        self._bound: Mapping[str, bool] = {}
        self._learn(bound or {})
        self._told = 0  # how many times of how many policies
        self._asked_anew: set[str] = set()
        self._asked, self._unacceptable = _examined(request)

    def tell(self, bound: Mapping[str, bool], *, anew: bool = False) -> None:
        """Learn of policies, by name, whether they are bound to the requester."""
        self._learn(bound)
        self._told += len(bound)
        if anew:
            self._asked_anew.update(bound)

    def _learn(self, bound: Mapping[str, bool]) -> None:
        # Those that say themselves for whom they are need nobody's permission to be used.
        self._bound = {**self._bound, **bound, **dict.fromkeys(self._selection.binding, True)}

    def answer(self, answers: Mapping[Question, Answer]) -> None:
        """Learn what rules say of the request."""
        self._answers.update(answers)

    def decide(self) -> Decision | Ask | AskRules:
        """Return the decision, or what must be known first."""
        outcome = self._approval() or self._bindings() or self._denial()
        if isinstance(outcome, Decision):
            return self._ask_for_audit() or outcome
        return outcome

    def ask_all(self) -> AskRules | None:
        """Evaluate also the policies that cannot matter, for the trace, and ask their rules."""
        policies = self._selection.catalogue.policies.values()
        return self._ask_rules(
            [policy for policy in policies if self._evaluate(policy) is not None]
        )

    def _approval(self) -> Decision | Ask | AskRules | None:
        """Approve by the first policy that does and is bound, if there is one."""
        unjudged: list[Policy] = []
        unknown: list[str] = []
        approving = None
        for policy in self._permitting():
            if any(self._unanswered(policy)):
                unjudged.append(policy)
            elif not self._all_violations(policy):
                if self._binds(policy):
                    approving = policy.name
                    break
                unknown.append(policy.name)
                if len(unknown) > self._told:
                    break  # twice as many each time: the first often settles it
        if unjudged or unknown:
            return self._ask_rules(unjudged) or Ask(tuple(unknown))
        if approving is None:
            return None
        return self._decision("approved", message.approved(approving), policy=approving)

    def _bindings(self) -> Decision | Ask | None:
        """Make sure which policies are bound, and that one is."""
        deciding = self._selection.deciding.values()
        if unknown := tuple(policy.name for policy in deciding if self._binds(policy) is None):
            return Ask(unknown)
        if any(map(self._binds, deciding)):
            return None
        return self._decision(
            "unmatched",
            message.unmatched(len(self._selection.catalogue.policies), len(deciding)),
            unacceptable=self._unlisted_extension([]),
        )

    def _denial(self) -> Decision | Ask | AskRules:
        """Deny, unless something unknown might still approve."""
        deciding = self._selection.deciding.values()
        permitting = [policy for policy in deciding if self._evaluate(policy)]
        if question := self._ask_rules(permitting):
            return question
        approving = {policy.name for policy in permitting if not self._all_violations(policy)}
        if unsure := approving - self._asked_anew:
            return Ask(tuple(sorted(unsure)), anew=True)
        bound = [policy for policy in deciding if self._binds(policy)]
        if reason := self._unacceptable or self._unlisted_extension(bound):
            return self._decision("denied", message.unacceptable(reason), unacceptable=reason)
        if waiting := [policy.name for policy in bound if not policy.ready]:
            return self._decision("waiting", message.waiting(waiting))
        if question := self._ask_rules(bound):
            return question
        violations = {policy.name: self._all_violations(policy) for policy in bound}
        return self._decision("denied", message.denied(violations))

    def _ask_for_audit(self) -> Ask | AskRules | None:
        """Ask what must be known to report on policies that do not decide."""
        auditing = [
            policy
            for policy in self._selection.auditing.values()
            if self._evaluate(policy) is False or policy.rule_checks
        ]
        if names := tuple(p.name for p in auditing if self._binds(p) is None):
            return Ask(names)
        return self._ask_rules([policy for policy in auditing if self._binds(policy)])

    def _permitting(self) -> Iterator[Policy]:
        """Find the policies that permit the request, but for their rules, in order.

        Those that are known not to be bound are not even looked at.
        """
        deciding, bound = self._selection.deciding, self._bound
        candidates = self._candidates & deciding.keys()
        for name in sorted([name for name in candidates if bound.get(name, True)]):
            policy = deciding[name]
            if self._evaluate(policy):
                yield policy

    @cached_property
    def _candidates(self) -> frozenset[str]:
        if self._asked is None:
            return frozenset()
        return self._selection.catalogue.index.permitting(self._asked)

    def _binds(self, policy: Policy) -> bool | None:
        """Tell whether a policy that applies is bound to the requester, None if nobody knows."""
        return self._bound.get(policy.name)

    def _evaluate(self, policy: Policy) -> bool | None:
        """Tell whether a policy permits the request, but for its rules; None if none can say."""
        if self._asked is None or not policy.ready:
            return None
        permits = self._permits.get(policy.name)
        if permits is None:
            permits = self._permits[policy.name] = policy.permits(self._asked)
        return permits

    def _all_violations(self, policy: Policy) -> tuple[Violation, ...]:
        """Return the violations of a policy whose rules have been asked."""
        assert self._asked is not None  # noqa: S101 - or no rule would have been asked
        rules = policy.rule_violations(self._asked, self._answers)
        return rules if self._evaluate(policy) else policy.violations(self._asked) + rules

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

    def _unlisted_extension(self, bound: list[Policy]) -> str | None:
        """Find an extension that no policy lists: it is copied, and nobody has judged it."""
        if self._asked is None or not self._asked.csr.extensions:
            return None
        listed = frozenset().union(*(policy.extensions for policy in bound))
        for oid in self._asked.csr.extensions:
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
            policies=_Traces(self._selection.catalogue.policies, self._trace),
            bearing=self._bearing(policy),
        )

    def _bearing(self, approving: str | None) -> tuple[str, ...]:
        audits = self._bound_of(self._selection.auditing)
        deciding = (approving,) if approving else self._bound_of(self._selection.deciding)
        return (*deciding, *audits)

    def _bound_of(self, policies: Mapping[str, Policy]) -> Iterator[str]:
        return (name for name, policy in policies.items() if self._binds(policy))

    def _trace(self, policy: Policy) -> PolicyTrace:
        selected = policy.selects(self._request, self._namespace_labels)
        permits = self._permits.get(policy.name)
        evaluated: Literal["approved", "denied"] | None = None
        violations: tuple[Violation, ...] = ()
        if permits is not None and not any(self._unanswered(policy)):
            violations = self._all_violations(policy)
            evaluated = "denied" if violations else "approved"
        elif permits is False and self._asked is not None:
            violations = policy.violations(self._asked)
            evaluated = "denied"
        return PolicyTrace(
            ready=policy.ready,
            enforcing=policy.enforcing,
            problems=policy.problems,
            selected=selected,
            bound=self._binds(policy),
            evaluated=evaluated,
            violations=violations,
        )


class _Traces(Mapping[str, PolicyTrace]):
    """The trace of each policy, made when somebody looks at it: that costs more than to decide."""

    def __init__(
        self, policies: Mapping[str, Policy], trace: Callable[[Policy], PolicyTrace]
    ) -> None:
        self._policies = policies
        self._trace = trace

    def __getitem__(self, name: str) -> PolicyTrace:
        return self._trace(self._policies[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def __len__(self) -> int:
        return len(self._policies)


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
    labels = namespace_labels or {}
    case = Review(Selection.of(Catalogue(policies), request, labels), request, labels)
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
