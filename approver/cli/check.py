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
from collections.abc import Sequence
from functools import partial

from approver.cli.decisions import Decided, notes, show_decisions, show_policies
from approver.cli.defaults import Defaults
from approver.cli.flags import FlagParser
from approver.cli.inputs import World
from approver.cli.output import add_output, one_path, say, tell_errors, write
from approver.cli.status import GOOD, NO, UNUSABLE

__all__ = ["EXAMPLES", "Settings", "add_arguments", "run"]

Settings = Defaults

EXAMPLES = (
    ("policies certificates.yaml", "what would be decided of these Certificates"),
    ("-o json policies certificates.yaml", "the same for a program, with all reasons"),
    ("--explain policies certificates.yaml", "what every policy says of every request"),
    ("--issuer ClusterIssuer/internal-ca policies request.csr", "a CSR that a tool has made"),
    ("policies", "whether the policies are valid"),
)
_NOTHING = (
    "no CertificateRequest, Certificate or CSR in the files, nor a policy, nor an Ingress or"
    " Gateway whose annotations ask cert-manager for a Certificate"
)


def add_arguments(parser: FlagParser) -> None:
    """Declare what is to be decided, and how it is shown."""
    parser.add_argument("files", nargs="+", type=one_path, metavar="FILES")
    add_output(parser, "text", "json")
    parser.add_argument(
        "--explain", action="store_true", help="show what every policy says of every request"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Decide everything that can be read; return the exit status."""
    world = World.read(arguments.files, settings)
    decided = [(case, world.decide(case)) for case in world.cases]
    _show(world, decided, arguments)
    for note in notes(world):
        say(note)
    nothing = () if world.errors or world.cases or world.policies else (_NOTHING,)
    if tell_errors("check", (*world.errors, *nothing)):
        return UNUSABLE
    if decided:
        good = all(decision.verdict == "approved" for _, decision in decided)
    else:
        good = all(policy.ready for policy in world.policies)
    return GOOD if good else NO


def _show(world: World, decided: Sequence[Decided], arguments: argparse.Namespace) -> None:
    if decided:
        show = partial(show_decisions, decided, explain=arguments.explain)
    elif not world.errors and world.policies:
        show = partial(show_policies, world.policies)
    else:
        return
    write(arguments.output, {form: partial(show, form) for form in ("text", "json")})
