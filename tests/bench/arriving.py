"""How soon requests are decided that come one after the other."""

import asyncio
import statistics
from collections.abc import Mapping

from tests.bench.draining import SETTINGS, prepare
from tests.bench.evidence import Record
from tests.bench.site import HOME, Site
from tests.controlplane.identities import APPROVER
from tests.running import Approver

POLICIES = 50
_WARM_UP = 3.0  # seconds


async def measure(site: Site, rate: float, seconds: float) -> Mapping[str, float]:
    """Return milliseconds from a request's creation to its decision, as the API server noted them.

    The policies are those of a drain's first setting.
    """
    await prepare(site.crowd, SETTINGS[0], POLICIES)
    with Approver(site.cluster.kubeconfig(APPROVER)) as approver:
        approver.wait_until(approver.leads)
        await site.crowd.arrive(HOME, "warm", rate, _WARM_UP)
        await asyncio.sleep(_WARM_UP)
        record = Record(site.cluster)
        await site.crowd.arrive(HOME, "a", rate, seconds)
        await asyncio.sleep(1)
        approver.stop()
    site.stock.clear()
    return percentiles(record)


def percentiles(record: Record) -> Mapping[str, float]:
    """Return milliseconds from creation to decision, of all requests that have both."""
    created: dict[str, float] = {}
    waited, writing = [], []
    for deed in sorted(record.deeds(), key=lambda deed: deed.at):
        if deed.what == "created":
            created[deed.name] = deed.at
        elif deed.what == "decided" and deed.name in created:
            waited.append((deed.at - created[deed.name]) * 1e3)
            writing.append(deed.took * 1e3)
    hundredths = statistics.quantiles(waited, n=100)
    return {
        "p50": hundredths[49],
        "p90": hundredths[89],
        "p99": hundredths[98],
        "p50 of the API server's part, the patch": statistics.median(writing),
    }
