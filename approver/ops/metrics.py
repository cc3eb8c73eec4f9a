"""Metrics: each declared beside the code that sets it, all of them in one catalogue.

    _DECISIONS = counter("policy_approver_decisions", "Decisions written.", "decision")
    ...
    metrics[_DECISIONS].labels("approved").inc()

What dashboards, alerts and docs/metrics.md know of metrics follows from the catalogue. No label
carries what a requester chose: the number of series must not be up to tenants.
"""

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Generic, TypeVar, cast

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.process_collector import ProcessCollector

M = TypeVar("M", bound=MetricWrapperBase)

CATALOGUE: "dict[str, Metric[MetricWrapperBase]]" = {}
"""Every metric of the modules that are imported, by name."""


@dataclass(frozen=True, slots=True)
class Metric(Generic[M]):
    """The declaration of a metric. A counter's name is without the `_total` of its series."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...]
    make: Callable[[CollectorRegistry], M]


def counter(name: str, help: str, *labels: str) -> Metric[Counter]:  # noqa: A002 - Prometheus' word
    """Declare a counter."""
    return _declare(
        Metric(name, "counter", help, labels, lambda to: Counter(name, help, labels, registry=to))
    )


def gauge(name: str, help: str, *labels: str) -> Metric[Gauge]:  # noqa: A002 - Prometheus' word
    """Declare a gauge."""
    return _declare(
        Metric(name, "gauge", help, labels, lambda to: Gauge(name, help, labels, registry=to))
    )


def histogram(name: str, help: str, buckets: Sequence[float]) -> Metric[Histogram]:  # noqa: A002 - Prometheus' word
    """Declare a histogram; `buckets` are upper bounds, in the unit of the name."""
    return _declare(
        Metric(
            name,
            "histogram",
            help,
            (),
            lambda to: Histogram(name, help, buckets=buckets, registry=to),
        )
    )


def _declare(metric: Metric[M]) -> Metric[M]:
    if metric.name in CATALOGUE:
        raise ValueError(f"the metric {metric.name} is declared twice")
    CATALOGUE[metric.name] = cast("Metric[MetricWrapperBase]", metric)
    return metric


_BUILD_INFO = gauge(
    "policy_approver_build_info",
    "Version of policy-approver and of Python; always 1.",
    "version",
    "python",
)


class Metrics:
    """All metrics of the catalogue, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._metrics = {name: metric.make(self.registry) for name, metric in CATALOGUE.items()}
        self[_BUILD_INFO].labels(version("policy-approver"), platform.python_version()).set(1)

    def __getitem__(self, metric: Metric[M]) -> M:
        """Return what a declaration stands for in this registry."""
        return cast("M", self._metrics[metric.name])

    def forget_policy(self, name: str) -> None:
        """Drop the series of a policy that was deleted, of all metrics with a label `policy`."""
        for metric in CATALOGUE.values():
            if "policy" in metric.labels:
                self[metric].remove_by_labels({"policy": name})
