"""Find out what POLICIES would say of the requests that there are, before they are applied.

The newest request of each Certificate is looked at, in the cluster or with --file in a dump
(kubectl get crp,cr,ns,roles,rolebindings,clusterroles,clusterrolebindings -A -o json): what the
policies there say now, against what POLICIES would say. Roles and bindings among POLICIES are added
to those that there are. Changes are grouped by cause; what breaks at the next renewal comes first.

Exit status: 0 no verdict changes, 1 some do, 2 input that is unusable, 3 no answer, or one that
lacks something.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from approver.cli.cluster_settings import ClusterSettings, add_namespace
from approver.cli.defaults import Defaults
from approver.cli.flags import FlagParser
from approver.cli.inputs import World
from approver.cli.output import add_output, one_path, say, tell_errors, write
from approver.cli.replayed import (
    as_csv,
    as_html,
    as_json,
    as_jsonl,
    as_policy_report,
    as_text,
)
from approver.cli.status import GOOD, NO, UNKNOWN, UNUSABLE
from approver.cli.stored import Stored, from_cluster, from_dump, requests_of
from approver.manifests.dumps import readable_twice
from approver.manifests.files import UnusableError
from approver.model import Request
from approver.model.labels import namespace_labels
from approver.ops.flags import flag, one_of, seconds, switch
from approver.replay import History, Report, Side
from approver.replay.report import moment
from approver.replay.side import recorded

__all__ = ["EXAMPLES", "Settings", "add_arguments", "run"]

EXAMPLES = (
    ("policies", "what would change in the cluster, and which renewals would fail"),
    ("--file dump.yaml policies", "without a cluster"),
    ("--fail-on broken -o html=replay.html policies", "a page for those whose renewals fail"),
    ("--then policies", "against what was decided at the time"),
)
_PROGRESS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClusterSettings):
    """What is looked at, and what counts."""

    file: Path | None = flag("a dump to look at, in place of a cluster", None, Path)
    since: float | None = flag("only requests of the time until now, such as 720h", None, seconds)
    then: bool = switch("compare with what was decided at the time, not with today's policies")
    all_requests: bool = switch("look at all requests, not only the newest of each Certificate")
    everything: bool = switch("show all that changes, not only the first few", name="--all")
    fail_on: str = flag(
        "what makes the exit status 1: any change, or only what is broken or gained",
        "any",
        one_of("any", "broken", "gained"),
    )


def add_arguments(parser: FlagParser) -> None:
    """Declare what is tried, and how it is shown."""
    parser.add_argument("policies", nargs="+", type=one_path, metavar="POLICIES")
    add_namespace(parser)
    add_output(parser, "text", "json", "jsonl", "csv", "html", "policyreport")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Replay; return the exit status."""
    draft = World.read(arguments.policies, Defaults())
    nothing = () if draft.policies or draft.errors else ("there is no policy in POLICIES",)
    if tell_errors("replay", (*draft.errors, *nothing)):
        return UNUSABLE
    try:
        if settings.file:
            with readable_twice(settings.file) as path:
                stored, requests = from_dump(path, settings.namespace)
                if tell_errors("replay", stored.errors):
                    return UNUSABLE
                replay = _Replay(stored, draft, settings)
                for request in requests:
                    replay.add(request)
        else:
            from approver.kube.errors import KubeError  # noqa: PLC0415 - takes a third of a second

            try:
                replay = asyncio.run(_live(draft, settings))
            except KubeError as error:
                tell_errors("replay", [error])
                return UNKNOWN
    except UnusableError as error:
        tell_errors("replay", [error])
        return UNUSABLE
    return replay.finish(arguments)


async def _live(draft: World, settings: Settings) -> "_Replay":
    from approver.cli.cluster import Cluster  # noqa: PLC0415 - as above

    async with Cluster.open(settings) as cluster:
        replay = _Replay(await from_cluster(cluster), draft, settings)
        async for request in requests_of(cluster, settings.namespace or ""):
            replay.add(request)
    return replay


class _Replay:
    """Requests on their way into a report."""

    def __init__(self, stored: Stored, draft: World, settings: Settings) -> None:
        self._settings = settings
        self._from = None
        if settings.since is not None:
            self._from = datetime.now(UTC) - timedelta(seconds=settings.since)
        self._stored = stored
        self._history = History()
        self._report = Report(stored.renewals)
        bindings = stored.bindings
        self._now = Side(stored.policies, bindings)
        # Where nobody can see who may use what, all policies of either side count as bound.
        both = None if bindings is None else bindings.joined(draft.bindings)
        self._new = Side(draft.policies, both)
        self._numbers = len(stored.policies), len(draft.policies)

    def add(self, request: Request) -> None:
        """Take a request."""
        if self._from and (moment(request.metadata.creation_timestamp) or self._from) < self._from:
            return
        if self._settings.all_requests:
            self._history.requests += 1
            self._compare(request)
        else:
            for alone in self._history.add(request):
                self._compare(alone)
        if sys.stderr.isatty() and self._history.requests % _PROGRESS == 0:
            print(f"\r{self._history.requests} requests", end="", file=sys.stderr, flush=True)

    def finish(self, arguments: argparse.Namespace) -> int:
        """Look at what was kept, and print the report; return the exit status."""
        for request in self._history.newest():
            self._compare(request)
        if sys.stderr.isatty():
            print("\r", end="", file=sys.stderr)
        if not self._history.requests:
            tell_errors("replay", ["there is no request to look at"])
            return UNUSABLE
        report, looked_at = self._report, self._looked_at()
        forms = {
            "text": partial(as_text, report, looked_at, everything=self._settings.everything),
            "json": partial(as_json, report, looked_at),
            "jsonl": partial(as_jsonl, report),
            "csv": partial(as_csv, report),
            "html": partial(as_html, report, looked_at),
            "policyreport": partial(as_policy_report, report),
        }
        write(arguments.output, forms)
        if self._stored.bindings is None:
            say("All policies count as bound, since bindings are not known.")
        if self._stored.unseen:
            unseen = ", ".join(self._stored.unseen)
            say(f"Not complete, since you may not list what verdicts depend on: {unseen}")
            return UNKNOWN
        return self._status()

    def _compare(self, request: Request) -> None:
        namespace = request.namespace
        labels = self._stored.labels.get(namespace) or namespace_labels(namespace)
        then = self._settings.then
        old = recorded(request) if then else self._now.outcome(request, labels)
        self._report.add(request, old, self._new.outcome(request, labels))

    def _looked_at(self) -> str:
        there, draft = self._numbers
        newest = f"the newest of {self._history.certificates} Certificates counting"
        which = "all of them counting" if self._settings.all_requests else newest
        old = "what was decided" if self._settings.then else f"{there} policies there"
        return f"{self._history.requests} requests, {which}: {old} -> {draft} policies"

    def _status(self) -> int:
        report, fail_on = self._report, self._settings.fail_on
        if fail_on == "broken":
            return NO if report.count("broken") else GOOD
        if fail_on == "gained":
            return NO if report.count("gained") else GOOD
        return NO if report.changes else GOOD
