"""What is known of a request and of what it meets, and what could not be seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from approver.model import Request
from approver.policy import Policy
from approver.rbac import Bindings


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A request, and all that its decision depends on.

    `bound` is what the authorizer says of policies, by name; of the others `bindings` say it, and
    where that is None, too, nobody knows. `events` are the notes of the approver by their reasons.
    `approver` is who decides, "" nobody, None not known; `issuer_exists` is None if not known.
    `policies` is None if they could not be seen. `unseen` names what the reader, `seen_as`, was not
    permitted to see.
    """

    request: Request
    policies: Sequence[Policy] | None
    labels: Mapping[str, str]
    bindings: Bindings | None
    bound: Mapping[str, bool] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    approver: str | None = None
    issuer_exists: bool | None = None
    unseen: Sequence[str] = ()
    seen_as: str = ""

    def is_bound(self, policy: Policy) -> bool | None:
        """Tell whether the requester may use a policy, None if that is not known."""
        if policy.self_bound:
            return True
        if policy.name in self.bound:
            return self.bound[policy.name]
        if self.bindings is None:
            return None
        request = self.request
        return policy.name in self.bindings.usable(
            [policy.name], request.requester, request.namespace
        )
