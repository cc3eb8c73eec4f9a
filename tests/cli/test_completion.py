"""What completes command lines."""

import shutil
import subprocess
from pathlib import Path

import pytest

from approver.cli import COMMANDS
from approver.cli.completion import complete
from tests.cli.conftest import Run


def completed_by_bash(script: str, *words: str) -> list[str]:
    array = " ".join(f"'{word}'" for word in ("approver", *words))
    program = (
        f"{script}\nCOMP_WORDS=({array}) COMP_CWORD={len(words)}\n"
        '_approver; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    result = subprocess.run(
        ["/bin/bash", "-c", program], capture_output=True, text=True, timeout=20, check=True
    )
    return [line for line in result.stdout.splitlines() if line]


def test_bash(approver: Run) -> None:
    script = approver("completion", "bash").stdout
    assert completed_by_bash(script, "") == list(COMMANDS)
    assert completed_by_bash(script, "che") == ["check"]
    assert completed_by_bash(script, "check", "--exp") == ["--explain"]
    assert completed_by_bash(script, "check", "--bindings", "") == ["auto", "required", "ignore"]
    assert completed_by_bash(script, "check", "--usage", "ser") == ["server\\ auth"]
    assert completed_by_bash(script, "completion", "") == ["-h", "--help", "bash", "fish", "zsh"]
    assert completed_by_bash(script, "check", "") != []
    assert completed_by_bash(script, "check", "policies") == []  # and so the shell offers files


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_read_it(approver: Run, tmp_path: Path, shell: str) -> None:
    script = tmp_path / "script"
    script.write_text(approver("completion", shell).stdout)
    assert all(command in script.read_text() for command in COMMANDS)
    if program := shutil.which(shell):
        subprocess.run([program, "-n", script], timeout=20, check=True)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["ch"], "check\n:4\n"),
        (["check", "--bindings", "r"], "required\n:4\n"),
        (["check", "polic"], ":0\n"),
        (["check", "--no-such-flag", "x"], ":0\n"),
        (["no-such-command", ""], ":0\n"),
    ],
)
def test_kubectl(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    typed: list[str],
    offered: str,
) -> None:
    monkeypatch.setattr("sys.argv", ["kubectl_complete-approver", *typed])
    assert complete() == 0
    assert capsys.readouterr().out == offered
