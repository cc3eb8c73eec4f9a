"""Text that others wrote, made fit to stand in a message."""

from collections.abc import Sequence
from typing import Final

LONGEST_QUOTE: Final = 128


def quote(text: str, longest: int = LONGEST_QUOTE) -> str:
    r"""Return `text` in double quotes, printable, on one line, cut after `longest` characters.

    What cannot be printed, a quote and a backslash are written as in JSON or Python
    (`\"`, `\\`, `\n`, `\x00`, `\u202e`); how much was cut is said behind the quote.
    """
    shown = "".join(_printable(character) for character in text[:longest])
    left_out = len(text) - longest
    return f'"{shown}"' + (f" and {left_out} more characters" if left_out > 0 else "")


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
