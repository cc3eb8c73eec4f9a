"""What a field of the policy language is."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from approver.policy.accessor import Accessor
from approver.policy.check import AnyCheck, Check
from approver.policy.conditions import Never
from approver.policy.spec_reader import SpecReader


class Style(Enum):
    """The two ways of writing a policy."""

    STRUCTURED = "structured"
    PATTERN = "pattern"


class Absent(Enum):
    """What a style says that has no name for a field: nothing may be asked for there, or all."""

    FORBIDS = "forbids"
    PERMITS = "permits"


class Field(ABC):
    """A field of the policy language, or what it has no field for."""

    @property
    @abstractmethod
    def requested(self) -> Accessor:
        """All that a request can ask for in this field; no values if it asks for nothing."""

    @abstractmethod
    def names(self, style: Style) -> tuple[str, ...]:
        """Return the paths below `spec` that a policy in this style may set."""

    @abstractmethod
    def checks(self, spec: SpecReader, style: Style) -> Iterable[AnyCheck]:
        """Return what a policy asks of requests in this field, noting problems in its spec."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NamedField(Field):
    """A field with a name below `spec` in either style, or in one of them.

    What it means that a style lacks the field is decided here, and nowhere else.
    """

    structured: str | Absent
    pattern: str | Absent

    @abstractmethod
    def read(self, node: SpecReader, style: Style) -> Iterator[AnyCheck]:
        """Read the field, noting problems; yield what it asks of requests.

        It is called for each policy that sets the field, and once for all others of a style.
        """

    @property
    def name(self) -> str:
        """What one style or the other calls it; no other field is called so."""
        names = (self.structured, self.pattern)
        return next(name for name in names if not isinstance(name, Absent))

    def names(self, style: Style) -> tuple[str, ...]:
        """Return its name, if the style has one."""
        name = _name_in(self, style)
        return () if isinstance(name, Absent) else (name,)

    def node(self, spec: SpecReader, style: Style) -> SpecReader | None:
        """Return the field as a spec has it; None if it is not set, or the style lacks it."""
        name = _name_in(self, style)
        return None if isinstance(name, Absent) else spec.find(name)

    def checks(self, spec: SpecReader, style: Style) -> Iterable[AnyCheck]:
        """Read the field; where the style lacks it, forbid or permit all."""
        node = self.node(spec, style)
        return _unset(self, spec.path, style) if node is None else self.read(node, style)


@lru_cache(maxsize=1024)
def _unset(field: NamedField, root: str, style: Style) -> tuple[AnyCheck, ...]:
    """Return what all policies ask, with a spec at `root`, that do not set a field, as most do."""
    name = _name_in(field, style)
    if not isinstance(name, Absent):
        return tuple(field.read(SpecReader(None, f"{root}.{name}", {}), style))
    # A violation looks where the other style has the field.
    return (forbid(f"{root}.{field.name}", field.requested),) if name is Absent.FORBIDS else ()


def _name_in(field: NamedField, style: Style) -> str | Absent:
    return field.structured if style is Style.STRUCTURED else field.pattern


def forbid(path: str, values: Accessor) -> Check:
    """Return the check that a request asks for none of these values."""
    return Check(
        path, values, Never(), rule="", complaint="is not allowed: the policy has no such value"
    )
