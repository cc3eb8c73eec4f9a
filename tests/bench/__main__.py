"""Print how fast the approver is, and write it as JSON: `make bench`.

All in one run, each drain beside what the API server takes at that time, so that the ratios hold
on a noisy machine.
"""

import argparse
import asyncio
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.bench import (
    admitting,
    arriving,
    authoring,
    ceiling,
    changing,
    draining,
    reading,
    reviewing,
    scraping,
    starting,
)
from tests.bench.draining import SETTINGS, Setting
from tests.bench.site import HOME, new_site

POLICIES = (1, 50, 500)
RATES = (50, 150)
DECIDED = (0, 10_000, 50_000)
PARTS = ("drain", "arrive", "change", "scrape", "start", "admit", "code", "author")
_SECONDS = 20.0

Figures = dict[str, list[float]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--requests", type=int, default=2_000, help="to be drained each time")
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="file to write")
    parser.add_argument("--settings", default="", help="of drains: what their titles have in them")
    parser.add_argument("--only", default="", help="parts: " + " ".join(PARTS))
    options = parser.parse_args()
    figures: Figures = defaultdict(list)
    parts = options.only.split() or PARTS
    if "code" in parts:
        _measure_code(figures)
    if "author" in parts:
        for what, seconds in authoring.figures().items():
            _note(figures, f"author: {what}, s", seconds)
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
    figures[f"change: one of {changing.MANY} policies, ms of the loop"].append(changing.stall())


async def _measure(figures: Figures, parts: Sequence[str], options: argparse.Namespace) -> None:
    concurrency = await _ceiling(figures) if "drain" in parts else 0
    for repeat in range(options.repeats):
        if "drain" in parts:
            # What comes later is measured at another time, on a machine that others use, too.
            numbers = POLICIES[::-1] if repeat % 2 else POLICIES
            settings = [each for each in SETTINGS if options.settings in each.title]
            await _drain(figures, concurrency, settings, numbers, options.requests)
        if "arrive" in parts:
            await _arrive(figures)
        if "change" in parts:
            await _change(figures)
        if "scrape" in parts:
            await _scrape(figures)
        if "admit" in parts:
            await _admit(figures)
    if "start" in parts:
        await _start(figures, options.repeats)


async def _ceiling(figures: Figures) -> int:
    """Return the concurrency at which the API server takes the most decisions with an event."""
    async with new_site() as site:
        for with_event, what in ((False, "patches"), (True, "patches with event")):
            rates = await ceiling.by_concurrency(site, with_event=with_event)
            for concurrency, rate in rates.items():
                _note(figures, f"ceiling: {what}, {concurrency} at a time, a second", rate)
    return max(rates, key=lambda concurrency: rates[concurrency])


async def _drain(
    figures: Figures,
    concurrency: int,
    settings: list[Setting],
    numbers: tuple[int, ...],
    requests: int,
) -> None:
    for setting in settings:
        shares = {}
        for number in numbers:
            title = f"drain: {setting.title}, {number}"
            async with new_site() as site:
                before = await ceiling.rate(site, concurrency, with_event=True)
                found = await draining.measure(site, setting, number, requests)
                after = await ceiling.rate(site, concurrency, with_event=True)
            shares[number] = found["rate"] * 2 / (before + after)
            _note(figures, "ceiling: before and after each drain, a second", (before + after) / 2)
            _note(figures, f"{title}, a second", found["rate"])
            _note(figures, f"{title}, share of the ceiling", shares[number])
            _note(figures, f"{title}, ms of CPU each", found["CPU"])
            _note(figures, f"{title}, access reviews in all", found["access reviews"])
        fewest, most = min(numbers), max(numbers)
        loss = 1 - shares[most] / shares[fewest]
        _note(figures, f"drain: {setting.title}, share lost from {fewest} to {most}", loss)


async def _arrive(figures: Figures) -> None:
    async with new_site() as site:
        for rate in RATES:
            found = await arriving.measure(site, rate, _SECONDS)
            for name, milliseconds in found.items():
                _note(figures, f"arrive: {rate} a second, {name}, ms", milliseconds)


async def _change(figures: Figures) -> None:
    for concerned, whom in ((False, "none"), (True, "all")):
        async with new_site() as site:
            found = await changing.measure(site, concerned=concerned)
        title = f"change: {changing.UNDECIDED} open requests, {whom} of them concerned"
        for name, milliseconds in found.items():
            _note(figures, f"{title}, {name} of new ones, ms", milliseconds)


async def _scrape(figures: Figures) -> None:
    title = f"scrape: {scraping.POLICIES} policies, {scraping.NAMESPACES} namespaces"
    for name, value in (await scraping.hold()).items():
        _note(figures, f"{title}, writing the page, {name}", value)
    async with new_site() as site:
        found = await scraping.measure(site)
    for name, value in found.items():
        _note(figures, f"{title}, {name}", value)


async def _admit(figures: Figures) -> None:
    async with new_site() as site:
        for name, value in (await admitting.measure(site)).items():
            _note(figures, f"admit: {name}", value)


async def _start(figures: Figures, repeats: int) -> None:
    for _ in range(repeats):
        _note(figures, "check: one file, s", starting.check())
    async with new_site() as site:
        decided = await starting.decided(site)
        there = 0
        for number in DECIDED:
            await asyncio.to_thread(
                site.stock.put, decided, [HOME], f"copy-{number}", number - there
            )
            there = number
            await starting.measure(site, f"first-{number}")  # the API server still reads them
            for repeat in range(repeats):
                found = await starting.measure(site, f"pending-{number}-{repeat}")
                _note(figures, f"start: {number} decided, memory, MiB", found["memory"])
                _note(
                    figures, f"start: {number} decided, first decision, s", found["first decision"]
                )


def _note(figures: Figures, name: str, value: float) -> None:
    figures[name].append(value)
    print(f"{name:60} {value:10.2f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
