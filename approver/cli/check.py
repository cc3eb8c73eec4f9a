"""Decide certificate requests offline, by the same review that the controller makes.

FILES are YAML or JSON manifests, or folders of them (*.yaml, *.yml, *.json, *.csr, *.pem):
CertificateRequestPolicies, the CertificateRequests and Certificates to decide, Namespaces for
their labels, Roles and bindings for who may use which policy. A PEM CSR is decided as a request
from --namespace to --issuer.

Without any binding, or without a requester, every policy counts as bound.
"""

import argparse
import json
import sys
from pathlib import Path

from approver.cli.flags import FlagParser
from approver.cli.inputs import Case, Defaults, World
from approver.manifests.files import UnusableError
from approver.model import Decision, PolicyTrace, parse_duration
from approver.rules import RuleEngineError
from approver.x509 import USAGES


def add_flags(parser: FlagParser) -> None:
    """Declare what is to be decided, and what its manifests leave open."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILES")
    parser.add_flag("--as", dest="user", help="who makes the requests that do not name a requester")
    parser.add_argument(
        "--as-group", action="append", default=[], metavar="GROUP", help="and a group; repeatable"
    )
    parser.add_flag(
        "--namespace", default="default", help="namespace of requests that do not name one"
    )
    parser.add_flag("--issuer", help="[KIND/]NAME that a PEM CSR is for")
    parser.add_flag(
        "--duration", type=_duration, help="duration that a PEM CSR is for, such as 2160h"
    )
    parser.add_argument(
        "--usage",
        action="append",
        choices=sorted(USAGES),
        metavar="USAGE",
        default=[],
        help="a usage that a PEM CSR is for, such as 'server auth'; repeatable",
    )
    parser.add_argument("--ca", action="store_true", help="the PEM CSR is for a CA")
    parser.add_argument(
        "-o", dest="output", choices=("text", "json"), default="text", help="text or json"
    )


def run(flags: argparse.Namespace) -> int:
    """Decide everything; return 0 if all is approved, 1 if not, 2 for unusable input."""
    defaults = Defaults(
        user=flags.user,
        groups=tuple(flags.as_group),
        namespace=flags.namespace,
        issuer=flags.issuer,
        duration=flags.duration,
        usages=tuple(flags.usage),
        is_ca=flags.ca,
    )
    try:
        world = World.read(flags.files, defaults)
        decisions = [(case, world.decide(case)) for case in world.cases]
    except (UnusableError, RuleEngineError) as error:
        print(f"approver check: {error}", file=sys.stderr)
        return 2
    if flags.output == "json":
        print(json.dumps([_plain(*pair) for pair in decisions], indent=2, ensure_ascii=False))
    else:
        for pair in decisions:
            print(_told(*pair))
    return 0 if all(decision.verdict == "approved" for _, decision in decisions) else 1


def _duration(text: str) -> str:
    try:
        parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is {error}") from error
    return text


def _plain(case: Case, decision: Decision) -> dict[str, object]:
    return {
        "source": case.source,
        "kind": case.kind,
        "namespace": case.request.namespace,
        "name": case.request.name,
        **decision.to_dict(),
    }


def _told(case: Case, decision: Decision) -> str:
    name = f"{case.kind} {case.request.namespace}/{case.request.name}"
    lines = [
        f"{name}: {decision.verdict.upper()}  ({case.source})",
        f"  {decision.message}",
        *(f"  {policy}: {_said(trace)}" for policy, trace in sorted(decision.policies.items())),
    ]
    return "\n".join(lines)


def _said(trace: PolicyTrace) -> str:
    if not trace.enforcing:
        return f"(audit only) {_judged(trace)}"
    return _judged(trace)


def _judged(trace: PolicyTrace) -> str:
    if trace.problems:
        return "not ready: " + "; ".join(str(problem) for problem in trace.problems)
    if not trace.selected:
        return "does not select it"
    if not trace.bound:
        return "not bound to the requester"
    if trace.violations:
        return "; ".join(str(violation) for violation in trace.violations)
    return "approves" if trace.verdict else "cannot be asked"
