"""Text that others wrote, made fit to stand in a message."""

from collections.abc import Sequence
from typing import Final

LONGEST_QUOTE: Final = 128
REMARK: Final = 40
"""Characters, at the most, that say how much was left out; a text with a firm limit leaves room."""


def shorten(text: str, longest: int) -> str:
    """Return the first `longest` characters of a text, and how many more there were."""
    left_out = len(text) - longest
    return f"{text[:longest]} and {left_out} more characters" if left_out > 0 else text


def some(parts: Sequence[str], longest: int, noun: str = "", separator: str = ", ") -> str:
    """Join the first parts, about `longest` characters but at least one; say how many more.

    `noun` says what the parts are, as in `and 3 more policies`.
    """
    text = parts[0] if parts else ""
    for index, part in enumerate(parts[1:], start=1):
        if len(text) + len(separator) + len(part) > longest:
            return f"{text} and {len(parts) - index} more {noun}".rstrip()
        text += separator + part
    return text


def quote(text: str, longest: int = LONGEST_QUOTE) -> str:
    r"""Return `text` in double quotes, printable, on one line, cut after `longest` characters.

    What cannot be printed, a quote and a backslash are written as in JSON or Python
    (`\"`, `\\`, `\n`, `\x00`, `\u202e`); how much was cut is said behind the quote.
    """
    shown = "".join(_printable(character) for character in text[:longest])
    return f'"{shown}"' + shorten(text, longest)[longest:]


def quote_all(texts: Sequence[str], longest: int = 2 * LONGEST_QUOTE) -> str:
    """Return the texts, quoted, as a list of about `longest` characters; say how many more."""
    shown: list[str] = []
    length = 0
    for text in texts:
        if length > longest:
            return f"{', '.join(shown)} and {len(texts) - len(shown)} more"
        shown.append(quote(text))
        length += len(shown[-1])
    return ", ".join(shown)


def _printable(character: str) -> str:
    if character in {'"', "\\"}:
        return "\\" + character
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
