"""What may become of a request, by a model of its own: it shares no code with the approver.

Policies here allow domains to whoever is bound to them, and they change all the time. A decision
is right if it is under one of the states that the cluster may have been in between the creation of
the request and the write.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

LAG = 1.0
"""Seconds by which the API server's own authorizer may be behind a change."""


class Outcome(NamedTuple):
    """`Approved` by a policy, `Denied`, or neither."""

    kind: str | None
    policy: str | None = None


@dataclass(frozen=True)
class State:
    """The domains that each policy allows, and who is bound to which policy."""

    policies: Mapping[str, frozenset[str]] = field(default_factory=dict)
    bound: frozenset[tuple[str, str]] = frozenset()

    def outcome(self, requester: str, domain: str) -> Outcome:
        """Say what is to become of a request."""
        names = sorted(name for name in self.policies if (name, requester) in self.bound)
        for name in names:
            if domain in self.policies[name]:
                return Outcome("Approved", name)
        return Outcome("Denied") if names else Outcome(None)

    def allowing(self, policy: str, domains: frozenset[str]) -> "State":
        return replace(self, policies={**self.policies, policy: domains})

    def without(self, policy: str) -> "State":
        others = {name: domains for name, domains in self.policies.items() if name != policy}
        return replace(self, policies=others)

    def binding(self, policy: str, requester: str) -> "State":
        return replace(self, bound=self.bound | {(policy, requester)})

    def unbinding(self, policy: str, requester: str) -> "State":
        return replace(self, bound=self.bound - {(policy, requester)})


@dataclass
class _Span:
    state: State
    since: float
    until: float = float("inf")


class History:
    """The states that there have been, with the times between which each may have held.

    Of a change it is known when it was sent and when it was acknowledged; in between, both the old
    state and the new one may hold.
    """

    def __init__(self) -> None:
        self._spans = [_Span(State(), 0.0)]

    @property
    def now(self) -> State:
        """The state after all changes."""
        return self._spans[-1].state

    def changing(self, state: State, sent: float) -> None:
        """Note a change that is on its way."""
        self._spans.append(_Span(state, sent))

    def changed(self, acknowledged: float) -> None:
        """Note that the last change has happened."""
        self._spans[-2].until = acknowledged

    def changing_after(self, time: float) -> bool:
        """Say whether there was a change after a time."""
        return self._spans[-1].since > time

    def outcomes(
        self, requester: str, domain: str, created: float, written: float
    ) -> Iterator[Outcome]:
        """Yield what may become of a request that was created and decided at these times."""
        for span in self._spans:
            if span.since <= written and span.until + LAG >= created:
                yield span.state.outcome(requester, domain)
