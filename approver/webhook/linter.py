"""What lint says of a policy, from a process of its own, remembered by what the policy says."""

import asyncio
import contextlib
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec

from approver.lint.linting import PREFIX
from approver.policy import Policy

_log = logging.getLogger(__name__)

_SECONDS: Final = 10.0  # for one policy, after which the process is ended
_PATIENCE_SECONDS: Final = 1.0  # of whoever writes a policy
_KEPT: Final = 1_000
_MOST_WAITING: Final = 100
_LONGEST_BYTES: Final = 128 << 10
_TOO_LONG: Final = "what lint would say of this policy takes too long to find out: approver lint"
_FAILED: Final = "what lint would say of this policy could not be found out: approver lint"
_DECODER: Final = msgspec.json.Decoder(tuple[str, ...])


class Linter:
    """Asks a process, which is started when it is needed, for one policy after the other."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._known = OrderedDict[bytes, asyncio.Task[Sequence[str]]]()

    async def close(self) -> None:
        """End the process."""
        for task in self._known.values():
            task.cancel()
        await self._end()

    async def warnings(
        self,
        obj: Mapping[str, Any],
        policy: Policy,
        *,
        patience: float | None = _PATIENCE_SECONDS,
    ) -> Sequence[str]:
        """Return the findings in a policy, each as a line; `policy` is what was read of `obj`.

        Whoever asks for the same while it is looked at waits for the same answer, for as many
        seconds as he has patience.
        """
        line = msgspec.json.encode(_task(obj, policy), order="sorted")
        key = sha256(line).digest()
        task = self._known.get(key)
        if task is None:
            if len(line) > _LONGEST_BYTES or self._waiting >= _MOST_WAITING:
                return (_TOO_LONG,)
            self._waiting += 1
            task = self._known[key] = asyncio.create_task(self._lint(line, key))
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        try:
            async with asyncio.timeout(patience):
                return await asyncio.shield(task)
        except TimeoutError:
            return (_TOO_LONG,)

    async def _lint(self, line: bytes, key: bytes) -> Sequence[str]:
        async with self._turn:
            self._waiting -= 1
            try:
                async with asyncio.timeout(_SECONDS):
                    return _DECODER.decode(await self._exchange(line))
            except (TimeoutError, OSError, ValueError) as error:
                self._known.pop(key, None)
                status = await self._end()
                _log.warning("no lint", extra={"error": repr(error)[:200], "status": status})
                return (_TOO_LONG if isinstance(error, TimeoutError) else _FAILED,)

    async def _exchange(self, line: bytes) -> bytes:
        """Return the answer. Raise `OSError` if there is none, `ValueError` if it is broken off."""
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "approver.webhook.lint_worker"),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,  # a policy is not to fill the log
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
            )
        assert self._process.stdin  # noqa: S101 - it is a pipe
        assert self._process.stdout  # noqa: S101 - as above
        self._process.stdin.write(line + b"\n")
        await self._process.stdin.drain()
        answer = await self._process.stdout.readline()
        if not answer:
            raise ConnectionError("the process has ended")
        return answer

    async def _end(self) -> int | None:
        """End the process; return its exit status, or less than 0: the signal that ended it."""
        process, self._process = self._process, None
        if process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        return await process.wait()


def _task(obj: Mapping[str, Any], policy: Policy) -> Mapping[str, Any]:
    """Return what findings depend on: the spec, what is silenced, and what the engine says.

    The name is one for all, so that policies that differ in nothing else are one.
    """
    annotations = {
        name: text for name, text in policy.metadata.annotations.items() if name.startswith(PREFIX)
    }
    flawed = {problem.field: problem.message for problem in policy.warnings}
    rules = [
        (check.rule.scope, check.rule.text, flawed[check.place])
        for check in policy.rule_checks
        if check.place in flawed
    ]
    manifest = {
        "apiVersion": obj.get("apiVersion"),
        "kind": obj.get("kind"),
        "metadata": {"name": "policy", "annotations": annotations},
        "spec": obj.get("spec"),
    }
    return {"policy": manifest, "warnings": rules}
