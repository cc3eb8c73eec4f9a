"""Deny requests by hand, for good, and see first what the policies say.

Nothing is written over a decision that stands. A denial is final: the Certificate is asked for anew
once the denied request is deleted, and the Certificate renewed.

Exit status: 0 all denied, 1 some were decided already, 2 there is no such request or nobody can be
asked, 3 forbidden, or the API server is away.
"""

import argparse

from approver.cli import deciding
from approver.cli.deciding import Decided, How, add_arguments

__all__ = ["EXAMPLES", "Settings", "add_arguments", "run"]

Settings = Decided
EXAMPLES = (
    ("-n shop web-1", "after what the policies say, and a question"),
    ("-n shop --dry-run web-1", "only what the policies say"),
)
_HOW = How("deny", "Denied", "ManualDenial", "denied")


def run(arguments: argparse.Namespace, settings: Decided) -> int:
    """Deny them; return the exit status."""
    return deciding.run(arguments.names, settings, _HOW)
