"""Draw the shipped dashboard as one page that needs nothing else: no Grafana, no network."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

from tests.dashboard.answers import Answers, Json
from tests.dashboard.charts import Canvas, Samples, colour_of, curves, heatmap, sparkline
from tests.dashboard.values import clock, written
from tests.prometheus.server import Series

WIDTH: Final = 1464
_STYLE: Final = Path(__file__).with_name("page.css")
# Pixels, as the style sheet has them.
_COLUMN, _LINE = 60, 32
_MARGIN, _PADDING = 8, 16
_TITLE, _LEGEND, _ROW, _HEAD = 18, 26, 32, 48
_MOST_LINES: Final = 12
_LINE_OF_TABLE: Final = 19


def page(board: Json, answers: Answers) -> str:
    """Draw all panels, those of closed rows, too."""
    marks = [
        (time, annotation["iconColor"])
        for annotation in board["annotations"]["list"]
        for time in answers.marks(annotation)
    ]
    drawn = "".join(_row(row, panels, answers, marks) for row, panels in _rows(board))
    return (
        f"<!doctype html><meta charset=utf-8><title>{escape(board['title'])}</title>"
        f"<style>{_STYLE.read_text(encoding='utf-8')}</style>"
        f"<h1>{escape(board['title'])}<small>{clock(answers.start)} to {clock(answers.end)} UTC"
        f"</small></h1>{drawn}"
    )


def height(board: Json) -> int:
    """Give the pixels that the page takes."""
    lines = 0
    for _, panels in _rows(board):
        places = [panel["gridPos"] for panel in panels]
        lines += max(each["y"] + each["h"] for each in places) - min(each["y"] for each in places)
    return _HEAD + sum(_ROW for _ in _rows(board)) + lines * _LINE


def _rows(board: Json) -> Iterator[tuple[Json, Sequence[Json]]]:
    """Yield each row with its panels: they are in it if it is closed, and else behind it."""
    row, panels = None, list[Json]()
    for each in board["panels"]:
        if each["type"] != "row":
            panels.append(each)
            continue
        if row:
            yield row, panels
        row, panels = each, list(each["panels"])
    if row:
        yield row, panels


def _row(
    row: Json, panels: Sequence[Json], answers: Answers, marks: Sequence[tuple[float, str]]
) -> str:
    drawn = "".join(Drawing(panel, answers, marks).section() for panel in panels)
    return f"<h2>{escape(row['title'])}</h2><main>{drawn}</main>"


@dataclass(frozen=True, slots=True)
class Drawing:
    """One panel, drawn with what a Prometheus answers to its queries."""

    panel: Json
    answers: Answers
    marks: Sequence[tuple[float, str]]

    def section(self) -> str:
        """Draw the panel with its title, at its width and height."""
        place, title = self.panel["gridPos"], escape(self.panel["title"])
        style = f"grid-column: span {place['w']}; height: {place['h'] * _LINE - 6}px"
        hint = escape(self.panel["description"], quote=True)
        named = [
            (name_of(target, series.labels), series)
            for target in self.panel["targets"]
            for series in self.answers.to(target)
        ]
        body = self._body(named) if named else '<p class="empty">no data</p>'
        return f'<section style="{style}" title="{hint}"><h3>{title}</h3>{body}</section>'

    def _body(self, named: Sequence[tuple[str, Series]]) -> str:
        match self.panel["type"]:
            case "stat":
                return self._stat(*named[0])
            case "table":
                return self._table([series for _, series in named])
            case "heatmap":
                return self._heatmap([series for _, series in named])
            case _:
                return self._curves(named[:_MOST_LINES])

    def _curves(self, named: Sequence[tuple[str, Series]]) -> str:
        stacked = self._defaults["custom"]["stacking"]["mode"] == "normal"
        lines = [series.finite for _, series in named]
        drawn = curves(self._canvas(below=_LEGEND), lines, stacked=stacked)
        return drawn + _legend([name for name, _ in named])

    def _heatmap(self, found: Sequence[Series]) -> str:
        buckets = sorted((float(series.labels["le"]), series.finite) for series in found)
        filled = [samples for bound, samples in buckets if bound < float("inf")]
        used = next(
            (index for index, samples in enumerate(filled) if samples == filled[-1]), len(filled)
        )
        return heatmap(self._canvas(), buckets[: used + 1])

    def _stat(self, name: str, series: Series) -> str:
        if self.panel["options"]["textMode"] == "name":
            return f'<div class="name green">{escape(name)}</div>'
        samples: Samples = series.finite
        value = samples[max(samples)]
        colour = next(
            step["color"]
            for step in reversed(self._defaults["thresholds"]["steps"])
            if step["value"] is None or value >= step["value"]
        )
        canvas = self._canvas(below=40)
        text = written(value, self._defaults["unit"])
        drawn = sparkline(canvas, samples)
        return f'<div class="{colour}"><div class="number">{text}</div>{drawn}</div>'

    def _table(self, found: Sequence[Series]) -> str:
        labels = sorted({label for series in found for label in series.labels})
        head = "".join(f"<th>{escape(label)}</th>" for label in (*labels, "value"))
        fits = (self.panel["gridPos"]["h"] * _LINE - _PADDING - _TITLE) // _LINE_OF_TABLE - 1
        rows = "".join(self._table_row(labels, series) for series in found[:fits])
        return f"<table><tr>{head}</tr>{rows}</table>"

    def _table_row(self, labels: Sequence[str], series: Series) -> str:
        [value] = series.samples.values()
        cells = [series.labels.get(label, "") for label in labels]
        cells.append(written(round(value), self._defaults["unit"]))
        return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"

    @property
    def _defaults(self) -> Mapping[str, Any]:
        defaults: Mapping[str, Any] = self.panel["fieldConfig"]["defaults"]
        return defaults

    def _canvas(self, below: int = 0) -> Canvas:
        place, answers = self.panel["gridPos"], self.answers
        return Canvas(
            width=place["w"] * _COLUMN - _MARGIN - _PADDING,
            height=place["h"] * _LINE - _MARGIN - _PADDING + 2 - _TITLE - below,
            start=answers.start,
            end=answers.end,
            step=answers.step,
            unit=self._defaults["unit"],
            marks=self.marks,
        )


def _legend(names: Sequence[str]) -> str:
    keys = "".join(
        f'<span><i style="background: {colour_of(index)}"></i>{escape(name)}</span>'
        for index, name in enumerate(names)
    )
    return f'<div class="legend">{keys}</div>'


def name_of(target: Json, labels: Mapping[str, str]) -> str:
    """Name a series as its query says, or by all of its labels."""
    form = target["legendFormat"]
    if form == "__auto":
        return ", ".join(f"{label}={value}" for label, value in sorted(labels.items()))
    return re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), form)
