"""The command `approver`: one module a subcommand, imported only when it is called.

A module has the dataclass `Settings` of its flags, `add_arguments` for what are no flags, and
`run`, which returns the exit status. Its docstring is what `--help` says of it.
"""

import contextlib
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.metadata import version
from typing import Final

from approver.cli.flags import FlagParser, settings_from

COMMANDS: Final = {
    "run": "decide the requests of a cluster: the controller",
    "check": "decide manifests offline, and explain each verdict",
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
    module = import_module(f"approver.cli.{command}")
    parser = FlagParser(prog=f"approver {command}", description=module.__doc__)
    parser.add_settings(module.Settings)
    module.add_arguments(parser)
    parsed = parser.parse_args(arguments[1:])
    work: Callable[[], int] = partial(module.run, parsed, settings_from(parsed, module.Settings))
    return work() if command == "run" else _answered(work, as_process=as_process)


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
        with contextlib.suppress(OSError):
            print(f"approver: {error.strerror or error}", file=sys.stderr)
        _discard_output()
        return 3
    return status


def _discard_output() -> None:
    """Keep Python from trying again at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _top_parser() -> FlagParser:
    lines = "\n".join(f"  {name:10} {summary}" for name, summary in COMMANDS.items())
    parser = FlagParser(
        prog="approver",
        usage="approver COMMAND [--help] ...",
        description="Decides by policy which certificates cert-manager may issue.",
        epilog=f"commands:\n{lines}",
    )
    parser.add_argument("--version", action="version", version=version("policy-approver"))
    return parser
