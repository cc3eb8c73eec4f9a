"""What Prometheus reads is what its own library for Python would write."""

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

import approver.service  # noqa: F401 - with it, all metrics are declared
from approver.ops.exposition import exposition
from approver.ops.metrics import CATALOGUE, Metrics


def written(registry: CollectorRegistry) -> bytes:
    return asyncio.run(exposition(registry))


# A lone surrogate cannot be written as UTF-8, by neither.
texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts, texts, st.floats())
def test_whatever_labels_and_values_are(one: str, other: str, value: float) -> None:
    registry = CollectorRegistry()
    gauge = Gauge("gauge", "One.", ["zone", "area"], registry=registry)
    gauge.labels(one, other).set(value)
    gauge.labels(other, one).set(-value)
    assert written(registry) == generate_latest(registry)


@given(texts)
def test_whatever_the_help_is(text: str) -> None:
    registry = CollectorRegistry()
    Counter("counter", text, registry=registry).inc()
    assert written(registry) == generate_latest(registry)


@pytest.mark.parametrize("value", [0, 1, 2.5, 1e-9, 1e21, math.inf, -math.inf, math.nan])
def test_histograms_and_numbers(value: float) -> None:
    registry = CollectorRegistry()
    histogram = Histogram("seconds", "Two.", ["held"], buckets=(0.1, 1, 10), registry=registry)
    histogram.labels("true").observe(value)
    assert written(registry) == generate_latest(registry)


def test_all_of_ours() -> None:
    metrics = Metrics()
    for metric in CATALOGUE.values():
        if metric.labels:
            metrics[metric].labels(*(f'{label} "\\\n' for label in metric.labels))

    def without_process(text: bytes) -> list[bytes]:
        """Leave out what has changed between two looks."""
        return [line for line in text.splitlines() if b"process_" not in line]

    assert without_process(written(metrics.registry)) == without_process(
        generate_latest(metrics.registry)
    )


async def test_others_have_their_turn_meanwhile() -> None:
    """With very many series, decisions must not wait for the whole page."""
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_turns())
    await exposition(Metrics().registry)
    counting.cancel()
    assert turns >= len(CATALOGUE)
