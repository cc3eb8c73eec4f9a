"""The approver with clocks that jump an hour ahead at SIGUSR1, as after a sleep of the machine."""

import signal
import sys
import time

_HOUR = 3600.0
_ahead = 0.0


def _jump(*_: object) -> None:
    global _ahead  # noqa: PLW0603 - there is one process, and one time in it
    _ahead += _HOUR


def main() -> int:
    monotonic, gettime = time.monotonic, time.clock_gettime
    time.monotonic = lambda: monotonic() + _ahead
    time.clock_gettime = lambda clock: gettime(clock) + _ahead
    signal.signal(signal.SIGUSR1, _jump)

    from approver.cli import main as approver  # noqa: PLC0415 - after the clocks

    return approver()


if __name__ == "__main__":
    sys.exit(main())
