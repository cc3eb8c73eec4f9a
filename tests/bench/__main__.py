"""Print how fast the approver is, and write it as JSON: `make bench`.

All in one run, on one control plane, so that the ratios hold on a noisy machine.
"""

import argparse
import asyncio
import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path

from tests.bench import arriving, ceiling, draining, reading, reviewing, starting
from tests.bench.crowd import Crowd
from tests.bench.draining import HOME, SETTINGS
from tests.bench.evidence import AUDIT
from tests.controlplane import chart
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import ALICE, APPROVER
from tests.controlplane.manifests import everything, grant, namespace
from tests.running import Approver

POLICIES = (1, 50, 500)
RATES = (50, 150)
DECIDED = (0, 10_000, 50_000)
_SECONDS = 20.0

Figures = dict[str, list[float]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--requests", type=int, default=2_000, help="to be drained each time")
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="file to write")
    parser.add_argument("--only", default="", help="parts, drain arrive start code")
    options = parser.parse_args()
    figures: Figures = defaultdict(list)
    parts = options.only.split() or ["drain", "arrive", "start", "code"]
    if "code" in parts:
        _measure_code(figures)
    asyncio.run(_measure(figures, parts, options))
    medians = {name: statistics.median(values) for name, values in figures.items()}
    options.json.write_text(json.dumps({"medians": medians, "values": figures}, indent=1) + "\n")
    print(f"\n{'median of what was measured':60} {'':>10}")
    for name, median in medians.items():
        print(f"{name:60} {median:10.2f}")
    return 0


def _measure_code(figures: Figures) -> None:
    for what, microseconds in reading.figures().items():
        figures[f"read {what}, µs"].append(microseconds)
    for what, microseconds in reviewing.figures().items():
        figures[f"review {what}, µs"].append(microseconds)


async def _measure(figures: Figures, parts: list[str], options: argparse.Namespace) -> None:
    with ControlPlane(audit=AUDIT) as cluster:
        admin = cluster.client()
        chart.install_chart(admin)
        anywhere = grant("request-anywhere", everything("cert-manager.io"), ALICE)
        admin.apply(namespace(HOME), *anywhere)
        async with Crowd(cluster) as crowd:
            concurrency = await _ceiling(crowd, figures) if "drain" in parts else 0
            for repeat in range(options.repeats):
                if "drain" in parts:
                    # A control plane slows down as it fills: no number is always the last.
                    numbers = POLICIES[::-1] if repeat % 2 else POLICIES
                    await _drain(cluster, crowd, figures, concurrency, numbers, options.requests)
                if "arrive" in parts:
                    await _arrive(cluster, crowd, figures)
            if "start" in parts:
                await _start(cluster, crowd, figures, options.repeats)


async def _ceiling(crowd: Crowd, figures: Figures) -> int:
    """Return the concurrency at which the API server takes the most decisions with an event."""
    for with_event, what in ((False, "patches"), (True, "patches with event")):
        rates = await ceiling.by_concurrency(crowd, HOME, with_event=with_event)
        for concurrency, rate in rates.items():
            _note(figures, f"ceiling: {what}, {concurrency} at a time, a second", rate)
    return max(rates, key=lambda concurrency: rates[concurrency])


async def _drain(
    cluster: ControlPlane,
    crowd: Crowd,
    figures: Figures,
    concurrency: int,
    numbers: tuple[int, ...],
    requests: int,
) -> None:
    async def limit() -> float:
        rate = await ceiling.rate(crowd, HOME, concurrency, with_event=True)
        _note(figures, "ceiling: between drains, a second", rate)
        return rate

    after = await limit()
    for setting in SETTINGS:
        shares = {}
        for number in numbers:
            before = after
            found = await draining.measure(cluster, crowd, setting, number, requests)
            after = await limit()
            shares[number] = found["rate"] * 2 / (before + after)
            title = f"drain: {setting.title}, {number}"
            _note(figures, f"{title}, a second", found["rate"])
            _note(figures, f"{title}, share of the ceiling", shares[number])
            _note(figures, f"{title}, ms of CPU each", found["CPU"])
        loss = 1 - shares[max(POLICIES)] / shares[min(POLICIES)]
        _note(
            figures,
            f"drain: {setting.title}, share lost from {min(POLICIES)} to {max(POLICIES)}",
            loss,
        )


async def _arrive(cluster: ControlPlane, crowd: Crowd, figures: Figures) -> None:
    for rate in RATES:
        found = await arriving.measure(cluster, crowd, rate, _SECONDS)
        for name, milliseconds in found.items():
            _note(figures, f"arrive: {rate} a second, {name}, ms", milliseconds)


async def _start(cluster: ControlPlane, crowd: Crowd, figures: Figures, repeats: int) -> None:
    for _ in range(repeats):
        _note(figures, "check: one file, s", starting.check())
    await draining.prepare(crowd, SETTINGS[0], 1)
    await crowd.ask(HOME, template := "template")
    with Approver(cluster.kubeconfig(APPROVER)):
        await crowd.decided(1)
    there = 0
    for number in DECIDED:
        await asyncio.to_thread(starting.fill, cluster, template, number - there)
        there = number
        for repeat in range(repeats):
            found = await starting.measure(cluster, crowd, f"pending-{number}-{repeat}")
            _note(figures, f"start: {number} decided, memory, MiB", found["memory"])
            _note(figures, f"start: {number} decided, first decision, s", found["first decision"])


def _note(figures: Figures, name: str, value: float) -> None:
    figures[name].append(value)
    print(f"{name:60} {value:10.2f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
