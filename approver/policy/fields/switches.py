"""Fields that are true or false."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from approver.policy.accessor import Accessor
from approver.policy.check import Check
from approver.policy.conditions import OneOf
from approver.policy.decoded import DecodedRequest
from approver.policy.fields.field import NamedField, Style
from approver.policy.part import Part
from approver.policy.spec_reader import SpecReader


@dataclass(frozen=True, kw_only=True, eq=False)
class Switch(NamedField):
    """A switch. Structured: true permits both; pattern: what is asked for must be the same."""

    of: Callable[[DecodedRequest], bool]

    @cached_property
    def requested(self) -> Accessor:
        """True, where the request asks for it."""
        return Accessor(lambda request: (True,) if self.of(request) else (), part=Part(self.name))

    @cached_property
    def _value(self) -> Accessor:
        return Accessor.single(self.of, self.name)

    def read(self, node: SpecReader, style: Style) -> Iterator[Check]:
        """Read a boolean."""
        wanted = node.boolean()
        if style is Style.STRUCTURED:
            wanted = None if wanted else False
        if wanted is not None:
            yield Check(
                node.path,
                self._value,
                OneOf((wanted,)),
                rule=_lower(wanted),
                complaint=f"is not allowed, only {_lower(wanted)}",
                show=_lower,
            )


def _lower(value: bool) -> str:  # noqa: FBT001 - a value to show, not a switch
    return "true" if value else "false"
