"""Say why a request is not approved, and what to do about it.

TARGET is certificate/NAME, certificaterequest/NAME, or NAME alone: a CertificateRequest, or else a
Certificate, of which the newest request is explained. It is looked for in the cluster, with your
own rights, or with --file in a dump (kubectl get crp,cr,ns,roles,rolebindings,clusterroles,
clusterrolebindings -A -o yaml).

Exit status: 0 approved, 1 denied or undecided, 2 input that is unusable, 3 not enough was seen.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from approver.cli.cluster_settings import ClusterSettings, add_namespace
from approver.cli.defaults import Defaults
from approver.cli.explanation import as_json, as_text
from approver.cli.flags import FlagParser
from approver.cli.inputs import World
from approver.cli.output import add_output, agreed, say, tell_errors, write
from approver.cli.status import GOOD, NO, UNKNOWN, UNUSABLE
from approver.cli.targets import NoRequestError, chosen, target
from approver.explain import Diagnosis, Facts, Remedy, diagnose
from approver.ops.flags import flag, positive, repeated, switch

__all__ = ["EXAMPLES", "Settings", "add_arguments", "run"]

EXAMPLES = (
    ("-n shop certificate/web", "why a Certificate is not issued"),
    ("-n shop web-3", "why a request is where it is"),
    ("-n shop --fix 1 certificate/web", "do the first of what is proposed, after asking"),
    ("--file dump.yaml -n shop web-3", "without a cluster"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClusterSettings):
    """Where to look, and what to do then."""

    file: tuple[Path, ...] = repeated("a dump to look at, in place of a cluster", Path)
    all_policies: bool = switch("show policies that do not select the request, too", name="--all")
    fix: int | None = flag("apply what is proposed under this number, after asking", None, positive)
    yes: bool = switch("do not ask")


def add_arguments(parser: FlagParser) -> None:
    """Declare what is explained, and how it is shown."""
    parser.add_argument("target", metavar="TARGET")
    add_namespace(parser)
    add_output(parser, "text", "json")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Explain; return the exit status."""
    try:
        name, of_certificate = target(arguments.target)
        if settings.file and settings.fix:
            raise ValueError("--fix changes a cluster: leave --file out")  # noqa: TRY301 - as target's
        if settings.file:
            facts = _from_dump(settings, name, of_certificate=of_certificate)
            if facts is None:
                return UNUSABLE
            found = diagnose(facts)
            _show(arguments, settings, found, facts)
            return _status(found)
        return asyncio.run(_live(arguments, settings, name, of_certificate=of_certificate))
    except (ValueError, NoRequestError) as error:
        tell_errors("explain", [error])
        return UNUSABLE


def _from_dump(settings: Settings, name: str, *, of_certificate: bool | None) -> Facts | None:
    """Read a dump; None if it is unusable, which has been told. Raise `NoRequestError`."""
    namespace = settings.namespace or "default"
    world = World.read(settings.file, Defaults(namespace=namespace))
    if tell_errors("explain", world.errors):
        return None
    requests = [case.request for case in world.cases if case.request.namespace == namespace]
    request = chosen(requests, name, of_certificate=of_certificate)
    everyone = {} if world.binding else {policy.name: True for policy in world.policies}
    return Facts(
        request=request,
        policies=world.policies,
        labels=world.namespace_labels.get(namespace, {}),
        bindings=world.bindings,
        bound=everyone,
        unseen=() if world.binding else ("roles and bindings",),
    )


async def _live(
    arguments: argparse.Namespace, settings: Settings, name: str, *, of_certificate: bool | None
) -> int:
    # The Kubernetes client takes a third of a second to import, and a dump needs none.
    from approver.cli.cluster import Cluster  # noqa: PLC0415
    from approver.cli.live_facts import live_facts  # noqa: PLC0415
    from approver.kube.errors import KubeError  # noqa: PLC0415

    try:
        async with Cluster.open(settings) as cluster:
            namespace = settings.namespace or cluster.session.namespace
            facts = await live_facts(cluster, namespace, name, of_certificate=of_certificate)
            found = diagnose(facts)
            _show(arguments, settings, found, facts)
            if settings.fix:
                remedy = _proposed(found, settings.fix)
                if settings.yes or _agreed(settings.fix):
                    for manifest in remedy.manifests:
                        await cluster.create(manifest)
                        say(f"created {manifest['kind']} {manifest['metadata']['name']}")
            return _status(found)
    except KubeError as error:
        tell_errors("explain", [error])
        return UNKNOWN


def _show(
    arguments: argparse.Namespace, settings: Settings, found: Diagnosis, facts: Facts
) -> None:
    text = partial(as_text, found, facts, all_policies=settings.all_policies)
    write(arguments.output, {"text": text, "json": partial(as_json, found, facts)})


def _proposed(found: Diagnosis, number: int) -> Remedy:
    if not 0 < number <= len(found.remedies):
        raise ValueError(f"--fix {number}: {len(found.remedies)} ways out are proposed")
    remedy = found.remedies[number - 1]
    if not remedy.manifests:
        raise ValueError(f"--fix {number}: that is for you to do: {remedy.text}")
    return remedy


def _agreed(number: int) -> bool:
    if not sys.stdin.isatty():
        say("nobody can be asked: say --yes")
        return False
    return agreed(f"Apply {number}?")


def _status(found: Diagnosis) -> int:
    if found.cause in ("approved", "approved-by-another", "no-issuer"):
        return GOOD
    return UNKNOWN if found.cause == "unseen" else NO
