"""What a value must be: conditions that can be read as well as called.

`Wildcards`, in a module of its own, is one, too.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Protocol


class Condition(Protocol):
    """A condition is called with one value, as often as requests have one, and must be pure."""

    def __call__(self, value: Any, /) -> bool:  # noqa: ANN401 - each has values of its own
        """Tell whether a value is permitted."""
        ...


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of these."""

    values: tuple[Hashable, ...]

    def __call__(self, value: Hashable) -> bool:
        """Compare by equality."""
        return value in self.values


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The value is set, and not less than this."""

    bound: int

    def __call__(self, value: int | None) -> bool:
        """Compare; the bound itself is permitted."""
        return value is not None and value >= self.bound


@dataclass(frozen=True, slots=True)
class AtMost:
    """The value is set, and not greater than this."""

    bound: int

    def __call__(self, value: int | None) -> bool:
        """Compare; the bound itself is permitted."""
        return value is not None and value <= self.bound


@dataclass(frozen=True, slots=True)
class Never:
    """No value is permitted."""

    def __call__(self, _: object) -> bool:
        """Refuse it."""
        return False
