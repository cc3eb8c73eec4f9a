"""What a dashboard is made of, whoever draws it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

WIDTH: Final = 24
"""The columns of a dashboard, of Grafana's and of Perses'."""


class Kind(Enum):
    """How a panel shows what it asks for."""

    NUMBER = "the value of now, in large digits"
    NAME = "the name of the series, in large letters"
    LINES = "a line for each series"
    STACKED = "areas, one above the other"
    TABLE = "a row for each series, as of now"
    HEATMAP = "how many values were in which bucket of a histogram"


class Unit(Enum):
    """What the values of a panel are."""

    COUNT = "a number"
    SECONDS = "seconds"
    BYTES = "bytes"
    RATE = "so many a second"


@dataclass(frozen=True, slots=True)
class Query:
    """An expression in PromQL; `legend` names its series, with their labels as {{label}}."""

    expression: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture. `warn_from` and `alarm_from` are the values that colour it."""

    title: str
    kind: Kind
    queries: Sequence[Query]
    description: str
    unit: Unit = Unit.COUNT
    width: int = 8
    height: int = 7
    warn_from: float | None = None
    alarm_from: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a title; `collapsed` until somebody looks."""

    title: str
    panels: Sequence[Panel]
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class Variable:
    """What a user can choose: a label whose values a metric has."""

    label: str
    metric: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """Moments that are marked on all panels: when an expression has a value.

    Or those that the values are, in milliseconds since 1970, if they are `times`.
    """

    name: str
    expression: str
    colour: str
    text: str
    times: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A page about the dashboard."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard."""

    uid: str
    title: str
    rows: Sequence[Row]
    variables: Sequence[Variable]
    annotations: Sequence[Annotation]
    links: Sequence[Link]


@dataclass(frozen=True, slots=True)
class Place:
    """A panel with the column and the line of its upper left corner."""

    panel: Panel
    x: int
    y: int


def places(panels: Sequence[Panel], y: int = 0) -> Iterator[Place]:
    """Place panels from left to right, line by line, from the line `y` on."""
    x = tallest = 0
    for panel in panels:
        if x + panel.width > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        yield Place(panel, x, y)
        x += panel.width
        tallest = max(tallest, panel.height)


def bottom(placed: Sequence[Place]) -> int:
    """Give the first line below all panels."""
    return max((place.y + place.panel.height for place in placed), default=0)
