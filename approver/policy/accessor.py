"""Where in a request a check finds the values that it judges."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from approver.policy.decoded import DecodedRequest
from approver.policy.part import Part, Values

Pairs = Iterable[tuple[str, Any]]
"""Requested values, each behind what tells it from the others of its field."""


@dataclass(frozen=True, slots=True)
class Accessor:
    """Finds values in a request.

    `of` returns them. `keys` returns what names each of them in the path of a violation, such as
    `[1]` or `[2.5.4.42]`; it is None where the field's own name is enough. `part` says what they
    are, None if no policy can permit any.
    """

    of: Callable[[DecodedRequest], Sequence[Any]]
    keys: Callable[[DecodedRequest], Sequence[str]] | None = None
    part: Part | None = None

    @classmethod
    def single(cls, value: Callable[[DecodedRequest], Any], field: str) -> "Accessor":
        """Find the one value that every request has."""
        return cls(lambda request: (value(request),), part=Part(field, Values.ONE))

    @classmethod
    def named(
        cls, pairs: Callable[[DecodedRequest], Pairs], part: Part | None = None
    ) -> "Accessor":
        """Find the values of pairs of a name and a value."""
        return cls(
            lambda request: [value for _, value in pairs(request)],
            lambda request: [f"[{name}]" for name, _ in pairs(request)],
            part,
        )

    def keyed(self, request: DecodedRequest) -> Pairs:
        """Return each value behind its key, "" if it needs none; what is repeated, once."""
        values = self.of(request)
        keys = self.keys(request) if self.keys else [""] * len(values)
        return dict.fromkeys(zip(keys, values, strict=True))
