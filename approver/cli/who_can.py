"""Find out who can have such a certificate: proven over all requests, with an example of each way.

FILES are policies, and folders of them. Where a role among them is about policies, roles and
bindings say who may use which; else all count as bound. What is not asked for may be anything, and
`*` is any run of characters. A policy that is not named is proven not to permit it. Where a rule in
CEL says no to the example, nothing is known of that policy.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Final

from approver.analysis import Finding, Question, can
from approver.analysis.parts import KEYS
from approver.analysis.shown import in_full, in_one_line
from approver.cli.defaults import Defaults
from approver.cli.flags import FlagParser
from approver.cli.inputs import World
from approver.cli.live_manifests import ClusterError, LiveSettings
from approver.cli.output import add_output, document, one_path, say, tell_errors, write
from approver.cli.status import GOOD, NO, UNKNOWN, UNUSABLE
from approver.model import IssuerRef, parse_duration
from approver.ops.flags import flag, one_of, repeated, switch
from approver.x509 import USAGES

__all__ = ["EXAMPLES", "Settings", "add_arguments", "run"]

EXAMPLES = (
    ("--host db.team-b.example.com policies", "who can pass for a host, by whatever name"),
    ("--ca policies", "who can have a CA"),
    ("--host db.example.com --cluster", "the same, by what is in a cluster"),
    ("--wildcard --namespace shop policies", "whether a namespace can have a wildcard name"),
    ("--key 'RSA<2048' policies", "who can have a weak key"),
    ("--duration '>2160h' policies", "who can have a long-lived certificate"),
)


def _issuer(text: str) -> IssuerRef:
    kind_and_group, _, name = text.rpartition("/")
    kind, _, group = kind_and_group.partition(".")
    return IssuerRef(name, kind, group)


def _duration(text: str) -> tuple[float, float]:
    """Read `>720h`, `<1h` or `24h`; bounds themselves are left out."""
    bound = text[:1] if text[:1] in "<>" else ""
    try:
        nanoseconds = parse_duration(text.removeprefix(bound))
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}; write >2160h, <1h or 24h") from None
    spans = {">": (nanoseconds + 1, inf), "<": (0, nanoseconds - 1)}
    return spans.get(bound, (nanoseconds, nanoseconds))


def _keys(text: str) -> frozenset[tuple[str, int]]:
    """Read `RSA<2048`, `ECDSA` or `RSA=4096`."""
    for sign in "<>=":
        algorithm, found, bits = text.partition(sign)
        if found and bits.isdecimal():
            tests = {"<": int.__lt__, ">": int.__gt__, "=": int.__eq__}
            keys = {key for key in KEYS if key[0] == algorithm and tests[sign](key[1], int(bits))}
            break
    else:
        keys = {key for key in KEYS if key[0] == text}
    if not keys:
        sizes = ", ".join(f"{name} {size}" if size > 0 else name for name, size in sorted(KEYS))
        raise ValueError(f"{text!r} is no key of these: {sizes}; write RSA<2048 or ECDSA")
    return frozenset(keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(LiveSettings):
    """What is asked for, and where."""

    host: str | None = flag("a name that a client accepts: DNS name, CN or a wildcard above it")
    dns: str | None = flag("a DNS name")
    cn: str | None = flag("a common name")
    ip: str | None = flag("an IP address")
    uri: str | None = flag("a URI")
    email: str | None = flag("an email address")
    organization: str | None = flag("an organization", name="--o")
    ca: bool = switch("a CA")
    wildcard: bool = switch("a DNS name that holds a *")
    usage: str | None = flag("a usage, such as 'client auth'", None, one_of(*sorted(USAGES)))
    duration: tuple[float, float] | None = flag("a duration: >2160h, <1h or 24h", None, _duration)
    key: frozenset[tuple[str, int]] | None = flag("a key: RSA<2048 or ECDSA", None, _keys)
    namespace: str | None = flag("from a namespace")
    user: str | None = flag("by a user", name="--as")
    groups: tuple[str, ...] = repeated("and a group of the user", name="--as-group")
    issuer: IssuerRef | None = flag(
        "of an issuer: NAME, KIND/NAME or KIND.GROUP/NAME", None, _issuer
    )


def add_arguments(parser: FlagParser) -> None:
    """Declare where the policies are, and how answers are shown."""
    parser.add_argument("files", nargs="*", type=one_path, metavar="FILES")
    add_output(parser, "text", "json")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Answer for every policy; return 0 if nobody can, 1 if somebody can, 3 if it is not known."""
    if not (arguments.files or settings.cluster):
        tell_errors("who-can", ["name files or folders of policies, or --cluster"])
        return UNUSABLE
    try:
        world = World.read(arguments.files, Defaults(), settings.texts())
    except ClusterError as error:
        tell_errors("who-can", [error])
        return UNKNOWN
    where = "cluster" if settings.cluster else "files"
    nothing = () if world.errors or world.policies else (f"no policy in the {where}",)
    question = _question(settings, world)
    if tell_errors("who-can", (*world.errors, *nothing)):
        return UNUSABLE
    findings = list(can(world.policies, question.regions(), world.counted))
    forms = {"text": partial(_text, findings, world), "json": partial(_json, findings)}
    write(arguments.output, forms)
    say(_BOUND if world.binding else _ALL_BOUND)
    known = [finding for finding in findings if finding.request]
    return NO if known else UNKNOWN if findings else GOOD


_ALL_BOUND: Final = "All policies count as bound; enforcement and other approvers do not count."
_BOUND: Final = (
    "Policies count for those whom roles and bindings let use them; enforcement and other approvers"
    " do not count."
)


def _question(settings: Settings, world: World) -> Question:
    labels = world.namespace_labels.get(settings.namespace or "")
    return Question(
        host=settings.host,
        dns=settings.dns,
        cn=settings.cn,
        ip=settings.ip,
        uri=settings.uri,
        email=settings.email,
        organization=settings.organization,
        wildcard=settings.wildcard,
        is_ca=True if settings.ca else None,
        usage=settings.usage,
        duration=settings.duration,
        keys=settings.key,
        namespace=settings.namespace,
        labels=None if labels is None else tuple(labels.items()),
        user=settings.user,
        groups=settings.groups,
        issuer=settings.issuer,
    )


def _text(findings: Sequence[Finding], world: World) -> str:
    return "\n".join((*_lines(findings), _sum(findings, world)))


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.request:
            yield f"YES       by {finding.policy.name}"
            yield f"          {in_one_line(finding.request, finding.labels or {})}"
        else:
            yield f"UNKNOWN   {finding.policy.name}: {finding.unknown}"


def _sum(findings: Sequence[Finding], world: World) -> str:
    ways = sum(finding.request is not None for finding in findings)
    unknown = len(findings) - ways
    proven = len(world.policies) - len(findings)
    answer = f"{ways} way{'' if ways == 1 else 's'}" if ways else "nobody" if not unknown else "?"
    rest = f"; {unknown} unknown" if unknown else ""
    return f"{answer}; {proven} of {len(world.policies)} policies proven not to{rest}"


def _json(findings: Sequence[Finding]) -> str:
    return document(
        ways=[
            {
                "policy": finding.policy.name,
                "example": in_full(finding.request, finding.labels or {}),
            }
            for finding in findings
            if finding.request
        ],
        unknown=[
            {"policy": finding.policy.name, "why": finding.unknown}
            for finding in findings
            if not finding.request
        ],
    )
