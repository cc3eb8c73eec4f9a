"""What a Prometheus has to show for the queries of the shipped dashboard."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.crds.examples import REPOSITORY
from tests.prometheus.server import SCRAPE_SECONDS, Prometheus, Series

FILE: Final = REPOSITORY / "deploy" / "grafana" / "policy-approver.json"
_POINTS: Final = 150

Json = Mapping[str, Any]


def shipped() -> Json:
    """Read the dashboard that Grafana imports."""
    board: Json = json.loads(FILE.read_text(encoding="utf-8"))
    return board


def panels_of(board: Json) -> Iterator[Json]:
    """Yield rows and panels in the order in which they are seen, those of closed rows, too."""
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels", ())


@dataclass(frozen=True, slots=True)
class Answers:
    """Asks as Grafana does that shows the time from `start` to `end`, in seconds since 1970.

    All clusters and jobs are chosen.
    """

    prometheus: Prometheus
    start: float
    end: float

    @property
    def step(self) -> float:
        return max((self.end - self.start) / _POINTS, SCRAPE_SECONDS)

    def to(self, target: Json) -> list[Series]:
        """Answer a query of a panel, as of the end or for all the time."""
        expression = self.filled_in(target["expr"])
        if target["instant"]:
            return self.prometheus.at(expression, self.end)
        return self.prometheus.over(expression, self.start, self.end, self.step)

    def marks(self, annotation: Json) -> list[float]:
        """Give the moments that an annotation marks, in order.

        What has a value at some steps on end is marked once, where it begins.
        """
        expression = self.filled_in(annotation["expr"])
        found = self.prometheus.over(expression, self.start, self.end, self.step)
        if annotation["useValueForTime"]:
            values = {value / 1000 for series in found for value in series.samples.values()}
            return sorted(value for value in values if self.start <= value <= self.end)
        times = sorted({time for series in found for time in series.samples})
        pairs = zip((0, *times), times, strict=False)
        return [time for before, time in pairs if time - before > 2 * self.step]

    def filled_in(self, expression: str) -> str:
        """Replace the variables, as Grafana does."""
        interval = max(self.step + SCRAPE_SECONDS, 4 * SCRAPE_SECONDS)
        for variable, value in {
            "$__rate_interval": f"{interval:.0f}s",
            "$__range": f"{self.end - self.start:.0f}s",
            "$cluster": ".*",
            "$job": ".*",
        }.items():
            expression = expression.replace(variable, value)
        return expression
