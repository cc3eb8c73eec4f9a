"""What a rule finds, and how it can be mended."""

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from approver.lint.rule import LintRule
    from approver.lint.subject import LintObject


class Severity(IntEnum):
    """How bad it is; greater is worse."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """Return it as people write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Fix:
    """How a text is to be changed, at the path of a field.

    `quote`: the value as it stands, in quotes. `replace`: the value by `text`. `within`: in the
    value `old`, which stands there once, by `text`. `rename`: the key by `text`. `remove`: the
    field, or the item of a list. Only what is `safe` leaves what is permitted as it was meant.
    """

    kind: Literal["quote", "replace", "within", "rename", "remove"]
    text: str = ""
    old: str = ""
    safe: bool = True
    path: str = ""
    """Where to change it, if that is not where the finding is."""


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule found at a field, whose path is like `spec.allowed.usages`; "" is the object.

    `hint` is how to mend it, `witness` a request that was approved and ought not to be. `of` is
    the object, None for the one that the rule was given.
    """

    path: str
    message: str
    hint: str = ""
    fix: Fix | None = None
    witness: str = ""
    of: "LintObject | None" = None
    is_key: bool = False
    """Whether it is the key that is wrong, and not the value."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A hit of a rule on an object."""

    rule: "LintRule"
    of: "LintObject"
    hit: Hit

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.rule.severity
