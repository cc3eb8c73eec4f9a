"""One worker process, as the event loop sees it."""

import asyncio
import os
import resource
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Final, Self, cast

from approver.cel import protocol
from approver.rules import RuleEngineError

_SILENCE_SECONDS: Final = 10.0  # a worker that runs stops a rule long before
_CHUNK_BYTES: Final = 1 << 16
_STOPPED_BY_A_RULE: Final = {
    -signal.SIGPROF: "time",
    protocol.OUT_OF_MEMORY: "memory",
    -signal.SIGABRT: "memory",  # the want of which was noticed too late
    -signal.SIGSEGV: "memory",
}
_PROGRAM: Final = "from approver.cel.sandbox.worker import main; main()"  # sooner than with -m


class WorkerHandle:
    """A process that does one task after the other, as long as it is `usable`.

    `stopped_for` is what a rule has stopped it for, `time` or `memory`.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._stdin = cast("asyncio.StreamWriter", process.stdin)
        self._stdout = cast("asyncio.StreamReader", process.stdout)
        self._ready = True
        self.stopped_for = ""

    @classmethod
    async def start(cls) -> Self:
        """Start a process, with nothing of this one's environment but where modules are."""
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-S", "-c", _PROGRAM),
                stdin=PIPE,
                stdout=PIPE,
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
            )
        )

    @property
    def usable(self) -> bool:
        """Whether it takes another task."""
        return self._ready and self._process.returncode is None

    async def do(self, task: bytes, parts: int) -> list[bytes]:
        """Return a line for each part of a task; fewer, if the rule of the next one stopped it.

        Raise `RuleEngineError` if the process was lost for another reason.
        """
        self._ready = False  # until it says so
        try:
            return await self._exchange(task, parts)
        except TimeoutError:
            raise RuleEngineError("a CEL worker is silent") from None

    def resident_memory(self) -> int:
        """Return the bytes of memory that the process has; 0 where that cannot be told."""
        try:
            pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        except (OSError, IndexError):  # it has just ended, or this is no Linux
            return 0
        return int(pages) * resource.getpagesize()

    async def end(self) -> None:
        """End the process; return when it has ended."""
        self._ready = False
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def _exchange(self, task: bytes, parts: int) -> list[bytes]:
        self._stdin.write(task)
        received = b""
        while received.count(b"\n") <= parts:
            async with asyncio.timeout(_SILENCE_SECONDS):
                chunk = await self._stdout.read(_CHUNK_BYTES)
            if not chunk:
                await self._check_end()
                break
            received += chunk
        lines = received.split(b"\n")[:-1]
        self._ready = lines[parts:] == [protocol.READY]
        return lines[:parts]

    async def _check_end(self) -> None:
        status = await self._process.wait()
        self.stopped_for = _STOPPED_BY_A_RULE.get(status, "")
        if not self.stopped_for:
            raise RuleEngineError(f"a CEL worker ended with status {status}")
