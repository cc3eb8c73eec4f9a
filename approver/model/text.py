"""Text that others wrote, made fit to stand in a message."""

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


def _printable(character: str) -> str:
    if character in {'"', "\\"}:
        return "\\" + character
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
