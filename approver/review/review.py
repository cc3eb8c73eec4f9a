"""Many policies and one request make a decision.

Who may use which policy is asked late, and elsewhere: a review says what it must know next
and decides once it is told.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from approver.model import Decision, PolicyTrace, Request, Verdict, Violation
from approver.policy import Asked, Policy
from approver.review import message
from approver.review.examine import UnacceptableError, examine


@dataclass(frozen=True, slots=True)
class Ask:
    """Which policies' bindings a review must know to go on; `anew`: not from a cache."""

    names: tuple[str, ...]
    anew: bool = False


class Review:
    """One request before the policies of a moment: `decide` until that gives a `Decision`."""

    def __init__(
        self, policies: Iterable[Policy], request: Request, namespace_labels: Mapping[str, str]
    ) -> None:
        self._policies = sorted(policies, key=lambda policy: policy.name)
        self._selected = frozenset(
            policy.name for policy in self._policies if policy.selects(request, namespace_labels)
        )
        self._deciding = tuple(
            policy
            for policy in self._policies
            if policy.enforcing and policy.name in self._selected
        )
        self._violations: dict[str, tuple[Violation, ...]] = {}
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

    def decide(self) -> Decision | Ask:
        """Return the decision, or what must be known first."""
        outcome = self._outcome()
        if isinstance(outcome, Decision) and (names := self._unreported()):
            return Ask(names)
        return outcome

    def _outcome(self) -> Decision | Ask:
        approving = [policy.name for policy in self._deciding if self._approves(policy)]
        for name in approving:
            if name not in self._bound:
                return self._ask(approving)
            if self._bound[name]:
                return self._decision("approved", message.approved(name), policy=name)
        if any(policy.name not in self._bound for policy in self._deciding):
            return Ask(tuple(p.name for p in self._deciding if p.name not in self._bound))
        bound = [policy for policy in self._deciding if self._bound[policy.name]]
        if not bound:
            return self._decision(
                "unmatched", message.unmatched(len(self._policies), len(self._deciding))
            )
        if unsure := [name for name in approving if name not in self._asked_anew]:
            return Ask(tuple(unsure), anew=True)
        return self._without_approval(bound)

    def evaluate_all(self) -> None:
        """Evaluate also the policies that cannot matter, for the trace."""
        for policy in self._policies:
            self._evaluate(policy)

    def _without_approval(self, bound: list[Policy]) -> Decision:
        if reason := self._unacceptable or self._unlisted_extension(bound):
            return self._decision("denied", message.unacceptable(reason), unacceptable=reason)
        if waiting := [policy.name for policy in bound if not policy.ready]:
            return self._decision("waiting", message.waiting(waiting))
        violations = {policy.name: self._violations[policy.name] for policy in bound}
        return self._decision("denied", message.denied(violations))

    def _approves(self, policy: Policy) -> bool:
        return self._evaluate(policy) == ()

    def _evaluate(self, policy: Policy) -> tuple[Violation, ...] | None:
        if self._asked is None or not policy.ready:
            return None
        if policy.name not in self._violations:
            self._violations[policy.name] = policy.violations(self._asked)
        return self._violations[policy.name]

    def _ask(self, names: list[str]) -> Ask:
        """Ask for one, and twice as many each time: the first often settles it."""
        unknown = [name for name in names if name not in self._bound]
        return Ask(tuple(unknown[: len(names) - len(unknown) + 1]))

    def _unreported(self) -> tuple[str, ...]:
        """Name the audit policies whose violations count if they are bound to the requester."""
        return tuple(
            policy.name
            for policy in self._policies
            if not policy.enforcing
            and policy.name in self._selected
            and policy.name not in self._bound
            and self._evaluate(policy)
        )

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
        if violations is not None:
            evaluated = "denied" if violations else "approved"
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
) -> Decision:
    """Decide a request by all policies of a cluster, with the full trace.

    `bound` names the policies that the requester may use; None means all of them.
    """
    policies = list(policies)
    case = Review(policies, request, namespace_labels or {})
    case.evaluate_all()
    case.tell(
        {policy.name: bound is None or policy.name in bound for policy in policies}, anew=True
    )
    decision = case.decide()
    assert isinstance(decision, Decision), "a review that knows everything does not ask"  # noqa: S101
    return decision


def _examined(request: Request) -> tuple[Asked | None, str | None]:
    try:
        return examine(request), None
    except UnacceptableError as error:
        return None, str(error)
