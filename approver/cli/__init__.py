"""The command `approver`: one module a subcommand, imported only when it is called.

A module has the dataclass `Settings` of its flags, `add_arguments` for what are no flags, and
`run`, which returns the exit status. Its docstring is what `--help` says of it.
"""

import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Final

from approver.cli.flags import FlagParser, settings_from

COMMANDS: Final = {
    "run": "decide the requests of a cluster: the controller",
    "check": "decide manifests offline, and explain each verdict",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return the exit status: 0 good, 1 not approved, 2 unusable input."""
    as_process = arguments is None
    arguments = sys.argv[1:] if arguments is None else arguments
    command = arguments[0] if arguments else ""
    if command not in COMMANDS:
        _top_parser().parse_args(arguments)
        _top_parser().error(f"choose a command: {', '.join(COMMANDS)}")
    module = import_module(f"approver.cli.{command}")
    parser = FlagParser(prog=f"approver {command}", description=module.__doc__)
    parser.add_settings(module.Settings)
    module.add_arguments(parser)
    parsed = parser.parse_args(arguments[1:])
    if as_process and command != "run":
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # end as others do when nobody reads on
    try:
        status: int = module.run(parsed, settings_from(parsed, module.Settings))
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return status


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
