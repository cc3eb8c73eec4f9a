"""Flags: what the command line and the environment say becomes settings."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from approver.cli.flags import FlagParser, settings_from
from approver.ops.flags import flags_of
from approver.ops.settings import Settings


def settings(*arguments: str, **environment: str) -> Settings:
    parser = FlagParser(environment, prog="approver run")
    parser.add_settings(Settings)
    return settings_from(parser.parse_args(arguments), Settings)


def test_the_defaults_are_those_of_the_dataclass() -> None:
    assert settings() == Settings()
    assert settings().workers == 32
    assert settings().policy_enforcement.unmatched_grace is None


def test_a_flag_wins_over_its_variable() -> None:
    assert settings(APPROVER_WORKERS="8").workers == 8
    assert settings("--workers=4", APPROVER_WORKERS="8").workers == 4
    assert settings(APPROVER_KUBECONFIG="/a").kubeconfig == Path("/a")
    assert settings("--kubeconfig=/b", APPROVER_KUBECONFIG="/a").kubeconfig == Path("/b")


def test_an_empty_variable_is_none() -> None:
    assert settings(APPROVER_WORKERS="").workers == 32


def test_a_switch_takes_no_value() -> None:
    assert settings("--namespace-audit").namespace_audit
    assert settings(APPROVER_NAMESPACE_AUDIT="true").namespace_audit
    assert not settings("--no-namespace-audit", APPROVER_NAMESPACE_AUDIT="true").namespace_audit


def test_enforcement() -> None:
    assert settings("--enforcement=audit").policy_enforcement.audit
    assert settings("--enforcement=shadow").shadow
    denying = settings("--unmatched=deny", "--unmatched-grace=1m30s").policy_enforcement
    assert denying.unmatched_grace == 90
    assert settings("--approve-when-no-policies").policy_enforcement.no_policies_grace is not None


@pytest.mark.parametrize("level", ["0", "1"])
def test_a_level_may_be_a_number(level: str) -> None:
    assert settings(f"--log-level={level}").log_level == "info"
    assert settings("--log-level=2").log_level == "debug"


@pytest.mark.parametrize(
    ("argument", "error"),
    [
        ("--workers=0", "argument --workers: 0 is less than 1"),
        (
            "--webhook-ca-duration=87601h",
            "argument --webhook-ca-duration: 87601h is more than 87600h",
        ),
        (
            "--webhook-service-name=wëb",
            "'wëb' is not a name of at most 63 lower case letters, digits and -",
        ),
        ("--workers=many", "argument --workers: many is not a number"),
        ("--unmatched=perhaps", "argument --unmatched: 'perhaps' is none of leave, deny"),
        ("--unmatched-grace=1 day", "argument --unmatched-grace: '1 day': not a Go duration"),
        ("--unmatched-grace=-1s", "argument --unmatched-grace: -1s is less than 0"),
        ("--log-level=loud", "argument --log-level: 'loud' is none of error, warning, info, debug"),
    ],
)
def test_a_bad_value_is_refused_by_name(
    argument: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        settings(argument)
    assert exit_.value.code == 2
    assert error in capsys.readouterr().err


def test_a_bad_variable_of_a_switch_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        settings(APPROVER_NAMESPACE_AUDIT="yes")
    assert "$APPROVER_NAMESPACE_AUDIT: 'yes' is none of true, false" in capsys.readouterr().err


def test_each_flag_has_a_variable_and_says_what_it_does() -> None:
    for flag in flags_of(Settings):
        assert flag.variable.startswith("APPROVER_")
        assert flag.help


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        settings().workers = 1  # type: ignore[misc]  # that is the point
