"""What keeps the approver from starting is said in one line."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

NOWHERE = """\
apiVersion: v1
kind: Config
clusters: [{name: nowhere, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: nobody, user: {}}]
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
current-context: nowhere
"""
QUIET = ("--readiness-probe-bind-address=0", "--metrics-bind-address=0", "--log-level=error")


def refusal(*flags: str) -> str:
    """Run it, see that it ends with status 2, and return what it says."""
    ended = subprocess.run(
        [sys.executable, "-m", "approver", "run", *QUIET, *flags],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    return ended.stderr.removeprefix("approver run: ").removesuffix("\n")


def test_a_kubeconfig_that_is_missing(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert refusal(f"--kubeconfig={missing}") == f"{missing}: no such file"


@pytest.mark.parametrize(
    "text",
    ["clusters: [", "just text", "", "kind: Config", NOWHERE.replace("nowhere,", "lost,", 1)],
)
def test_a_kubeconfig_that_is_none(tmp_path: Path, text: str) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(text)

    assert refusal(f"--kubeconfig={kubeconfig}").startswith(f"{kubeconfig}: ")


@pytest.mark.parametrize("address", ["9402", "127.0.0.1:http", "127.0.0.1:99999"])
@pytest.mark.parametrize("server", ["metrics", "readiness-probe"])
def test_an_address_that_is_none(tmp_path: Path, server: str, address: str) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(NOWHERE)

    assert refusal(f"--kubeconfig={kubeconfig}", f"--{server}-bind-address={address}") == (
        f"{address} is not an address such as 127.0.0.1:9402 or :9402"
    )


def test_an_address_that_is_taken(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(NOWHERE)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "{}:{}".format(*taken.getsockname())
        assert refusal(f"--kubeconfig={kubeconfig}", f"--metrics-bind-address={address}") == (
            f"cannot listen on {address}: Address already in use"
        )
