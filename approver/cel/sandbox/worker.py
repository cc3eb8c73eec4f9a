"""The process that rules run in, for a parent that can do without it.

It ends when its parent does, when a rule takes more time than it may (by a signal), or more memory
(by its exit status).
"""

import os
import resource
import signal
import sys
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final, NoReturn

import msgspec

from approver.cel import protocol
from approver.cel.protocol import Compile, Evaluate, Task
from approver.cel.sandbox.environment import Compiled, Environment, evaluate
from approver.cel.sandbox.refusal import UnusableRuleError
from approver.cel.sandbox.vocabulary import VOCABULARIES

_KEPT_RULES: Final = 1000
# No memory is dumped, no file written, no process started. Files are read all the same, for time
# zones; a filter of system calls takes a package, or a page of machine code for each platform.
_NOTHING: Final = (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC)


class Limits(msgspec.Struct, frozen=True):
    """What a rule may take, and after what a worker is spent: the engine's calls of Python leak.

    `rule_seconds` are of processor time, to compile or to evaluate a rule once.
    """

    rule_seconds: float = 0.5
    address_space_bytes: int = 512 << 20
    spent_memory_kib: int = 200 << 10
    spent_rules: int = 50_000


LIMITS: Final = Limits()


def main(limits: Limits = LIMITS) -> NoReturn:
    """Do the tasks on standard input."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # nobody is there to read
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (limits.address_space_bytes,) * 2)
    for limit in _NOTHING:
        resource.setrlimit(limit, (0, 0))
    status = os.open("/proc/self/status", os.O_RDONLY)
    done = 0
    try:
        for task in protocol.tasks(sys.stdin.buffer):
            for line in _lines(task, limits.rule_seconds):
                _write(line)
                done += 1
            spent = done >= limits.spent_rules or _peak_kib(status) >= limits.spent_memory_kib
            _write(protocol.SPENT if spent else protocol.READY)
    except MemoryError:
        os._exit(protocol.OUT_OF_MEMORY)
    sys.exit()


def _peak_kib(status: int) -> int:
    """Return the most KiB that were in memory so far; `ru_maxrss` begins with the parent's.

    `status` is the open file /proc/self/status.
    """
    return int(os.pread(status, 4096, 0).partition(b"VmHWM:")[2].split(maxsplit=1)[0])


def _write(line: bytes) -> None:
    os.write(sys.stdout.fileno(), line + b"\n")


def _lines(task: Task, seconds: float) -> Iterator[bytes]:
    work = _problems(task) if isinstance(task, Compile) else _verdicts(task)
    while True:
        # The signal ends the process by itself. A handler would have to wait: the engine does not
        # let Python run while it evaluates.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        line = next(work, None)
        signal.setitimer(signal.ITIMER_PROF, 0)
        if line is None:
            return
        yield line


def _problems(task: Compile) -> Iterator[bytes]:
    for scope, text in task.rules:
        compiled = _compiled(scope, text)
        if isinstance(compiled, str):
            yield compiled.encode()
        elif compiled.doubts:
            yield protocol.DOUBTFUL + "; ".join(compiled.doubts).encode()
        else:
            yield b""


def _verdicts(task: Evaluate) -> Iterator[bytes]:
    variables = {}
    for scope, text, value in task.questions:
        compiled = _compiled(scope, text)
        if isinstance(compiled, str):
            yield protocol.FAILED
            continue
        if scope not in variables:
            variables[scope] = _environment(scope).variables(task.activation)
        verdict = evaluate(compiled.expression, {**variables[scope], "self": value})
        yield {True: protocol.TRUE, False: protocol.FALSE, None: protocol.FAILED}[verdict]


@lru_cache(_KEPT_RULES)
def _compiled(scope: str, text: str) -> Compiled | str:
    """Return what can be evaluated, or what is wrong with it, in one line."""
    try:
        return _environment(scope).compile(text)
    except UnusableRuleError as error:
        return " ".join(str(error).split())
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the next worker would find it, too
        return f"it cannot be compiled ({type(error).__name__})"


@cache
def _environment(scope: str) -> Environment:
    return Environment(VOCABULARIES[scope])
