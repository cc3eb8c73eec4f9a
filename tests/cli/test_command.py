"""The command itself."""

import pytest

from approver.cli import COMMANDS, main
from tests.cli.conftest import Run


def ended(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    """Give the exit status and all that was said."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    captured = capsys.readouterr()
    return caught.value.code, " ".join((captured.out + captured.err).split())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = ended(capsys, "--version")
    assert (status, said[:2]) == (0, "0.")


@pytest.mark.parametrize(
    "arguments",
    [(), ("no-such-command",), ("--no-such-flag",), ("no-such-command", "--help")],
)
def test_what_it_does_not_know(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    status, said = ended(capsys, *arguments)
    assert status == 2
    assert "usage: approver COMMAND" in said


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = ended(capsys, "--help")
    assert status == 0
    assert "run decide the requests of a cluster" in said
    assert "check decide manifests offline" in said


def test_every_flag_has_an_environment_variable(
    approver: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = " ".join(approver("run", "--help").stdout.split())
    assert "$APPROVER_METRICS_BIND_ADDRESS, default :9402" in said

    monkeypatch.setenv("APPROVER_KUBECONFIG", "/no/such/file")
    refused = approver("run")
    assert refused.returncode == 2
    assert refused.stderr == "approver run: /no/such/file: no such file\n"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("APPROVER_WORKERS", "0"), ("APPROVER_LOG_LEVEL", "loud"), ("APPROVER_LOG_FORMAT", "xml")],
)
def test_a_variable_is_checked_like_its_flag(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    status, said = ended(capsys, "run", "--kubeconfig=/no/such/file")
    assert status == 2
    assert value in said
    assert "/no/such/file" not in said


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in {"run", "wait"}])
def test_help_loads_nothing_that_takes_long(
    approver: Run, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    loaded = approver(command, "--help").stderr
    assert "argparse" in loaded
    for dear in ("jsonschema", "kubernetes_asyncio", "aiohttp", "importlib.metadata"):
        assert f" {dear}\n" not in loaded
