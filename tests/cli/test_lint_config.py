"""What a repository says of linting in its own file."""

from pathlib import Path

import pytest
import yaml

from approver.cli import main
from tests.examples import policy_manifest


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work where two files have a finding each, CRP201."""
    monkeypatch.chdir(tmp_path)
    for folder in ("legacy", "policies"):
        (tmp_path / folder).mkdir()
        selector = {"namespace": {"matchNames": [folder]}}
        allowed = {"dnsNames": {"values": ["*example.com"]}}
        manifest = policy_manifest(folder, selector=selector, allowed=allowed)
        (tmp_path / folder / "web.yaml").write_text(yaml.safe_dump(manifest))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["legacy", "policies"]),
        ("lint: {ignore: [CRP201]}", []),
        ("lint: {ignore: [no-dot]}", []),
        ("lint: {per-file: {'legacy/*.yaml': [CRP201]}}", ["policies"]),
        ("lint: {per-file: {'legacy/*.yaml': [CRP202]}}", ["legacy", "policies"]),
    ],
)
def test_rules_are_silenced(
    capsys: pytest.CaptureFixture[str], text: str, found: list[str]
) -> None:
    Path(".approver.yaml").write_text(text)

    status = main(["lint", "--select=CRP201", "legacy", "policies"])

    out = capsys.readouterr().out
    assert [folder for folder in ("legacy", "policies") if f"{folder}/web.yaml:" in out] == found
    assert status == (1 if found else 0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lint: {", "not YAML"),
        ("[]", "the file must be an object"),
        ("lints: {}", 'the file has no "lints": there are lint'),
        ("lint: {ignored: []}", 'lint has no "ignored": there are ignore, per-file'),
        ("lint: {ignore: CRP201}", "lint.ignore must be a list of rules"),
        ("lint: {ignore: [CRP999]}", 'lint.ignore: there is no rule "CRP999"'),
        ("lint: {per-file: {a: [x]}}", 'lint.per-file.a: there is no rule "x"'),
    ],
)
def test_what_is_wrong_is_told(capsys: pytest.CaptureFixture[str], text: str, told: str) -> None:
    Path(".approver.yaml").write_text(text)
    assert main(["lint", "policies"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("approver lint: .approver.yaml: ")
    assert told in line
