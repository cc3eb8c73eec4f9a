"""Flags, each of which has an environment variable, too."""

import argparse
import os
from typing import Any

_PREFIX = "APPROVER_"


class FlagParser(argparse.ArgumentParser):
    """Parses flags; `--log-level` not given is taken from $APPROVER_LOG_LEVEL."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - argparse's own
        super().__init__(
            formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **options
        )

    def add_flag(self, name: str, *, default: str | None = None, help: str, **options: Any) -> None:  # noqa: A002, ANN401 - argparse's names
        """Add a flag that takes a value; a variable's value goes through the same checks."""
        variable = _PREFIX + name.removeprefix("--").replace("-", "_").upper()
        shown = f", default {default}" if default else ""
        self.add_argument(
            name,
            default=os.environ.get(variable) or default,
            help=f"{help} (${variable}{shown})",
            **options,
        )
