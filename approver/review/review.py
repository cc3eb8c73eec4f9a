"""Many policies and one request make a decision.

Who may use which policy is asked late, and elsewhere: a review says what it must know next
and decides once it is told.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, overload

from approver.model import Decision, PolicyTrace, Request, Verdict
from approver.policy import Policy
from approver.review import message
from approver.review.evaluation import Evaluation, NeedAnswers, Read, TurnOverError
from approver.review.examine import read_or_reason
from approver.review.selection import Catalogue, Selection
from approver.rules import DEFAULT_ENGINE, Answer, Question, RuleEngine


@dataclass(frozen=True, slots=True)
class NeedBindings:
    """Which policies' bindings a review must know to go on; `anew`: not from a cache."""

    names: tuple[str, ...]
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """What is known already of who may use which policy, by name.

    `bound` is so for certain. `likely` are those that are worth asking about first; None: all.
    """

    bound: Mapping[str, bool]
    likely: frozenset[str] | None = None


_NOTHING_KNOWN: Final = Access({})


@dataclass(frozen=True, slots=True)
class NeedTurn:
    """That the review has taken long enough, and must let others have theirs before it goes on."""


class Review:
    """One request before the policies of a moment: `decide` until that gives a `Decision`.

    Nothing is looked at that cannot matter: no policy that is known not to be bound, and none after
    the first that approves. Policies that are likely to be bound are asked about first. The others
    are asked about before a denial, where they might approve or would have to be waited for. If no
    likely one is bound, the request counts as unmatched until somebody asks about the others.

    A `bounded` review works for no more than some 20 ms at a time, asks few questions at a time,
    and finds only some of the violations of each policy. A request is read if a policy asks about
    it, or `always_read`, by whoever looks at what is wrong with it whatever the policies say.
    """

    def __init__(
        self,
        selection: Selection,
        request: Request,
        namespace_labels: Mapping[str, str],
        access: Access = _NOTHING_KNOWN,
        *,
        bounded: bool = False,
        read: Read = read_or_reason,
        always_read: bool = False,
    ) -> None:
        self._selection = selection
        self._request = request
        self._namespace_labels = namespace_labels
        self._likely = access.likely
        self._evaluation = Evaluation(request, namespace_labels, read, bounded=bounded)
        self._always_read = always_read
        self._bound: Mapping[str, bool] = {}
        self._learn(access.bound)
        self._bindings_learned = 0
        self._learned_anew: set[str] = set()

    def learn_bindings(self, bound: Mapping[str, bool], *, anew: bool = False) -> None:
        """Learn of policies, by name, whether they are bound to the requester."""
        self._learn(bound)
        self._bindings_learned += len(bound)
        if anew:
            self._learned_anew.update(bound)

    def learn_answers(self, answers: Mapping[Question, Answer]) -> None:
        """Learn what rules say of the request."""
        self._evaluation.learn_answers(answers)

    def take_turn(self) -> None:
        """Hear that others have had theirs."""
        self._evaluation.begin_turn()

    def stop_asking(self) -> None:
        """Take what rules have not answered by now for what they cannot judge."""
        self._evaluation.stop_asking()

    def decide(self) -> Decision | NeedBindings | NeedAnswers | NeedTurn:
        """Return the decision, or what must come first."""
        try:
            if self._always_read:
                self._evaluation.read()
            outcome = self._approval() or self._bindings() or self._doubts() or self._denial()
            if isinstance(outcome, Decision):
                outcome = self._needs_of_audit() or outcome
        except TurnOverError:
            return NeedTurn()
        if isinstance(outcome, Decision):
            self._evaluation.end_turns()
        return outcome

    def need_all_answers(self) -> NeedAnswers | None:
        """Evaluate also the policies that cannot matter, for the trace, and ask their rules."""
        policies = self._selection.catalogue.policies.values()
        evaluated = [policy for policy in policies if self._evaluation.permits(policy) is not None]
        return self._evaluation.need_answers(evaluated)

    def _learn(self, bound: Mapping[str, bool]) -> None:
        # Those that say themselves for whom they are need nobody's permission to be used.
        self._bound = {**self._bound, **bound, **dict.fromkeys(self._selection.self_bound, True)}

    def _approval(self) -> Decision | NeedBindings | NeedAnswers | None:
        """Approve by the first policy that does and is bound, if there is one."""
        unanswered: list[Policy] = []
        unknown: list[str] = []
        approving = None
        for policy in self._permitting(self._worth_asking):
            if not self._evaluation.answered(policy):
                unanswered.append(policy)
            elif not self._evaluation.violations(policy):
                if self._is_bound(policy.name):
                    approving = policy.name
                    break
                unknown.append(policy.name)
                if len(unknown) > self._bindings_learned:
                    break  # twice as many each time: the first often settles it
        if unanswered or unknown:
            return self._evaluation.need_answers(unanswered) or NeedBindings(tuple(unknown))
        if approving is None:
            return None
        return self._decision("approved", message.approved(approving), policy=approving)

    def _bindings(self) -> Decision | NeedBindings | None:
        """Make sure which of the likely policies are bound, and that one is."""
        selection = self._selection
        if unknown := sorted(self._likely_ones - self._bound.keys()):
            return NeedBindings(tuple(unknown))
        if self._bound_of(selection.deciding):
            return None
        text = message.unmatched(self._request, applies=bool(selection.deciding))
        return self._decision("unmatched", text, unasked=selection.names - self._bound.keys())

    def _doubts(self) -> NeedBindings | NeedAnswers | None:
        """Ask what might still approve, or would have to be waited for."""
        selection = self._selection
        permitting = list(self._permitting(selection.names))
        if question := self._evaluation.need_answers(permitting):
            return question
        approving = {
            policy.name for policy in permitting if not self._evaluation.violations(policy)
        }
        if unsure := approving - self._learned_anew:
            return NeedBindings(tuple(sorted(unsure)), anew=True)
        unready = sorted(selection.unready - self._bound.keys())
        return NeedBindings(tuple(unready)) if unready else None

    def _denial(self) -> Decision | NeedAnswers:
        """Deny, or wait for a policy that is not ready: nothing else might approve."""
        if reason := self._problem():
            return self._decision("denied", message.unacceptable(reason))
        bound = self._bound_of(self._selection.deciding)
        if waiting := [policy.name for policy in bound if not policy.ready]:
            return self._decision("waiting", message.waiting(waiting))
        if question := self._evaluation.need_answers(bound):
            return question
        violations = {policy.name: self._evaluation.violations(policy) for policy in bound}
        return self._decision("denied", message.denied(violations))

    def _needs_of_audit(self) -> NeedBindings | NeedAnswers | None:
        """Ask what must be known to report on policies that do not decide."""
        auditing = [
            policy
            for policy in self._selection.auditing.values()
            if self._evaluation.permits(policy) is False or policy.rule_checks
        ]
        if names := tuple(p.name for p in auditing if self._must_be_asked(p.name)):
            return NeedBindings(names)
        bound = [policy for policy in auditing if self._is_bound(policy.name)]
        if question := self._evaluation.need_answers(bound):
            return question
        for policy in bound:
            self._evaluation.outcome(policy)  # in its turn, and not while somebody writes a log
        return None

    def _permitting(self, names: frozenset[str]) -> Iterator[Policy]:
        """Find those of some policies that permit the request, but for their rules, in order."""
        selection = self._selection
        for name in sorted(self._evaluation.candidates(selection.catalogue.index, names)):
            policy = selection.deciding[name]
            if self._evaluation.permits(policy):
                yield policy

    @cached_property
    def _likely_ones(self) -> frozenset[str]:
        """Those of the deciding policies that are likely to be bound."""
        names = self._selection.names
        return names if self._likely is None else names & self._likely

    @property
    def _worth_asking(self) -> frozenset[str]:
        """Those that are bound, or likely to be: the others are not even looked at."""
        bound = {name for name, bound in self._bound.items() if bound}
        return (self._likely_ones - self._bound.keys()) | (self._selection.names & bound)

    def _must_be_asked(self, name: str) -> bool:
        """Tell whether it is not known yet that a policy is bound, and likely."""
        return name not in self._bound and (self._likely is None or name in self._likely)

    def _is_bound(self, name: str) -> bool | None:
        """Tell whether a policy that applies is bound to the requester, None if nobody knows."""
        return self._bound.get(name)

    def _bound_of(self, policies: Mapping[str, Policy]) -> list[Policy]:
        """Return those of some policies that are bound, in order."""
        names = [name for name, bound in self._bound.items() if bound and name in policies]
        return [policies[name] for name in sorted(names)]

    def _decision(
        self,
        verdict: Verdict,
        text: str,
        *,
        policy: str | None = None,
        unasked: frozenset[str] = frozenset(),
    ) -> Decision:
        return Decision(
            verdict=verdict,
            policy=policy,
            message=text,
            request_problems=() if verdict == "approved" else _Problems(self._problem),
            policies=_Traces(self._selection.catalogue.policies, self._trace),
            deciding_policies=self._deciding_policies(policy),
            unasked=unasked,
        )

    def _problem(self) -> str | None:
        """Find what is wrong with the request whatever its policies say."""
        bound = self._bound_of(self._selection.deciding)
        return self._evaluation.unacceptable or self._evaluation.missing_consent(bound)

    def _deciding_policies(self, approving: str | None) -> tuple[str, ...]:
        deciding = [] if approving else self._bound_of(self._selection.deciding)
        audits = self._bound_of(self._selection.auditing)
        first = (approving,) if approving else ()
        return (*first, *(policy.name for policy in (*deciding, *audits)))

    def _trace(self, policy: Policy) -> PolicyTrace:
        evaluated, violations = self._evaluation.outcome(policy)
        return PolicyTrace(
            ready=policy.ready,
            enforcing=policy.enforcing,
            problems=policy.problems,
            mismatch=policy.selector.mismatch(self._request, self._namespace_labels),
            bound=self._is_bound(policy.name),
            verdict=evaluated,
            violations=violations,
        )


