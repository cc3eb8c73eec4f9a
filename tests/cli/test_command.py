"""The command itself."""

import pytest

from tests.cli.conftest import Run


def test_version(approver: Run) -> None:
    assert approver("--version").stdout.startswith("0.")


@pytest.mark.parametrize("arguments", [(), ("no-such-command",), ("--no-such-flag",)])
def test_what_it_does_not_know(approver: Run, arguments: tuple[str, ...]) -> None:
    result = approver(*arguments)
    assert result.returncode == 2
    assert "usage: approver COMMAND" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_lists_the_commands(approver: Run) -> None:
    help_text = approver("--help").stdout
    assert "run" in help_text
    assert "check" in help_text


def test_every_flag_has_an_environment_variable(
    approver: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "$APPROVER_METRICS_BIND_ADDRESS, default :9402" in " ".join(
        approver("run", "--help").stdout.split()
    )
    monkeypatch.setenv("APPROVER_KUBECONFIG", "/no/such/file")
    result = approver("run")
    assert result.returncode == 2
    assert result.stderr == "approver run: /no/such/file: no such file\n"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("APPROVER_WORKERS", "0"), ("APPROVER_LOG_LEVEL", "loud"), ("APPROVER_LOG_FORMAT", "xml")],
)
def test_a_variable_is_checked_like_its_flag(
    approver: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    result = approver("run", "--kubeconfig=/no/such/file")
    assert result.returncode == 2
    assert value in result.stderr
    assert "/no/such/file" not in result.stderr
