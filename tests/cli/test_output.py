"""What all commands have in common: where results go, in which form, and what ends how."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from approver.cli import main
from approver.cli.terminal import Terminal
from tests.cli.conftest import Run
from tests.cli.test_check import CERTIFICATE, POLICY, check
from tests.running import ROOT


def test_a_form_can_go_to_a_file_beside_the_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "result.txt"
    assert check(tmp_path, "-o", f"json={file}", policy=POLICY, certificate=CERTIFICATE) == 0
    assert "APPROVED  Certificate team-a/www" in capsys.readouterr().out
    said = json.loads(file.read_text())
    assert said["version"] == 1
    assert said["requests"][0]["verdict"] == "approved"


def test_a_file_that_cannot_be_written_is_no_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, "-o", "json=/no/such/folder/a.json", policy=POLICY) == 3
    assert capsys.readouterr().err == (
        "approver: /no/such/folder/a.json: No such file or directory\n"
    )


@pytest.mark.parametrize("form", ["yaml", "json=", ""])
def test_a_form_that_there_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        check(tmp_path, "-o", form)
    assert "argument -o/--output: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("color", "environment", "shown"),
    [
        ("auto", {}, False),
        ("auto", {"CLICOLOR_FORCE": "1"}, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False),
        ("auto", {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"CLICOLOR_FORCE": "1"}, False),
    ],
)
def test_colours_in_a_file(color: str, environment: Mapping[str, str], *, shown: bool) -> None:
    with Path(os.devnull).open("w") as file:
        terminal = Terminal.of(color, file, environment)
    assert terminal.paint("no", "red") == ("\x1b[31mno\x1b[0m" if shown else "no")
    assert terminal.width is None


@pytest.mark.parametrize(
    ("environment", "shown"), [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False)]
)
def test_colours_on_a_terminal(environment: Mapping[str, str], *, shown: bool) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        assert Terminal.of("auto", stream, environment).colours is shown
    os.close(ours)


def test_kubectl_users_are_told_what_they_type(tmp_path: Path) -> None:
    script = tmp_path / "kubectl-approver"
    script.write_text("import sys\nfrom approver.__main__ import main\nsys.exit(main())\n")
    result = subprocess.run(
        [sys.executable, script, "check", "none.yaml"],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr == "kubectl approver check: none.yaml: No such file or directory\n"


def test_version(approver: Run) -> None:
    assert approver("version").stdout.startswith("approver  0.")
    said = json.loads(approver("version", "-o", "json").stdout)
    assert said.keys() == {"version", "approver", "commit", "engine", "python"}


@pytest.mark.parametrize("command", ["run", "check", "completion", "schema", "version"])
def test_unknown_flags_are_refused_by_every_command(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([command, "--no-such-flag"])
    assert f"usage: approver {command}" in capsys.readouterr().err
