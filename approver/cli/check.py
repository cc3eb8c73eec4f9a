"""Decide certificate requests offline, by the same review that the controller makes.

FILES are YAML or JSON manifests, or folders of them (*.yaml, *.yml, *.json, *.csr, *.pem):
CertificateRequestPolicies, the CertificateRequests and Certificates to decide, Namespaces for
their labels, Roles and bindings for who may use which policy. A PEM CSR is decided as a request
from --namespace to --issuer.

Without any binding, or without a requester, every policy counts as bound.
"""

import argparse
import sys
from pathlib import Path

from approver.cli.flags import FlagParser, settings_from
from approver.cli.inputs import Defaults, World
from approver.cli.output import FORMATS, show
from approver.manifests.files import UnusableError
from approver.rules import RuleEngineError


def add_flags(parser: FlagParser) -> None:
    """Declare what is to be decided, and what its manifests leave open."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILES")
    parser.add_settings(Defaults)
    parser.add_argument("-o", dest="output", choices=FORMATS, default="text", help="text or json")


def run(flags: argparse.Namespace) -> int:
    """Decide everything; return 0 if all is approved, 1 if not, 2 for unusable input."""
    try:
        world = World.read(flags.files, settings_from(flags, Defaults))
        decided = [(case, world.decide(case)) for case in world.cases]
    except (UnusableError, RuleEngineError) as error:
        print(f"approver check: {error}", file=sys.stderr)
        return 2
    print(show(decided, flags.output))
    return 0 if all(decision.verdict == "approved" for _, decision in decided) else 1
