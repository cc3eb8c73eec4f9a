"""Rules in CEL, read as far as they can be reasoned about: a small part of the language.

What is not of that part is `Unknown`, and nothing is concluded from it. The engine has compiled the
rule already, so what is read here is known to be CEL.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<raw>[rR](?:'[^'\n]*'|"[^"\n]*"))
  | (?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
  | (?P<name>[A-Za-z_]\w*)
  | (?P<number>\d+(?![\w.]))
  | (?P<sign>&&|\|\||==|!=|<=|>=|[<>!()\[\],.+])
    )""",
    re.VERBOSE,
)
_ESCAPES: Final = {"\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?", "n": "\n", "t": "\t"}
_COMPARISONS: Final = ("==", "!=", "<=", ">=", "<", ">")
_LONGEST: Final = 2_000
_DEEPEST: Final = 50


@dataclass(frozen=True, slots=True)
class Constant:
    """A text, a whole number or a truth value."""

    value: str | int | bool


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, with the fields that are selected of it: `request.key.size`."""

    path: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A list, item by item."""

    items: "Sequence[Expression]"


@dataclass(frozen=True, slots=True)
class Call:
    """An operator, function or method with its arguments, the target being the first of them."""

    function: str
    arguments: "Sequence[Expression]"


@dataclass(frozen=True, slots=True)
class ForEach:
    """`all` or `exists`: over a list, with a variable for its items."""

    macro: str
    items: "Expression"
    variable: str
    condition: "Expression"


@dataclass(frozen=True, slots=True)
class Unknown:
    """What is not of this part of CEL."""


Expression = Constant | Name | Listed | Call | ForEach | Unknown


class _NotHereError(Exception):
    """The rule is beyond what is read here."""


def parse(text: str) -> Expression:
    """Read a rule; all of it is `Unknown` if a part of it has a form that is not read here."""
    try:
        return _Parser(text).rule()
    except _NotHereError:
        return Unknown()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._place = self._depth = 0

    def rule(self) -> Expression:
        found = self._any_of()
        if self._kind:
            raise _NotHereError
        return found

    @property
    def _kind(self) -> str:
        return self._tokens[self._place][0] if self._place < len(self._tokens) else ""

    def _is(self, *signs: str) -> str:
        """Take a sign if it is next; return it, "" if it is not."""
        if self._kind == "sign" and self._tokens[self._place][1] in signs:
            self._place += 1
            return self._tokens[self._place - 1][1]
        return ""

    def _take(self, kind: str) -> str:
        if self._kind != kind:
            raise _NotHereError
        self._place += 1
        return self._tokens[self._place - 1][1]

    def _need(self, sign: str) -> None:
        if not self._is(sign):
            raise _NotHereError

    def _any_of(self) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _NotHereError
        found = self._all_of()
        while self._is("||"):
            found = Call("||", (found, self._all_of()))
        self._depth -= 1
        return found

    def _all_of(self) -> Expression:
        found = self._comparison()
        while self._is("&&"):
            found = Call("&&", (found, self._comparison()))
        return found

    def _comparison(self) -> Expression:
        found = self._sum()
        if sign := self._is(*_COMPARISONS):
            found = Call(sign, (found, self._sum()))
        elif self._kind == "name" and self._tokens[self._place][1] == "in":
            self._place += 1
            found = Call("in", (found, self._sum()))
        if self._kind == "sign" and self._tokens[self._place][1] in _COMPARISONS:
            raise _NotHereError
        return found

    def _sum(self) -> Expression:
        found = self._unary()
        while self._is("+"):
            found = Call("+", (found, self._unary()))
        return found

    def _unary(self) -> Expression:
        return Call("!", (self._unary(),)) if self._is("!") else self._member()

    def _member(self) -> Expression:
        found = self._primary()
        while self._is("."):
            name = self._take("name")
            if self._is("("):
                found = self._method(found, name)
            elif isinstance(found, Name):
                found = Name(f"{found.path}.{name}")
            else:
                raise _NotHereError
        if self._kind == "sign" and self._tokens[self._place][1] == "[":
            raise _NotHereError
        return found

    def _method(self, target: Expression, name: str) -> Expression:
        arguments = self._arguments(")")
        if name in {"all", "exists"}:
            match arguments:
                case [Name(variable), condition] if "." not in variable:
                    return ForEach(name, target, variable, condition)
            raise _NotHereError
        return Call(name, (target, *arguments))

    def _arguments(self, end: str) -> list[Expression]:
        found = list[Expression]()
        while not self._is(end):
            if found:
                self._need(",")
            found.append(self._any_of())
        return found

    def _primary(self) -> Expression:
        match self._kind:
            case "text" | "raw" | "number":
                return Constant(_constant(*self._next()))
            case "name":
                name = self._take("name")
                if name in {"true", "false"}:
                    return Constant(name == "true")
                return Call(name, self._arguments(")")) if self._is("(") else Name(name)
        if self._is("["):
            return Listed(self._arguments("]"))
        self._need("(")
        found = self._any_of()
        self._need(")")
        return found

    def _next(self) -> tuple[str, str]:
        self._place += 1
        return self._tokens[self._place - 1]


def _tokens(text: str) -> Sequence[tuple[str, str]]:
    found = list[tuple[str, str]]()
    text, place = text.rstrip(), 0
    if len(text) > _LONGEST:
        raise _NotHereError
    while place < len(text):
        token = _TOKEN.match(text, place)
        if not token or not token.lastgroup:
            raise _NotHereError
        found.append((token.lastgroup, token[token.lastgroup]))
        place = token.end()
    return found


def _constant(kind: str, text: str) -> str | int:
    if kind == "number":
        return int(text)
    if kind == "raw":
        return text[2:-1]
    if text.startswith(("'''", '"""')):
        raise _NotHereError
    parts = re.split(r"\\(.)", text[1:-1])
    if any(escape not in _ESCAPES for escape in parts[1::2]):
        raise _NotHereError
    return "".join(_ESCAPES[part] if n % 2 else part for n, part in enumerate(parts))
