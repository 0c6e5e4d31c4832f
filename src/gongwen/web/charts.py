"""Draw bars and lines as SVG inside a page: no script, no inline style, text that is read out.

Colours come from classes of ``charts.css`` (``c1`` to ``c7``); every series has a mark of another
shape and its name beside it, so that nothing is said by colour alone. Plans, forecasts and the like
are hollow marks that no line joins; a line over places without a value is dashed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, log10

from markupsafe import Markup, escape

from ..figures.figure_table import readable

SERIES = 7
"""Series that one chart of lines shows; more cannot be told apart."""
_WIDTH, _LEFT, _RIGHT = 900, 64, 24
_PLOT, _TOP = 300, 16
_ROW, _BAR = 28, 18
_LABEL, _CHARACTER = 200, 14
_LEGEND_ROW = 22
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart.

    Attributes:
        name: what it is of.
        value: its length, at least 0.
        text: the value for people.
    """

    name: str
    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """A mark of a chart of lines.

    Attributes:
        at: index of its place on the horizontal axis, from 0.
        value: its height.
        text: what is said of it.
        solid: whether it is a result, which lines join; a plan is a hollow mark by itself.
    """

    at: int
    value: float
    text: str
    solid: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A series of a chart.

    Attributes:
        name: what it is of.
        points: its marks, from left to right.
        size: its total or largest value; of many series the largest are drawn.
    """

    name: str
    points: tuple[Point, ...]
    size: float = 0.0


def bar_chart(title: str, bars: Sequence[Bar]) -> Markup:
    """Return horizontal bars, one below the other, each with its name and value.

    Args:
        title: what the chart shows, for those who do not see it.
        bars: the bars; none is negative.

    Example:
        >>> "<rect" in bar_chart("句数", [Bar("甲县", 3, "3")])
        True
    """
    most = max((bar.value for bar in bars), default=0) or 1
    space = _WIDTH - _LABEL - 130
    parts = []
    for i, bar in enumerate(bars):
        y = i * _ROW + 4
        wide = max(bar.value / most * space, 1 if bar.value else 0)
        middle = y + _BAR / 2 + 5
        name = _cut(bar.name, _LABEL // _CHARACTER)
        parts += [
            f'<text x="{_LABEL - 8}" y="{middle}" text-anchor="end">{escape(name)}'
            f"<title>{escape(bar.name)}</title></text>",
            f'<rect class="c1" x="{_LABEL}" y="{y}" width="{wide:.1f}" height="{_BAR}">'
            f"<title>{escape(bar.name)} {escape(bar.text)}</title></rect>",
            f'<text x="{_LABEL + wide + 6:.1f}" y="{middle}">{escape(bar.text)}</text>',
        ]
    return _svg(title, len(bars) * _ROW + 8, parts)


def line_chart(title: str, places: Sequence[str], lines: Sequence[Line]) -> Markup:
    """Return lines over places on a horizontal axis, such as years, with a legend below.

    Args:
        title: what the chart shows.
        places: names of the places of the axis.
        lines: at most :data:`SERIES` of them.

    Raises:
        ValueError: there are more.

    Example:
        >>> chart = line_chart("句数", ["2019", "2020"], [Line("甲县", (Point(0, 3, "3"),))])
        >>> "甲县" in chart
        True
    """
    if len(lines) > SERIES:
        raise ValueError(f"at most {SERIES} lines, not {len(lines)}")
    values = [point.value for line in lines for point in line.points]
    ticks = _ticks(min([0.0, *values]), max([0.0, *values]))
    low, high = ticks[0], ticks[-1]
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(places), 1)

    def x_of(at: int) -> float:
        return _LEFT + step * (at + 0.5)

    def y_of(value: float) -> float:
        return _TOP + _PLOT * (high - value) / (high - low)

    parts = []
    for tick in ticks:
        y = y_of(tick)
        parts += [
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>',
            f'<text x="{_LEFT - 8}" y="{y + 5:.1f}" text-anchor="end">'
            f"{escape(readable(tick))}</text>",
        ]
    every = -(-len(places) * 60 // (_WIDTH - _LEFT - _RIGHT)) or 1
    for at, name in enumerate(places):
        if at % every == 0:
            parts.append(
                f'<text x="{x_of(at):.1f}" y="{_TOP + _PLOT + 22}" text-anchor="middle">'
                f"{escape(_cut(name, 6))}</text>"
            )
    for number, line in enumerate(lines, 1):
        for one, other in pairwise(point for point in line.points if point.solid):
            gap = " gap" if other.at - one.at > 1 else ""
            parts.append(
                f'<line class="line{gap} c{number}" x1="{x_of(one.at):.1f}" '
                f'y1="{y_of(one.value):.1f}" x2="{x_of(other.at):.1f}" '
                f'y2="{y_of(other.value):.1f}"/>'
            )
        parts += [
            _mark(
                number, x_of(p.at), y_of(p.value), p.solid, f"{line.name} {places[p.at]} {p.text}"
            )
            for p in line.points
        ]
    parts += _legend([line.name for line in lines], _TOP + _PLOT + 48)
    rows = _legend_rows([line.name for line in lines])
    return _svg(title, _TOP + _PLOT + 48 + rows * _LEGEND_ROW, parts)


def _mark(series: int, x: float, y: float, solid: bool, said: str) -> str:
    """Return the mark of a series: circle, square, triangle, diamond and others."""
    look = f'class="mark {"solid" if solid else "hollow"} c{series}"'
    title = f"<title>{escape(said)}</title>"
    if series == 1:
        return f'<circle {look} cx="{x:.1f}" cy="{y:.1f}" r="5">{title}</circle>'
    shapes = {
        2: [(-5, -5), (5, -5), (5, 5), (-5, 5)],
        3: [(0, -6), (6, 5), (-6, 5)],
        4: [(0, -7), (7, 0), (0, 7), (-7, 0)],
        5: [(0, 6), (6, -5), (-6, -5)],
        6: [(-2, -6), (2, -6), (2, -2), (6, -2), (6, 2), (2, 2), (2, 6), (-2, 6), (-2, 2),
            (-6, 2), (-6, -2), (-2, -2)],
        7: [(0, -7), (6, -2), (4, 6), (-4, 6), (-6, -2)],
    }  # fmt: skip
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in shapes[series])
    return f'<polygon {look} points="{points}">{title}</polygon>'


def _places_of(names: Sequence[str]) -> list[tuple[float, int]]:
    """Return where each name of a legend stands: its column in units, and its row."""
    found, x, row = [], float(_LEFT), 0
    for name in names:
        wide = 30 + len(_cut(name, 16)) * _CHARACTER + 16
        if x + wide > _WIDTH - _RIGHT and x > _LEFT:
            x, row = float(_LEFT), row + 1
        found.append((x, row))
        x += wide
    return found


def _legend_rows(names: Sequence[str]) -> int:
    return 1 + max((row for _x, row in _places_of(names)), default=-1)


def _legend(names: Sequence[str], top: float) -> list[str]:
    parts = []
    for number, (name, (x, row)) in enumerate(zip(names, _places_of(names), strict=True), 1):
        y = top + row * _LEGEND_ROW
        parts += [
            _mark(number, x + 8, y - 5, True, name),
            f'<text x="{x + 22:.1f}" y="{y:.1f}">{escape(_cut(name, 16))}</text>',
        ]
    return parts


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers from at most ``low`` to at least ``high``, about five steps."""
    if high <= low:
        high = low + 1
    rough = (high - low) / _TICKS
    size = 10.0 ** floor(log10(rough))
    step = next(size * one for one in (1, 2, 5, 10) if size * one >= rough)
    first, last = floor(low / step), -floor(-high / step)
    return [round(step * i, 10) for i in range(int(first), int(last) + 1)]


def _cut(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _svg(title: str, height: float, parts: Sequence[str]) -> Markup:
    return Markup(
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {height:.0f}" role="img"'
        f' aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def all_years(years: Sequence[str]) -> list[str]:
    """Return every year from the first to the last, so that an axis shows how far they are apart.

    Example:
        >>> all_years(["2019", "2021"])
        ['2019', '2020', '2021']
    """
    numbers = [int(year) for year in years]
    return [str(year) for year in range(min(numbers), max(numbers) + 1)]


def largest(lines: Sequence[Line]) -> list[Line]:
    """Return the :data:`SERIES` lines of the largest size, in their order.

    Example:
        >>> lines = [Line(f"{size}", (Point(0, size, ""),), size) for size in range(9)]
        >>> [line.name for line in largest(lines)]
        ['2', '3', '4', '5', '6', '7', '8']
    """
    ranked = sorted(range(len(lines)), key=lambda i: -lines[i].size)
    return [lines[i] for i in sorted(ranked[:SERIES])]
