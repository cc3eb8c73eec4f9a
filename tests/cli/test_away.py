"""A cluster that is away, or that nobody has told of: one line, and exit status 3."""

from pathlib import Path

import pytest
import yaml

from approver.cli import main
from tests.examples import policy_manifest

COMMANDS = (
    ("explain", "web"),
    ("replay", "policy.yaml"),
    ("approve", "--yes", "web"),
    ("deny", "--yes", "web"),
    ("lint", "--cluster"),
    ("who-can", "--ca", "--cluster"),
    ("diff", "cluster", "policy.yaml"),
)
NOBODY = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "a", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "a", "user": {"token": "t"}}],
    "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
    "current-context": "a",
}
KUBECONFIGS = {
    "nobody listens": yaml.safe_dump(NOBODY),
    "not YAML": "{",
    "empty": "",
    "no user": yaml.safe_dump({**NOBODY, "users": []}),
    "no such context": yaml.safe_dump({**NOBODY, "current-context": "b"}),
}


@pytest.fixture(autouse=True)
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work beside a policy."""
    manifest = policy_manifest("web", selector={"namespace": {}}, allowedIsCA=False)
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(manifest))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("text", KUBECONFIGS.values(), ids=list(KUBECONFIGS))
def test_it_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, command: tuple[str, ...]
) -> None:
    (tmp_path / "kubeconfig").write_text(text)

    status = main([*command, "--kubeconfig=kubeconfig"])

    said = capsys.readouterr()
    assert (status, said.out) == (3, ""), said.err
    [line] = said.err.splitlines()
    assert line.startswith(f"approver {command[0]}: ")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_there_is_no_such_kubeconfig(
    capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    assert main([*command, "--kubeconfig=nowhere"]) == 3
    assert "nowhere: no such file" in capsys.readouterr().err
