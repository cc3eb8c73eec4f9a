"""What the command is called: `approver`, or `kubectl approver` where kubectl runs it."""

import sys
from pathlib import PurePath
from typing import Final

_PLUGIN: Final = "kubectl-approver"


def program(*command: str) -> str:
    """Return what users type, for usages, errors and hints: `kubectl approver check`."""
    called = "kubectl approver" if PurePath(sys.argv[0]).name == _PLUGIN else "approver"
    return " ".join((called, *command))
