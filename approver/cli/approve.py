"""Approve requests by hand, as cmctl does, and see first what the policies say.

Nothing is written over a decision that stands: that is final. The condition says who it was.

Exit status: 0 all approved, 1 some were decided already, 2 there is no such request or nobody can
be asked, 3 forbidden, or the API server is away.
"""

import argparse

from approver.cli import deciding
from approver.cli.deciding import Decided, How, add_arguments

__all__ = ["EXAMPLES", "Settings", "add_arguments", "run"]

Settings = Decided
EXAMPLES = (
    ("-n shop web-1", "after what the policies say, and a question"),
    ("-n shop --yes --message 'PKI-17' web-1 web-2", "without a question, and with a reason"),
)
_HOW = How("approve", "Approved", "ManualApproval", "approved")


def run(arguments: argparse.Namespace, settings: Decided) -> int:
    """Approve them; return the exit status."""
    return deciding.run(arguments.names, settings, _HOW)
