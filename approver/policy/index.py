"""Which of many policies may matter to a request, found without asking each of them.

Policies tell requests apart by patterns, and nearly all of these say how a value begins or ends. So
a value is looked up by its own beginnings and ends, however many patterns there are.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, Self, TypeVar

from approver.model import Request
from approver.policy.decoded import DecodedRequest
from approver.policy.policy import Policy
from approver.policy.wildcard import Wildcards

T = TypeVar("T")
_Values = Callable[[T], Sequence[str]]
_Found = Iterable[tuple[_Values[T], Wildcards]]


class Change(NamedTuple):
    """A policy as it was and as it is; None where there is none."""

    old: Policy | None
    new: Policy | None


class Index:
    """Names of policies, by what they select and by what they permit. It never changes.

    What it leaves out does not select, or not permit, for certain; the others must still be asked.
    """

    def __init__(self, policies: Iterable[Policy] = ()) -> None:
        changes = [Change(None, policy) for policy in policies]
        self._names = frozenset(change.new.name for change in changes if change.new)
        self._selecting = _Fields[Request](_selected).changed(changes)
        self._permitting = _Fields[DecodedRequest](_permitted).changed(changes)

    def changed(self, changes: Sequence[Change]) -> "Index":
        """Return what it becomes by some changes; that costs little more than to copy it."""
        index = Index()
        gone = {change.old.name for change in changes if change.old}
        index._names = (self._names - gone) | {each.new.name for each in changes if each.new}
        index._selecting = self._selecting.changed(changes)
        index._permitting = self._permitting.changed(changes)
        return index

    def selecting(self, request: Request) -> frozenset[str]:
        """Return the names of the policies that may select a request, in no order."""
        return self._selecting.find(request, self._names)

    def permitting(self, request: DecodedRequest, names: frozenset[str]) -> frozenset[str]:
        """Return those of some policies' names that may permit a request, in no order."""
        return self._permitting.find(request, names)


def _selected(policy: Policy) -> _Found[Request]:
    return policy.selector.patterns


def _permitted(policy: Policy) -> Iterator[tuple[_Values[DecodedRequest], Wildcards]]:
    for check in policy.checks:
        if isinstance(check.condition, Wildcards):
            yield check.values.of, check.condition


class _Patterns(NamedTuple):
    """What a policy has for a field before and after a change; None where it has nothing."""

    name: str
    old: Wildcards | None
    new: Wildcards | None


class _Fields(Generic[T]):
    """Names of policies by the patterns of all fields that `patterns_of` finds in them."""

    def __init__(self, patterns_of: Callable[[Policy], _Found[T]]) -> None:
        self._patterns_of = patterns_of
        self._fields: dict[_Values[T], _Field] = {}

    def changed(self, changes: Iterable[Change]) -> Self:
        touched = defaultdict[_Values[T], list[_Patterns]](list)
        for old, new in changes:
            if old:
                for values_of, wildcards in self._patterns_of(old):
                    touched[values_of].append(_Patterns(old.name, wildcards, None))
            if new:
                for values_of, wildcards in self._patterns_of(new):
                    touched[values_of].append(_Patterns(new.name, None, wildcards))
        fields = type(self)(self._patterns_of)
        fields._fields = self._fields | {
            values_of: self._fields.get(values_of, _NO_FIELD).changed(patterns)
            for values_of, patterns in touched.items()
        }
        return fields

    def find(self, request: T, names: frozenset[str]) -> frozenset[str]:
        """Return those of the names that none of the fields excludes."""
        for values_of, field in self._fields.items():
            if field.number > 1:  # a field that one policy alone restricts tells no others apart
                for value in values_of(request)[:1]:  # tells as much as all of them, mostly
                    names = field.find(value, names)
        return names


class _Names:
    """The names of policies that have a text."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}
        self.lengths: dict[int, int] = {}
        """Of the texts, with the number of those of that length."""

    def changed(
        self, changes: Iterable[_Patterns], texts_of: Callable[[Wildcards], Iterable[str]]
    ) -> "_Names":
        names = _Names()
        names._names, names.lengths = self._names.copy(), self.lengths.copy()
        copied = set[str]()
        for name, old, new in changes:
            for text in texts_of(old) if old else ():
                names._copy(text, copied).discard(name)
            for text in texts_of(new) if new else ():
                names._copy(text, copied).add(name)
        for text in copied:
            if not names._names[text]:
                del names._names[text]
                names._count(text, -1)
        return names

    def get(self, text: str) -> set[str] | None:
        return self._names.get(text)

    def _copy(self, text: str, copied: set[str]) -> set[str]:
        """Return the names of a text, to be changed: those that others share are copied once."""
        if text not in copied:
            copied.add(text)
            if text not in self._names:
                self._count(text, 1)
            self._names[text] = set(self._names.get(text, ()))
        return self._names[text]

    def _count(self, text: str, number: int) -> None:
        length = len(text)
        self.lengths[length] = self.lengths.get(length, 0) + number
        if not self.lengths[length]:
            del self.lengths[length]


class _Field(NamedTuple):
    """The names of policies by their patterns for one field.

    `number` is how many have patterns for it. `told` are those that it tells apart: they have
    patterns, and all of these can be looked up.
    """

    wholes: _Names
    heads: _Names
    tails: _Names
    told: frozenset[str]
    number: int

    def changed(self, changes: Sequence[_Patterns]) -> "_Field":
        told = set(self.told)
        for name, old, new in changes:
            if old:
                told.discard(name)
            if new and not new.others:
                told.add(name)
        return _Field(
            self.wholes.changed(changes, lambda wildcards: wildcards.wholes),
            self.heads.changed(changes, lambda wildcards: wildcards.heads),
            self.tails.changed(changes, lambda wildcards: wildcards.tails),
            frozenset(told),
            self.number + sum((new is not None) - (old is not None) for _, old, new in changes),
        )

    def find(self, value: str, names: frozenset[str]) -> frozenset[str]:
        """Return those of the names whose policies may permit a value."""
        size = len(value)
        found = [
            self.wholes.get(value),
            *[self.heads.get(value[:length]) for length in self.heads.lengths],
            *[self.tails.get(value[size - length :]) for length in self.tails.lengths],
        ]
        return (names - self.told).union(*[names & those for those in found if those])


_NO_FIELD = _Field(_Names(), _Names(), _Names(), frozenset(), 0)
