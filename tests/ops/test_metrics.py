"""A metric is declared once, and set in the registry of one process."""

import pytest
from prometheus_client import generate_latest

import approver.service  # noqa: F401 - with it, all metrics are declared
from approver.ops.metrics import CATALOGUE, Metrics, counter


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_each_is_exposed_as_declared(name: str) -> None:
    metric = CATALOGUE[name]
    exposed = generate_latest(Metrics().registry).decode()
    series = f"{name}_total" if metric.kind == "counter" else name
    assert f"# TYPE {series} {metric.kind}\n" in exposed
    assert f"# HELP {series} {metric.help}\n" in exposed


def test_a_name_is_declared_once() -> None:
    with pytest.raises(ValueError, match="policy_approver_decisions is declared twice"):
        counter("policy_approver_decisions", "Another.")


def test_two_registries_count_apart() -> None:
    restarts = CATALOGUE["policy_approver_watch_restarts"]
    first, second = Metrics(), Metrics()
    first[restarts].labels("namespaces", "gone").inc()  # type: ignore[attr-defined]  # it is a counter
    name = "policy_approver_watch_restarts_total"
    labels = {"resource": "namespaces", "cause": "gone"}
    assert first.registry.get_sample_value(name, labels) == 1
    assert second.registry.get_sample_value(name, labels) == 0


def test_the_series_of_a_deleted_policy_go_away_and_others_stay() -> None:
    metrics = Metrics()
    for policy in ("old", "new"):
        for metric in CATALOGUE.values():
            if "policy" in metric.labels:
                labels = {label: policy if label == "policy" else "x" for label in metric.labels}
                metrics[metric].labels(**labels)
    metrics.forget("policy", "old")
    exposed = generate_latest(metrics.registry).decode()
    assert 'policy="old"' not in exposed
    assert exposed.count('policy="new"') >= 2
