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
    never if it is None. `approve_when_no_policies` approves as long as a cluster has none.

    What is wrong with a request itself is never overruled.
    """

    audit: bool = False
    namespace_audit: bool = False
    unmatched_grace: float | None = None
    approve_when_no_policies: bool = False

    def apply(
        self,
        decision: Decision,
        namespace_labels: Mapping[str, str],
        *,
        any_policy: bool,
        unmatched_for: float | None,
    ) -> Decision:
        """Return what is to be done instead of a decision, or the decision itself.

        `any_policy`: the cluster has a policy. `unmatched_for` is in seconds, None if a policy's
        readiness is not known yet.
        """
        if decision.verdict not in {"denied", "unmatched"}:
            return decision
        unmatched = decision.verdict == "unmatched"
        if not decision.request_problems:
            if unmatched and self.approve_when_no_policies and not any_policy:
                return replace(decision, verdict="approved", message=message.NO_POLICIES)
            if self._audits(namespace_labels):
                text = message.audited(decision.message)
                return replace(decision, verdict="approved", message=text, enforcement="audit")
        if unmatched and self._over(unmatched_for):
            return replace(decision, verdict="denied")
        return decision

    def _audits(self, namespace_labels: Mapping[str, str]) -> bool:
        labelled = namespace_labels.get(LABEL) == "audit"
        return self.audit or (self.namespace_audit and labelled)

    def _over(self, unmatched_for: float | None) -> bool:
        grace = self.unmatched_grace
        return grace is not None and unmatched_for is not None and unmatched_for >= grace
