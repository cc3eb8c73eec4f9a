"""Print the version, the commit that it was built from, and the engine of the rules."""

import argparse
import platform
from importlib.resources import files
from typing import Final

from approver.cli.flags import FlagParser
from approver.cli.no_settings import NoSettings
from approver.cli.output import add_output, document, write
from approver.cli.status import GOOD

__all__ = ["EXAMPLES", "Settings", "add_arguments", "run"]

Settings = NoSettings
EXAMPLES = (
    ("", "for people"),
    ("-o json", "for programs"),
)
_COMMIT_FILE: Final = "commit"  # written into the wheel when it is built
_ENGINE: Final = "cel-expr-python"


def add_arguments(parser: FlagParser) -> None:
    """Declare how it is shown."""
    add_output(parser, "text", "json")


def run(arguments: argparse.Namespace, _: Settings) -> int:
    """Print what is installed; return the exit status."""
    from importlib.metadata import version  # noqa: PLC0415 - takes 50 ms

    installed = {
        "approver": version("policy-approver"),
        "commit": _commit(),
        "engine": _engine(),
        "python": platform.python_version(),
    }
    write(
        arguments.output,
        {
            "text": lambda: "\n".join(f"{name:10}{value}" for name, value in installed.items()),
            "json": lambda: document(**installed),
        },
    )
    return GOOD


def _commit() -> str:
    try:
        return files("approver").joinpath(_COMMIT_FILE).read_text(encoding="utf-8").strip()
    except OSError:
        return "unknown: not built from a wheel"


def _engine() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - as above

    try:
        return f"{_ENGINE} {version(_ENGINE)}"
    except PackageNotFoundError:
        return f"none: {_ENGINE} is not installed, so policies with rules are not ready"
