"""Decisions by hand: what the policies say first, and never over a decision that stands."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import yaml

from approver.cli.cluster_settings import ClusterSettings, add_namespace
from approver.cli.flags import FlagParser
from approver.cli.output import agreed, say, tell_errors
from approver.cli.program import program
from approver.cli.status import GOOD, NO, UNKNOWN, UNUSABLE
from approver.model import Condition, InvalidObjectError, Request, kinds, without_nulls
from approver.model.kinds import Kind
from approver.model.request import CERTIFICATE_NAME
from approver.ops.flags import flag, switch

if TYPE_CHECKING:
    from approver.cli.cluster import Cluster

Verdict = Literal["Approved", "Denied"]
_TRIES: Final = 3
_ROLE_NAME: Final = "decide-certificate-requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(ClusterSettings):
    """Where, and what is written down."""

    message: str = flag("why; stands in the condition, after your name", "")
    reason: str | None = flag("reason of the condition, by default ManualApproval or ManualDenial")
    dry_run: bool = switch("only say what would be done")
    yes: bool = switch("do not ask")


@dataclass(frozen=True, slots=True)
class How:
    """Which decision, and how it is told; `command` is the subcommand."""

    command: str
    verdict: Verdict
    reason: str
    did: str


def add_arguments(parser: FlagParser) -> None:
    """Declare what is decided."""
    parser.add_argument("names", metavar="NAME", nargs="+", help="a CertificateRequest")
    parser.add_argument("-y", dest="yes", action="store_true", default=argparse.SUPPRESS)
    add_namespace(parser)


def run(names: Sequence[str], settings: Decided, how: How) -> int:
    """Decide requests by hand; 0: all, 1: some were decided already, 3: forbidden or unknown."""
    from approver.kube.errors import KubeError  # noqa: PLC0415 - takes a third of a second

    if not (settings.yes or settings.dry_run or sys.stdin.isatty()):
        tell_errors(how.command, ["nobody can be asked: say --yes, or --dry-run"])
        return UNUSABLE
    try:
        return asyncio.run(_decide_all(names, settings, how))
    except KubeError as error:
        tell_errors(how.command, [error])
        return UNKNOWN


async def _decide_all(names: Sequence[str], settings: Decided, how: How) -> int:
    from approver.cli.cluster import Cluster  # noqa: PLC0415 - as above
    from approver.kube.errors import ForbiddenError  # noqa: PLC0415

    status = GOOD
    async with Cluster.open(settings) as cluster:
        namespace = settings.namespace or cluster.session.namespace
        who = await cluster.myself()
        for name in names:
            request = await _read(cluster, namespace, name)
            if request is None:
                tell_errors(how.command, [f"there is no CertificateRequest {namespace}/{name}"])
                status = max(status, UNUSABLE)
                continue
            await _tell_policies(cluster, request)
            if not _agreed(request, settings, how):
                continue
            try:
                done = settings.dry_run or await _decide(cluster, request, settings, how, who)
            except ForbiddenError as error:
                tell_errors(how.command, [error])
                print(await _missing_role(cluster, request, who))
                status = UNKNOWN
                continue
            if done:
                print(f"{namespace}/{name} {how.did}{' (dry run)' if settings.dry_run else ''}")
                if how.verdict == "Denied":
                    say(f"{namespace}/{name}: {_what_follows(request)}")
            else:
                status = max(status, NO)
    return status


async def _read(cluster: "Cluster", namespace: str, name: str) -> Request | None:
    obj = await cluster.get(kinds.CERTIFICATE_REQUEST, name, namespace)
    try:
        return Request.parse(without_nulls(obj)) if obj else None
    except InvalidObjectError:
        return None


async def _tell_policies(cluster: "Cluster", request: Request) -> None:
    """Say what the policies say of a request that is open, as far as that can be seen."""
    from approver.cli.live_facts import facts_of  # noqa: PLC0415 - as above
    from approver.explain import diagnose  # noqa: PLC0415 - as above
    from approver.kube.errors import KubeError  # noqa: PLC0415 - as above

    if not request.open:
        return
    try:
        found = diagnose(await facts_of(cluster, request))
    except KubeError as error:
        say(f"What the policies say could not be seen: {error}")
        return
    say(f"{request.namespace}/{request.name}: {found.sentence}")
    for row in found.rows:
        if not row.mismatch:
            against = f": {'; '.join(row.against)}" if row.against else ""
            bound = "" if row.bound else " (not bound)"
            say(f"  {row.policy}{bound} would {row.would or 'have to wait'}{against}")


def _agreed(request: Request, settings: Decided, how: How) -> bool:
    if settings.yes or settings.dry_run or not request.open:
        return True
    final = " This is final." if how.verdict == "Denied" else ""
    return agreed(f"{how.command} {request.namespace}/{request.name}?{final}")


async def _decide(
    cluster: "Cluster", request: Request, settings: Decided, how: How, who: str
) -> bool:
    """Write the decision; False if another stands, or the request is over, which is told."""
    from approver.kube.conditions import Outcome, write_decision  # noqa: PLC0415 - as above
    from approver.kube.errors import UnreachableError  # noqa: PLC0415 - as above

    found: Request | None = request
    text = f"{how.verdict} by hand by {who}"
    message = f"{text}: {settings.message}" if settings.message else text
    for _ in range(_TRIES):
        if found is None or found.metadata.uid != request.metadata.uid:
            say(f"{request.namespace}/{request.name} is gone")
            return False
        if not found.open:
            say(_why_not(found))
            return False
        reason, lost = settings.reason or how.reason, None
        try:
            outcome = await write_decision(
                cluster.session, found, how.verdict, message, reason=reason
            )
        except UnreachableError as error:  # it may be written all the same
            outcome, lost = Outcome.CONFLICT, error
        if outcome is Outcome.WRITTEN:
            return True
        found = await _read(cluster, request.namespace, request.name)
        if lost and found and found.metadata.uid == request.metadata.uid:
            ours = Condition(how.verdict, "True", reason, message)
            if found.decision and _alike(found.decision, ours):
                return True
            if found.open:
                raise lost
    say(f"{request.namespace}/{request.name} changes all the time: try again")
    return False


def _alike(one: Condition, other: Condition) -> bool:
    return (one.type, one.reason, one.message) == (other.type, other.reason, other.message)


def _what_follows(request: Request) -> str:
    certificate = request.metadata.annotations.get(CERTIFICATE_NAME)
    if not certificate:
        return "whoever wants a certificate must make another request"
    return (
        f"to have Certificate {certificate} asked for again, correct it, delete this request and"
        f" renew it: cmctl renew {certificate}"
    )


def _why_not(request: Request) -> str:
    where = f"{request.namespace}/{request.name}"
    decision: Condition | None = request.decision
    if decision:
        by = f"{decision.reason}: {decision.message}"
        return f"{where} is {decision.type} already, which is final ({by})"
    return f"{where} is over: it was signed, failed, or is being deleted"


async def _missing_role(cluster: "Cluster", request: Request, who: str) -> str:
    """Return the roles that let somebody decide this request, with their bindings, as YAML."""
    from approver.kube.approval import signer_name  # noqa: PLC0415 - as above
    from approver.kube.discovery import Discovery  # noqa: PLC0415 - as above

    issuer = request.issuer
    served = await Discovery(cluster.session).find(issuer.group, issuer.kind)
    signer = signer_name(request, served)
    which = f"{_ROLE_NAME}-{signer.rpartition('/')[2]}"
    group, of_requests = kinds.CERTIFICATE_REQUEST.group, kinds.CERTIFICATE_REQUEST.plural
    inside = {"name": _ROLE_NAME, "namespace": request.namespace}
    manifests = [
        {
            **kinds.ROLE.header,
            "metadata": inside,
            "rules": [
                _rule(group, of_requests, "get"),
                _rule(group, f"{of_requests}/status", "patch"),
            ],
        },
        _binding(kinds.ROLE_BINDING, inside, kinds.ROLE, who),
        # cert-manager's webhook asks in the whole cluster.
        {
            **kinds.CLUSTER_ROLE.header,
            "metadata": {"name": which},
            "rules": [_rule(group, "signers", "approve") | {"resourceNames": [signer]}],
        },
        _binding(
            kinds.CLUSTER_ROLE_BINDING,
            {"name": which},
            kinds.CLUSTER_ROLE,
            who,
        ),
    ]
    text: str = yaml.safe_dump_all(manifests, sort_keys=False)
    return f"# {program()} needs these to decide the request:\n{text.rstrip()}"


def _rule(group: str, resource: str, verb: str) -> dict[str, list[str]]:
    return {"apiGroups": [group], "resources": [resource], "verbs": [verb]}


def _binding(kind: Kind, metadata: dict[str, str], role: Kind, who: str) -> dict[str, object]:
    return {
        **kind.header,
        "metadata": metadata,
        "roleRef": {"apiGroup": role.group, "kind": role.name, "name": metadata["name"]},
        "subjects": [{"apiGroup": role.group, "kind": "User", "name": who}],
    }
