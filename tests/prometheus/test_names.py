"""Dashboard and alerts read what there is, and nothing that there is goes unread."""

import re
from collections.abc import Iterable

import pytest
from prometheus_client import generate_latest

from approver.ops.metrics import CATALOGUE, Metrics
from tests.alerts.rules import alerts
from tests.dashboard.answers import panels_of, shipped
from tests.prometheus.names import OF_THE_API_SERVER, exported, metrics_in, of_any_process

READ = [
    *(
        (panel["title"], target["expr"])
        for panel in panels_of(shipped())
        for target in panel.get("targets", ())
    ),
    *((each["name"], each["expr"]) for each in shipped()["annotations"]["list"]),
    *((alert.name, alert.expression) for alert in alerts()),
]
KNOWN = set[str]().union(of_any_process(), *(names for _, names in exported()))


def unknown(expression: str) -> set[str]:
    return metrics_in(expression) - KNOWN - OF_THE_API_SERVER


def unread(expressions: Iterable[str]) -> set[str]:
    read = set[str]().union(*map(metrics_in, expressions))
    return {name for name, names in exported() if not names & read}


@pytest.mark.parametrize("expression", [pytest.param(text, id=name) for name, text in READ])
def test_no_unknown_metric_is_read(expression: str) -> None:
    assert metrics_in(expression)
    assert not unknown(expression)


def test_every_metric_is_on_a_panel_or_in_an_alert() -> None:
    assert not unread(expression for _, expression in READ)


def test_an_unknown_metric_is_found() -> None:
    assert unknown(
        'sum by (le) (rate(policy_approver_decisions{policy="up"}[5m])) or vector(0)'
    ) == {"policy_approver_decisions"}


def test_an_unread_metric_is_found() -> None:
    all_but_one = [text for _, text in READ if "policy_approver_crd_missing_fields" not in text]
    assert unread(all_but_one) == {"policy_approver_crd_missing_fields"}


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("absent(a_b)", {"a_b"}),
        ('sum by (x, y) (a{z="q{w}"}) / on (v) group_left (u) b', {"a", "b"}),
        ("histogram_quantile(0.99, sum (rate(a_bucket[5m])) by (le)) > 1e3", {"a_bucket"}),
        ('max(a{b="c"} and on (d) (e == 1))', {"a", "e"}),
        ("a offset 5m unless b == bool 0 and c", {"a", "b", "c"}),
    ],
)
def test_names_are_found_in_expressions(expression: str, names: set[str]) -> None:
    assert metrics_in(expression) == names


def test_samples_have_the_names_that_are_derived() -> None:
    metrics = Metrics()
    for metric in CATALOGUE.values():
        if metric.labels:
            metrics[metric].labels(*("x" for _ in metric.labels))
    written = generate_latest(metrics.registry).decode()
    found = set(re.findall(r"(?m)^([\w:]+)", re.sub(r"(?m)^#.*$", "", written)))
    assert found == KNOWN
