"""Every command on the pages that needs no cluster does what the page says."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from approver.cli import command_parser
from tests.documentation.pages import NEED_A_CLUSTER, NOT_RUN, Script, having, scripts, why_not
from tests.running import ROOT

ANSWERS = {0, 1}
LIVE = {"run", "wait", "explain", "replay", "approve", "deny"}
PLACEHOLDERS = {"FILE": "policies/minio.yaml"}
SCRIPTS = having(scripts(), NEED_A_CLUSTER, others=True)


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_they_run(script: Script, tmp_path: Path) -> None:
    reasons = {line: why_not(script, line) for line in script.lines}
    if all(reasons.values()):
        pytest.skip("; ".join(reasons.values()))
    for line in (line for line, reason in reasons.items() if not reason):
        program, *arguments = shlex.split(line, comments=True)
        match Path(program).name:
            case "approver":
                run_approver(arguments, tmp_path)
            case "make":
                targets = re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text())
                assert arguments[0] in targets
            case _:
                pytest.fail(f"nobody knows how to run {program}")


def run_approver(arguments: list[str], home: Path) -> None:
    """Run it in a folder like the repository's, or of what needs a cluster read the flags."""
    command, *rest = (PLACEHOLDERS.get(each, each) for each in arguments)
    parser = command_parser(command)[1]
    if not rest:
        return  # its name, within a sentence
    if command in LIVE:  # what they do is tested on a cluster
        parser.parse_args(rest)
        return
    for folder in ("policies", "tests/demo"):
        shutil.copytree(ROOT / folder, home / folder, dirs_exist_ok=True)
    if "request.csr" in rest:
        shutil.copy(ROOT / "tests" / "cli" / "examples" / "request.csr", home)
    done = subprocess.run(
        [sys.executable, "-m", "approver", command, *rest],
        cwd=home,
        env={"HOME": str(home), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode in ANSWERS, done.stderr


def test_there_are_such() -> None:
    assert len(SCRIPTS) > 15


@pytest.mark.parametrize("beginning", NOT_RUN)
def test_what_is_not_run_is_still_there(beginning: str) -> None:
    assert any(line.startswith(beginning) for script in scripts() for line in script.lines)
