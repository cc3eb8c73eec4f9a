"""The command `approver`: one module a subcommand, imported only when it is called.

A module has the dataclass `Settings` of its flags, `add_arguments` for what are no flags, `run`,
which returns the exit status, and `EXAMPLES`: arguments, and what they are good for. Its docstring
and its examples are what `--help` says of it.
"""

import argparse
import contextlib
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Final

from approver.cli.flags import FlagParser, settings_from
from approver.cli.program import program
from approver.cli.status import UNKNOWN

COMMANDS: Final = {
    "run": "decide the requests of a cluster: the controller",
    "check": "decide manifests offline, and explain each verdict",
    "lint": "find what policies do not say as their authors mean it",
    "test": "run tests of policies",
    "who-can": "find out who can have a name, a CA or a wildcard, over all requests",
    "diff": "find out what one set of policies permits that another does not",
    "explain": "say why a request is not approved, and what to do",
    "replay": "find out what policies would have said of the requests that there are",
    "approve": "approve requests by hand, after what the policies say",
    "deny": "deny requests by hand, for good",
    "completion": "print what completes the command line of a shell",
    "schema": "print the JSON schema of policies, or of their tests, for editors",
    "version": "print the version, the commit and the rule engine",
    "wait": "wait until a replica of the controller decides",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return the exit status.

    0: good, 1: no is the answer, 2: unusable input, 3: there is no answer.
    """
    as_process = arguments is None
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        return _run(arguments, as_process=as_process)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _run(arguments: Sequence[str], *, as_process: bool) -> int:
    command = arguments[0] if arguments else ""
    if command not in COMMANDS:
        if command.startswith("-"):
            _top_parser().parse_args(arguments)
        _top_parser().error(f"choose a command: {', '.join(COMMANDS)}")
    module, parser = command_parser(command)
    parsed = parser.parse_args(arguments[1:])
    work: Callable[[], int] = partial(module.run, parsed, settings_from(parsed, module.Settings))
    return work() if command == "run" else _answered(work, as_process=as_process)


def module_of(command: str) -> str:
    """Return the name of a subcommand's module."""
    return f"approver.cli.{command.replace('-', '_')}"


def command_parser(command: str) -> tuple[ModuleType, FlagParser]:
    """Return a subcommand's module, and what parses its arguments."""
    module = import_module(module_of(command))
    width = max(len(arguments) for arguments, _ in module.EXAMPLES)
    examples = (
        f"  {program(command)} {arguments:{width}}  # {purpose}".rstrip()
        for arguments, purpose in module.EXAMPLES
    )
    parser = FlagParser(
        prog=program(command),
        description=module.__doc__,
        epilog="\n".join(("examples:", *examples)),
    )
    parser.add_settings(module.Settings)
    module.add_arguments(parser)
    return module, parser


def _answered(work: Callable[[], int], *, as_process: bool) -> int:
    """Do what a tool is for, whose result goes to standard output; that may not take it."""
    if as_process:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # end as others do when nobody reads on
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # None if it was closed
                stream.reconfigure(errors="backslashreplace")
    try:
        status = work()
        if sys.stdout:
            sys.stdout.flush()
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _say_last(f"{where}{error.strerror or error}")
        _discard_output()
        return UNKNOWN
    except Exception as error:
        from approver.rules import RuleEngineError  # noqa: PLC0415 - not every command needs it

        if not isinstance(error, RuleEngineError):
            raise
        _say_last(str(error))
        return UNKNOWN
    return status


def _say_last(text: str) -> None:
    with contextlib.suppress(OSError):
        print(f"{program()}: {text}", file=sys.stderr)


def _discard_output() -> None:
    """Keep Python from trying again at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _top_parser() -> FlagParser:
    lines = "\n".join(f"  {name:10} {summary}" for name, summary in COMMANDS.items())
    parser = FlagParser(
        prog=program(),
        usage=f"{program()} COMMAND [--help] ...",
        description="Decides by policy which certificates cert-manager may issue.",
        epilog=f"commands:\n{lines}",
    )
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="show the version and exit")
    return parser


class _ShowVersion(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415 - takes 50 ms

        print(version("policy-approver"))
        parser.exit()
