"""What can be shown where the result goes: colours and a width."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self, TextIO

Colour = Literal["red", "yellow", "green", "blue", "bold", "dim"]
_CODES: Final[Mapping[Colour, int]] = {
    "bold": 1,
    "dim": 2,
    "red": 31,
    "green": 32,
    "yellow": 33,
    "blue": 34,
}
_WIDTH: Final = 100


@dataclass(frozen=True, slots=True)
class Terminal:
    """Whether colours are shown, and how many characters fit on a line.

    `width` is None where nobody looks on: nothing is cut in a file.
    """

    colours: bool = False
    width: int | None = None

    @classmethod
    def of(
        cls,
        color: str = "auto",
        stream: TextIO | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> Self:
        """Look at a stream, by default standard output; `color` is auto, always or never."""
        stream = sys.stdout if stream is None else stream
        looked_at = stream is not None and stream.isatty()
        width = shutil.get_terminal_size((_WIDTH, 24)).columns if looked_at else None
        return cls(_colours(color, environment, looked_at=looked_at), width)

    def paint(self, text: str, *colours: Colour) -> str:
        """Return the text in colours, if they are shown."""
        if not (self.colours and colours):
            return text
        codes = ";".join(str(_CODES[colour]) for colour in colours)
        return f"\x1b[{codes}m{text}\x1b[0m"


def _colours(color: str, environment: Mapping[str, str], *, looked_at: bool) -> bool:
    """Follow https://no-color.org and https://bixense.com/clicolors; a flag says more than both."""
    if color != "auto":
        return color == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return looked_at and environment.get("TERM") != "dumb"
