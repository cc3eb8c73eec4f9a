"""What the webhook costs whoever writes policies: with it and without it, in one run."""

import asyncio
import ssl
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Self

import aiohttp

from tests.bench.assenting import ASSENT, assenting
from tests.bench.site import Site
from tests.controlplane import chart
from tests.controlplane.client import KINDS
from tests.controlplane.identities import ADMIN
from tests.examples import policy_manifest
from tests.webhook.served import VALUES, called, free_port, running

_POLICIES = 400
_AT_ONCE = 20
_FEW_AT_ONCE = 8  # which all are linted
_MANY_AT_ONCE = 500
_ROUNDS = 3
_TRIES, _PAUSE_SECONDS = 50, 0.2
_KIND = KINDS["CertificateRequestPolicy"]
_BUCKET = 'controller_runtime_webhook_latency_seconds_bucket{le="%s",webhook="/policies"}'
_BOUNDS = ("0.0005", "0.001", "0.0025", "0.005", "0.01", "0.02", "0.05", "0.1", "0.5", "1.0", "5.0")


@dataclass(frozen=True, slots=True)
class Setting:
    """Who is called: the API server hands on what it warns of. `new`: nobody has seen a policy."""

    calling: Callable[[], AbstractContextManager[None]]
    warning: str
    new: bool = False


async def measure(site: Site) -> Mapping[str, float]:
    """Return rates a second, what is left of them, failures of many at once, and handler's times.

    Policies have a rule each. All are known after the first round, unless they are said to be new.
    """
    admin = site.cluster.client()
    await asyncio.to_thread(chart.install_chart, admin, VALUES)
    port = free_port()
    called_by = partial(called, admin, port, failurePolicy="Fail")
    ours = Setting(called_by, "CRP")
    settings: Mapping[str, Setting] = {
        "without": Setting(nullcontext, ""),
        "with": ours,
        "with one that says yes to all": Setting(partial(assenting, admin), ASSENT),
        "with, all new": Setting(called_by, "CRP", new=True),
    }
    rates: Mapping[str, list[float]] = {title: [] for title in settings}
    with running(site.cluster, port) as approver:
        async with Writer(site) as writer:
            await writer.write(ours, range(_MANY_AT_ONCE), _FEW_AT_ONCE)
            before = approver.metrics()
            await writer.write(ours, range(_MANY_AT_ONCE), _AT_ONCE)
            after = approver.metrics()
            for number in range(_ROUNDS):
                for title, setting in list(settings.items())[:: -1 if number % 2 else 1]:
                    first = _MANY_AT_ONCE + number * _POLICIES if setting.new else 0
                    numbers = range(first, first + _POLICIES)
                    rate, failures = await writer.write(setting, numbers, _AT_ONCE)
                    rates[title].append(rate)
                    if failures:
                        raise AssertionError(f"{failures} policies could not be written {title}")
            many_rate, failures = await writer.write(ours, range(_MANY_AT_ONCE), _MANY_AT_ONCE)
    handled = {bound: after[_BUCKET % bound] - before[_BUCKET % bound] for bound in _BOUNDS}
    figures = {"20 at once, a second, without": statistics.median(rates["without"])}
    for title in list(settings)[1:]:
        pairs = zip(rates[title], rates["without"], strict=True)
        left = statistics.median(one / other for one, other in pairs)
        figures[f"20 at once, {title}, to without"] = left
    return {
        **figures,
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

    async def write(
        self, setting: Setting, numbers: Sequence[int], at_once: int
    ) -> tuple[float, int]:
        """Create policies of these numbers, so many at once.

        Return how many a second, and how many failed.
        """
        with setting.calling():
            await self._heard(setting.warning)
            left, failures = iter(numbers), 0

            async def go_on() -> None:
                nonlocal failures
                for index in left:
                    async with self._http.post(self._url, json=_policy(index)) as answer:
                        failures += answer.status != HTTPStatus.CREATED
                        await answer.read()

            began = time.perf_counter()
            await asyncio.gather(*(go_on() for _ in range(at_once)))
            seconds = time.perf_counter() - began
            async with self._http.delete(self._url) as answer:
                answer.raise_for_status()
        return len(numbers) / seconds, failures

    async def _heard(self, warning: str) -> None:
        """Wait until the API server calls who is to be called, and trusts him; or calls nobody."""
        for _ in range(_TRIES):
            async with self._http.post(
                self._url, params={"dryRun": "All"}, json=_policy(0)
            ) as answer:
                told = answer.headers.get("Warning", "")
                if answer.ok and (warning in told if warning else not told):
                    return
            await asyncio.sleep(_PAUSE_SECONDS)
        raise AssertionError(f"no warning of {warning or 'nothing'}")


def _policy(index: int) -> Mapping[str, object]:
    rule = {"rule": f"size(request.dnsNames) <= {index + 1}", "message": "not so many"}
    return policy_manifest(
        f"p{index:03}",
        selector={"issuerRef": {}},
        allowedDNSNames=["^web[.]example[.]com$"],  # of which only our lint warns
        maxDuration="1h",
        rules=[rule],
    )
