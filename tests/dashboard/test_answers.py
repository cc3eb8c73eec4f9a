"""A real Prometheus that scrapes real approvers has something to show on every panel."""

import time
from collections.abc import Iterator

import pytest

from tests.dashboard.answers import Answers, Json, panels_of, shipped
from tests.dashboard.load import NAMESPACES, WEBHOOK, Load
from tests.prometheus.server import QueryError
from tests.prometheus.watched import watched

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

PANELS = [
    pytest.param(target, id=f"{panel['title']}, {target['refId']}")
    for panel in panels_of(shipped())
    for target in panel.get("targets", ())
]
ANNOTATIONS = [pytest.param(each, id=each["name"]) for each in shipped()["annotations"]["list"]]


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    with watched(*NAMESPACES, webhook=WEBHOOK) as everything:
        start = time.time()
        Load(everything, calm=5).run()
        yield Answers(everything.prometheus, start, time.time())


def is_empty(answers: Answers, target: Json) -> bool:
    """Say whether there is nothing but zeros to be seen, which a healthy system may show for ever.

    Zeros would hide that a label has no such value, or that a metric is never counted.
    """
    return not any(any(series.finite.values()) for series in answers.to(target))


@pytest.mark.parametrize("target", PANELS)
def test_a_panel_is_not_empty(answers: Answers, target: Json) -> None:
    assert not is_empty(answers, target)


@pytest.mark.parametrize("annotation", ANNOTATIONS)
def test_an_annotation_marks_something(answers: Answers, annotation: Json) -> None:
    assert answers.marks(annotation)


@pytest.mark.parametrize(
    "expression",
    [
        "policy_approver_of_no_such_name",
        'sum(policy_approver_pending_requests{state="no such state"})',
        'sum(policy_approver_pending_requests{state="no such state"}) or vector(0)',
        "histogram_quantile(0.5, sum by (le) (0 * policy_approver_decision_seconds_bucket))",
    ],
)
def test_an_empty_panel_is_found(answers: Answers, expression: str) -> None:
    assert is_empty(answers, {"expr": expression, "instant": False})


def test_what_is_no_query_is_found(answers: Answers) -> None:
    with pytest.raises(QueryError, match="parse error"):
        is_empty(answers, {"expr": "sum(", "instant": True})
