"""The dashboard as Perses takes it, and what is built on it, such as OpenShift's console."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.dashboard.board import (
    Board,
    Kind,
    Link,
    Panel,
    Place,
    Query,
    Row,
    Unit,
    Variable,
    places,
)

_FORMATS: Final = {
    Unit.COUNT: {"unit": "decimal", "shortValues": True},
    Unit.SECONDS: {"unit": "seconds"},
    Unit.BYTES: {"unit": "bytes"},
    Unit.RATE: {"unit": "requests/sec"},
}
_GREEN, _ORANGE, _RED = "#56A64B", "#FF780A", "#E02F44"
_LEGEND: Final = {"position": "bottom", "mode": "list"}


def document(board: Board) -> str:
    """Give the text of the file."""
    return json.dumps(_board(board), indent=2, ensure_ascii=False) + "\n"


def _board(board: Board) -> Mapping[str, Any]:
    return {
        "kind": "Dashboard",
        "metadata": {"name": board.uid, "project": board.uid},
        "spec": {
            "display": {"name": board.title, "description": _about(board.links)},
            "duration": "6h",
            "refreshInterval": "1m",
            "variables": [_variable(each) for each in board.variables],
            "panels": {
                _key(row, panel): _panel(panel) for row in board.rows for panel in row.panels
            },
            "layouts": [_layout(row) for row in board.rows],
        },
    }


def _about(links: Sequence[Link]) -> str:
    return ", ".join(f"{link.title}: {link.url}" for link in links)


def _key(row: Row, panel: Panel) -> str:
    return "_".join(f"{row.title} {panel.title}".replace(",", "").lower().split())


def _layout(row: Row) -> Mapping[str, Any]:
    return {
        "kind": "Grid",
        "spec": {
            "display": {"title": row.title, "collapse": {"open": not row.collapsed}},
            "items": [_item(row, place) for place in places(row.panels)],
        },
    }


def _item(row: Row, place: Place) -> Mapping[str, Any]:
    return {
        "x": place.x,
        "y": place.y,
        "width": place.panel.width,
        "height": place.panel.height,
        "content": {"$ref": f"#/spec/panels/{_key(row, place.panel)}"},
    }


def _panel(panel: Panel) -> Mapping[str, Any]:
    return {
        "kind": "Panel",
        "spec": {
            "display": {"name": panel.title, "description": panel.description},
            "plugin": _plugin(panel),
            "queries": [_query(query) for query in panel.queries],
        },
    }


def _plugin(panel: Panel) -> Mapping[str, Any]:
    match panel.kind:
        case Kind.NUMBER | Kind.NAME:
            return {"kind": "StatChart", "spec": _stat(panel)}
        case Kind.TABLE:
            hidden = {"name": "timestamp", "hide": True}
            return {"kind": "Table", "spec": {"density": "compact", "columnSettings": [hidden]}}
        case Kind.LINES | Kind.STACKED | Kind.HEATMAP:
            # Its heat maps are of native histograms only; the lines of a classic one add up.
            return {"kind": "TimeSeriesChart", "spec": _curves(panel)}


def _stat(panel: Panel) -> Mapping[str, Any]:
    coloured = ((panel.warn_from, _ORANGE), (panel.alarm_from, _RED))
    steps = [{"value": value, "color": colour} for value, colour in coloured if value is not None]
    stat = {
        "calculation": "last-number",
        "format": _FORMATS[panel.unit],
        "thresholds": {"defaultColor": _GREEN, "steps": steps},
    }
    return stat | ({"metricLabel": "pod"} if panel.kind is Kind.NAME else {})


def _curves(panel: Panel) -> Mapping[str, Any]:
    stacked = {"areaOpacity": 0.3, "stack": "all"}
    # The unit of a heat map is that of its buckets, and here they are series.
    unit = Unit.COUNT if panel.kind is Kind.HEATMAP else panel.unit
    return {
        "legend": _LEGEND,
        "yAxis": {"format": _FORMATS[unit], "min": 0},
        "visual": stacked if panel.kind is Kind.STACKED else {},
    }


def _query(query: Query) -> Mapping[str, Any]:
    asked = {"query": query.expression}
    named = {"seriesNameFormat": query.legend} if query.legend else {}
    return {
        "kind": "TimeSeriesQuery",
        "spec": {"plugin": {"kind": "PrometheusTimeSeriesQuery", "spec": asked | named}},
    }


def _variable(variable: Variable) -> Mapping[str, Any]:
    """Make a choice that also matches where no series has the label."""
    values = {"labelName": variable.label, "matchers": [variable.metric]}
    return {
        "kind": "ListVariable",
        "spec": {
            "name": variable.label,
            "allowAllValue": True,
            "allowMultiple": True,
            "customAllValue": ".*",
            "defaultValue": "$__all",
            "plugin": {"kind": "PrometheusLabelValuesVariable", "spec": values},
        },
    }
