"""What an approver makes of a decision, where it is to do more, or less, than carry it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from approver.model import Decision
from approver.review import message

LABEL: Final = "policy.cert-manager.io/enforcement"
"""The label of a namespace, with the value `audit`."""


@dataclass(frozen=True, slots=True)
class Enforcement:
    """How policies are enforced.

    `audit` approves what they would deny or leave, `namespace_audit` does so where a namespace is
    labelled for it. `unmatched_grace` is in seconds: what no policy decides is denied then, and
    never if it is None. `no_policies_grace` is in seconds, too: it is approved then, if the cluster
    has had no policy meanwhile, and never if it is None.

    What is wrong with a request itself is never overruled.
    """

    audit: bool = False
    namespace_audit: bool = False
    unmatched_grace: float | None = None
    no_policies_grace: float | None = None

    @property
    def looks_at_problems(self) -> bool:
        """Whether it matters what is wrong with a request that no policy decides."""
        return self.audit or self.namespace_audit or self.no_policies_grace is not None

    def apply(
        self,
        decision: Decision,
        namespace_labels: Mapping[str, str],
        *,
        no_policies_for: float | None,
        unmatched_for: float | None,
    ) -> Decision:
        """Return what is to be done instead of a decision, or the decision itself.

        `no_policies_for` is in seconds, None if the cluster has, or has had, a policy.
        `unmatched_for` is in seconds, None if a policy's readiness is not known yet.
        """
        if decision.verdict not in {"denied", "unmatched"} or decision.unasked:
            return decision
        unmatched = decision.verdict == "unmatched"
        if not decision.request_problems:
            if unmatched and _is_over(self.no_policies_grace, no_policies_for):
                return replace(decision, verdict="approved", message=message.NO_POLICIES)
            if self._audits(namespace_labels):
                text = message.audited(decision.message)
                return replace(decision, verdict="approved", message=text, enforcement="audit")
        if unmatched and _is_over(self.unmatched_grace, unmatched_for):
            return replace(decision, verdict="denied")
        return decision

    def _audits(self, namespace_labels: Mapping[str, str]) -> bool:
        labelled = namespace_labels.get(LABEL) == "audit"
        return self.audit or (self.namespace_audit and labelled)


def _is_over(grace: float | None, elapsed: float | None) -> bool:
    return grace is not None and elapsed is not None and elapsed >= grace
