"""No policy decides as it was more than two seconds ago, whatever the watches are told."""

import asyncio
import itertools
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from tests.chaos.evidence import AUDIT, Fate, gather
from tests.controller.scene import Scene
from tests.controlplane import ControlPlane, chart
from tests.controlplane.identities import ALICE, APPROVER
from tests.controlplane.manifests import everything, grant, namespace, use
from tests.controlplane.waiting import wait_until
from tests.kube.proxy import Proxy
from tests.running import Approver

pytestmark = pytest.mark.cluster

POLICIES = 1_000
CHANGERS = 2
CALM_SECONDS, TROUBLE_SECONDS = 3.0, 5.0
ASKED = 0.3  # the share of changes after which somebody asks
LONGEST_LAG_SECONDS = 4.0  # between a change and a request
MOST_AGE_SECONDS = 2.0
SETTLE_SECONDS = 150
WRITE_SECONDS = 1.5  # for which a decision may be on its way on a busy machine
SEED = 14


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Set a scene on a control plane that keeps a record of when each decision was written."""
    with ControlPlane(audit=AUDIT) as cluster:
        admin, home = cluster.client(), "stale"
        chart.install_chart(admin)
        rights = grant("request", everything("cert-manager.io"), ALICE, namespace=home)
        admin.apply(namespace(home), *rights, *grant("use-all", use(), ALICE, namespace=home))
        yield Scene(cluster, home)


async def _late(request: web.Request) -> None:
    if "watch=" in request.query_string:
        await asyncio.sleep(3)


def stall(proxy: Proxy) -> None:
    proxy.stalls = "watch="


def delay(proxy: Proxy) -> None:
    proxy.delays = "watch="


def cut(proxy: Proxy) -> None:
    proxy.cut()


def cut_and_answer_late(proxy: Proxy) -> None:
    proxy.answer = _late
    proxy.cut()


def heal(proxy: Proxy) -> None:
    proxy.stalls, proxy.delays, proxy.answer = None, None, None


TROUBLES = (stall, delay, cut, cut_and_answer_late)


@dataclass(slots=True)
class History:
    """What a policy was: wide or narrow since a change that began and was over at some time."""

    changes: list[tuple[bool, float, float]] = field(default_factory=list)

    def was(self, state: str, since: float, until: float) -> bool:
        """Whether it may have been so at some moment between two."""
        ends = [*(over for _, _, over in self.changes[1:]), until]
        return any(
            wide == (state == "wide") and began <= until and end >= since
            for (wide, began, _), end in zip(self.changes, ends, strict=True)
        )


class Churn:
    """Narrows and widens policies, each of which permits its own names or none; asks for some."""

    def __init__(self, scene: Scene) -> None:
        self.histories = {f"stale-{number:04}": History() for number in range(POLICIES)}
        self.over = threading.Event()
        self._scene = scene
        self._chance = random.Random(SEED)  # noqa: S311 - no secret
        self._askers = ThreadPoolExecutor(8)

    def change(self, name: str) -> None:
        """Turn a policy to its opposite; the first time it becomes wide."""
        changes = self.histories[name].changes
        wide = not changes or not changes[-1][0]
        began = time.time()
        self._scene.policy(name, allowedDNSNames=[f"{name}-*"] if wide else [])
        changes.append((wide, began, time.time()))

    def go_on(self, names: list[str]) -> None:
        """Change each policy in its turn, until it is over, and ask some time after a change."""
        for name in itertools.cycle(names):
            if self.over.is_set():
                return
            self.change(name)
            if self._chance.random() < ASKED:
                lag = self._chance.uniform(0, LONGEST_LAG_SECONDS)
                self._askers.submit(self._ask, name, lag)

    def end(self) -> None:
        """Let what was to be asked be asked, and no more."""
        self.over.set()
        self._askers.shutdown()

    def _ask(self, name: str, lag: float) -> None:
        if not self.over.wait(lag):
            self._scene.ask(f"{name}-{len(self.histories[name].changes)}")


def all_decided(scene: Scene) -> bool:
    return all(fate.kind for fate in gather(scene.cluster, scene.namespace).values())


def stale(fates: dict[str, Fate], histories: dict[str, History]) -> Iterator[str]:
    """Name the decisions by a policy that for two seconds had not been as they say."""
    states = {"Approved": "wide", "Denied": "narrow"}
    for name, fate in fates.items():
        if not fate.kind or not fate.written:
            continue  # its connection was cut before the server had answered
        history, written = histories[name.rpartition("-")[0]], fate.written[0]
        oldest = written - MOST_AGE_SECONDS - WRITE_SECONDS
        if not history.was(states[fate.kind], oldest, written):
            yield f"{name}: {fate.kind} at {written}: {history.changes}"


@pytest.mark.timeout(400)
async def test_no_policy_decides_as_it_was_more_than_two_seconds_ago(scene: Scene) -> None:
    churn = Churn(scene)
    names = list(churn.histories)
    with ThreadPoolExecutor(CHANGERS) as changers:
        await asyncio.to_thread(lambda: list(changers.map(churn.change, names)))
        async with Proxy(scene.cluster).running() as proxy:
            kubeconfig = scene.cluster.kubeconfig(APPROVER, url=proxy.url)
            with Approver(kubeconfig, wait=False) as approver:
                await asyncio.to_thread(approver.wait_until, approver.leads)
                for number in range(CHANGERS):
                    changers.submit(churn.go_on, names[number::CHANGERS])
                for trouble in TROUBLES * 2:
                    await asyncio.sleep(CALM_SECONDS)
                    trouble(proxy)
                    await asyncio.sleep(TROUBLE_SECONDS)
                    heal(proxy)
                await asyncio.to_thread(churn.end)
                await asyncio.to_thread(
                    wait_until, lambda: all_decided(scene), SETTLE_SECONDS, "not all are decided"
                )
                fates = await asyncio.to_thread(gather, scene.cluster, scene.namespace)
    assert {fate.kind for fate in fates.values()} == {"Approved", "Denied"}
    assert list(stale(fates, churn.histories)) == []
