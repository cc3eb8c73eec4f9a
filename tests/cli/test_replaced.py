"""Flags of approver-policy are refused with what takes their place."""

import pytest

from approver.cli import main
from approver.cli.replaced import REPLACED
from approver.ops.flags import flags_of
from approver.ops.settings import Settings


@pytest.mark.parametrize("flag", REPLACED)
@pytest.mark.parametrize("form", ["{}=1", "{} 1", "{}"])
def test_it_says_what_takes_its_place(
    capsys: pytest.CaptureFixture[str], flag: str, form: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["run", *form.format(flag).split()])

    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert f"{flag} is a flag of approver-policy: {REPLACED[flag]}" in said


def test_none_of_them_is_a_flag_of_ours() -> None:
    assert not REPLACED.keys() & {flag.name for flag in flags_of(Settings)}


def test_help_does_not_speak_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--help"])

    assert "--pprof-bind-address" not in capsys.readouterr().out
