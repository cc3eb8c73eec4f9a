"""The dashboard as Grafana 10 and later imports it, from a file or a ConfigMap."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.dashboard.board import (
    WIDTH,
    Annotation,
    Board,
    Kind,
    Panel,
    Place,
    Query,
    Row,
    Unit,
    Variable,
    bottom,
    places,
)

_SCHEMA: Final = 39  # the last of the classic model, which all versions still take
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_UNITS: Final = {
    Unit.COUNT: "short",
    Unit.SECONDS: "s",
    Unit.BYTES: "bytes",
    Unit.RATE: "reqps",
}
_TYPES: Final = {
    Kind.NUMBER: "stat",
    Kind.NAME: "stat",
    Kind.LINES: "timeseries",
    Kind.STACKED: "timeseries",
    Kind.TABLE: "table",
    Kind.HEATMAP: "heatmap",
}
_AS_OF_NOW: Final = {Kind.NAME, Kind.TABLE}  # over time, whoever has ever led would be named
_CURVES: Final = {
    "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
    "tooltip": {"mode": "multi", "sort": "desc"},
}
_STAT: Final = {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value"}
_OPTIONS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    Kind.NUMBER: _STAT | {"textMode": "value", "graphMode": "area"},
    Kind.NAME: _STAT | {"textMode": "name", "graphMode": "none"},
    Kind.LINES: _CURVES,
    Kind.STACKED: _CURVES,
    Kind.TABLE: {"showHeader": True, "cellHeight": "sm"},
    Kind.HEATMAP: {
        "calculate": False,
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Blues", "steps": 64},
        "yAxis": {"unit": "s"},
    },
}


def document(board: Board) -> str:
    """Give the text of the file."""
    return json.dumps(_board(board), indent=2, ensure_ascii=False) + "\n"


def _board(board: Board) -> Mapping[str, Any]:
    return {
        "uid": board.uid,
        "title": board.title,
        "tags": ["cert-manager", "policy-approver"],
        "schemaVersion": _SCHEMA,
        "editable": False,
        "graphTooltip": 1,  # one cross-hair for all panels
        "timezone": "browser",
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "links": [
            {"type": "link", "title": link.title, "url": link.url, "targetBlank": True}
            for link in board.links
        ],
        "annotations": {"list": [_annotation(each) for each in board.annotations]},
        "templating": {"list": [_CHOICE_OF_SOURCE, *map(_variable, board.variables)]},
        "panels": _numbered(_rows(board)),
    }


def _rows(board: Board) -> Iterator[dict[str, Any]]:
    y = 0
    for row in board.rows:
        placed = list(places(row.panels, y + 1))
        panels = [_panel(place) for place in placed]
        yield _row(row, y, panels if row.collapsed else [])
        if not row.collapsed:
            yield from panels
        y = y + 1 if row.collapsed else bottom(placed)


def _numbered(panels: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each panel a number of its own, those within a row, too."""
    number = 0
    found = list(panels)
    for panel in found:
        for each in (panel, *panel.get("panels", ())):
            each["id"] = number = number + 1
    return found


def _row(row: Row, y: int, panels: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "row",
        "title": row.title,
        "collapsed": row.collapsed,
        "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1},
        "panels": panels,
    }


def _panel(place: Place) -> dict[str, Any]:
    panel = place.panel
    return {
        "type": _TYPES[panel.kind],
        "title": panel.title,
        "description": panel.description,
        "datasource": _SOURCE,
        "gridPos": {"x": place.x, "y": place.y, "w": panel.width, "h": panel.height},
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
        "options": _OPTIONS[panel.kind],
        "targets": [
            _target(query, panel.kind, chr(ord("A") + index))
            for index, query in enumerate(panel.queries)
        ],
    } | ({"transformations": [_WITHOUT_TIME]} if panel.kind is Kind.TABLE else {})


def _field(panel: Panel) -> Mapping[str, Any]:
    field: dict[str, Any] = {"unit": _UNITS[panel.unit], "min": 0}
    if panel.kind in {Kind.NUMBER, Kind.NAME}:
        steps = [("green", None), ("orange", panel.warn_from), ("red", panel.alarm_from)]
        field["color"] = {"mode": "thresholds"}
        field["thresholds"] = {
            "mode": "absolute",
            "steps": [
                {"color": colour, "value": value}
                for colour, value in steps
                if colour == "green" or value is not None
            ],
        }
    if panel.kind is Kind.NAME:
        field["noValue"] = "none"
    if _TYPES[panel.kind] == "timeseries":
        stacked = panel.kind is Kind.STACKED
        field["custom"] = {
            "fillOpacity": 25 if stacked else 0,
            "stacking": {"mode": "normal" if stacked else "none"},
            "showPoints": "never",
        }
    return field


def _target(query: Query, kind: Kind, letter: str) -> Mapping[str, Any]:
    form = {Kind.TABLE: "table", Kind.HEATMAP: "heatmap"}.get(kind, "time_series")
    return {
        "refId": letter,
        "datasource": _SOURCE,
        "expr": query.expression,
        "legendFormat": query.legend or "__auto",
        "format": form,
        "instant": kind in _AS_OF_NOW,
        "range": kind not in _AS_OF_NOW,
    }


def _annotation(annotation: Annotation) -> Mapping[str, Any]:
    return {
        "name": annotation.name,
        "enable": True,
        "datasource": _SOURCE,
        "expr": annotation.expression,
        "iconColor": annotation.colour,
        "titleFormat": annotation.name,
        "textFormat": annotation.text,
        "useValueForTime": annotation.times,
    }


def _variable(variable: Variable) -> Mapping[str, Any]:
    """Make a choice that also matches where no series has the label."""
    return {
        "type": "query",
        "name": variable.label,
        "label": variable.label.capitalize(),
        "datasource": _SOURCE,
        "query": {
            "query": f"label_values({variable.metric}, {variable.label})",
            "refId": variable.label,
        },
        "refresh": 2,  # when the time range changes
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "sort": 1,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


_CHOICE_OF_SOURCE: Final = {
    "type": "datasource",
    "name": "datasource",
    "label": "Data source",
    "query": "prometheus",
    "current": {},
}
_WITHOUT_TIME: Final = {"id": "organize", "options": {"excludeByName": {"Time": True}}}
