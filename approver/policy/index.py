"""Which of many policies may permit a request, found without asking each of them.

Policies tell requests apart by patterns, and nearly all of these say how a value begins or ends. So
a value is looked up by its own beginnings and ends, however many patterns there are.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from approver.policy.asked import Asked
from approver.policy.policy import Policy
from approver.policy.wildcard import Wildcards


class Index:
    """Names of policies by what a request must ask for to be permitted.

    What it leaves out breaks its policy for certain; what it finds must still be asked.
    """

    def __init__(self, policies: Iterable[Policy]) -> None:
        fields = defaultdict[Callable[[Asked], Sequence[Any]], dict[str, Wildcards]](dict)
        names = set[str]()
        for policy in policies:
            names.add(policy.name)
            for check in policy.checks:
                if isinstance(check.passes, Wildcards):
                    fields[check.values.of][policy.name] = check.passes
        self._names = frozenset(names)
        # A field that one policy alone restricts tells no others apart.
        self._fields = [
            (values_of, _Field(patterns, self._names.difference(patterns)))
            for values_of, patterns in fields.items()
            if len(patterns) > 1
        ]

    def candidates(self, asked: Asked) -> frozenset[str]:
        """Return the names of the policies that may permit a request, in no order."""
        found = [
            field.find(value)
            for values_of, field in self._fields
            for value in values_of(asked)[:1]  # tells as much as all of them, mostly
        ]
        return frozenset.intersection(*found) if found else self._names


class _Field:
    """The names of policies by their patterns for one field, which does not tell the `free`."""

    def __init__(self, patterns: Mapping[str, Wildcards], free: frozenset[str]) -> None:
        self._wholes = _by_text(patterns, lambda wildcards: wildcards.wholes)
        self._heads = _by_text(patterns, lambda wildcards: wildcards.heads)
        self._tails = _by_text(patterns, lambda wildcards: wildcards.tails)
        self._head_lengths = {len(head) for head in self._heads}
        self._tail_lengths = {len(tail) for tail in self._tails}
        self._free = free | {name for name, wildcards in patterns.items() if wildcards.others}

    def find(self, value: str) -> frozenset[str]:
        """Return the names of the policies that may permit a value."""
        size = len(value)
        found = [
            self._wholes.get(value),
            *(self._heads.get(value[:length]) for length in self._head_lengths),
            *(self._tails.get(value[size - length :]) for length in self._tail_lengths),
        ]
        return self._free.union(*filter(None, found))


def _by_text(
    patterns: Mapping[str, Wildcards], texts_of: Callable[[Wildcards], Iterable[str]]
) -> Mapping[str, set[str]]:
    names = defaultdict[str, set[str]](set)
    for name, wildcards in patterns.items():
        for text in texts_of(wildcards):
            names[text].add(name)
    return names
