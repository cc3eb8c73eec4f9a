"""The examples of every `--help` work as they stand there."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from approver.cli import COMMANDS, command_parser
from tests.running import ROOT

FILES = Path(__file__).with_name("examples")
ANSWERS = {0, 1}
LIVE = {"run", "wait", "explain", "approve", "deny", "replay"}
EXAMPLES = [
    (command, arguments)
    for command in COMMANDS
    for arguments, _ in command_parser(command)[0].EXAMPLES
]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_them(command: str) -> None:
    module, parser = command_parser(command)
    shown = parser.format_help()
    assert "\nexamples:\n" in shown
    for arguments, purpose in module.EXAMPLES:
        assert f"approver {command} {arguments}".rstrip() in shown
        assert purpose in shown


@pytest.mark.parametrize(("command", "arguments"), EXAMPLES)
def test_they_answer(tmp_path: Path, command: str, arguments: str) -> None:
    live = command in LIVE or "cluster" in arguments.replace("--", "").split()
    if live and "--file" not in arguments:  # tested on a cluster
        command_parser(command)[1].parse_args(shlex.split(arguments))
        return
    shutil.copytree(FILES, tmp_path, dirs_exist_ok=True)
    shutil.copytree(ROOT / "policies", tmp_path / "policies", dirs_exist_ok=True)
    shutil.copytree(ROOT / "policies", tmp_path / "old-policies")
    for git in ("init --quiet --initial-branch=main", "add .", "commit --quiet --message=all"):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        subprocess.run(["git", *identity, *git.split()], cwd=tmp_path, check=True)  # noqa: S607 - as `diff` does
    (tmp_path / ".local/share/bash-completion/completions").mkdir(parents=True)
    (tmp_path / ".config/fish/completions").mkdir(parents=True)
    program = f"{sys.executable} -W error -m approver {command} {arguments}"
    result = subprocess.run(
        ["/bin/sh", "-c", program],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert result.returncode in ANSWERS, result.stderr
