"""The approver as a process of its own, run as its users run it."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.controlplane.identities import APPROVER_NAMESPACE
from tests.controlplane.processes import ProcessGroup

ROOT = Path(__file__).parents[1]
START_SECONDS = 20
STOP_SECONDS = 20
EXPOSITION_SECONDS = 1.02  # for which a page of metrics stays as it was
Line = dict[str, Any]


class Approver:
    """`with Approver(kubeconfig) as approver:` runs `approver run` until the end of the block."""

    def __init__(
        self, kubeconfig: Path, *flags: str, wait: bool = True, module: str = "approver"
    ) -> None:
        self._command = [
            sys.executable,
            "-Werror",
            "-m",
            module,
            "run",
            f"--kubeconfig={kubeconfig}",
            "--metrics-bind-address=127.0.0.1:0",
            "--readiness-probe-bind-address=127.0.0.1:0",
            "--log-format=json",
            f"--leader-election-namespace={APPROVER_NAMESPACE}",
            *flags,
        ]
        self._wait = wait
        self._metrics_read = 0.0

    def __enter__(self) -> Self:
        self._group = ProcessGroup()
        self._log = self._group.directory / "log"
        self._process = self._group.spawn(self._command, self._log, cwd=ROOT)
        try:
            if self._wait:
                self.wait_until(self.ready)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it in order if it will, so that its Lease is free for the next."""
        try:
            self._process.terminate()
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._group.kill()

    def stop(self) -> int:
        """Send SIGTERM and give the exit status."""
        self._process.terminate()
        return self._process.wait(STOP_SECONDS)

    def kill(self) -> None:
        """End it by SIGKILL."""
        self._process.kill()
        self._process.wait(STOP_SECONDS)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, and wait for nothing."""
        self._process.send_signal(number)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def leads(self) -> bool:
        """Say whether it is the one of several that decides."""
        return 1 in (
            value
            for name, value in self.metrics().items()
            if name.startswith("leader_election_master_status")
        )

    def ready(self) -> bool:
        """Say whether it knows what decisions depend on."""
        return self.answer("probes", "/readyz").status_code == httpx.codes.OK

    def metrics(self) -> dict[str, float]:
        """Read all samples, by their name and labels as Prometheus writes them."""
        time.sleep(max(self._metrics_read + EXPOSITION_SECONDS - time.monotonic(), 0))
        lines = self.answer("metrics", "/metrics").text.splitlines()
        self._metrics_read = time.monotonic()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def total(self, metric: str) -> float:
        """Read the sum of all samples of a metric."""
        samples = self.metrics().items()
        return sum(value for name, value in samples if name.partition("{")[0] == metric)

    def answer(self, server: str, path: str) -> httpx.Response:
        """Ask one of its HTTP servers, wherever that listens."""
        address = self.wait_for_line(f"serving {server}")["address"]
        return httpx.get(f"http://{address}{path}", trust_env=False, timeout=5)

    def log_size(self) -> int:
        """Give how many bytes it has logged."""
        return self._log.stat().st_size

    def log(self) -> Iterator[Line]:
        """Yield the complete lines that it has logged."""
        for line in self._log.read_text().splitlines(keepends=True):
            if not line.startswith("{"):
                raise AssertionError(f"not a log line:\n{self._log.read_text()}")
            if line.endswith("\n"):
                yield json.loads(line)

    def wait_for_line(self, message: str, timeout: float = START_SECONDS, **fields: str) -> Line:
        """Wait for a log line that says this, with fields that contain these texts."""

        def find() -> Line | None:
            for line in self.log():
                if line["message"] == message and all(
                    text in str(line.get(name)) for name, text in fields.items()
                ):
                    return line
            return None

        found = self.wait_until(find, timeout)
        assert isinstance(found, dict)
        return found

    def wait_until(self, condition: Callable[[], object], timeout: float = START_SECONDS) -> object:
        """Wait until a condition is true; if it is not in time, show the log."""
        deadline = time.monotonic() + timeout
        while True:
            if found := condition():
                return found
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"it did not come to pass:\n{self._log.read_text()}")
            time.sleep(0.02)
