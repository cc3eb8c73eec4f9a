"""The process itself, over its pipes."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen

import msgspec
import pytest

from approver.cel import protocol
from approver.cel.protocol import Compile, Evaluate, Task
from tests.cel.evaluation import ABOUT

PROGRAM = "from approver.cel.sandbox.worker import main; main()"


@pytest.fixture
def worker() -> Iterator["Popen[bytes]"]:
    with Popen([sys.executable, "-c", PROGRAM], stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        yield process
        process.kill()


def do(worker: "Popen[bytes]", task: Task, parts: int = 1) -> list[bytes]:
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write(protocol.frame(task))
    worker.stdin.flush()
    return [worker.stdout.readline().rstrip(b"\n") for _ in range(parts + 1)]


def ask(*texts: str) -> Evaluate:
    about = msgspec.to_builtins(ABOUT)
    return Evaluate(tuple(("value", text, "a.example.com") for text in texts), about)


def test_it_answers_line_by_line(worker: "Popen[bytes]") -> None:
    assert do(worker, Compile((("value", "true"), ("value", "1"))), 2) == [
        b"",
        b"it is no bool, but int",
        protocol.READY,
    ]
    assert do(worker, ask("true", "false", "1 / 0 == 1", "("), 4) == [
        protocol.TRUE,
        protocol.FALSE,
        protocol.FAILED,
        protocol.FAILED,
        protocol.READY,
    ]


def test_it_ends_when_nobody_is_there_any_more(worker: "Popen[bytes]") -> None:
    do(worker, ask("true"))
    assert worker.stdin
    worker.stdin.close()
    assert worker.wait(10) == 0


def test_it_ends_quietly_when_nobody_listens(worker: "Popen[bytes]") -> None:
    do(worker, ask("true"))
    assert worker.stdin
    assert worker.stdout
    assert worker.stderr
    worker.stdout.close()
    worker.stdin.write(protocol.frame(ask("true")))
    worker.stdin.flush()
    assert worker.wait(10) < 0
    assert worker.stderr.read() == b""


def test_it_says_when_it_is_spent(worker: "Popen[bytes]") -> None:
    many = 50_000
    assert do(worker, ask(*["true"] * (many - 1)), many - 1)[-1] == protocol.READY
    assert do(worker, ask("true")) == [protocol.TRUE, protocol.SPENT]


def test_it_is_spent_when_it_has_grown() -> None:
    # The first touch of memory may be slow on a young machine: less of it than in earnest will do.
    limited = "from approver.cel.sandbox.worker import *; main(Limits(spent_memory_kib=60 << 10))"
    grows = f"['{'a' * 21}']{'.map(text, text + text)' * 20}[0].size() > 0"
    with Popen([sys.executable, "-c", limited], stdin=PIPE, stdout=PIPE) as worker:
        assert do(worker, ask("true")) == [protocol.TRUE, protocol.READY]
        assert do(worker, ask(grows)) == [protocol.TRUE, protocol.SPENT]
        worker.kill()


def test_it_ends_by_itself_when_its_parent_is_killed() -> None:
    parent = f"""
import os, signal, subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", {PROGRAM!r}], stdin=subprocess.PIPE)
print(worker.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    with Popen([sys.executable, "-c", parent], stdout=PIPE, text=True) as process:
        # The worker has inherited this pipe, so that its end is the worker's.
        assert process.stdout
        process.stdout.read()


def test_it_needs_nothing_of_what_the_package_exports() -> None:
    check = """
import sys, approver.cel.sandbox.worker
heavy = {"asyncio", "cryptography", "aiohttp", "kubernetes_asyncio", "yaml"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", check], check=True, timeout=20)


def test_it_may_write_no_file_and_start_no_process(worker: "Popen[bytes]") -> None:
    do(worker, Compile((("value", "true"),)))
    limits = Path(f"/proc/{worker.pid}/limits").read_text()
    for limit in ("Max core file size", "Max file size", "Max processes"):
        [line] = [line for line in limits.splitlines() if line.startswith(limit)]
        assert line.removeprefix(limit).split()[:2] == ["0", "0"]
