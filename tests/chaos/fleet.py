"""Several approvers at a time, as processes, of which one leads."""

import signal
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.controlplane.waiting import wait_until
from tests.running import Approver

_SECONDS = 30
_MIB = 1024


class Fleet:
    """So many approvers; one that ended is replaced by a new one on demand."""

    def __init__(self, kubeconfig: Path, size: int, module: str = "approver") -> None:
        self._kubeconfig = kubeconfig
        self._module = module
        self._size = size
        self._running: list[Approver] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.fill()
        self.leader()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, traceback)

    def fill(self) -> None:
        """Start what is missing, and wait until all are ready."""
        started = [
            self._stack.enter_context(Approver(self._kubeconfig, wait=False, module=self._module))
            for _ in range(self._size - len(self._running))
        ]
        self._running += started
        for approver in started:
            approver.wait_until(approver.ready, _SECONDS)

    def leader(self) -> Approver:
        """Wait until one leads, and give it."""
        found: list[Approver] = []

        def look() -> bool:
            found[:] = [approver for approver in self._running if approver.leads()]
            return bool(found)

        wait_until(look, _SECONDS, "nobody leads")
        return found[0]

    def kill(self, approver: Approver) -> None:
        """End one by SIGKILL."""
        approver.kill()
        self._running.remove(approver)

    def stop(self, approver: Approver) -> None:
        """Ask one to end, by SIGTERM."""
        approver.signal(signal.SIGTERM)
        self._running.remove(approver)

    def shows(self, sample: str) -> bool:
        """Say whether one has counted something by a sample whose name contains this."""
        return any(
            sample in name and value
            for approver in self._running
            for name, value in approver.metrics().items()
        )

    def memory(self) -> dict[int, float]:
        """Give the memory that each uses, in MiB, by process."""
        return {approver.pid: resident(approver.pid) for approver in self._running}


def resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / _MIB for line in lines if line.startswith("VmRSS:"))
