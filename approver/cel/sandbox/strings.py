"""cel-go's strings extension, version 5, in the meaning that Go gives to it.

Positions count characters. A ValueError is an error at evaluation. `format` is elsewhere.
"""

from collections.abc import Callable, Mapping
from typing import Final

from approver.cel.sandbox.budget import BUDGET

_SPACE = (  # unicode.IsSpace; Python's own has four control characters more
    "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
)
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER = {lower: upper for upper, lower in _LOWER.items()}
_ESCAPES = str.maketrans(
    {
        "\a": r"\a",
        "\b": r"\b",
        "\f": r"\f",
        "\n": r"\n",
        "\r": r"\r",
        "\t": r"\t",
        "\v": r"\v",
        "\\": r"\\",
        '"': r"\"",
    }
)


def char_at(text: str, index: int) -> str:
    """Return one character, "" right behind the last."""
    _within(index, len(text))
    return BUDGET.give(text[index : index + 1])


def index_of(text: str, part: str, start: int = 0) -> int:
    """Return where `part` first is, from `start` on; -1 if nowhere."""
    if start < 0:
        raise ValueError("index out of range")
    return text.find(part, start) if part else min(start, len(text))


def last_index_of(text: str, part: str) -> int:
    """Return where `part` last is, -1 if nowhere."""
    return text.rfind(part)


def last_index_until(text: str, part: str, last: int) -> int:
    """Return where `part` last is, at `last` or before; -1 if nowhere."""
    if last < 0:
        raise ValueError("index out of range")
    if not part:
        return min(last, len(text))
    return text.rfind(part, 0, last + len(part)) if last < len(text) else -1


def lower_ascii(text: str) -> str:
    """Return `text` with A to Z in lower case."""
    return BUDGET.give(text.translate(_LOWER))


def upper_ascii(text: str) -> str:
    """Return `text` with a to z in upper case."""
    return BUDGET.give(text.translate(_UPPER))


def replace(text: str, old: str, new: str, most: int = -1) -> str:
    """Replace `old`, at most so often if `most` is not negative."""
    times = text.count(old) if most < 0 else min(most, text.count(old))
    BUDGET.spend(len(text) + times * len(new))  # before it is built
    return BUDGET.give(text.replace(old, new, most))


def split(text: str, separator: str, most: int = -1) -> list[str]:
    """Split `text`, into at most so many parts if `most` is not negative."""
    if most == 0:
        return []
    if separator:
        parts = text.split(separator, most - 1 if most > 0 else -1)
    elif 0 < most < len(text):
        parts = [*text[: most - 1], text[most - 1 :]]
    else:
        parts = list(text)
    return [BUDGET.give(part) for part in parts]


def substring(text: str, start: int) -> str:
    """Return `text` from `start` on."""
    return substring_between(text, start, len(text))


def substring_between(text: str, start: int, end: int) -> str:
    """Return `text` from `start` on, up to but not with `end`."""
    _within(end, len(text))
    _within(start, end)
    return BUDGET.give(text[start:end])


def trim(text: str) -> str:
    """Return `text` without white space around it."""
    return BUDGET.give(text.strip(_SPACE))


def reverse(text: str) -> str:
    """Return the characters of `text` from the last to the first."""
    return BUDGET.give(text[::-1])


def join(parts: list[str], separator: str = "") -> str:
    """Return the parts, with `separator` between them."""
    BUDGET.spend(sum(map(len, parts)) + len(separator) * len(parts))  # before it is built
    return BUDGET.give(separator.join(parts))


def quote(text: str) -> str:
    """Return `text` in double quotes, with escapes."""
    return BUDGET.give(f'"{text.translate(_ESCAPES)}"')


METHODS: Final[Mapping[str, tuple[Callable[..., object], ...]]] = {
    "charAt": (char_at,),
    "indexOf": (index_of,),
    "join": (join,),
    "lastIndexOf": (last_index_of, last_index_until),
    "lowerAscii": (lower_ascii,),
    "replace": (replace,),
    "reverse": (reverse,),
    "split": (split,),
    "substring": (substring, substring_between),
    "trim": (trim,),
    "upperAscii": (upper_ascii,),
}


def _within(index: int, length: int) -> None:
    if not 0 <= index <= length:
        raise ValueError("index out of range")
