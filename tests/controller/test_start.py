"""What keeps the approver from starting is said in one line."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from approver.cli import main, run

Refusal = Callable[..., str]

NOWHERE = """\
apiVersion: v1
kind: Config
clusters: [{name: nowhere, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: nobody, user: {}}]
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
current-context: nowhere
"""
QUIET = ("--readiness-probe-bind-address=0", "--metrics-bind-address=0", "--log-level=error")


@pytest.fixture
def refusal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Refusal:
    """Give a function that runs it, sees that it ends with status 2, and gives what it says."""

    def refused(*flags: str) -> str:
        assert main(["run", *QUIET, *flags]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        return said.removeprefix("approver run: ").removesuffix("\n")

    monkeypatch.setattr(run, "configure", lambda *_: None)  # the log is that of the tests
    return refused


def test_the_process_ends_with_status_2(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    ended = subprocess.run(
        [sys.executable, "-m", "approver", "run", *QUIET, f"--kubeconfig={missing}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert ended.returncode == 2
    assert ended.stderr == f"approver run: {missing}: no such file\n"


@pytest.mark.parametrize(
    "text",
    ["clusters: [", "just text", "", "kind: Config", NOWHERE.replace("nowhere,", "lost,", 1)],
)
def test_a_kubeconfig_that_is_none(refusal: Refusal, tmp_path: Path, text: str) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(text)

    assert refusal(f"--kubeconfig={kubeconfig}").startswith(f"{kubeconfig}: ")


@pytest.mark.parametrize("address", ["9402", "127.0.0.1:http", "127.0.0.1:99999"])
@pytest.mark.parametrize("server", ["metrics", "readiness-probe"])
def test_an_address_that_is_none(
    refusal: Refusal, tmp_path: Path, server: str, address: str
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(NOWHERE)

    assert refusal(f"--kubeconfig={kubeconfig}", f"--{server}-bind-address={address}") == (
        f"{address} is not an address such as 127.0.0.1:9402 or :9402"
    )


def test_an_address_that_is_taken(refusal: Refusal, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(NOWHERE)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "{}:{}".format(*taken.getsockname())
        assert refusal(f"--kubeconfig={kubeconfig}", f"--metrics-bind-address={address}") == (
            f"cannot listen on {address}: Address already in use"
        )
