"""What a refusal is: the rule that was broken, and how."""

import functools
from collections.abc import Callable
from typing import Final, Literal, ParamSpec, TypeVar, get_args

from approver.model import Error, quote, shorten
from approver.model.text import REMARK

RefusalRule = Literal[
    "attributes",
    "basic-constraints",
    "der",
    "extended-key-usage",
    "extensions",
    "key",
    "key-usage",
    "name-constraints",
    "pem",
    "san",
    "signature",
    "size",
    "subject",
    "unreadable",
    "version",
]
RULES: Final[tuple[RefusalRule, ...]] = get_args(RefusalRule)

_LONGEST_MESSAGE: Final = 300 - REMARK
_LONGEST_VALUE: Final = 80

P = ParamSpec("P")
R = TypeVar("R")


class Refused(Error, ValueError):  # noqa: N818 a verdict, no error of the program
    """A request that must not be signed, whatever a policy says.

    `rule` is one of RULES and stable; `message` starts with it, says what is wrong with which
    value, and is printable and of at most 300 characters.
    """

    def __init__(self, rule: RefusalRule, reason: str) -> None:
        self.rule = rule
        self.message = shorten(f"{rule}: {reason}", _LONGEST_MESSAGE)
        super().__init__(self.message)


class Malformed(ValueError):  # noqa: N818 the same, not yet named
    """A structure that breaks a rule which its reader does not know: `refused_as` names it."""


def refused_as(rule: RefusalRule) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a reader refuse, under this rule, what it finds malformed."""

    def decorate(reader: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(reader)
        def strict(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return reader(*args, **kwargs)
            except Malformed as error:
                raise Refused(rule, str(error)) from error

        return strict

    return decorate


def quoted(value: str | bytes) -> str:
    """Show a requester's value in a message."""
    text = value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")
    return quote(text, _LONGEST_VALUE)
