"""Every command and every piece of YAML on the pages does what the page says, as far as it can run.

What is made by running commands (docs/ci.md, docs/lint.md) has tests of its own.
"""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from approver import Policy
from approver.cli import command_parser, main
from tests.controlplane import binaries
from tests.examples import example_policies
from tests.running import ROOT

MADE_BY_RUNNING = {"ci.md", "lint.md"}
PAGES = [
    ROOT / "README.md",
    ROOT / "policies" / "README.md",
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in MADE_BY_RUNNING),
]
# What is shown and not run here: it needs a cluster that runs pods, or a registry.
NOT_RUN = ("kubectl ", "docker build ")
ANSWERS = {0, 1}
_BLOCK = re.compile(r"(?m)(?:^ {4,}\S.*\n|^\n(?= {4}))+")
_COMMAND = re.compile(r"(?:\.venv/bin/)?(?:approver|kubectl|helm|make|docker|git|pip) ")
_ALL_OF_A_POLICY = {"apiVersion", "kind", "metadata", "spec"}


def blocks(page: Path) -> Iterator[str]:
    """Yield the indented blocks of a page that begin after an empty line, dedented."""
    for match in _BLOCK.finditer(page.read_text()):
        text = match[0]
        if text.startswith("\n"):
            yield dedent(text.strip("\n"))


def commands() -> Iterator[Any]:
    for page in PAGES:
        for block in blocks(page):
            for line in block.replace("\\\n", " ").splitlines():
                if _COMMAND.match(line):
                    yield pytest.param(line, id=f"{page.name}: {line[:60]}")


def pieces() -> Iterator[Any]:
    for page in PAGES:
        for number, block in enumerate(blocks(page)):
            if re.match(r"(?:#.*\n)*[A-Za-z]\w*:(?: |\n)", block):
                yield pytest.param(block, id=f"{page.name}-{number}")


def without_comment(line: str) -> list[str]:
    return shlex.split(line, comments=True)


@pytest.mark.parametrize("line", list(commands()))
def test_a_command_runs(line: str, tmp_path: Path) -> None:
    if line.startswith(NOT_RUN):
        piped = line.partition("| ")[2]
        if not piped:
            assert len(without_comment(line)) > 1
            return
        line = piped
    program, *arguments = without_comment(line)
    match Path(program).name:
        case "approver":
            run_approver(arguments, tmp_path)
        case "helm":
            run_helm(arguments)
        case "make":
            targets = re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text())
            assert arguments[0] in targets
        case _:
            pytest.fail(f"nobody knows how to run {program}")


def run_approver(arguments: list[str], home: Path) -> None:
    command, *rest = arguments
    parser = command_parser(command)[1]
    if command in ("run", "wait"):  # what they do is tested on a cluster
        parser.parse_args(rest)
        return
    shutil.copytree(ROOT / "policies", home / "policies")
    shutil.copytree(ROOT / "tests" / "demo", home / "tests" / "demo")
    shutil.copy(ROOT / "tests" / "cli" / "examples" / "request.csr", home)
    done = subprocess.run(
        [sys.executable, "-m", "approver", *arguments],
        cwd=home,
        env={"HOME": str(home), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        input=(ROOT / "tests" / "demo" / "certificates.yaml").read_text(),  # where it reads -
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode in ANSWERS, done.stderr


def run_helm(arguments: list[str]) -> None:
    """Render what is to be installed or upgraded, with just these values."""
    verb, release, chart, *flags = arguments
    assert verb in ("install", "upgrade")
    values = [
        each
        for flag, value in zip(flags, [*flags[1:], ""], strict=True)
        if flag in ("--set", "--set-json")
        for each in (flag, value)
    ]
    done = subprocess.run(
        [str(binaries.find("helm")), "template", release, chart, "--kube-version=1.36", *values],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", list(pieces()))
def test_a_piece_of_yaml_is_what_it_is_for(text: str, tmp_path: Path) -> None:
    said = yaml.safe_load(text)
    match said:
        case {"kind": "CertificateRequestPolicy"} if said.keys() <= _ALL_OF_A_POLICY:
            policy = Policy.parse(said)
            assert policy.ready, policy.problems
        case {"kind": "PolicyTest"}:
            for file in example_policies():
                shutil.copy(file, tmp_path)
            (tmp_path / "page.approver-test.yaml").write_text(text)
            assert main(["test", str(tmp_path)]) == 0
        case {"validations": _} | {"ipAddresses": _} | {"uris": _} | {"dnsNames": _}:
            fields = {"dnsNames": said} if "validations" in said else said
            spec: dict[str, Any] = {"selector": {"namespace": {}}, "allowed": fields}
            policy = Policy.parse({"metadata": {"name": "page"}, "spec": spec})
            assert policy.ready, policy.problems
        case {"scrape_configs": _} | {"rule_files": _} | {"providers": _}:
            assert isinstance(said, dict)  # loaded by a real Prometheus in tests/prometheus
        case _:
            pytest.fail(f"nobody knows what this is for: {sorted(said)}")


def test_there_are_such() -> None:
    assert len(list(commands())) > 15
    assert len(list(pieces())) > 4


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name


def test_metrics_that_pages_name_exist() -> None:
    known = (ROOT / "docs" / "metrics.md").read_text()
    for page in PAGES:
        for name in re.findall(r"`(policy_approver_\w+)", page.read_text()):
            assert f"`{re.sub('_(bucket|sum|count)$', '', name)}`" in known, (page.name, name)
