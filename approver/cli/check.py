"""Decide certificate requests offline, by the same review that the controller makes.

FILES are YAML or JSON manifests, CSRs in PEM or DER, folders of them (*.yaml, *.yml, *.json, *.csr,
*.pem, *.der, *.p10), or - for standard input: CertificateRequestPolicies, the CertificateRequests
and Certificates to decide, Ingresses and Gateways with cert-manager's annotations, Namespaces for
their labels, Roles and bindings for who may use which policy. A CSR is decided as a request from
--namespace to --issuer; whatever else cert-manager 1.21 makes a request of, by the request that it
would make. Policies alone are checked for validity.

Exit status: 0 all would be approved, 1 not all, 2 input that is unusable, 3 no answer.
"""

import argparse
import sys
from pathlib import Path

from approver.cli.defaults import Defaults
from approver.cli.flags import FlagParser
from approver.cli.inputs import World
from approver.cli.output import FORMATS, notes, show, show_policies
from approver.model import fitting
from approver.rules import RuleEngineError

__all__ = ["Settings", "add_arguments", "run"]

Settings = Defaults

_NOTHING = (
    "no CertificateRequest, Certificate or CSR in the files, nor a policy, nor an Ingress or"
    " Gateway whose annotations ask cert-manager for a Certificate"
)
_MOST_ERRORS = 20
_LONGEST_LINE = 500


def add_arguments(parser: FlagParser) -> None:
    """Declare what is to be decided, and how it is shown."""
    parser.add_argument("files", nargs="+", type=_path, metavar="FILES")
    parser.add_argument("-o", dest="output", choices=FORMATS, default="text", help="text or json")
    parser.add_argument(
        "--explain", action="store_true", help="show what every policy says of every request"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Decide everything that can be read; return the exit status."""
    world = World.read(arguments.files, settings)
    try:
        decided = [(case, world.decide(case)) for case in world.cases]
    except RuleEngineError as error:
        _say(f"approver check: {error}")
        return 3
    if decided:
        print(show(decided, arguments.output, explain=arguments.explain))
    elif not world.errors and world.policies:
        print(show_policies(world.policies, arguments.output))
    for note in notes(world):
        _say(note)
    if _tell_errors(world):
        return 2
    if decided:
        return 0 if all(decision.verdict == "approved" for _, decision in decided) else 1
    return 0 if all(policy.ready for policy in world.policies) else 1


def _tell_errors(world: World) -> bool:
    """Print what is wrong with the input; return whether anything is."""
    errors = [str(error) for error in world.errors]
    if not (errors or world.cases or world.policies):
        errors = [_NOTHING]
    for error in errors[:_MOST_ERRORS]:
        _say(f"approver check: {error}")
    if more := len(errors[_MOST_ERRORS:]):
        _say(f"approver check: and {more} more errors")
    return bool(errors)


def _say(text: str) -> None:
    print(fitting(text.replace("\n", " "), _LONGEST_LINE), file=sys.stderr)


def _path(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("a path must not be empty")
    return Path(text)
