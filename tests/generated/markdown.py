"""Markdown, as the generated pages are written in it."""

from collections.abc import Iterable, Iterator


def table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a table."""
    for row in (columns, ("---",) * len(columns), *rows):
        yield f"| {' | '.join(row)} |"


def page(*lines: str) -> str:
    """Return the lines as a text."""
    return "\n".join(lines) + "\n"
