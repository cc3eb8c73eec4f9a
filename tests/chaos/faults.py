"""The faults. Each acts upon a trial for a while, and says when a trouble is over."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from tests.chaos.trial import Trial
from tests.controlplane import etcd
from tests.kube.proxy import Answer

Way = Literal["direct", "network", "proxy"]

_PREFIX = "policy-approver-"  # of the chart's ClusterRoles
_ROLE = f"{_PREFIX}requests"


@dataclass(frozen=True)
class Fault:
    """`within`: the seconds in which all is to be settled afterwards. `way`: what lies between."""

    title: str
    act: Callable[[Trial], Awaitable[None]]
    within: float
    way: Way = "direct"
    module: str = "approver"
    rate: float = 50  # requests a second; fewer where the network is this process
    pace: float = 2.0  # changes of policies and bindings a second
    brief: bool = False  # whether it is part of the short suite


async def kill_leader(trial: Trial) -> None:
    for _ in range(trial.times(4)):
        leader = await asyncio.to_thread(trial.fleet.leader)
        trial.strike()
        await asyncio.to_thread(trial.fleet.kill, leader)
        await _replace(trial, after=7)


async def stop_leader(trial: Trial) -> None:
    for _ in range(trial.times(4)):
        leader = await asyncio.to_thread(trial.fleet.leader)
        trial.strike()
        trial.fleet.stop(leader)
        await _replace(trial, after=3)


async def freeze_leader(trial: Trial) -> None:
    for _ in range(trial.times(2)):
        leader = await asyncio.to_thread(trial.fleet.leader)
        trial.strike()  # for the others can go on
        leader.signal(signal.SIGSTOP)
        await asyncio.sleep(8)
        trial.strike()
        leader.signal(signal.SIGCONT)
        await asyncio.sleep(3)


async def restart_api_server(trial: Trial) -> None:
    for _ in range(trial.times(2)):
        with trial.trouble():
            await asyncio.to_thread(trial.cluster.api_server.kill)
            await asyncio.sleep(2)
            await asyncio.to_thread(trial.cluster.api_server.start)
        await asyncio.sleep(5)


async def compact(trial: Trial) -> None:
    """Have the versions that watches would go on from forgotten."""
    with trial.trouble():
        trial.network.flows.clear()
        await asyncio.sleep(4)
        await asyncio.to_thread(etcd.compact, trial.cluster)
        await asyncio.to_thread(trial.cluster.api_server.kill)
        await asyncio.to_thread(trial.cluster.api_server.start)
        trial.network.cut()
        trial.network.flows.set()
    await asyncio.sleep(4)
    await asyncio.to_thread(trial.fleet.leader)
    trial.must_show('watch_restarts_total{cause="gone"')


async def cut(trial: Trial) -> None:
    with trial.trouble():
        for _ in range(20):
            trial.network.cut()
            await asyncio.sleep(trial.traffic.chance.random())


async def delay(trial: Trial) -> None:
    with trial.trouble():
        trial.network.delay = 0.2
        await asyncio.sleep(10)
        trial.network.delay = 0.0


async def stall(trial: Trial) -> None:
    for seconds in (1.5, 4, 12):
        with trial.trouble():
            trial.network.flows.clear()
            await asyncio.sleep(seconds)
            trial.network.flows.set()
        await asyncio.sleep(4)


async def refuse(trial: Trial) -> None:
    """Say that there is too much to do, and when to come back."""
    headers = {"Retry-After": "1"}

    async def busy(_: web.Request) -> web.StreamResponse:
        return web.json_response(_status(429), status=429, headers=headers)

    await _storm(trial, busy)


async def break_down(trial: Trial) -> None:
    async def broken(_: web.Request) -> web.StreamResponse:
        return web.json_response(_status(500), status=500)

    await _storm(trial, broken)


async def break_now_and_then(trial: Trial) -> None:
    async def broken(_: web.Request) -> web.StreamResponse | None:
        if trial.traffic.chance.random() < 0.7:
            return None
        return web.json_response(_status(503), status=503)

    await _storm(trial, broken)


async def write_between(trial: Trial) -> None:
    """Change requests while they are being reviewed."""
    admin, traffic = trial.cluster.client(), trial.traffic

    def touch(name: str, number: int) -> None:
        change = {"metadata": {"annotations": {"tests/touched": str(number)}}}
        admin.patch("CertificateRequest", name, change, traffic.namespace)

    with trial.trouble():
        end = time.monotonic() + 8
        number = 0
        while time.monotonic() < end:
            names = [asked.name for asked in traffic.asked[-8:]]
            number += 1
            await asyncio.gather(*(asyncio.to_thread(touch, name, number) for name in names))


async def jump(trial: Trial) -> None:
    for _ in range(trial.times(3)):
        leader = await asyncio.to_thread(trial.fleet.leader)
        trial.strike()
        leader.signal(signal.SIGUSR1)
        await asyncio.sleep(4)


async def end_webhook(trial: Trial) -> None:
    for _ in range(trial.times(2)):
        with trial.trouble():
            await asyncio.to_thread(trial.cluster.webhook.kill)
            await asyncio.sleep(4)
            await asyncio.to_thread(trial.cluster.webhook.start)
        await asyncio.sleep(4)


async def forbid_approval(trial: Trial) -> None:
    """Have cert-manager's webhook refuse what is written, for want of the right to approve."""
    admin = trial.cluster.client()
    role = await asyncio.to_thread(admin.get, "ClusterRole", _ROLE)
    rules = [rule for rule in role["rules"] if rule["resources"] != ["signers"]]
    with trial.trouble():
        await asyncio.to_thread(admin.patch, "ClusterRole", _ROLE, {"rules": rules})
        await asyncio.sleep(5)
        await asyncio.to_thread(admin.patch, "ClusterRole", _ROLE, {"rules": role["rules"]})


