"""How long a scrape holds up an approver that has much to tell."""

import asyncio
import statistics
import time
from collections.abc import Mapping

import httpx

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


async def measure(site: Site) -> Mapping[str, float]:
    """Return what one scrape takes of the event loop in milliseconds, and how many `series` it has.

    That is the time until the answer, without what the answer of an empty page takes. Each policy
    has violations, each namespace has decisions.
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
    return {"ms of the loop": taken, "series": series}


def _page(approver: Approver, server: str) -> str:
    return f"http://{approver.wait_for_line(f'serving {server}')['address']}"


def _seconds(url: str) -> float:
    """Return how long an answer takes, the connection included."""
    began = time.perf_counter()
    httpx.get(url, trust_env=False).raise_for_status()
    return time.perf_counter() - began
