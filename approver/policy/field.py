"""What a field of the policy language is."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from approver.policy.check import AnyCheck
from approver.policy.spec_reader import SpecReader


class Style(Enum):
    """The two ways of writing a policy."""

    STRUCTURED = "structured"
    PATTERN = "pattern"


class FieldNames(NamedTuple):
    """What a field is called below `spec` in each style; None where a style lacks it."""

    structured: str | None
    pattern: str | None

    def find(self, spec: SpecReader, style: Style) -> SpecReader:
        """Return the field as this spec sets it; a style that lacks the field never does."""
        name = self.structured if style is Style.STRUCTURED else self.pattern
        if name:
            return spec.at(name)
        return SpecReader(None, f"{spec.path}.{self.structured or self.pattern}", spec.problems)


class Field(Protocol):
    """A field of the policy language."""

    @property
    def spellings(self) -> tuple[FieldNames, ...]:
        """What a spec may set."""
        ...

    def checks(self, spec: SpecReader, style: Style) -> Iterator[AnyCheck]:
        """Read the field, noting problems in the spec; yield what it asks of requests."""
        ...


@dataclass(frozen=True)
class SingleField:
    """A field of one name in each style."""

    names: FieldNames

    @property
    def spellings(self) -> tuple[FieldNames, ...]:
        """Its one name."""
        return (self.names,)
