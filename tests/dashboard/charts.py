"""Series drawn as SVG."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from tests.dashboard.values import clock, written

_COLOURS: Final = (
    *("#3d71d9", "#e0752d", "#5a9e3e", "#b3589a", "#c4a000", "#37a2b4"),
    *("#d44a3a", "#8f3bb8", "#37872d", "#806eb7", "#ad0317", "#7f7f7f"),
)
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 8, 20
Samples = Mapping[float, float]


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture of so many pixels, over the time from `start` to `end`; values are in `unit`.

    Samples are `step` seconds apart: where there is more between them, some are missing. `marks`
    are colours of moments.
    """

    width: int
    height: int
    start: float
    end: float
    step: float
    unit: str
    marks: Sequence[tuple[float, str]] = ()

    def x(self, time: float) -> float:
        share = (time - self.start) / (self.end - self.start)
        return _LEFT + share * (self.width - _LEFT - _RIGHT)

    def y(self, share: float) -> float:
        """Give the height of a share of the largest value."""
        return self.height - _BOTTOM - share * (self.height - _TOP - _BOTTOM)


def colour_of(index: int) -> str:
    """Give the colour of a line, by its place among those of a panel."""
    return _COLOURS[index % len(_COLOURS)]


def curves(canvas: Canvas, lines: Sequence[Samples], *, stacked: bool) -> str:
    """Draw a line for each of them, or areas one above the other, from 0 to the largest value."""
    bands = list(_bands(lines)) if stacked else [(line, line) for line in lines]
    largest = max((value for _, upper in bands for value in upper.values()), default=0)
    spacing = _spacing(largest)
    top = max(math.ceil(largest / spacing), 1) * spacing
    parts = [*_grid(canvas, top, spacing)]
    for index, (lower, upper) in enumerate(bands):
        colour = colour_of(index)
        for run in _runs(upper, canvas.step):
            edge = _points(canvas, upper, run, top)
            if stacked:
                base = _points(canvas, lower, run[::-1], top)
                parts.append(f'<polygon points="{edge} {base}" fill="{colour}" opacity=".35"/>')
            parts.append(f'<polyline points="{edge}" fill="none" stroke="{colour}"/>')
    return _svg(canvas, parts)


def heatmap(canvas: Canvas, buckets: Sequence[tuple[float, Samples]]) -> str:
    """Draw how many values were in which bucket, given by their upper bounds and ascending.

    What is given counts all values up to a bound, as histograms do.
    """
    cells = list(_cells([samples for _, samples in buckets]))
    most = max((count for *_, count in cells), default=0) or 1
    height = 1 / len(buckets)
    width = canvas.x(canvas.start + canvas.step) - canvas.x(canvas.start)
    parts = [*_times(canvas)]
    for row, time, count in cells:
        opacity = 0.15 + 0.85 * math.sqrt(count / most)
        parts.append(
            f'<rect x="{canvas.x(time) - width:.1f}" y="{canvas.y((row + 1) * height):.1f}"'
            f' width="{width:.1f}" height="{canvas.y(0) - canvas.y(height):.1f}"'
            f' fill="{colour_of(0)}" opacity="{opacity:.2f}"/>'
        )
    for row, (bound, _) in enumerate(buckets):
        if row % 3 == 2:
            parts.append(_label(canvas, (row + 1) * height, written(bound, canvas.unit)))
    return _svg(canvas, parts)


def sparkline(canvas: Canvas, line: Samples) -> str:
    """Draw one line and nothing else, over the whole width."""
    largest = max(line.values(), default=0) or 1
    points = " ".join(
        f"{(time - canvas.start) / (canvas.end - canvas.start) * canvas.width:.1f},"
        f"{canvas.height * (1 - value / largest):.1f}"
        for time, value in sorted(line.items())
    )
    return _svg(canvas, [f'<polyline points="{points}" fill="none" stroke="currentColor"/>'])


def _bands(lines: Sequence[Samples]) -> Iterator[tuple[Samples, Samples]]:
    """Yield the lower and the upper edge of each area."""
    total: dict[float, float] = {}
    for line in lines:
        lower = {time: total.get(time, 0) for time in line}
        upper = {time: lower[time] + value for time, value in line.items()}
        total.update(upper)
        yield lower, upper


def _cells(rows: Sequence[Samples]) -> Iterator[tuple[int, float, float]]:
    """Yield the row, the time and the number of what is in no row before."""
    below: Samples = {}
    for index, samples in enumerate(rows):
        for time, count in samples.items():
            if (alone := count - below.get(time, 0)) > 0:
                yield index, time, alone
        below = samples


def _runs(line: Samples, step: float) -> Iterator[Sequence[float]]:
    """Yield the times of samples, in order, as far as none is missing between them."""
    run: list[float] = []
    for time in sorted(line):
        if run and time - run[-1] > step * 1.5:
            yield run
            run = []
        run.append(time)
    if run:
        yield run


def _points(canvas: Canvas, line: Samples, times: Sequence[float], top: float) -> str:
    return " ".join(f"{canvas.x(time):.1f},{canvas.y(line[time] / top):.1f}" for time in times)


def _spacing(largest: float) -> float:
    """Give the distance of grid lines: 1, 2 or 5 of some power of ten, for three or four lines."""
    if largest <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(largest / 3))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= largest / 3)


def _grid(canvas: Canvas, top: float, spacing: float) -> Iterator[str]:
    for index in range(round(top / spacing) + 1):
        share = index * spacing / top
        y, right = canvas.y(share), canvas.width - _RIGHT
        yield f'<line x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
        yield _label(canvas, share, written(index * spacing, canvas.unit))
    yield from _times(canvas)
    for time, colour in canvas.marks:
        x = canvas.x(time)
        yield (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{canvas.y(0):.1f}"'
            f' stroke="{colour}" stroke-dasharray="3"/>'
        )


def _times(canvas: Canvas) -> Iterator[str]:
    for share, anchor in ((0, "start"), (0.5, "middle"), (1, "end")):
        time = canvas.start + share * (canvas.end - canvas.start)
        x, y = canvas.x(time), canvas.height - 5
        yield f'<text x="{x:.0f}" y="{y}" text-anchor="{anchor}">{clock(time)}</text>'


def _label(canvas: Canvas, share: float, text: str) -> str:
    y = canvas.y(share) + 3
    return f'<text x="{_LEFT - 6}" y="{y:.0f}" text-anchor="end">{escape(text)}</text>'


def _svg(canvas: Canvas, parts: Sequence[str]) -> str:
    size = f'width="{canvas.width}" height="{canvas.height}"'
    return f"<svg {size}>{''.join(parts)}</svg>"
