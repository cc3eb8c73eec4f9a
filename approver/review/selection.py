"""Which policies apply to a request: sorted out once for all requests that are alike in that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from approver.model import Request
from approver.policy import Policy
from approver.policy.index import Change, Index


class Catalogue:
    """All policies of a moment, in the order of their names, which is that of decisions."""

    def __init__(self, policies: Iterable[Policy] = ()) -> None:
        self.policies: Mapping[str, Policy] = {
            policy.name: policy for policy in sorted(policies, key=lambda policy: policy.name)
        }
        self.index = Index(self.policies.values())
        """The policies by what they select and permit."""

    def changed(self, policies: Mapping[str, Policy | None]) -> "Catalogue":
        """Return it with some policies as they are now, by name; None is for one that is gone."""
        changes = [Change(self.policies.get(name), new) for name, new in policies.items()]
        known = dict(self.policies)
        for name, policy in policies.items():
            if policy is None:
                known.pop(name, None)
            else:
                known[name] = policy
        if not known.keys() <= self.policies.keys():
            known = dict(sorted(known.items()))
        catalogue = Catalogue()
        catalogue.policies = known
        catalogue.index = self.index.changed(changes)
        return catalogue

    @cached_property
    def compiled(self) -> bool:
        """Whether it is known of every policy if its rules can be used."""
        return all(policy.compiled for policy in self.policies.values())


@dataclass(frozen=True, slots=True)
class Selection:
    """Those policies of a catalogue that apply, by name and in that order.

    `names` are those of the deciding ones, `unready` of those that are not ready, `self_bound` of
    all that say themselves for whom they are. A selection holds for all requests by one requester
    to one issuer from one namespace with its labels.
    """

    catalogue: Catalogue
    deciding: Mapping[str, Policy]
    auditing: Mapping[str, Policy]
    names: frozenset[str]
    unready: frozenset[str]
    self_bound: frozenset[str]

    @classmethod
    def of(
        cls, catalogue: Catalogue, request: Request, namespace_labels: Mapping[str, str]
    ) -> Self:
        """Sort out policies for a request."""
        selected = {
            name: policy
            for name in sorted(catalogue.index.selecting(request))
            if (policy := catalogue.policies[name]).selects(request, namespace_labels)
        }
        deciding = {name: policy for name, policy in selected.items() if policy.enforcing}
        return cls(
            catalogue,
            deciding,
            {name: policy for name, policy in selected.items() if not policy.enforcing},
            names=frozenset(deciding),
            unready=frozenset(name for name, policy in deciding.items() if not policy.ready),
            self_bound=frozenset(name for name, policy in selected.items() if policy.self_bound),
        )