class _Problems(Sequence[str]):
    """What is wrong with a request itself, looked for when somebody asks: that takes reading it."""

    def __init__(self, find: Callable[[], str | None]) -> None:
        self._find = find

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return self._found[index]

    def __len__(self) -> int:
        return len(self._found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._found == tuple(other)

    def __hash__(self) -> int:
        return hash(self._found)

    @cached_property
    def _found(self) -> tuple[str, ...]:
        problem = self._find()
        return () if problem is None else (problem,)


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
    policies: Iterable[Policy] | Catalogue,
    request: Request,
    bound: Collection[str] | None = None,
    namespace_labels: Mapping[str, str] | None = None,
    engine: RuleEngine | None = None,
) -> Decision:
    """Decide a request by all policies of a cluster, with the full trace.

    `bound` names the policies that the requester may use; None means all of them. `engine`
    answers rules, the default one if it is None; raise `RuleEngineError` if it cannot. To decide
    many requests, give it a catalogue.
    """
    catalogue = policies if isinstance(policies, Catalogue) else Catalogue(policies)
    labels = namespace_labels or {}
    case = Review(Selection.of(catalogue, request, labels), request, labels)
    case.learn_bindings(
        {name: bound is None or name in bound for name in catalogue.policies}, anew=True
    )
    if ask := case.need_all_answers():
        engine = engine or DEFAULT_ENGINE.get()
        case.learn_answers(engine.ask(ask.questions, ask.activation))
    decision = case.decide()
    assert isinstance(decision, Decision), "a review that knows everything does not ask"  # noqa: S101
    return decision
