"""What a rule is, and what can be asked of it."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

Scope = Literal["value", "request"]


@dataclass(frozen=True, slots=True)
class CelRule:
    """A CEL expression that says yes or no.

    With scope "value" it is over `self`, one value of the request, and `cr`; with scope
    "request" over `request`.
    """

    text: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a rule. If it is `usable`, it can be asked all the same, and may fail.

    One that may not be `lasting` can be due to a busy machine. The text continues "rule: ",
    without a full stop.
    """

    text: str
    usable: bool = False
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """What a rule says of a request; `value` is its `self`, if it has one."""

    rule: CelRule
    value: str = ""


class Answer(Enum):
    """What a rule says.

    FAILED is an error at evaluation, or a rule that was stopped twice for its own time or memory.
    """

    TRUE = "true"
    FALSE = "false"
    FAILED = "failed"
