"""One worker process, as the event loop sees it."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Final, Self, cast

from approver.cel import protocol
from approver.rules import RuleEngineError

_SILENCE: Final = 10.0  # seconds; a worker that runs stops a rule long before
_CHUNK: Final = 1 << 16
_STOPPED_BY_A_RULE: Final = {
    -signal.SIGPROF,  # for its time
    protocol.OUT_OF_MEMORY,
    -signal.SIGABRT,  # the same, where the want of memory was noticed too late
    -signal.SIGSEGV,
}
_PACKAGE: Final = Path(__file__).parents[1]
# A worker needs a few modules of these packages, and nothing that they import for others: standing
# in for the packages halves the time to start.
_PROGRAM: Final = f"""\
import sys, types
for name, path in (("approver", ""), ("approver.cel", "cel"), ("approver.model", "model")):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [{str(_PACKAGE)!r} + "/" + path]
from approver.cel.worker import main
main()
"""


class Worker:
    """A process that does one task after the other, as long as it is `usable`."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._stdin = cast("asyncio.StreamWriter", process.stdin)
        self._stdout = cast("asyncio.StreamReader", process.stdout)
        self._willing = True

    @classmethod
    async def start(cls) -> Self:
        """Start a process, with nothing of this one's environment but where modules are."""
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-c", _PROGRAM),
                stdin=PIPE,
                stdout=PIPE,
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
            )
        )

    @property
    def usable(self) -> bool:
        """Whether it takes another task."""
        return self._willing and self._process.returncode is None

    async def do(self, task: bytes, parts: int) -> list[bytes]:
        """Return a line for each part of a task; fewer, if the rule of the next one stopped it.

        Raise `RuleEngineError` if the process was lost for another reason.
        """
        self._willing = False  # until it says so
        try:
            return await self._exchange(task, parts)
        except TimeoutError:
            raise RuleEngineError("a CEL worker is silent") from None

    async def end(self) -> None:
        """End the process; return when it has ended."""
        self._willing = False
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def _exchange(self, task: bytes, parts: int) -> list[bytes]:
        self._stdin.write(task)
        received = b""
        while received.count(b"\n") <= parts:
            async with asyncio.timeout(_SILENCE):
                chunk = await self._stdout.read(_CHUNK)
            if not chunk:
                await self._check_end()
                break
            received += chunk
        lines = received.split(b"\n")[:-1]
        self._willing = lines[parts:] == [protocol.READY]
        return lines[:parts]

    async def _check_end(self) -> None:
        status = await self._process.wait()
        if status not in _STOPPED_BY_A_RULE:
            raise RuleEngineError(f"a CEL worker ended with status {status}")
