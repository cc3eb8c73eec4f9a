"""The causes that there are, and which of them holds: the first that does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from approver.explain.facts import Facts
from approver.model import Condition, Decision, quote

OURS: Final = "policy.cert-manager.io"
"""The reason of the conditions that policy approvers set."""

Cause = Literal[
    "approved",
    "approved-by-another",
    "denied",
    "denied-by-another",
    "finished",
    "request-refused",
    "no-policies",
    "none-selects",
    "not-bound",
    "not-ready",
    "violations",
    "may-not-approve",
    "no-approver",
    "pending",
    "no-issuer",
    "unseen",
]
CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)


@dataclass(frozen=True, slots=True)
class Row:
    """What one policy has to say.

    `mismatch` is why it does not select the request, "" if it does. `bound` is None if that is not
    known. `would` is what it says of the request, if it were bound and selected it; `against` are
    its reasons. `misses` is how many parts of its selector do not match.
    """

    policy: str
    mismatch: str
    misses: int
    bound: bool | None
    ready: bool
    enforcing: bool
    would: Literal["approve", "deny", ""]
    against: Sequence[str]

    @property
    def distance(self) -> tuple[int, int, str]:
        """How far it is from approving."""
        steps = bool(self.mismatch) + (not self.bound) + (not self.ready) + (not self.enforcing)
        return (
            2 * bool(self.mismatch) + bool(self.against),
            steps + len(self.against),
            self.policy,
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """Facts, what policies say, and the verdicts: if all were bound, and `now`, if known."""

    facts: Facts
    rows: Sequence[Row]
    everyone: Decision
    now: Decision | None


Found = tuple[Cause, str] | None


def cause_of(seen: Seen) -> tuple[Cause, str]:
    """Return the cause, and a sentence that tells it."""
    for look in (_decided, _over, _unselected, _unbound):
        if found := look(seen):
            return found
    return _overdue(seen)


def _decided(seen: Seen) -> Found:
    condition = seen.facts.request.decision
    if condition is None:
        return None
    if condition.reason == OURS:
        return _decided_by_us(condition, seen.facts)
    by_another = f"by another approver ({condition.reason}): {condition.message}"
    if condition.type == "Approved":
        return "approved-by-another", f"APPROVED {by_another}"
    return "denied-by-another", f"DENIED {by_another}"


def _decided_by_us(condition: Condition, facts: Facts) -> Found:
    if condition.type == "Approved" and facts.issuer_exists is False:
        issuer = facts.request.issuer
        text = f"APPROVED, and nobody signs it: there is no {issuer.kind} {issuer.name}."
        return "no-issuer", text
    if condition.type == "Approved":
        return "approved", f"APPROVED: {condition.message}"
    return "denied", f"DENIED: {condition.message}"


def _over(seen: Seen) -> Found:
    if not seen.facts.request.open:
        return "finished", "The request is over: it was signed, failed, or is being deleted."
    if seen.everyone.request_problems:
        return "request-refused", f"NOT DECIDED, since: {seen.everyone.message}"
    return None


def _unselected(seen: Seen) -> Found:
    if seen.facts.policies is None:
        told = "; ".join(seen.facts.events.values())
        text = f"the approver told: {told}" if told else "policies could not be seen"
        return "unseen", f"NOT DECIDED, and {text}."
    if not seen.rows:
        return "no-policies", "NOT DECIDED: there is no policy."
    if not any(row.enforcing and not row.mismatch for row in seen.rows):
        return "none-selects", "NOT DECIDED: no policy that decides selects the request."
    return None


def _unbound(seen: Seen) -> Found:
    if seen.now is None:
        return "unseen", "NOT DECIDED, and who may use which policy could not be seen."
    if seen.now.verdict == "unmatched":
        who = quote(seen.facts.request.requester.username)
        text = f"NOT DECIDED: no policy that selects it is bound to the requester {who}."
        return "not-bound", text
    if seen.now.verdict == "waiting":
        return "not-ready", f"NOT DECIDED: {seen.now.message}"
    return None


def _overdue(seen: Seen) -> tuple[Cause, str]:
    """Tell why what could be decided is not."""
    now, facts = seen.now, seen.facts
    would = f"it would be {now.verdict}" if now else ""
    if trouble := facts.events.get("EvaluationError"):
        return "may-not-approve", f"NOT DECIDED: {would}, but {trouble}"
    if facts.approver == "":
        return "no-approver", f"NOT DECIDED: {would}, but no approver runs."
    message = now.message if now else ""
    if now and now.verdict == "denied":
        return "violations", f"NOT DECIDED yet; {would}: {message}"
    return "pending", f"NOT DECIDED yet; {would}: {message}"
