import subprocess
import sys
from pathlib import Path

import pytest

from tests.controlplane import binaries


def test_prefers_a_prepared_api_server_and_etcd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etcd").touch()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))

    assert binaries.find("etcd") == tmp_path / "etcd"


def test_says_in_one_line_that_go_is_missing(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.controlplane", "--build-only"],
        env={"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert ended.returncode == 2
    assert ended.stderr == (
        "building the test control plane needs Go, and there is no go on the PATH\n"
    )


def test_says_what_an_old_go_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    complaint = "go: go.mod requires go >= 1.26.0 (running go 1.22.2; GOTOOLCHAIN=local)"
    old = tmp_path / "go"
    old.write_text(f"#!/bin/sh\necho '{complaint}' >&2\nexit 1\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    with pytest.raises(binaries.BuildError, match="requires go"):
        binaries.find("etcd")

    assert [path.name for path in binaries.cache().iterdir()] == ["lock"]


def test_prefers_an_installed_prometheus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("prometheus", "promtool"):
        (tmp_path / name).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert binaries.find("promtool") == tmp_path / "promtool"


def test_says_what_to_do_where_there_is_no_apt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    with pytest.raises(binaries.BuildError, match="put prometheus and promtool there instead"):
        binaries.find("prometheus")


def test_an_older_version_is_a_build_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in binaries.MODULES:
        if (binaries.OLDER / f"{module.name}.mod").exists():
            usual = binaries.digest(module)
            monkeypatch.setenv("OLDER", module.name)
            assert binaries.digest(module) != usual


@pytest.mark.parametrize("name", ["kubernetes", "certmanager"])
def test_an_older_version_is_older(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (origin,) = (module.origin for module in binaries.MODULES if module.name == name)

    def version() -> list[int]:
        return [
            int(part) for part in binaries.required(binaries.requirements(name), origin).split(".")
        ]

    monkeypatch.delenv("OLDER", raising=False)
    usual = version()
    monkeypatch.setenv("OLDER", name)
    assert version() < usual


def test_says_of_what_there_is_no_older_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLDER", "kubernetes helm")

    with pytest.raises(binaries.BuildError, match="no older version of helm"):
        binaries.find("etcd")
