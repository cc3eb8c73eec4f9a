"""What the functions of an evaluation may write: so much text, and all of it whole."""

from typing import Final

TEXT: Final = 1 << 20  # characters an evaluation
_EACH: Final = 16  # what a string costs beside its characters


class Budget:
    """Counts the text that the functions return, so that a rule cannot grow it without bound."""

    def __init__(self) -> None:
        self._left = TEXT

    def renew(self) -> None:
        """Begin an evaluation."""
        self._left = TEXT

    def spend(self, characters: int) -> None:
        """Take from what is left; raise ValueError when that is too little."""
        self._left -= characters + _EACH
        if self._left < 0:
            raise ValueError("too much text")

    def give(self, text: str) -> str:
        """Return what a function returns, paid for; the binding would cut it at a NUL."""
        self.spend(len(text))
        if "\0" in text:
            raise ValueError("a NUL")
        return text


BUDGET = Budget()  # of the one evaluation that a worker is at
