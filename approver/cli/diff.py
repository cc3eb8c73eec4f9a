"""Find out what NEW permits that OLD does not, and the reverse: over all requests, not past ones.

OLD and NEW are files or folders of policies, `git:REVISION:PATH`, or `cluster`: what is in there. A
policy of one side is held against all of the other; what is said to be permitted is shown by a
request that the evaluator approves on one side and not on the other. All policies count as bound.
"""

import argparse
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final

from approver.analysis import Alternatives, Finding, gained
from approver.analysis.shown import in_full, in_one_line
from approver.cli.cluster_settings import WhichCluster
from approver.cli.defaults import Defaults
from approver.cli.flags import FlagParser
from approver.cli.inputs import World
from approver.cli.live_manifests import ClusterError, Text, from_cluster
from approver.cli.output import add_output, document, one_path, tell_errors, write
from approver.cli.status import GOOD, NO, UNKNOWN, UNUSABLE
from approver.ops.flags import flag, one_of

__all__ = ["EXAMPLES", "Settings", "add_arguments", "run"]

EXAMPLES = (
    ("old-policies policies", "what changes between two folders"),
    ("git:HEAD:policies policies", "what changes by what is not committed yet"),
    ("cluster policies", "what applying a folder would change in a cluster"),
    ("--fail-on gained git:main:policies policies", "in CI: no new access"),
)
_GIT_SECONDS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(WhichCluster):
    """What counts as a difference."""

    fail_on: str = flag(
        "what makes the exit status 1: any difference, or only what is gained or lost",
        "any",
        one_of("any", "gained", "lost"),
    )


def add_arguments(parser: FlagParser) -> None:
    """Declare what is compared, and how it is shown."""
    parser.add_argument("old", metavar="OLD")
    parser.add_argument("new", metavar="NEW")
    add_output(parser, "text", "json")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Compare both sides; return 0 if they are equal, 1 if not, 3 if that is not known."""
    try:
        with _place(arguments.old) as old_path, _place(arguments.new) as new_path:
            live = from_cluster(settings) if None in (old_path, new_path) else ()
            old, new = (_world(path, live) for path in (old_path, new_path))
    except _GitError as error:
        tell_errors("diff", [error])
        return UNUSABLE
    except ClusterError as error:
        tell_errors("diff", [error])
        return UNKNOWN
    if tell_errors("diff", (*old.errors, *new.errors, *_empty(arguments, old, new))):
        return UNUSABLE
    more, less = _gained(new, old), _gained(old, new)
    same = _rewritten(old, new)
    forms = {"text": partial(_text, more, less, same), "json": partial(_json, more, less)}
    write(arguments.output, forms)
    return _status(more, less, settings.fail_on)


def _world(path: Path | None, live: Sequence[Text]) -> World:
    return World.read([path], Defaults()) if path else World.read([], Defaults(), live)


def _status(more: Sequence[Finding], less: Sequence[Finding], fail_on: str) -> int:
    counted = {"any": [*more, *less], "gained": more, "lost": less}[fail_on]
    if any(finding.request for finding in counted):
        return NO
    return UNKNOWN if counted else GOOD


def _gained(side: World, other: World) -> list[Finding]:
    """Find what one side permits beyond the other; what stands in both as it is adds nothing."""
    there = {_spec(other, name) for name in other.manifests}
    others = Alternatives(other.policies)
    return [
        finding
        for policy in side.policies
        if _spec(side, policy.name) not in there
        for finding in gained(policy, others)
    ]


def _spec(side: World, name: str) -> str:
    return json.dumps(side.manifests[name].obj.get("spec"), sort_keys=True, default=str)


def _rewritten(old: World, new: World) -> tuple[int, int]:
    """Return how many policies there are under the same name, and how many of them are others."""
    names = old.manifests.keys() & new.manifests.keys()
    return len(names), sum(_spec(old, name) != _spec(new, name) for name in names)


def _empty(arguments: argparse.Namespace, old: World, new: World) -> Iterator[str]:
    for text, world in ((arguments.old, old), (arguments.new, new)):
        if not (world.policies or world.errors):
            yield f"{text}: no policy there"


class _GitError(Exception):
    """What git says of a revision and a path."""


@contextmanager
def _place(text: str) -> Iterator[Path | None]:
    """Give the path of one side, None for the cluster; a revision is written somewhere."""
    if text == "cluster":
        yield None
        return
    if not text.startswith("git:"):
        yield one_path(text)
        return
    revision, _, path = text.removeprefix("git:").partition(":")
    with tempfile.TemporaryDirectory(prefix="approver-diff-") as folder:
        command = ["git", "archive", "--format=tar", revision, "--", path or "."]
        try:
            archive = subprocess.run(  # noqa: S603 - no shell, and git's own arguments
                command, capture_output=True, timeout=_GIT_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _GitError(f"{text}: {error}") from error
        if archive.returncode:
            said = archive.stderr.decode(errors="replace").strip().splitlines()
            raise _GitError(f"{text}: {said[-1] if said else 'git failed'}")
        with tarfile.open(fileobj=BytesIO(archive.stdout)) as tar:
            tar.extractall(folder, filter="data")
        yield Path(folder, path)


def _text(more: Sequence[Finding], less: Sequence[Finding], same: tuple[int, int]) -> str:
    lines = [*_side("MORE is permitted", "approved now", more)]
    lines += _side("LESS is permitted", "no longer approved", less)
    unknown = [finding for finding in (*more, *less) if not finding.request]
    if unknown:
        lines += ["UNDECIDED", *(f"  {each.policy.name}: {each.unknown}" for each in unknown)]
    if not lines:
        lines = ["No differences: both permit the same requests."]
    number, changed = same
    return "\n".join((*lines, f"{number} policies on both sides, {changed} of them written anew"))


def _side(title: str, verb: str, findings: Sequence[Finding]) -> Iterator[str]:
    shown = [finding for finding in findings if finding.request]
    if shown:
        yield title
    for finding in shown:
        yield f"  {finding.policy.name}"
        if finding.request:
            yield f"    {verb}: {in_one_line(finding.request, finding.labels or {})}"


def _json(more: Sequence[Finding], less: Sequence[Finding]) -> str:
    return document(gained=list(map(_plain, more)), lost=list(map(_plain, less)))


def _plain(finding: Finding) -> Mapping[str, object]:
    if finding.request is None:
        return {"policy": finding.policy.name, "unknown": finding.unknown}
    return {
        "policy": finding.policy.name,
        "example": in_full(finding.request, finding.labels or {}),
    }
