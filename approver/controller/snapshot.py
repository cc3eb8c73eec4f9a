"""What reviews go by: the policies of a cluster and the labels of its namespaces, at one moment."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Final

from approver.model import Request
from approver.review import Catalogue, Selection

_MOST_SELECTIONS: Final = 1_000


class Snapshot:
    """Policies and labels of one moment.

    Both are read when they are first needed. That is the same as at once, for a change of either
    makes the snapshot outdated.
    """

    def __init__(
        self,
        policies: Callable[[], Catalogue],
        namespace_labels: Callable[[str], Mapping[str, str] | None],
    ) -> None:
        self._policies = policies
        self._selections: dict[tuple[object, ...], Selection] = {}
        self.namespace_labels = namespace_labels
        """Returns a namespace's labels, None if nothing is known of it (yet)."""

    @cached_property
    def catalogue(self) -> Catalogue:
        """All policies."""
        return self._policies()

    def select(self, request: Request, namespace_labels: Mapping[str, str]) -> Selection:
        """Return the policies that apply to a request, sorted out once for all that are alike."""
        requester = request.requester
        alike = request.namespace, request.issuer, requester.username, requester.groups
        selection = self._selections.get(alike)
        if selection is None:
            if len(self._selections) >= _MOST_SELECTIONS:
                self._selections.clear()
            selection = Selection.of(self.catalogue, request, namespace_labels)
            self._selections[alike] = selection
        return selection


class Snapshots:
    """Holds the snapshot of now: another object after every change."""

    def __init__(self, take: Callable[[], Snapshot]) -> None:
        self._take = take
        self.current = take()
        self.number = 0
        """Of the snapshot, by which to remember it and not keep it."""

    def renew(self) -> None:
        """Take another: a policy or the labels of a namespace have changed."""
        self.current = self._take()
        self.number += 1
