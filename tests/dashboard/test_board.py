"""Both forms of the dashboard are complete, and show the same."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import pytest

from approver.ops.metrics import CATALOGUE
from tests.dashboard import grafana, perses
from tests.dashboard.answers import Json, panels_of, shipped
from tests.dashboard.board import WIDTH, Panel, places
from tests.dashboard.panels import BOARD
from tests.prometheus.names import metrics_in

GRAFANA = shipped()
PERSES = json.loads(perses.document(BOARD))["spec"]
PANELS = [panel for panel in panels_of(GRAFANA) if panel["type"] != "row"]
each_panel = pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])


def declared() -> Iterator[Panel]:
    for row in BOARD.rows:
        yield from row.panels


@each_panel
def test_a_panel_says_what_it_shows(panel: Json) -> None:
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert all(target["legendFormat"] for target in panel["targets"])


@each_panel
def test_a_panel_asks_the_chosen_source(panel: Json) -> None:
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
    assert {source["uid"] for source in sources} == {"${datasource}"}


@each_panel
def test_every_metric_is_of_the_chosen_clusters_and_jobs(panel: Json) -> None:
    for target in panel["targets"]:
        selected = re.findall(r'\{[^}]*cluster=~"\$cluster", job=~"\$job"\}', target["expr"])
        assert len(selected) >= len(metrics_in(target["expr"]))


@each_panel
def test_counters_are_never_shown_as_they_are(panel: Json) -> None:
    for target in panel["targets"]:
        of_counters = r"(\w+)\((\w+(?:_total|_bucket))\{[^}]*\}\["
        counted = [name for _, name in re.findall(of_counters, target["expr"])]
        named = [
            name for name in metrics_in(target["expr"]) if name.endswith(("_total", "_bucket"))
        ]
        assert set(counted) == set(named)


@each_panel
def test_a_rate_is_over_the_interval_that_grafana_chooses(panel: Json) -> None:
    for target in panel["targets"]:
        for window in re.findall(r"rate\([^[]*\[([^]]*)\]", target["expr"]):
            assert window == "$__rate_interval"


@each_panel
def test_names_that_others_share_are_taken_from_ours_alone(panel: Json) -> None:
    """approver-policy has the same ones, and may run in the same cluster."""
    for target in panel["targets"]:
        assert any(name.startswith("policy_approver_") for name in metrics_in(target["expr"]))


def test_nobody_changes_it_by_accident() -> None:
    assert GRAFANA["editable"] is False
    assert GRAFANA["uid"] == "policy-approver"


def test_panels_have_titles_and_numbers_of_their_own() -> None:
    everything = list(panels_of(GRAFANA))
    for name in ("id", "title"):
        assert max(Counter(panel[name] for panel in everything).values()) == 1


def test_no_panel_covers_another() -> None:
    for row in BOARD.rows:
        for one, other in combinations(places(row.panels), 2):
            beside = one.x + one.panel.width <= other.x or other.x + other.panel.width <= one.x
            below = one.y + one.panel.height <= other.y or other.y + other.panel.height <= one.y
            assert beside or below
        assert all(place.x + place.panel.width <= WIDTH for place in places(row.panels))


def test_no_panel_of_grafana_covers_another() -> None:
    open_ones = [panel["gridPos"] for panel in GRAFANA["panels"]]
    for one, other in combinations(open_ones, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]


def test_both_forms_ask_the_same() -> None:
    by_grafana = {
        panel["title"]: [target["expr"] for target in panel["targets"]] for panel in PANELS
    }
    by_perses = {
        panel["spec"]["display"]["name"]: [
            query["spec"]["plugin"]["spec"]["query"] for query in panel["spec"]["queries"]
        ]
        for panel in PERSES["panels"].values()
    }
    as_declared = {
        panel.title: [query.expression for query in panel.queries] for panel in declared()
    }
    assert by_grafana == by_perses == as_declared


def test_perses_places_every_panel_once() -> None:
    placed = Counter(
        item["content"]["$ref"] for layout in PERSES["layouts"] for item in layout["spec"]["items"]
    )
    assert placed == Counter(f"#/spec/panels/{key}" for key in PERSES["panels"])


def test_both_forms_offer_the_same_choices() -> None:
    [source, *choices] = GRAFANA["templating"]["list"]
    assert source["type"] == "datasource"
    assert [each["name"] for each in choices] == [
        each["spec"]["name"] for each in PERSES["variables"]
    ]
    assert all(each["allValue"] == ".*" for each in choices)
    assert all(each["spec"]["customAllValue"] == ".*" for each in PERSES["variables"])


def test_legends_and_tables_name_labels_that_there_are() -> None:
    scraped = {"pod", "le", "cluster", "job", "namespace", "instance", "exported_namespace"}
    known = scraped.union(*(metric.labels for metric in CATALOGUE.values()))
    for panel in declared():
        for query in panel.queries:
            grouped = re.findall(r"\bby \(([^)]*)\)", query.expression)
            named = re.findall(r"{{(\w+)}}", query.legend)
            assert {*named, *re.findall(r"\w+", " ".join(grouped))} <= known


def test_the_shipped_file_is_what_is_declared() -> None:
    assert json.loads(grafana.document(BOARD)) == GRAFANA
