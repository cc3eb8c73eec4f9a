"""Metrics: each declared beside the code that sets it, all of them in one catalogue.

    _DECISIONS = counter("policy_approver_decisions", "Decisions written.", "decision")
    ...
    metrics[_DECISIONS].labels("approved").inc()

What dashboards, alerts and docs/metrics.md know of metrics follows from the catalogue. No label
carries what a requester chose: the number of series must not be up to tenants.
"""

import os
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import Final, Generic, TypeVar, cast

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.process_collector import ProcessCollector

disable_created_metrics()  # type: ignore[no-untyped-call]  # a third of all series, read by nobody

M = TypeVar("M", bound=MetricWrapperBase)

ALL_REPLICAS: Final = "; the same from every replica: use max"
"""How the help ends of a gauge that not only the leader knows."""

CATALOGUE: "dict[str, Metric[MetricWrapperBase]]" = {}
"""Every metric of the modules that are imported, by name."""


@dataclass(frozen=True, slots=True)
class Metric(Generic[M]):
    """The declaration of a metric. A counter's name is without the `_total` of its series.

    `known` are values of the labels whose series are there from the start, at 0.
    """

    name: str
    kind: str
    help: str
    labels: tuple[str, ...]
    make: Callable[[CollectorRegistry], M]
    known: tuple[tuple[str, ...], ...] = ()


def counter(
    name: str,
    help: str,  # noqa: A002 - Prometheus' word
    *labels: str,
    known: Iterable[tuple[str, ...]] = (),
) -> Metric[Counter]:
    """Declare a counter. `increase()` does not see the birth of a series that is not `known`."""

    def make(to: CollectorRegistry) -> Counter:
        return Counter(name, help, labels, registry=to)

    return _declare(Metric(name, "counter", help, labels, make, tuple(known)))


def gauge(name: str, help: str, *labels: str) -> Metric[Gauge]:  # noqa: A002 - Prometheus' word
    """Declare a gauge."""
    return _declare(
        Metric(name, "gauge", help, labels, lambda to: Gauge(name, help, labels, registry=to))
    )


def histogram(
    name: str,
    help: str,  # noqa: A002 - Prometheus' word
    buckets: Sequence[float],
    *labels: str,
    known: Iterable[tuple[str, ...]] = (),
) -> Metric[Histogram]:
    """Declare a histogram; `buckets` are upper bounds, in the unit of the name."""

    def make(to: CollectorRegistry) -> Histogram:
        return Histogram(name, help, labels, buckets=buckets, registry=to)

    return _declare(Metric(name, "histogram", help, labels, make, tuple(known)))


def _declare(metric: Metric[M]) -> Metric[M]:
    if metric.name in CATALOGUE:
        raise ValueError(f"the metric {metric.name} is declared twice")
    CATALOGUE[metric.name] = cast("Metric[MetricWrapperBase]", metric)
    return metric


_BUILD_INFO = gauge(
    "policy_approver_build_info",
    "Version and source revision of policy-approver, version of Python, and whether rules in CEL"
    " can be used here; always 1.",
    "version",
    "revision",
    "python",
    "cel",
)
_REVISION: Final = "POLICY_APPROVER_REVISION"  # a variable that the image sets


class Metrics:
    """All metrics of the catalogue, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._metrics = {name: metric.make(self.registry) for name, metric in CATALOGUE.items()}
        for name, metric in CATALOGUE.items():
            for values in metric.known:
                self._metrics[name].labels(*values)
        self[_BUILD_INFO].labels(
            version("policy-approver"),
            os.environ.get(_REVISION, ""),
            platform.python_version(),
            str(find_spec("cel_expr_python") is not None).lower(),
        ).set(1)

    def __getitem__(self, metric: Metric[M]) -> M:
        """Return what a declaration stands for in this registry."""
        return cast("M", self._metrics[metric.name])

    def forget(self, label: str, value: str) -> None:
        """Drop the series of something that was deleted, of all metrics with a label for it."""
        for metric in CATALOGUE.values():
            if label in metric.labels:
                self[metric].remove_by_labels({label: value})
