"""What of a request a check looks at, said so that it can be reasoned about for all requests."""

from dataclasses import dataclass, replace
from enum import Enum


class Values(Enum):
    """Which values of a field a check is shown."""

    EACH = "each"
    MISSING = "missing"  # an empty text if there is none
    EACH_OR_EMPTY = "each or empty"  # each, and an empty text if there is none
    DEFAULTED = "defaulted"  # each, and cert-manager's defaults if there is none
    ONE = "one"  # that every request has


@dataclass(frozen=True, slots=True)
class Part:
    """A field, by its structured name, and which of its values.

    Of values that OIDs name, it is those of `oid`, or, if that is None, those of all OIDs `but`
    these. A text that may be there once counts as missing if it is empty.
    """

    field: str
    values: Values = Values.EACH
    oid: str | None = None
    but: frozenset[str] | None = None

    def showing(self, values: Values) -> "Part":
        """Return the part that is other values of the same field."""
        return replace(self, values=values)
