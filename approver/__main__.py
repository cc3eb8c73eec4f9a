"""The command as a process: `approver`, and `python -m approver`."""

import signal
import sys

# Ctrl-C ends it at once, also while its modules load, where Python would show a traceback. The
# library sets no signals, so this stands where only the command begins, and before all else.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from approver.cli import main  # noqa: E402 - see above

if __name__ == "__main__":
    sys.exit(main())
