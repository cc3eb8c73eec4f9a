"""Child processes with logs, that end when their parent does, however it ends."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 10
LOG_LINES = 20


class StartError(Exception):
    """A process ended or hung before it was ready; the message holds the tail of its log."""


class ProcessGroup:
    """A process group and a temporary directory that both go away together.

    A shell leads the group and waits for the end of a pipe that only the parent holds. When the
    parent dies, even of SIGKILL, the shell removes the directory and kills the group. (The kernel's
    parent death signal would be tied to the thread that happened to start a process.) Ctrl-C in a
    terminal does not reach the group, so the parent can end it in order.
    """

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="policy-approver-"))
        script = 'read -r _; rm -rf "$1"; kill -KILL 0'
        self._leader = subprocess.Popen(
            ["/bin/sh", "-c", script, "sh", str(self.directory)],
            stdin=subprocess.PIPE,
            process_group=0,
        )
        self._members: list[subprocess.Popen[bytes]] = []

    def spawn(
        self, command: Sequence[str], log: Path, *, cwd: Path | None = None
    ) -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            member = subprocess.Popen(
                command,
                cwd=cwd or self.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=self._leader.pid,
            )
        self._members.append(member)
        return member

    def kill(self) -> None:
        """Kill every process at once and remove the directory."""
        if self._leader.poll() is None:
            os.killpg(self._leader.pid, signal.SIGKILL)
        self._leader.communicate()
        for member in self._members:
            member.kill()
            member.wait(STOP_SECONDS)
        shutil.rmtree(self.directory, ignore_errors=True)


class Process:
    """One program of a group: it can be started and ended again and again.

    `ready` says whether the started program answers; the log is one file over all starts.
    """

    def __init__(
        self, group: ProcessGroup, command: Sequence[str], ready: Callable[[], bool]
    ) -> None:
        self.name = Path(command[0]).name
        self.log = group.directory / f"{self.name}.log"
        self._group = group
        self._command = command
        self._ready = ready
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the program and wait until it is ready."""
        if self.running:
            raise StartError(f"{self.name} runs already")
        self._process = self._group.spawn(self._command, self.log)
        self._wait_ready()

    def stop(self) -> None:
        """End it by SIGTERM, or by SIGKILL if it takes too long, as etcd does with clients."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it: its connections stay open and nothing answers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-LOG_LINES:])

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if not self.running:
                raise StartError(f"{self.name} ended before it was ready:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise StartError(f"{self.name} is not ready in time:\n{self.log_tail()}")
            time.sleep(0.02)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
