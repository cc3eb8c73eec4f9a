"""Ctrl-C ends the command quietly, however early it comes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.running import ROOT

SECONDS = 20
AS_MODULE = ("-m", "approver")
AS_SCRIPT = ("-c", "import sys; from approver.__main__ import main; sys.exit(main())")


@pytest.mark.parametrize("start", [AS_MODULE, AS_SCRIPT])
@pytest.mark.parametrize("milliseconds", range(0, 400, 40))
def test_it_ends_without_a_traceback(
    tmp_path: Path, start: tuple[str, ...], milliseconds: int
) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('started', flush=True)")
    with subprocess.Popen(
        [sys.executable, *start, "check", "-"],
        env=os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        stdin=subprocess.PIPE,  # where it waits, once it has loaded
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"started\n"
        while catches_interrupts(process.pid):
            pass  # Python's own start-up is not ours to mend
        time.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=SECONDS)

    assert process.returncode == -signal.SIGINT
    assert said == (b"", b"")


def catches_interrupts(pid: int) -> bool:
    """Say whether a process has a handler: Python sets one, and the command takes it away."""
    status = Path(f"/proc/{pid}/status").read_text().split()
    return bool(int(status[status.index("SigCgt:") + 1], 16) >> signal.SIGINT - 1 & 1)
