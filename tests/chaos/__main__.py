"""Try faults on the real control plane, and print what came of them: `make chaos`."""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from tests.chaos.evidence import AUDIT
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.fleet import Fleet
from tests.chaos.network import Network
from tests.chaos.traffic import Traffic
from tests.chaos.trial import Report, Trial, report
from tests.controlplane import chart
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER, TENANTS
from tests.controlplane.manifests import everything, grant, namespace
from tests.kube.proxy import Proxy

_APPROVERS = 3
_WARM_UP = 2.0  # seconds of traffic before a fault
_SHOWN = 10  # of what went wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--short", action="store_true", help="only some faults, once each")
    parser.add_argument("--requests", type=int, default=500, help="per fault, at least")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    parser.add_argument("--only", default="", help="only faults whose title contains this")
    options = parser.parse_args()
    faults = [
        fault
        for fault in FAULTS
        if options.only in fault.title and (fault.brief or not options.short)
    ]
    started = time.monotonic()
    wrong = asyncio.run(_try_all(faults, options))
    print(f"{len(faults)} faults in {time.monotonic() - started:.0f} s, --seed {options.seed}")
    return 1 if wrong else 0


async def _try_all(faults: list[Fault], options: argparse.Namespace) -> bool:
    print(f"{'fault':30} {'requests':>8} {'settled':>8} {'target':>7} {'memory':>9}  result")
    wrong = False
    with ControlPlane(audit=AUDIT) as cluster:
        await asyncio.to_thread(chart.install_chart, cluster.client())
        for number, fault in enumerate(faults):
            found = await _try(cluster, fault, f"chaos-{number}", options)
            _show(fault, found)
            wrong |= bool(found.wrong)
    return wrong


def _show(fault: Fault, found: Report) -> None:
    verdict = "right" if not found.wrong else f"{len(found.wrong)} WRONG"
    late = "" if found.settled <= fault.within else " late"
    print(
        f"{fault.title:30} {found.requests:8} {found.settled:6.1f} s {fault.within:5.0f} s"
        f" {found.growth:+5.1f} MiB  {verdict}{late}",
        flush=True,
    )
    for what in found.wrong[:_SHOWN]:
        print(f"    {what}", flush=True)


async def _try(
    cluster: ControlPlane, fault: Fault, home: str, options: argparse.Namespace
) -> Report:
    chance = random.Random(f"{options.seed} {fault.title}")  # noqa: S311 - chance, no secret
    admin = cluster.client()
    rights = grant("request", everything("cert-manager.io"), *TENANTS, namespace=home)
    await asyncio.to_thread(admin.apply, namespace(home), *rights)
    traffic = Traffic(cluster, home, chance, fault.rate, fault.pace)
    await traffic.prepare()
    async with AsyncExitStack() as stack:
        network = await stack.enter_async_context(Network(cluster.url).running())
        proxy = await stack.enter_async_context(Proxy(cluster).running())
        urls = {"direct": None, "network": network.url, "proxy": proxy.url}
        kubeconfig = cluster.kubeconfig(APPROVER, url=urls[fault.way])
        fleet = await stack.enter_async_context(_fleet(Fleet(kubeconfig, _APPROVERS, fault.module)))
        changes = asyncio.create_task(traffic.changes())

        async def calm() -> None:
            changes.cancel()
            with suppress(asyncio.CancelledError):
                await changes

        trial = Trial(cluster, network, proxy, fleet, traffic, calm, options.short)
        done = asyncio.Event()
        requests = asyncio.create_task(
            traffic.requests(lambda: done.is_set() and len(traffic.asked) >= options.requests)
        )
        await asyncio.sleep(_WARM_UP)
        memory = fleet.memory()
        await fault.act(trial)
        done.set()
        await requests
        await calm()
        found = await report(trial, memory)
    await asyncio.to_thread(admin.delete_all, "CertificateRequest", home)
    await asyncio.to_thread(admin.delete_all, "CertificateRequestPolicy")
    return found


@asynccontextmanager
async def _fleet(fleet: Fleet) -> AsyncIterator[Fleet]:
    """Start and end approvers without holding up what lies between them and the API server."""
    await asyncio.to_thread(fleet.__enter__)
    try:
        yield fleet
    finally:
        await asyncio.to_thread(fleet.__exit__, None, None, None)


if __name__ == "__main__":
    sys.exit(main())
