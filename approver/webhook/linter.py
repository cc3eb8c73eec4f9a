"""What lint says of a policy, from a process of its own."""

import asyncio
import contextlib
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from approver.lint.linting import PREFIX
from approver.model import Error, ObjectMeta
from approver.policy import Policy

_log = logging.getLogger(__name__)

_SECONDS: Final = 5.0  # for one policy, after which the process is ended
_LONGEST_BYTES: Final = 128 << 10
_EMPTY: Final = b'{"policy":{},"warnings":[]}'
_DECODER: Final = msgspec.json.Decoder(tuple[str, ...] | None)


class LintError(Error):
    """What lint would say is not known."""


class Linter:
    """Asks a process, which is started when it is needed, for one policy after the other."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Have the process started, which takes most of a second."""
        with contextlib.suppress(LintError):  # it is told of, and tried again
            await self._lint(_EMPTY)

    async def close(self) -> None:
        """End the process."""
        await self._end()

    async def warnings(self, obj: Mapping[str, Any], policy: Policy) -> Sequence[str]:
        """Return the findings in a policy, each as a line; `policy` is what was read of `obj`.

        Raise `LintError`.
        """
        line = msgspec.json.encode(_task(obj, policy))
        if len(line) > _LONGEST_BYTES:
            raise too_long()
        return await self._lint(line)

    async def _lint(self, line: bytes) -> Sequence[str]:
        async with self._turn:
            try:
                async with asyncio.timeout(_SECONDS):
                    found: Sequence[str] | None = _DECODER.decode(await self._exchange(line))
            except (TimeoutError, OSError, ValueError) as error:
                status = await self._end()
                _log.warning("no lint", extra={"error": repr(error)[:200], "status": status})
                raise (too_long() if isinstance(error, TimeoutError) else _failed()) from error
        if found is None:
            raise _failed()
        return found

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
        answer = await self._process.stdout.readline()
        if not answer:
            await self._process.wait()
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


def silencers(metadata: ObjectMeta) -> Mapping[str, str]:
    """Return the annotations by which a policy silences lint."""
    return {name: text for name, text in metadata.annotations.items() if name.startswith(PREFIX)}


def _failed() -> LintError:
    return LintError("what lint would say of this policy could not be found out: approver lint")


def too_long() -> LintError:
    """Return the error that says so."""
    return LintError("what lint would say of this policy takes too long to find out: approver lint")


def _task(obj: Mapping[str, Any], policy: Policy) -> Mapping[str, Any]:
    """Return what findings depend on: the spec, what is silenced, and what the engine says.

    The name is one for all, so that policies that differ in nothing else are one.
    """
    flawed = {problem.field: problem.message for problem in policy.warnings}
    rules = [
        (check.rule.scope, check.rule.text, flawed[check.place])
        for check in policy.rule_checks
        if check.place in flawed
    ]
    manifest = {
        "apiVersion": obj.get("apiVersion"),
        "kind": obj.get("kind"),
        "metadata": {"name": "policy", "annotations": silencers(policy.metadata)},
        "spec": obj.get("spec"),
    }
    return {"policy": manifest, "warnings": rules}
