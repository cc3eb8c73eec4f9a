"""What a change of one policy costs where there are thousands, and thousands of open requests."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Mapping
from typing import Any

from approver.policy import Policy
from approver.review import Catalogue, Selection
from tests.bench.arriving import percentiles
from tests.bench.crowd import Crowd
from tests.bench.draining import POLICIES, apply_all
from tests.bench.evidence import Record
from tests.bench.site import HOME, Site
from tests.controlplane.identities import ALICE, APPROVER
from tests.controlplane.manifests import Manifest, grant, namespace, use
from tests.examples import policy, policy_manifest, request
from tests.running import Approver

MANY = 5_000
UNDECIDED = 10_000
_ELSEWHERE = f"{HOME}-undecided"
_RATE = 20  # new requests a second
_SECONDS = 20.0
_READY = 300.0
_REPEATS = 25


def stall() -> float:
    """Return how many milliseconds of the event loop a change of one of many policies takes.

    That is until the first review by the policies of then: the catalogue, its index, a selection.
    """
    catalogue = Catalogue(_policy(index) for index in range(MANY))
    asked = request("DNS:www.example.com", namespace=f"{HOME}-7")
    seconds = []
    for index in range(_REPEATS):
        began = time.perf_counter()
        changed = catalogue.changed({f"p{index}": _policy(index, "*.example.org")})
        Selection.of(changed, asked, {})
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * 1e3


async def measure(site: Site, *, concerned: bool) -> Mapping[str, float]:
    """Return milliseconds from the creation of new requests to their decision.

    A policy changes each second; whether it selects all the open requests or none is `concerned`.
    """
    await _prepare(site.crowd)
    await asyncio.to_thread(site.stock.put, site.request, [_ELSEWHERE], "open", UNDECIDED)
    with Approver(site.cluster.kubeconfig(APPROVER)) as approver:
        approver.wait_until(approver.leads)
        unmatched = 'policy_approver_pending_requests{state="unmatched"}'
        approver.wait_until(lambda: approver.metrics()[unmatched] >= UNDECIDED, _READY)
        record = Record(site.cluster)
        changing = asyncio.create_task(_change(site.crowd, _ELSEWHERE if concerned else "nowhere"))
        await site.crowd.arrive(HOME, "new", _RATE, _SECONDS)
        await asyncio.sleep(1)
        changing.cancel()
        approver.stop()
    site.stock.clear()
    return percentiles(record)


async def _prepare(crowd: Crowd) -> None:
    await apply_all(crowd, "/api/v1/namespaces", [namespace(_ELSEWHERE)])
    others = [_manifest(index) for index in range(MANY)]
    home = policy_manifest("home", allowedDNSNames=["*.example.com"], selector=_select(HOME))
    await apply_all(crowd, POLICIES, [home, *others])
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    role, binding = grant("use", use("home"), ALICE)
    await apply_all(crowd, f"{rbac}/clusterroles", [role])
    await apply_all(crowd, f"{rbac}/clusterrolebindings", [binding])


async def _change(crowd: Crowd, selected: str) -> None:
    for number in itertools.count():
        names = [f"*.example-{number}.com"]
        changed = policy_manifest("p0", allowedDNSNames=names, selector=_select(selected))
        await apply_all(crowd, POLICIES, [changed])
        await asyncio.sleep(1)


def _policy(index: int, pattern: str = "*.example.com") -> Policy:
    return policy(f"p{index}", **_spec(index, pattern))


def _manifest(index: int) -> Manifest:
    return policy_manifest(f"p{index}", **_spec(index))


def _spec(index: int, pattern: str = "*.example.com") -> dict[str, Any]:
    return {"allowedDNSNames": [pattern], "selector": _select(f"{HOME}-{index}")}


def _select(namespace: str) -> Manifest:
    return {"namespace": {"matchNames": [namespace]}}
