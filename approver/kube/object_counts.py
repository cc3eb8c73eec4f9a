"""How many objects of each class there are, without remembering the objects."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class ObjectCounts(Generic[T]):
    """Counts the objects of a list, then what a watch says of them; None is no object.

    An object that nobody remembers must not change its class.
    """

    def __init__(self, classify: Callable[[T], Hashable]) -> None:
        self._classify = classify
        self._counts = Counter[Hashable]()
        self._listed: Counter[Hashable] | None = None

    @property
    def counts(self) -> Mapping[Any, int]:
        """The objects by class, as of the last complete list and all that followed."""
        return +self._counts

    def begin(self) -> None:
        """Begin to count a new list."""
        self._listed = Counter()

    def end(self) -> None:
        """Take the numbers of the list, now that it is complete."""
        if self._listed is not None:
            self._counts, self._listed = self._listed, None

    def add(self, obj: T | None) -> None:
        """Count an object of the list, or one that was created."""
        if obj is not None:
            counts = self._counts if self._listed is None else self._listed
            counts[self._classify(obj)] += 1

    def change(self, old: T | None, new: T | None) -> None:
        """Count an object as what it has become; `old` is what was remembered of it."""
        if old is not None and new is not None:
            self._counts[self._classify(old)] -= 1
            self._counts[self._classify(new)] += 1

    def remove(self, obj: T | None) -> None:
        """Discount an object that was deleted."""
        if obj is not None:
            self._counts[self._classify(obj)] -= 1
