"""The words of a rule in CEL: enough to see how strings are put together, without an engine."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

_TOKEN: Final = re.compile(
    r"""
    (?P<comment>//[^\n]*)
  | (?P<string>(?:[rR][bB]?|[bB][rR]?)?(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''
        |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
  | (?P<name>[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*\b(?!\s*\())*)
  | (?P<other>\S)
    """,
    re.VERBOSE | re.DOTALL,
)
_STRING: Final = re.compile(r"""^([rRbB]*)("{3}|'{3}|"|')(.*)\2$""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """A string, a name with the fields that are selected of it (`cr.namespace`), or a sign."""

    kind: Literal["string", "name", "sign"]
    text: str

    @property
    def content(self) -> str:
        """What a string holds, its escapes left as they are."""
        found = _STRING.match(self.text)
        return found[3] if found else ""

    @property
    def raw(self) -> bool:
        """Whether a backslash in a string is itself."""
        found = _STRING.match(self.text)
        return bool(found) and "r" in self.text[: len(found[1])].lower() if found else False


def tokens(rule: str) -> Sequence[Token]:
    """Return the tokens of a rule, without comments."""
    return tuple(_tokens(rule))


def calls(rule: str, function: str) -> Iterator[Sequence[Token]]:
    """Yield the tokens of the argument of each call `x.function(argument)`."""
    found = tokens(rule)
    for index, token in enumerate(found[:-1]):
        if token.kind == "name" and token.text == function and found[index + 1].text == "(":
            yield _until_closed(found[index + 2 :])


def names(rule: str) -> frozenset[str]:
    """Return all names, with the fields that are selected of them."""
    return frozenset(token.text for token in tokens(rule) if token.kind == "name")


def _tokens(rule: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(rule):
        if found["string"]:
            yield Token("string", found["string"])
        elif found["name"]:
            yield Token("name", re.sub(r"\s", "", found["name"]))
        elif found["other"]:
            yield Token("sign", found["other"])


def _until_closed(found: Sequence[Token]) -> Sequence[Token]:
    depth = 0
    for index, token in enumerate(found):
        depth += token.text in {"(", "["} and token.kind == "sign"
        if token.kind == "sign" and token.text in {")", "]"}:
            if not depth:
                return found[:index]
            depth -= 1
    return found
