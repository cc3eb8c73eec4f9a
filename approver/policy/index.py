"""Which of many policies may matter to a request, found without asking each of them.

Policies tell requests apart by patterns, and nearly all of these say how a value begins or ends. So
a value is looked up by its own beginnings and ends, however many patterns there are.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from approver.model import Request
from approver.policy.decoded import DecodedRequest
from approver.policy.policy import Policy
from approver.policy.wildcard import Wildcards

T = TypeVar("T")
_Values = Callable[[T], Sequence[str]]


class Index:
    """Names of policies, by what they select and by what they permit.

    What it leaves out does not select, or not permit, for certain; the others must still be asked.
    """

    def __init__(self, policies: Iterable[Policy]) -> None:
        by_name = {policy.name: policy for policy in policies}
        self._names = frozenset(by_name)
        self._selecting = _Fields[Request](by_name, lambda policy: policy.selector.patterns)
        self._permitting = _Fields[DecodedRequest](by_name, _permitted)

    def selecting(self, request: Request) -> frozenset[str]:
        """Return the names of the policies that may select a request, in no order."""
        return self._selecting.find(request, self._names)

    def permitting(self, request: DecodedRequest, names: frozenset[str]) -> frozenset[str]:
        """Return those of some policies' names that may permit a request, in no order."""
        return self._permitting.find(request, names)


def _permitted(policy: Policy) -> Iterator[tuple[_Values[DecodedRequest], Wildcards]]:
    for check in policy.checks:
        if isinstance(check.condition, Wildcards):
            yield check.values.of, check.condition


class _Fields(Generic[T]):
    """Names of policies by the patterns of all fields that `patterns_of` finds in them."""

    def __init__(
        self,
        policies: Mapping[str, Policy],
        patterns_of: Callable[[Policy], Iterable[tuple[_Values[T], Wildcards]]],
    ) -> None:
        fields = defaultdict[_Values[T], dict[str, Wildcards]](dict)
        for name, policy in policies.items():
            for values_of, wildcards in patterns_of(policy):
                fields[values_of][name] = wildcards
        names = frozenset(policies)
        # A field that one policy alone restricts tells no others apart.
        self._fields = [
            (values_of, _Field(patterns, names.difference(patterns)))
            for values_of, patterns in fields.items()
            if len(patterns) > 1
        ]

    def find(self, request: T, names: frozenset[str]) -> frozenset[str]:
        """Return those of the names that none of the fields excludes."""
        for values_of, field in self._fields:
            for value in values_of(request)[:1]:  # tells as much as all of them, mostly
                names = field.find(value, names)
        return names


class _Field:
    """The names of policies by their patterns for one field, which does not tell the `free`."""

    def __init__(self, patterns: Mapping[str, Wildcards], free: frozenset[str]) -> None:
        self._wholes = _by_text(patterns, lambda wildcards: wildcards.wholes)
        self._heads = _by_text(patterns, lambda wildcards: wildcards.heads)
        self._tails = _by_text(patterns, lambda wildcards: wildcards.tails)
        self._head_lengths = {len(head) for head in self._heads}
        self._tail_lengths = {len(tail) for tail in self._tails}
        self._free = free | {name for name, wildcards in patterns.items() if wildcards.others}

    def find(self, value: str, names: frozenset[str]) -> frozenset[str]:
        """Return those of the names whose policies may permit a value."""
        size = len(value)
        found = [
            self._wholes.get(value),
            *[self._heads.get(value[:length]) for length in self._head_lengths],
            *[self._tails.get(value[size - length :]) for length in self._tail_lengths],
        ]
        return (names & self._free).union(*[names & those for those in found if those])


def _by_text(
    patterns: Mapping[str, Wildcards], texts_of: Callable[[Wildcards], Iterable[str]]
) -> Mapping[str, set[str]]:
    names = defaultdict[str, set[str]](set)
    for name, wildcards in patterns.items():
        for text in texts_of(wildcards):
            names[text].add(name)
    return names
