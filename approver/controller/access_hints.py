"""Which policies a requester most likely may use, and which it was refused already."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from approver.kube.authorizer import Subject, subject_of
from approver.model import Requester
from approver.rbac import Bindings

_MOST_NAMES: Final = 100_000  # that are remembered, of all subjects


@dataclass(slots=True)
class _Found:
    allowed: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.allowed) + len(self.refused)


class AccessHints:
    """Roles and bindings say most of it, and where other authorizers have a say, their answers.

    These are kept until `drops` is another number: roles or bindings have changed. All are hints.
    Whether a requester may use a policy is for the API server to say, before each decision.
    """

    def __init__(self, bindings: Bindings, drops: Callable[[], int]) -> None:
        self._bindings = bindings
        self._drops = drops
        self._found = OrderedDict[Subject, _Found]()  # the oldest first
        self._number = 0  # of all names found
        self._as_of = drops()

    def likely(self, names: frozenset[str], requester: Requester, namespace: str) -> frozenset[str]:
        """Return those of some policies' names that are worth asking about first."""
        usable = self._bindings.usable(names, requester, namespace)
        found = self._of(requester, namespace)
        return usable | found.allowed if found else usable

    def unasked(
        self, names: frozenset[str], requester: Requester, namespace: str
    ) -> frozenset[str]:
        """Leave out what the requester was refused already."""
        found = self._of(requester, namespace)
        return names - found.refused if found else names

    def learn(self, answers: Mapping[str, bool], requester: Requester, namespace: str) -> None:
        """Remember which policies the requester may use, and may not."""
        found = self._of(requester, namespace)
        if found is None:
            found = self._found[subject_of(requester, namespace)] = _Found()
        before = len(found)
        for name, allowed in answers.items():
            (found.allowed if allowed else found.refused).add(name)
        self._number += len(found) - before
        while self._number > _MOST_NAMES and len(self._found) > 1:
            _, oldest = self._found.popitem(last=False)
            self._number -= len(oldest)

    def _of(self, requester: Requester, namespace: str) -> _Found | None:
        if self._as_of != self._drops():
            self._as_of = self._drops()
            self._found.clear()
            self._number = 0
        return self._found.get(subject_of(requester, namespace)) if self._found else None
