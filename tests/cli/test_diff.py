"""`approver diff` says what one set of policies permits that another does not."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from approver.cli import main


def write(folder: Path, **specs: dict[str, Any]) -> str:
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    for name, spec in specs.items():
        manifest = {
            "apiVersion": "policy.cert-manager.io/v1alpha1",
            "kind": "CertificateRequestPolicy",
            "metadata": {"name": name},
            "spec": {"selector": {"namespace": {"matchNames": [name]}}, **spec},
        }
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(manifest))
    return str(folder)


WEB = {"allowedDNSNames": ["*.web.example.com"], "allowedIsCA": False, "maxDuration": "720h"}


@pytest.mark.parametrize(
    ("old", "new", "status", "said"),
    [
        ({"web": WEB}, {"web": WEB}, 0, "No differences"),
        (
            {"web": WEB},
            {"web": {**WEB, "allowedDNSNames": ["*web.example.com"]}},
            1,
            "approved now: dns web.example.com",
        ),
        ({"web": {**WEB, "maxDuration": "2160h"}}, {"web": WEB}, 1, "no longer approved"),
        ({"web": WEB}, {"web": WEB, "lab": WEB}, 1, "  lab\n"),
        # Written otherwise, and the same.
        (
            {"web": WEB},
            {"web": {**WEB, "allowedDNSNames": ["*.web.example.com", "a.web.example.com"]}},
            0,
            "1 policies on both sides, 1 of them written anew",
        ),
        (
            {"web": WEB},
            {"web": {**WEB, "rules": [{"rule": "request.commonName == 'y'"}]}},
            1,
            "no longer approved",
        ),
        (
            {"web": {**WEB, "rules": [{"rule": "request.commonName == 'x'"}]}},
            {"web": {**WEB, "rules": [{"rule": "request.commonName == 'y'"}]}},
            3,
            "UNDECIDED",
        ),
    ],
)
def test_it_compares_all_requests(
    tmp_path: Path,
    old: dict[str, Any],
    new: dict[str, Any],
    status: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["diff", write(tmp_path / "old", **old), write(tmp_path / "new", **new)]) == status
    assert said in capsys.readouterr().out


def test_in_ci_only_what_is_gained_may_count(tmp_path: Path) -> None:
    old = write(tmp_path / "old", web={**WEB, "maxDuration": "2160h"})
    new = write(tmp_path / "new", web=WEB)
    assert main(["diff", "--fail-on=gained", old, new]) == 0
    assert main(["diff", "--fail-on=lost", old, new]) == 1


def test_a_side_may_be_a_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "policies", web=WEB)
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "policies"]):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *command],  # noqa: S607 - as diff does
            check=True,
        )
    write(tmp_path / "policies", web={**WEB, "allowedIsCA": True})
    assert main(["diff", "-o", "json", "git:HEAD:policies", "policies"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["gained"][0]["example"]["isCA"] is True
    assert found["lost"][0]["example"]["isCA"] is False

    assert main(["diff", "git:nowhere:policies", "policies"]) == 2
    assert "git:nowhere:policies: fatal" in capsys.readouterr().err
