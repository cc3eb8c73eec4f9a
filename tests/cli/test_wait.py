"""`approver wait` says when a replica decides."""

from collections.abc import Callable

import pytest

from approver.cli import main
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER, APPROVER_NAMESPACE, CAROL, Identity
from tests.running import Approver

pytestmark = pytest.mark.cluster

Wait = Callable[..., int]


@pytest.fixture
def wait(cluster: ControlPlane) -> Wait:
    def run(*more: str, identity: Identity = APPROVER, timeout: str = "2s") -> int:
        kubeconfig = cluster.kubeconfig(identity)
        return main(["wait", f"--kubeconfig={kubeconfig}", f"--timeout={timeout}", *more])

    return run


HOME = f"--leader-election-namespace={APPROVER_NAMESPACE}"


@pytest.mark.usefixtures("installed_chart")
def test_it_names_the_replica_that_decides_and_nobody_once_it_is_gone(
    cluster: ControlPlane, wait: Wait, capsys: pytest.CaptureFixture[str]
) -> None:
    with Approver(cluster.kubeconfig(APPROVER)):
        assert wait(HOME, timeout="10s") == 0
        assert capsys.readouterr().out.endswith(" decides\n")

    assert wait(HOME) == 3
    said = capsys.readouterr().err
    assert said == (
        "approver wait: after 2 s: nobody renews the Lease"
        f" {APPROVER_NAMESPACE}/policy.cert-manager.io\n"
    )


def test_it_says_what_it_may_not_see(wait: Wait, capsys: pytest.CaptureFixture[str]) -> None:
    assert wait(HOME, identity=CAROL) == 3
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "403 Forbidden" in said
    assert len(said) < 500


def test_it_needs_somebody_to_ask(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wait", "--kubeconfig=/nowhere"]) == 2
    assert "/nowhere" in capsys.readouterr().err
