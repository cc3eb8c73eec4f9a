"""Which policies apply to a request: sorted out once for all requests that are alike in that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from approver.model import Request
from approver.policy import Policy


def by_name(policies: Iterable[Policy]) -> Mapping[str, Policy]:
    """Return policies in the order of their names, which is that of decisions."""
    return {policy.name: policy for policy in sorted(policies, key=lambda policy: policy.name)}


@dataclass(frozen=True, slots=True)
class Selection:
    """All policies by name, in that order, and those of them that apply, in the same order.

    It holds for all requests by one requester to one issuer from one namespace with its labels.
    """

    policies: Mapping[str, Policy]
    deciding: tuple[Policy, ...]
    auditing: tuple[Policy, ...]

    @classmethod
    def of(
        cls, policies: Mapping[str, Policy], request: Request, namespace_labels: Mapping[str, str]
    ) -> Self:
        """Sort out policies for a request."""
        selected = [
            policy for policy in policies.values() if policy.selects(request, namespace_labels)
        ]
        return cls(
            policies,
            tuple(policy for policy in selected if policy.enforcing),
            tuple(policy for policy in selected if not policy.enforcing),
        )
