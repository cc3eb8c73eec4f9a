"""Decide very many requests, and see that an approver does not grow: `make soak`."""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.bench.crowd import Crowd
from tests.chaos.fleet import resident
from tests.controlplane import chart
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import ALICE, APPROVER, TENANTS
from tests.controlplane.manifests import everything, grant, namespace, use
from tests.examples import policy_manifest
from tests.running import Approver

_HOME = "soak"
_STEPS = 10
_GROWTH = 0.10


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    requests = parser.parse_args().requests
    with ControlPlane() as cluster:
        admin = cluster.client()
        chart.install_chart(admin)
        rights = grant("request", everything("cert-manager.io"), *TENANTS, namespace=_HOME)
        bound = grant("use", use("web"), ALICE, namespace=_HOME)
        policy = policy_manifest("web", allowedDNSNames=["*.example.com"])
        admin.apply(namespace(_HOME), *rights, policy, *bound)
        with Approver(cluster.kubeconfig(APPROVER)) as approver:
            return asyncio.run(_soak(cluster, approver, requests))


async def _soak(cluster: ControlPlane, approver: Approver, requests: int) -> int:
    seen = []
    print(f"{'requests':>8} {'memory':>9} {'files':>6} {'threads':>8}")
    for step in range(_STEPS + 1):
        async with Crowd(cluster) as crowd:
            share = requests // _STEPS if step else 500
            await crowd.create(_HOME, f"s{step}", share)
            await crowd.decided(share)
            await crowd.clear(_HOME)
        figures = resident(approver.pid), _files(approver.pid), _threads(approver.pid)
        seen.append(figures)
        print("{:8} {:5.1f} MiB {:6} {:8}".format(step * requests // _STEPS, *figures), flush=True)
    # The first fifth fills what has a bounded size: answers, and events that were written last.
    (memory, files, threads), (last, last_files, last_threads) = seen[2], seen[-1]
    flat = last <= memory * (1 + _GROWTH) and last_files <= files + 5 and last_threads <= threads
    print("flat" if flat else "it has GROWN")
    return 0 if flat else 1


def _files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


if __name__ == "__main__":
    sys.exit(main())
