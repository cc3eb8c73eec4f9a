"""Decide the certificate requests of a cluster, as a controller, until stopped by SIGTERM."""

import argparse
import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from approver.cli.flags import FlagParser
from approver.kube.errors import ConfigurationError
from approver.model import parse_duration
from approver.ops.endpoints import AddressError
from approver.ops.logs import FORMATS, configure
from approver.ops.settings import Settings
from approver.review import Enforcement
from approver.review.enforcement import LABEL
from approver.service import run as run_controller

_GARBAGE = (50_000, 20, 50)  # collections take 7 % of a drain's time with Python's own thresholds

_LEVELS = {
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
}


def add_flags(parser: FlagParser) -> None:
    """Declare what can be set, under approver-policy's names where the thing is the same."""
    parser.add_flag("--kubeconfig", type=Path, help="kubeconfig file, outside a cluster")
    parser.add_flag("--context", help="context of the kubeconfig, by default its current one")
    parser.add_flag(
        "--metrics-bind-address",
        default=":9402",
        help="host:port of /metrics; port 0 takes a free one, 0 alone switches it off",
    )
    parser.add_flag(
        "--readiness-probe-bind-address",
        default=":6060",
        help="host:port of /healthz and /readyz; port 0 takes a free one, 0 alone switches it off",
    )
    parser.add_flag(
        "--leader-election-namespace",
        help="namespace of the Lease by which one of several replicas decides, by default the pod's"
        " own or that of the kubeconfig's context",
    )
    parser.add_flag(
        "--workers", type=_positive, default="32", help="how many requests are decided at a time"
    )
    parser.add_flag(
        "--enforcement",
        type=_one_of("enforce", "audit", "shadow"),
        default="enforce",
        help="enforce; audit: approve, and say so, what policies would deny or leave undecided;"
        " shadow: write nothing, and count where another approver decides otherwise",
    )
    parser.add_flag(
        "--namespace-audit",
        type=_one_of("true", "false"),
        default="false",
        help=f"true: audit in namespaces that are labelled {LABEL}=audit",
    )
    parser.add_flag(
        "--unmatched",
        type=_one_of("leave", "deny"),
        default="leave",
        help="leave requests undecided that no policy decides, or deny them",
    )
    parser.add_flag(
        "--unmatched-grace",
        type=_seconds,
        default="30s",
        help="how long to wait for a policy before such a request is denied",
    )
    parser.add_flag(
        "--approve-when-no-policies",
        type=_one_of("true", "false"),
        default="false",
        help="true: approve as long as the cluster has no policy",
    )
    parser.add_flag("--log-format", type=_one_of(*FORMATS), default="text", help="text or json")
    parser.add_flag(
        "--log-level",
        type=_level,
        default="info",
        help="error, warning, info or debug; or a number, of which 2 and more is debug",
    )


def run(flags: argparse.Namespace) -> int:
    """Run until stopped; return the exit status."""
    configure(flags.log_level, flags.log_format)
    settings = Settings(
        kubeconfig=flags.kubeconfig,
        context=flags.context,
        metrics_bind_address=flags.metrics_bind_address,
        readiness_probe_bind_address=flags.readiness_probe_bind_address,
        leader_election_namespace=flags.leader_election_namespace,
        workers=flags.workers,
        enforcement=Enforcement(
            audit=flags.enforcement == "audit",
            namespace_audit=flags.namespace_audit == "true",
            unmatched_grace=flags.unmatched_grace if flags.unmatched == "deny" else None,
            approve_when_no_policies=flags.approve_when_no_policies == "true",
        ),
        shadow=flags.enforcement == "shadow",
    )
    try:
        asyncio.run(_until_stopped(settings))
    except (ConfigurationError, AddressError) as error:
        print(f"approver run: {error}", file=sys.stderr)
        return 2
    return 0


async def _until_stopped(settings: Settings) -> None:
    gc.set_threshold(*_GARBAGE)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run_controller(settings, stop)


def _positive(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is not a number")
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _one_of(*words: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in words:
            raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(words)}")
        return text

    return check


def _seconds(text: str) -> float:
    try:
        nanoseconds = parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
    if nanoseconds < 0:
        raise argparse.ArgumentTypeError(f"{text} is less than 0")
    return nanoseconds / 1e9


def _level(text: str) -> int:
    if text.isdecimal():
        return logging.INFO if int(text) <= 1 else logging.DEBUG
    try:
        return _LEVELS[text]
    except KeyError:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(_LEVELS)}") from None
