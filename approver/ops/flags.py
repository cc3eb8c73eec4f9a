"""Flags: each is a field of a settings dataclass, which says all there is to say of it.

    workers: int = flag("how many requests are decided at a time", "32", positive)

The command line, the environment variables and docs/flags.md follow from it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any, TypeVar

from approver.model import ServiceAccount, parse_duration
from approver.model.dns import SHORT_LABEL, SHORT_SUBDOMAIN

T = TypeVar("T")

_PREFIX = "APPROVER_"
_SHORTEST_LIFE_SECONDS = 5.0
_LONGEST_LIFE_HOURS = 10 * 365 * 24
LONGEST_LIFE = timedelta(hours=_LONGEST_LIFE_HOURS)
"""Of what a `lifetime` can be set of."""


@dataclass(frozen=True, slots=True)
class Flag:
    """What a flag is; `name` and `field` are filled in by `flags_of`.

    `parse` reads its text, and raises `ValueError` with what is wrong. `default` is text, too.
    A switch takes no value. A repeated flag adds to a tuple, and has no environment variable.
    """

    help: str
    default: str | None = None
    parse: Callable[[str], object] = str
    name: str = ""
    field: str = ""
    switch: bool = False
    repeated: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that says the same, "" if there is none."""
        if self.repeated:
            return ""
        return _PREFIX + self.name.removeprefix("--").replace("-", "_").upper()


def flag(
    help: str,  # noqa: A002 - argparse's word
    default: str | None = None,
    parse: Callable[[str], object] = str,
    *,
    name: str = "",
) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a flag that takes a value."""
    value = None if default is None else parse(default)
    return field(default=value, metadata={"flag": Flag(help, default, parse, name)})


def switch(help: str, *, name: str = "") -> Any:  # noqa: A002, ANN401 - as above
    """Declare a flag that is off unless it is given."""
    return field(default=False, metadata={"flag": Flag(help, "false", boolean, name, switch=True)})


def repeated(help: str, parse: Callable[[str], object] = str, *, name: str = "") -> Any:  # noqa: A002, ANN401 - as above
    """Declare a flag that may be given several times."""
    return field(default=(), metadata={"flag": Flag(help, None, parse, name, repeated=True)})


def flags_of(settings: type) -> Iterator[Flag]:
    """Yield the flags of a settings dataclass, in their order."""
    for each in fields(settings):
        declared: Flag = each.metadata["flag"]
        name = declared.name or "--" + each.name.replace("_", "-")
        yield replace(declared, name=name, field=each.name)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A parser of one of some words."""

    words: tuple[str, ...]

    def __call__(self, text: str) -> str:
        """Read a word."""
        if text not in self.words:
            raise ValueError(f"{text!r} is none of {', '.join(self.words)}")
        return text


def one_of(*words: str) -> OneOf:
    """Return a parser of one of some words."""
    return OneOf(words)


def boolean(text: str) -> bool:
    """Read `true` or `false`."""
    return one_of("true", "false")(text) == "true"


def positive(text: str) -> int:
    """Read a whole number from 1 on."""
    if not text.isdecimal():
        raise ValueError(f"{text} is not a number")
    if int(text) < 1:
        raise ValueError(f"{text} is less than 1")
    return int(text)


def at_most(limit: int) -> Callable[[str], int]:
    """Return a parser of a whole number from 1 to `limit`."""

    def parse(text: str) -> int:
        number = positive(text)
        if number > limit:
            raise ValueError(f"{text} is more than {limit}")
        return number

    return parse


def port(text: str) -> int:
    """Read the number of a port, or 0."""
    if text.startswith("-"):
        raise ValueError(f"{text} is less than 0")
    return 0 if text == "0" else at_most(65_535)(text)


def account(text: str) -> ServiceAccount:
    """Read the `NAMESPACE/NAME` of a service account."""
    namespace, _, name = text.partition("/")
    found = ServiceAccount.parse(ServiceAccount(namespace, name).username)
    if found is None:
        raise ValueError(f"{text!r} is not NAMESPACE/NAME of a service account")
    return found


def _name_of(pattern: str, characters: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{text!r} is not a name of {characters}")
        return text

    return parse


label = _name_of(SHORT_LABEL, "at most 63 lower case letters, digits and -")
"""Read a name that is a label of DNS."""
subdomain = _name_of(SHORT_SUBDOMAIN, "lower case letters, digits, - and .")
"""Read a name as most objects have one."""


def optional(parse: Callable[[str], T]) -> Callable[[str], T | None]:
    """Return a parser that takes an empty text for None."""
    return lambda text: parse(text) if text else None


def seconds(text: str) -> float:
    """Read a Go duration that is not negative, as seconds."""
    try:
        nanoseconds = parse_duration(text)
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from None
    if nanoseconds < 0:
        raise ValueError(f"{text} is less than 0")
    return nanoseconds / 1e9


def lifetime(text: str) -> float:
    """Read a Go duration in which something can be used, as seconds."""
    found = seconds(text)
    if found < _SHORTEST_LIFE_SECONDS:
        raise ValueError(f"{text} is less than {_SHORTEST_LIFE_SECONDS:g}s")
    if found > LONGEST_LIFE.total_seconds():
        raise ValueError(f"{text} is more than {_LONGEST_LIFE_HOURS}h")
    return found


def level(names: Sequence[str]) -> Callable[[str], str]:
    """Return a parser of a log level: a name, or a number, of which 2 and more is the last."""
    known = one_of(*names)

    def parse(text: str) -> str:
        if text.isdecimal():
            return names[-2] if int(text) <= 1 else names[-1]
        return known(text)

    return parse
