"""What an approver needs where very many requests have been decided already."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping

from tests.bench.draining import SETTINGS, prepare
from tests.bench.evidence import Record
from tests.bench.site import HOME, Site
from tests.chaos.fleet import resident
from tests.controlplane.identities import APPROVER
from tests.controlplane.manifests import Manifest
from tests.running import ROOT, Approver

_CHECKS = 7
_CALM = 3.0  # seconds


async def decided(site: Site) -> Manifest:
    """Return a decided request, to make copies of."""
    await prepare(site.crowd, SETTINGS[0], 1)
    await site.crowd.ask(HOME, "decided")
    with Approver(site.cluster.kubeconfig(APPROVER)):
        await site.crowd.decided(1)
    return site.stock.take(HOME, "decided")


async def measure(site: Site, name: str) -> Mapping[str, float]:
    """Return MiB of memory, and seconds from its start to the decision on a request."""
    await site.crowd.ask(HOME, name)
    record = Record(site.cluster)
    started = time.time()
    with Approver(site.cluster.kubeconfig(APPROVER)) as approver:
        approver.wait_for_line("request approved")
        await asyncio.sleep(_CALM)
        memory = resident(approver.pid)
        approver.stop()
    first = min(deed.at for deed in record.deeds() if deed.what == "decided")
    return {"memory": memory, "first decision": first - started}


def check() -> float:
    """Return the seconds that `approver check` of one file takes, from start to exit."""
    files = ["policies/minio.yaml", "tests/demo/certificates.yaml"]
    command = [sys.executable, "-m", "approver", "check", *files]
    seconds = []
    for _ in range(_CHECKS):
        start = time.perf_counter()
        subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=30)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
