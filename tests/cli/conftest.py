"""Runs the command as its users do, with files in a folder of their own."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def approver(tmp_path: Path) -> Run:
    """Give a function that runs `approver ARGUMENTS` beside the files of `tmp_path`."""

    def run(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "approver", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            input=stdin,
            timeout=30,
            check=False,
        )

    return run
