"""The command line: what it and the environment say becomes a settings dataclass."""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from approver.ops.flags import Flag, OneOf, flags_of

T = TypeVar("T")


class FlagParser(argparse.ArgumentParser):
    """Parses flags; one that is not given is taken from its environment variable."""

    def __init__(self, environment: Mapping[str, str] = os.environ, **options: Any) -> None:  # noqa: ANN401 - argparse's own
        super().__init__(
            formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **options
        )
        self._environment = environment

    def add_settings(self, settings: type) -> None:
        """Add the flags of a settings dataclass."""
        for flag in flags_of(settings):
            if flag.switch:
                self.add_argument(
                    flag.name,
                    action=argparse.BooleanOptionalAction,
                    default=self._switched_on(flag),
                    help=f"{flag.help} (${flag.variable})",
                    dest=flag.field,
                )
            elif flag.repeated:
                self.add_argument(
                    flag.name,
                    action="append",
                    default=[],
                    type=_checked(flag),
                    choices=_words(flag),
                    help=f"{flag.help}; repeatable",
                    dest=flag.field,
                    metavar=_metavar(flag),
                )
            else:
                shown = f", default {flag.default}" if flag.default else ""
                self.add_argument(
                    flag.name,
                    default=self._environment.get(flag.variable) or flag.default,
                    type=_checked(flag),
                    choices=_words(flag),
                    help=f"{flag.help} (${flag.variable}{shown})",
                    dest=flag.field,
                    metavar=_metavar(flag),
                )

    @property
    def actions(self) -> Sequence[argparse.Action]:
        """All flags and arguments, in their order."""
        return self._actions

    def _switched_on(self, flag: Flag) -> bool:
        text = self._environment.get(flag.variable) or "false"
        try:
            return bool(flag.parse(text))
        except ValueError as error:
            self.error(f"${flag.variable}: {error}")


def settings_from(flags: argparse.Namespace, settings: type[T]) -> T:
    """Return the settings dataclass that was parsed."""
    values = {flag.field: getattr(flags, flag.field) for flag in flags_of(settings)}
    return settings(
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
    )


def _words(flag: Flag) -> Sequence[str] | None:
    return flag.parse.words if isinstance(flag.parse, OneOf) else None


def _metavar(flag: Flag) -> str:
    return flag.name.rpartition("-")[2].upper()


def _checked(flag: Flag) -> Callable[[str], object]:
    def parse(text: str) -> object:
        try:
            return flag.parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse
