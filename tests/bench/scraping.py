"""What a scrape costs an approver that has much to tell, and how long it holds it up."""

import asyncio
import statistics
import time
from collections.abc import Mapping
from itertools import pairwise, product

import httpx

import approver.service  # noqa: F401 - with it, all metrics are declared
from approver.ops.exposition import exposition
from approver.ops.metrics import CATALOGUE, Metrics
from tests.bench.draining import Setting, prepare
from tests.bench.site import HOME, Site
from tests.controlplane.identities import APPROVER
from tests.controlplane.manifests import Manifest
from tests.examples import policy_manifest
from tests.running import EXPOSITION_SECONDS, Approver

POLICIES = 500
NAMESPACES = 200
_SCRAPES = 25


def _denying(index: int, _: int) -> Manifest:
    return policy_manifest(f"p{index:03}", allowedDNSNames=["*.example.org"])


SETTING = Setting(
    "denied by every policy, in each namespace",
    _denying,
    lambda _: (),
    lambda _: [f"{HOME}-{index:03}" for index in range(NAMESPACES)],
)


async def hold() -> Mapping[str, float]:
    """Return milliseconds of the event loop for the page alone: in all, and the longest at a time.

    It has what `measure` leads to.
    """
    metrics, loop = _filled(), asyncio.get_running_loop()
    longest, whole = [], []
    for _ in range(_SCRAPES):
        writing = asyncio.create_task(exposition(metrics.registry))
        turns = [loop.time()]
        while not writing.done():
            await asyncio.sleep(0)
            turns.append(loop.time())
        longest.append(max(later - earlier for earlier, later in pairwise(turns)))
        whole.append(turns[-1] - turns[0])
    return {"ms": statistics.median(whole) * 1e3, "at a time, ms": statistics.median(longest) * 1e3}


def _filled() -> Metrics:
    metrics = Metrics()
    labels = {
        "policy": [f"p{index:03}" for index in range(POLICIES)],
        "request_namespace": SETTING.homes(POLICIES),
        "namespace": SETTING.homes(POLICIES),
    }
    for metric in CATALOGUE.values():
        for values in product(*(labels.get(label, ["x"]) for label in metric.labels)):
            if metric.labels:
                metrics[metric].labels(*values)
    return metrics


async def measure(site: Site) -> Mapping[str, float]:
    """Return the milliseconds until the answer of a scrape, and how many `series` it has.

    From them is taken what the answer of an empty page takes. Each policy has violations, each
    namespace has decisions.
    """
    await prepare(site.crowd, SETTING, POLICIES)
    homes = SETTING.homes(POLICIES)
    await asyncio.to_thread(site.stock.put, site.request, homes, "d", NAMESPACES)
    with Approver(site.cluster.kubeconfig(APPROVER)) as approver:
        await site.crowd.decided(NAMESPACES)
        series = len(approver.metrics())
        pages = {server: _page(approver, server) for server in ("probes", "metrics")}
        scrapes, empty = [], []
        for _ in range(_SCRAPES):
            await asyncio.sleep(EXPOSITION_SECONDS)  # or the page of before is sent again
            empty.append(_seconds(pages["probes"] + "/healthz"))
            scrapes.append(_seconds(pages["metrics"] + "/metrics"))
        approver.stop()
    site.stock.clear()
    taken = (statistics.median(scrapes) - statistics.median(empty)) * 1e3
    return {"answered, ms": taken, "series": series}


def _page(approver: Approver, server: str) -> str:
    return f"http://{approver.wait_for_line(f'serving {server}')['address']}"


def _seconds(url: str) -> float:
    """Return how long an answer takes, the connection included."""
    began = time.perf_counter()
    httpx.get(url, trust_env=False).raise_for_status()
    return time.perf_counter() - began