async def forbid_everything(trial: Trial) -> None:
    admin = trial.cluster.client()
    bindings = [
        binding
        for binding in await asyncio.to_thread(admin.list, "ClusterRoleBinding")
        if binding["metadata"]["name"].startswith(_PREFIX)
    ]
    with trial.trouble():
        for binding in bindings:
            name = binding["metadata"]["name"]
            await asyncio.to_thread(admin.delete, "ClusterRoleBinding", name)
        await asyncio.sleep(5)
        for binding in bindings:
            await asyncio.to_thread(admin.create, _anew(binding))


async def change_everything(trial: Trial) -> None:
    with trial.trouble():
        await asyncio.sleep(60 if trial.times(2) > 1 else 10)
        await trial.calm()


FAULTS = (
    Fault("leader killed", kill_leader, 6, brief=True),
    Fault("leader stopped (SIGTERM)", stop_leader, 1, brief=True),
    Fault("leader frozen, and thawed", freeze_leader, 6),
    Fault("API server killed, started", restart_api_server, 3, brief=True),
    Fault("etcd compacted in a watch", compact, 3, way="network", rate=25),
    Fault("connections cut", cut, 3, way="network", rate=25, brief=True),
    Fault("network delays by 0.2 s", delay, 3, way="network", rate=25),
    Fault("network stalls", stall, 3, way="network", rate=25),
    Fault("429, Retry-After 1 s", refuse, 3, way="proxy", rate=25),
    Fault("500 to everything", break_down, 3, way="proxy", rate=25),
    Fault("503 to a third", break_now_and_then, 3, way="proxy", rate=25),
    Fault("another writer", write_between, 3),
    Fault("clocks jump by an hour", jump, 6, module="tests.chaos.jumping"),
    Fault("webhook gone", end_webhook, 3),
    # The webhook itself asks for rights no more than five times a second once one was missing.
    Fault("webhook refuses approval", forbid_approval, 10),
    Fault("permissions taken away", forbid_everything, 3),
    Fault("policies, bindings change", change_everything, 3, pace=30, brief=True),
)


async def _replace(trial: Trial, after: float) -> None:
    """Start a new approver, when the others are done: it would take the time of their machines."""
    await asyncio.sleep(after)
    await asyncio.to_thread(trial.fleet.fill)
    await asyncio.sleep(1)


async def _storm(trial: Trial, answer: Answer) -> None:
    with trial.trouble():
        trial.proxy.answer = answer
        trial.proxy.cut()
        await asyncio.sleep(5)
        trial.proxy.answer = None


def _status(code: int) -> dict[str, object]:
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}


def _anew(manifest: dict[str, object]) -> dict[str, object]:
    metadata = manifest["metadata"]
    assert isinstance(metadata, dict)
    return {**manifest, "metadata": {"name": metadata["name"]}}
