"""Print a script that completes commands, flags and their values: for bash, zsh or fish.

Load it where your shell starts, as the examples do. kubectl completes `kubectl approver` by itself,
with kubectl_complete-approver, which is installed beside it.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from approver.cli.flags import FlagParser
from approver.cli.no_settings import NoSettings
from approver.cli.status import GOOD

__all__ = ["EXAMPLES", "Settings", "add_arguments", "complete", "run"]

Settings = NoSettings
EXAMPLES = (
    ("bash > ~/.local/share/bash-completion/completions/approver", "for bash"),
    ("zsh > ~/.approver.zsh", "for zsh: then source that file in ~/.zshrc"),
    ("fish > ~/.config/fish/completions/approver.fish", "for fish"),
)


def add_arguments(parser: FlagParser) -> None:
    """Declare for which shell."""
    parser.add_argument("shell", choices=sorted(_SCRIPTS), metavar=" or ".join(sorted(_SCRIPTS)))


def run(arguments: argparse.Namespace, _: Settings) -> int:
    """Print the script; return the exit status."""
    print(_SCRIPTS[arguments.shell]())
    return GOOD


def complete() -> int:
    """Answer kubectl: print what may stand in place of the last argument, and a directive."""
    *before, last = sys.argv[1:] or [""]
    words = [word for word in candidates(before) if word.startswith(last)]
    print("\n".join([*words, f":{_NO_FILES if words else _FILES}"]))
    return GOOD


def candidates(before: Sequence[str]) -> Sequence[str]:
    """Return the words that may follow these; none where a file is due."""
    from approver.cli import COMMANDS  # noqa: PLC0415 - it is what imports this

    if not before:
        return list(COMMANDS)
    if before[0] not in COMMANDS:
        return []
    options = {name: option for option in _options(before[0]) for name in option.names}
    previous = options.get(before[-1]) if len(before) > 1 else None
    if previous and previous.takes_value:
        return previous.values
    arguments = [word for option in options.values() if not option.names for word in option.values]
    return [*arguments, *options]


@dataclass(frozen=True, slots=True)
class _Option:
    """A flag with its names, or a positional argument, which has none."""

    names: tuple[str, ...]
    values: tuple[str, ...]
    takes_value: bool
    help: str


def _options(command: str) -> Iterator[_Option]:
    from approver.cli import command_parser  # noqa: PLC0415 - as above

    for action in command_parser(command)[1].actions:
        help_line = (action.help or "").partition(";")[0]
        yield _Option(
            tuple(action.option_strings),
            tuple(map(str, action.choices or ())),
            takes_value=action.nargs != 0,
            help=help_line,
        )


def _by_command() -> Mapping[str, tuple[_Option, ...]]:
    from approver.cli import COMMANDS  # noqa: PLC0415 - as above

    return {command: tuple(_options(command)) for command in COMMANDS}


def _bash() -> str:
    commands = _by_command()
    cases: list[str] = []
    for command, options in commands.items():
        for option in options:
            if option.names and option.takes_value:
                pattern = "|".join(f"'{command} {name}'" for name in option.names)
                cases.append(f"        {pattern}) words={_lines(option.values)} ;;")
        names = [name for option in options for name in option.names or option.values]
        cases.append(f"        '{command} '*) words={_lines(names)} ;;")
    return "\n".join(
        (
            "_approver() {",
            "    local words= IFS=$'\\n'",
            "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}",
            '    if [ "$COMP_CWORD" -eq 1 ]; then',
            f"        words={_lines(commands)}",
            '    else case "${COMP_WORDS[1]} $previous" in',
            *cases,
            "    esac; fi",
            '    COMPREPLY=($(compgen -W "$words" -- "$current" | sed "s/ /\\\\\\\\ /g"))',
            "}",
            "complete -o default -F _approver approver",
        )
    )


def _zsh() -> str:
    return f"autoload -U +X bashcompinit && bashcompinit\n{_bash()}"


def _fish() -> str:
    from approver.cli import COMMANDS  # noqa: PLC0415 - as above

    return "\n".join(
        (
            *(
                f"complete -c approver -n __fish_use_subcommand -f -a {command} -d {_quoted(said)}"
                for command, said in COMMANDS.items()
            ),
            *(
                _fish_option(command, option)
                for command, options in _by_command().items()
                for option in options
                if option.names or option.values
            ),
        )
    )


def _fish_option(command: str, option: _Option) -> str:
    names = (
        f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names
    )
    required = ("-r",) if option.names and option.takes_value else ()
    printed = " ".join(f'"{value}"' for value in option.values)
    values = ("-f", "-a", _quoted(f"(printf '%s\\n' {printed})")) if option.values else ()
    when = f"'__fish_seen_subcommand_from {command}'"
    said = ("-d", _quoted(option.help)) if option.names else ()
    return " ".join(("complete -c approver -n", when, *names, *required, *values, *said))


def _lines(words: Iterable[str]) -> str:
    """Return words, some of which have spaces, in bash's quotes."""
    return "$'" + "\\n".join(words) + "'"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_SCRIPTS: Final = {"bash": _bash, "zsh": _zsh, "fish": _fish}
# https://pkg.go.dev/github.com/spf13/cobra#ShellCompDirective
_FILES: Final = 0
_NO_FILES: Final = 4
