"""Decide certificate requests offline, by the same review that the controller makes.

FILES are YAML or JSON manifests, or folders of them (*.yaml, *.yml, *.json, *.csr, *.pem):
CertificateRequestPolicies, the CertificateRequests and Certificates to decide, Ingresses and
Gateways with cert-manager's annotations, Namespaces for their labels, Roles and bindings for who
may use which policy. A PEM CSR is decided as a request from --namespace to --issuer; whatever else
cert-manager 1.21 makes a request of, by the request that it would make.

Without any binding, or without a requester, every policy counts as bound.
"""

import argparse
import sys
from pathlib import Path

from approver.cli.flags import FlagParser
from approver.cli.inputs import Defaults, World
from approver.cli.output import FORMATS, show
from approver.manifests.files import UnusableError
from approver.rules import RuleEngineError

__all__ = ["Settings", "add_arguments", "run"]

Settings = Defaults


def add_arguments(parser: FlagParser) -> None:
    """Declare what is to be decided, and how it is shown."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILES")
    parser.add_argument("-o", dest="output", choices=FORMATS, default="text", help="text or json")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Decide everything; return 0 if all is approved, 1 if not, 2 for unusable input."""
    try:
        world = World.read(arguments.files, settings)
        decided = [(case, world.decide(case)) for case in world.cases]
    except (UnusableError, RuleEngineError) as error:
        print(f"approver check: {error}", file=sys.stderr)
        return 2
    print(show(decided, arguments.output))
    return 0 if all(decision.verdict == "approved" for _, decision in decided) else 1
