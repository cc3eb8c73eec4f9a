"""Decide the certificate requests of a cluster, as a controller, until stopped by SIGTERM."""

import argparse
import asyncio
import gc
import resource
import signal
import sys
from typing import Final

from approver.cli.flags import FlagParser
from approver.cli.replaced import refuse_replaced
from approver.kube.errors import ConfigurationError
from approver.ops.endpoints import AddressError
from approver.ops.logs import configure
from approver.ops.settings import Settings
from approver.service import run as run_service

# Collections of garbage take 7 % of a drain's time with Python's own thresholds.
_GARBAGE_THRESHOLDS: Final = (50_000, 20, 50)


__all__ = ["EXAMPLES", "Settings", "add_arguments", "run"]

EXAMPLES = (
    ("--kubeconfig=kubeconfig.yaml", "decide from outside the cluster"),
    ("--enforcement=shadow", "only say what would be decided, and write nothing"),
)


def add_arguments(parser: FlagParser) -> None:
    """Declare what is refused with a cure: all that can be set is a flag."""
    refuse_replaced(parser)


def run(_: argparse.Namespace, settings: Settings) -> int:
    """Run until stopped; return the exit status."""
    configure(settings.log_level, settings.log_format)
    _raise_file_limit()
    try:
        asyncio.run(_until_stopped(settings))
    except (ConfigurationError, AddressError) as error:
        print(f"approver run: {error}", file=sys.stderr)
        return 2
    return 0


def _raise_file_limit() -> None:
    """Have as many files open as we may: a crowd of connections must not take the last one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _until_stopped(settings: Settings) -> None:
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run_service(settings, stop)
