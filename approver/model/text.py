"""Text that others wrote, made fit to stand in a message."""

from collections.abc import Iterable, Sequence
from typing import Final

LONGEST_QUOTE: Final = 128
REMARK: Final = 40
"""Characters, at the most, that say how much was left out; a text with a firm limit leaves room."""


def shorten(text: str, longest: int) -> str:
    """Return the first `longest` characters of a text, and how many more there were."""
    return text[:longest] + _left_out(text, longest)


def fitting(text: str, longest: int) -> str:
    """Return a text of at most `longest` characters; one that is longer says how much was cut."""
    return text if len(text) <= longest else shorten(text, longest - REMARK)


def some(
    parts: Iterable[str],
    total: int,
    longest: int,
    *,
    separator: str = ", ",
    more: str = " and {} more",
) -> str:
    """Join the first parts, `longest` characters but at least one; say how many of `total` follow.

    No more parts are looked at than that takes.
    """
    shown: list[str] = []
    length = 0
    for part in parts:
        length += len(separator) + len(part)
        if shown and length > longest:
            break
        shown.append(part)
    left_out = total - len(shown)
    return separator.join(shown) + (more.format(left_out) if left_out else "")


def quote(text: str, longest: int = LONGEST_QUOTE) -> str:
    r"""Return `text` in double quotes, printable, on one line, cut after `longest` characters.

    What cannot be printed, a quote and a backslash are written as in JSON or Python
    (`\"`, `\\`, `\n`, `\x00`, `\u202e`); how much was cut is said behind the quote.
    """
    shown = "".join(_printable(character) for character in text[:longest])
    return f'"{shown}"{_left_out(text, longest)}'


def quote_all(texts: Sequence[str], longest: int = 2 * LONGEST_QUOTE) -> str:
    """Return the texts, quoted, as a list of about `longest` characters; say how many more."""
    return some(map(quote, texts), len(texts), longest)


def _left_out(text: str, longest: int) -> str:
    number = len(text) - longest
    return f" and {number} more characters" if number > 0 else ""


def _printable(character: str) -> str:
    if character in {'"', "\\"}:
        return "\\" + character
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
