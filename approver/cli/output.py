"""Where results go, and how errors are told: the same for all commands.

Standard output has the result and nothing else; errors and notes go to standard error.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from approver.cli.flags import FlagParser
from approver.cli.program import program
from approver.cli.terminal import Terminal
from approver.model import fitting

VERSION: Final = 1
"""Of the JSON documents that commands print."""
_MOST_ERRORS: Final = 20
_LONGEST_LINE: Final = 500


@dataclass(frozen=True, slots=True)
class Target:
    """A form of the result, and the file that it goes to; None is standard output."""

    format: str
    path: Path | None = None


def add_output(parser: FlagParser, *formats: str) -> None:
    """Declare `-o FORMAT`, `-o FORMAT=FILE` and `--color`; the first of the formats is `text`."""
    parser.add_argument(
        "-o",
        "--output",
        dest="output",
        action="append",
        default=[],
        type=_target(formats),
        metavar="FORMAT[=FILE]",
        help=f"{' or '.join(formats)}; with a file, beside what is printed; repeatable",
    )
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="auto: on a terminal, unless NO_COLOR is set",
    )


def terminal(arguments: argparse.Namespace) -> Terminal:
    """Return what can be shown on standard output."""
    return Terminal.of(arguments.color)


def write(targets: Sequence[Target], forms: Mapping[str, Callable[[], str]]) -> None:
    """Write a result in every form that was asked for; text is printed if none other is.

    `forms` make the texts, without a line break at the end; an empty one is not printed. Raise
    `OSError`.
    """
    printed = [target for target in targets if target.path is None] or [Target("text")]
    for target in (*printed, *(target for target in targets if target.path)):
        text = forms[target.format]()
        if target.path:
            target.path.write_text(f"{text}\n", encoding="utf-8")
        elif text:
            print(text)


def document(**content: object) -> str:
    """Return a JSON document of a command."""
    return json.dumps({"version": VERSION, **content}, indent=2, ensure_ascii=False)


def say(text: str) -> None:
    """Print a note, on one line that is not too long."""
    print(fitting(text.replace("\n", " "), _LONGEST_LINE), file=sys.stderr)


def agreed(question: str) -> bool:
    """Ask somebody at a terminal, and tell whether the answer is yes."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def tell_errors(command: str, errors: Iterable[object]) -> bool:
    """Print what is wrong, the first of many; return whether anything is."""
    texts = [str(error) for error in errors]
    for text in texts[:_MOST_ERRORS]:
        say(f"{program(command)}: {text}")
    if more := len(texts[_MOST_ERRORS:]):
        say(f"{program(command)}: and {more} more errors")
    return bool(texts)


def one_path(text: str) -> Path:
    """Read a path, which must not be empty."""
    if not text:
        raise argparse.ArgumentTypeError("a path must not be empty")
    return Path(text)


def _target(formats: Sequence[str]) -> Callable[[str], Target]:
    def parse(text: str) -> Target:
        name, equals, path = text.partition("=")
        if name not in formats:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(formats)}")
        return Target(name, one_path(path) if equals else None)

    return parse
