"""Who leads: one at a time, and soon another when the one is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from approver.kube.errors import ConflictError, ForbiddenError
from approver.kube.leader_election import LeaderElector, boot_clock
from approver.kube.lease import LeaseClient, LeaseSpec
from approver.kube.resources import LEASES
from approver.kube.session import Session
from tests.controlplane.client import Client
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import CAROL
from tests.controlplane.manifests import Manifest, grant
from tests.kube.following import until
from tests.kube.proxy import Proxy

pytestmark = pytest.mark.cluster

LEASE = "policy.cert-manager.io"


class Candidate:
    """Stands for election, with a clock that can be set forward as by a pause of the process."""

    def __init__(self, session: Session, namespace: str, name: str) -> None:
        self.skipped = 0.0
        self.told: list[bool] = []
        self.election = LeaderElector(
            session,
            namespace,
            LEASE,
            name,
            on_change=self.told.append,
            clock=lambda: boot_clock() + self.skipped,
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def leads(self) -> bool:
        return self.election.leading

    def start(self) -> None:
        self._task = asyncio.create_task(self.election.run())

    async def kill(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def leave(self) -> None:
        await self.kill()
        await self.election.release()


@asynccontextmanager
async def standing(session: Session, namespace: str, *names: str) -> AsyncIterator[list[Candidate]]:
    """Let some stand; the first is elected before the others come."""
    candidates = [Candidate(session, namespace, name) for name in names]
    try:
        for candidate in candidates:
            candidate.start()
            await until(lambda: any(each.leads for each in candidates))
        yield candidates
    finally:
        for candidate in candidates:
            await candidate.kill()


def lease(admin: Client, namespace: str) -> Manifest:
    found: Manifest = admin.call("GET", LEASES.path(LEASE, namespace=namespace))
    return found


async def test_the_first_leads_and_says_so_in_the_lease(
    session: Session, admin: Client, namespace: str
) -> None:
    async with standing(session, namespace, "a", "b") as (a, b):
        await until(lambda: b.election.holder == "a")
        first = lease(admin, namespace)["spec"]
        await until(lambda: lease(admin, namespace)["spec"]["renewTime"] > first["renewTime"])

        assert a.leads
        assert not b.leads
        assert (first["holderIdentity"], first["leaseDurationSeconds"]) == ("a", 4)
        assert first["leaseTransitions"] == 1
        assert lease(admin, namespace)["spec"]["acquireTime"] == first["acquireTime"]
        assert (a.told, b.told) == ([True], [])


async def test_one_that_leaves_makes_room_at_once(
    session: Session, admin: Client, namespace: str
) -> None:
    async with standing(session, namespace, "a", "b") as (a, b):
        await until(lambda: b.election.holder == "a")
        await a.leave()

        assert not a.leads
        assert lease(admin, namespace)["spec"]["holderIdentity"] in {"", "b"}
        await until(lambda: b.leads)
        assert (a.told, b.told) == ([True, False], [True])


async def test_one_that_dies_is_followed_when_its_lease_is_over(
    session: Session, namespace: str
) -> None:
    async with standing(session, namespace, "a", "b") as (a, b):
        await until(lambda: b.election.holder == "a")
        await a.kill()

        while not b.leads:
            both = a.leads and b.leads
            assert not both
            await asyncio.sleep(0.01)


async def test_one_that_was_paused_does_not_lead_when_it_wakes(
    session: Session, admin: Client, namespace: str
) -> None:
    async with standing(session, namespace, "a", "b") as (a, b):
        a.skipped = 3.0  # as if it had not run for so long, which its own clock shows at once

        assert not a.leads
        await until(lambda: a.told[:2] == [True, False])
        await until(lambda: a.leads or b.leads)
        assert lease(admin, namespace)["spec"]["holderIdentity"] == ("a" if a.leads else "b")


async def test_one_that_was_paused_lets_a_lease_be_that_was_deleted_meanwhile(
    session: Session, admin: Client, namespace: str
) -> None:
    async with standing(session, namespace, "a", "b") as (a, b):
        await until(lambda: b.election.holder == "a")
        b.skipped = 5.0  # for so long it has not seen that the lease was renewed
        admin.call("DELETE", LEASES.path(LEASE, namespace=namespace))

        for _ in range(150):
            assert not (a.leads and b.leads)
            await asyncio.sleep(0.01)
        assert a.leads


async def test_there_are_never_two_whatever_happens_to_their_calls(
    proxy: Proxy, admin: Client, namespace: str
) -> None:
    mood = iter(range(10_000))

    async def trouble(request: web.Request) -> web.Response | None:
        match next(mood) % 11:
            case 3:
                return web.Response(status=503)
            case 5:
                await asyncio.sleep(1.5)  # longer than it is waited for; but it arrives
            case 8 if request.transport:
                request.transport.close()
        return None

    proxy.answer = trouble
    async with proxy.session() as session:
        session.timing = type(session.timing)()  # in real time
        async with standing(session, namespace, "a", "b", "c") as candidates:
            leaders: set[int] = set()
            for second in range(12):
                for _ in range(50):
                    leading = [each for each in candidates if each.leads]
                    assert len(leading) <= 1
                    leaders.update(map(candidates.index, leading))
                    await asyncio.sleep(0.02)
                if second == 5:  # one that was made anew in between may not be seen by all
                    admin.call("DELETE", LEASES.path(LEASE, namespace=namespace))
        assert leaders


async def test_a_foreign_leader_is_let_be_for_as_long_as_it_says(
    session: Session, admin: Client, namespace: str
) -> None:
    spec = {
        "holderIdentity": "approver-policy-7d9f_1c2d",
        "leaseDurationSeconds": 15,
        "acquireTime": "2020-01-01T00:00:00.000000Z",
        "renewTime": "2020-01-01T00:00:00.000000Z",
        "leaseTransitions": 7,
    }
    manifest = {
        **LEASES.kind.header,
        "metadata": {"name": LEASE, "namespace": namespace},
        "spec": spec,
    }
    admin.create(manifest)
    candidate = Candidate(session, namespace, "a")
    candidate.start()
    try:
        await until(lambda: candidate.election.holder == spec["holderIdentity"])
        candidate.skipped = 14.0
        await asyncio.sleep(0.7)
        assert not candidate.leads

        candidate.skipped = 16.0
        await until(lambda: candidate.leads)
    finally:
        await candidate.kill()
    assert lease(admin, namespace)["spec"]["leaseTransitions"] == 8


async def test_a_lease_that_is_deleted_is_made_again(
    session: Session, admin: Client, namespace: str
) -> None:
    async with standing(session, namespace, "a") as (a,):
        admin.call("DELETE", LEASES.path(LEASE, namespace=namespace))

        await until(lambda: a.told == [True, False, True])
        assert lease(admin, namespace)["spec"]["holderIdentity"] == "a"


async def test_a_lost_answer_is_cleared_up(proxy: Proxy, admin: Client, namespace: str) -> None:
    lost: list[str] = []

    async def lose(request: web.Request) -> web.Response | None:
        if request.method == "PUT" and not lost:
            lost.append(request.path)
            await proxy._pass_on(request)  # noqa: SLF001 - it arrives, and nobody hears of it
            return web.Response(status=504)
        return None

    proxy.answer = lose
    async with proxy.session() as session, standing(session, namespace, "a") as (a,):
        assert lost
        assert a.leads
        assert lease(admin, namespace)["spec"]["holderIdentity"] == "a"


async def test_the_right_to_one_lease_by_its_name_is_enough(
    cluster: ControlPlane, admin: Client, namespace: str
) -> None:
    rule = {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "resourceNames": [LEASE],
        "verbs": ["get", "create", "update"],
    }
    admin.apply(*grant("elect", rule, CAROL, namespace=namespace))
    async with (
        Session.open(cluster.kubeconfig(CAROL)) as session,
        standing(session, namespace, "a") as (a,),
    ):
        assert a.leads
        with pytest.raises(ForbiddenError):
            await LeaseClient(session, namespace, "another").create(LeaseSpec())


async def test_of_two_who_make_the_lease_one_is_told_that_it_is_there(
    session: Session, namespace: str
) -> None:
    client = LeaseClient(session, namespace, LEASE)
    made = await client.create(LeaseSpec(holder_identity="a"))

    with pytest.raises(ConflictError):
        await client.create(LeaseSpec(holder_identity="b"))

    assert await client.get() == made


async def test_a_missing_permission_is_named_once(
    cluster: ControlPlane, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with Session.open(cluster.kubeconfig(CAROL)) as session:
        candidate = Candidate(session, namespace, "a")
        candidate.start()
        await asyncio.sleep(1.5)
        await candidate.kill()

    (record,) = caplog.records
    assert record.missing == "get, create and update on leases"  # type: ignore[attr-defined]
    assert not candidate.leads
