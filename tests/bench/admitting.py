"""What the webhook costs whoever writes policies: with it and without it, in one run."""

import asyncio
import ssl
import statistics
import time
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Self

import aiohttp

from tests.bench.site import Site
from tests.controlplane import chart
from tests.controlplane.client import KINDS
from tests.controlplane.identities import ADMIN
from tests.examples import policy_manifest
from tests.webhook.served import VALUES, called, free_port, running

_POLICIES = 400
_AT_ONCE = 20
_MANY_AT_ONCE = 500
_ROUNDS = 3
_TRIES, _PAUSE_SECONDS = 50, 0.2
_KIND = KINDS["CertificateRequestPolicy"]
_BUCKET = 'controller_runtime_webhook_latency_seconds_bucket{le="%s",webhook="/policies"}'
_BOUNDS = ("0.0005", "0.001", "0.0025", "0.005", "0.01", "0.02", "0.05", "0.1", "0.5", "1.0", "5.0")


async def measure(site: Site) -> Mapping[str, float]:
    """Return rates a second, their ratio, failures of many at once, and times of the handler.

    Policies have a rule each, of which all are known after the first round.
    """
    admin = site.cluster.client()
    await asyncio.to_thread(chart.install_chart, admin, VALUES)
    port = free_port()
    with running(site.cluster, port) as approver:
        async with Writer(site) as writer:
            with called(admin, port, failurePolicy="Fail"):
                await writer.write(_MANY_AT_ONCE, _AT_ONCE)
            learnt = approver.metrics()
            ratios, rates = [], dict[bool, list[float]]({True: [], False: []})
            for number in range(_ROUNDS):
                for webhook in (True, False) if number % 2 else (False, True):
                    with called(admin, port, failurePolicy="Fail") if webhook else nullcontext():
                        rate, failures = await writer.write(_POLICIES, _AT_ONCE)
                    rates[webhook].append(rate)
                    if failures:
                        raise AssertionError(f"{failures} policies could not be written")
                ratios.append(rates[True][-1] / rates[False][-1])
            with called(admin, port, failurePolicy="Fail"):
                many_rate, failures = await writer.write(_MANY_AT_ONCE, _MANY_AT_ONCE)
        after = approver.metrics()
    handled = {bound: after[_BUCKET % bound] - learnt[_BUCKET % bound] for bound in _BOUNDS}
    return {
        "20 at once, a second, without": statistics.median(rates[False]),
        "20 at once, a second, with": statistics.median(rates[True]),
        "20 at once, with to without": statistics.median(ratios),
        "500 at once, a second": many_rate,
        "500 at once, failures": failures,
        "handler, median at most, ms": _quantile(handled, 0.5),
        "handler, 99 % at most, ms": _quantile(handled, 0.99),
    }


def _quantile(handled: Mapping[str, float], share: float) -> float:
    """Return the bound of the bucket in which a quantile is, in milliseconds."""
    total = handled[_BOUNDS[-1]]
    return next(float(bound) * 1e3 for bound in _BOUNDS if handled[bound] >= share * total)


class Writer:
    """Writes policies, and deletes them."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __aenter__(self) -> Self:
        site = self._site
        self._url = site.cluster.url + _KIND.path(None)
        self._http = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {site.cluster.token(ADMIN)}"},
            connector=aiohttp.TCPConnector(
                ssl=ssl.create_default_context(cafile=site.cluster.ca_file), limit=0
            ),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def _heard(self) -> None:
        """Wait until the API server trusts the webhook of a new configuration, or calls none."""
        for _ in range(_TRIES):
            async with self._http.post(
                self._url, params={"dryRun": "All"}, json=_policy(0)
            ) as answer:
                if answer.ok:
                    return
            await asyncio.sleep(_PAUSE_SECONDS)

    async def write(self, number: int, at_once: int) -> tuple[float, int]:
        """Create as many, so many at once; return the rate, and how many failed."""
        names, failures = iter(range(number)), 0
        await self._heard()

        async def go_on() -> None:
            nonlocal failures
            for index in names:
                async with self._http.post(self._url, json=_policy(index)) as answer:
                    failures += answer.status != 201
                    await answer.read()

        began = time.perf_counter()
        await asyncio.gather(*(go_on() for _ in range(at_once)))
        seconds = time.perf_counter() - began
        async with self._http.delete(self._url) as answer:
            answer.raise_for_status()
        return number / seconds, failures


def _policy(index: int) -> Mapping[str, object]:
    rule = {"rule": f"size(request.dnsNames) <= {index + 1}", "message": "not so many"}
    return policy_manifest(
        f"p{index:03}", selector={"issuerRef": {}}, maxDuration="1h", rules=[rule]
    )
