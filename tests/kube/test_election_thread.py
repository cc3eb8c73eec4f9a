"""The election goes on whatever the main event loop does."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from approver.kube.election_thread import ElectionThread, told_on
from approver.kube.errors import ConfigurationError
from approver.kube.leader_election import LeaderElector
from approver.kube.session import Session
from tests.controlplane.controlplane import ControlPlane
from tests.kube.following import until

LEASE = "policy.cert-manager.io"


@asynccontextmanager
async def standing(
    cluster: ControlPlane, namespace: str, name: str, told: list[bool]
) -> AsyncIterator[ElectionThread]:
    on_change = told_on(asyncio.get_running_loop(), told.append)
    election = ElectionThread(
        lambda: Session.open(cluster.kubeconfig()),
        lambda session: LeaderElector(session, namespace, LEASE, name, on_change=on_change),
    )
    running = asyncio.create_task(election.run())
    try:
        yield election
    finally:
        running.cancel()
        await election.release()


@pytest.mark.cluster
async def test_a_loop_that_is_blocked_keeps_the_lease(
    cluster: ControlPlane, namespace: str
) -> None:
    told: list[bool] = []
    other: list[bool] = []
    async with standing(cluster, namespace, "a", told) as a:
        await until(lambda: told == [True])
        async with standing(cluster, namespace, "b", other) as b:
            await asyncio.sleep(1)  # so that it stands
            time.sleep(10)  # noqa: ASYNC251 - nothing on this loop gets its turn
            assert a.leading
            assert not b.leading
            await asyncio.sleep(0)
            assert (told, other) == ([True], [])


@pytest.mark.cluster
async def test_the_lease_is_given_up_at_the_end(cluster: ControlPlane, namespace: str) -> None:
    told: list[bool] = []
    async with standing(cluster, namespace, "a", told) as a:
        await until(lambda: a.leading)
    assert not a.leading
    await until(lambda: told == [True, False])
    began = time.monotonic()
    async with standing(cluster, namespace, "b", []) as b:
        await until(lambda: b.leading)
    assert time.monotonic() - began < 4  # no duration of the lease was waited for


async def test_an_election_that_has_not_begun_can_end() -> None:
    election = ElectionThread(
        Session.open,
        lambda session: LeaderElector(session, "a", LEASE, "a", on_change=lambda _: None),
    )
    await asyncio.wait_for(election.release(), 5)


async def test_what_keeps_it_from_standing_is_told(tmp_path: Path) -> None:
    election = ElectionThread(
        lambda: Session.open(tmp_path / "none"),
        lambda session: LeaderElector(session, "a", LEASE, "a", on_change=lambda _: None),
    )
    assert not election.leading
    with pytest.raises(ConfigurationError, match="no such file"):
        await election.run()
