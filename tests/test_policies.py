"""The policies that users start from, by themselves and together."""

import shutil
from pathlib import Path

import pytest
import yaml

from approver.cli import main
from tests.examples import example_policies
from tests.running import ROOT

POLICIES = ROOT / "policies"
INTENDED = {"break-glass"}  # to give people on call what nobody has otherwise is what it is for


def test_lint_finds_nothing_that_is_not_named() -> None:
    assert main(["lint", "--strict", str(POLICIES)]) == 0


def test_each_passes_its_tests_and_every_change_of_it_is_noticed() -> None:
    assert main(["test", "--coverage", "--coverage-min", "100", str(POLICIES)]) == 0


@pytest.mark.parametrize("file", example_policies(), ids=lambda file: file.stem)
def test_each_has_a_test_and_says_when_to_use_it(file: Path) -> None:
    assert file.with_suffix(".approver-test.yaml").exists()
    assert f"| [{file.name}]({file.name}) |" in (POLICIES / "README.md").read_text()


def test_together_they_do_not_undo_each_other(tmp_path: Path) -> None:
    """Each test, and each claim about all requests, holds beside all other policies."""
    for file in example_policies():
        if file.stem not in INTENDED:
            shutil.copy(file, tmp_path)
            suite = yaml.safe_load(file.with_suffix(".approver-test.yaml").read_text())
            del suite["policies"]  # so that all of the folder are meant
            text = yaml.safe_dump(suite, sort_keys=False)
            (tmp_path / file.with_suffix(".approver-test.yaml").name).write_text(text)

    assert main(["test", str(tmp_path)]) == 0


def test_a_policy_that_undoes_another_is_noticed(tmp_path: Path) -> None:
    for file in (*example_policies(), *POLICIES.glob("*.approver-test.yaml")):
        shutil.copy(file, tmp_path)
    suite = yaml.safe_load((tmp_path / "team-web-servers.approver-test.yaml").read_text())
    suite["policies"].append("break-glass.yaml")
    (tmp_path / "team-web-servers.approver-test.yaml").write_text(yaml.safe_dump(suite))

    assert main(["test", str(tmp_path)]) == 1
