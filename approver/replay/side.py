"""One set of policies, and what it says of a request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from approver.model import Decision, Request, Verdict
from approver.policy import Policy
from approver.rbac import Bindings
from approver.review import Catalogue, review


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict, the policy that approves, and otherwise why none does.

    `rule` is what stands against it, whatever was asked for: the same for all it is against.
    """

    verdict: Verdict | Literal["undecided"]
    policy: str = ""
    cause: str = ""
    rule: str = field(default="", compare=False)


class Side:
    """Policies, and who may use them; without bindings, all count as bound."""

    def __init__(self, policies: Sequence[Policy], bindings: Bindings | None) -> None:
        self._catalogue = Catalogue(policies)
        self._bindings = bindings
        self._selected: dict[frozenset[str], Catalogue] = {}

    def outcome(self, request: Request, labels: Mapping[str, str]) -> Outcome:
        """Tell what becomes of a request. Raise `RuleEngineError`."""
        # The others would only add to the trace, which costs more than to decide.
        names = self._catalogue.index.selecting(request)
        if (policies := self._selected.get(names)) is None:
            known = self._catalogue.policies
            policies = self._selected[names] = Catalogue(known[name] for name in names)
        bound = None
        if self._bindings is not None:
            bound = self._bindings.usable(names, request.requester, request.namespace)
        decision = review(policies, request, bound, labels)
        return Outcome(decision.verdict, decision.policy or "", *_cause(decision))


def recorded(request: Request) -> Outcome:
    """Tell what was decided of a request at the time."""
    decision = request.decision
    if decision is None:
        return Outcome("undecided", "", "it was not decided")
    verdict: Verdict = "approved" if decision.type == "Approved" else "denied"
    return Outcome(verdict, "", f"{decision.reason}: {decision.message}")


def _cause(decision: Decision) -> tuple[str, str]:
    """Say in a few words why a request is not approved: what the nearest policy has against it.

    The second text is the rule that is broken, if one is.
    """
    if decision.verdict == "approved":
        return "", ""
    if decision.request_problems or decision.verdict == "waiting":
        return decision.message, ""
    against = [
        (len(trace.violations), name, trace.violations[0])
        for name, trace in decision.policies.items()
        if trace.selected and trace.bound and trace.enforcing and trace.violations
    ]
    if not against:
        return "no policy that selects it is bound to the requester", ""
    _, name, first = min(against, key=lambda each: each[:2])
    return f"{name}: {first}", f"{name}: {first.field}: {first.rule}"
