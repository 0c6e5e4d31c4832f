"""Draw a confusion matrix, a reliability curve, line charts and bar charts as SVG.

A chart loads nothing and contains no script. Names and figures are SVG text, so they can be read by
screen readers, searched and copied. Sizes are in pixels.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from ..figures.figure_table import readable
from ..nlp.topics.evaluation import ReliabilityBin

_FONT = 12
_CELL_SIZE = 34
_DIGIT_WIDTH = 8
"""Size of the font, smallest side of a cell of the matrix, and width of a digit."""
_MAX_NAME_EMS = 17.0
"""Limit of the width of a name, in Chinese characters; a longer name is shortened."""
_SLANT = 0.7071
"""Sine and cosine of 45 degrees, the angle of the names of the columns."""

_CORRECT_HUE, _ERROR_HUE, _EMPTY_FILL = 212, 22, "#f4f5f7"
"""Hues of cells on and off the diagonal, and the colour of an empty cell."""
_SERIES_HUES = (212, 22, 140, 275, 345, 50, 180, 95)
"""Hues of the lines of a chart; each line also has its name at its end."""
_MAX_BAR_LENGTH = 420
_MIN_YEAR_SPACING = 34
"""Length of the longest bar, and the least distance of two years on an axis."""
_LIGHT_TEXT_DEPTH = 0.8
"""Depth of a colour, 0 to 1, above which the text on it is white."""


def heat_map(counts: Sequence[Sequence[int]], names: Sequence[str]) -> str:
    """Return a confusion matrix as a heat map, blue on the diagonal and orange off it.

    Args:
        counts: (topics, topics) number of sentences of each topic (row) by predicted topic
            (column).
        names: (topics,) names of the topics.
    """
    shown = [_shorten(name) for name in names]
    longest = max(map(_ems, shown), default=0.0) * _FONT
    left, top = longest + 14, longest * _SLANT + 22
    cell = max(_CELL_SIZE, _DIGIT_WIDTH * (len(str(max(map(max, counts)))) + 1))
    side = cell * len(names)
    width, height = left + side + longest * _SLANT, top + side + 2
    parts = [
        f'<text x="{_px(left - 8)}" y="{_px(top - 26)}" class="axis end">guess 判为 →</text>',
        f'<text x="{_px(left - 8)}" y="{_px(top - 8)}" class="axis end">truth 应为 ↓</text>',
    ]
    for i, name in enumerate(shown):
        middle = cell * (i + 0.5)
        above = f"translate({_px(left + middle + 4)} {_px(top - 8)}) rotate(-45)"
        beside = f'x="{_px(left - 8)}" y="{_px(top + middle + 4)}"'
        parts += [
            f'<text transform="{above}">{escape(name)}</text>',
            f'<text {beside} class="end">{escape(name)}</text>',
        ]
    for row, line in enumerate(counts):
        total = sum(line)
        for column, count in enumerate(line):
            share = count / total if total else 0.0
            x, y = left + cell * column, top + cell * row
            # The square root makes a few mistakes in a row visible.
            hue, depth = (_CORRECT_HUE, share) if row == column else (_ERROR_HUE, share**0.5)
            fill = f"hsl({hue},70%,{95 - 55 * depth:.0f}%)" if count else _EMPTY_FILL
            parts.append(
                f'<rect x="{_px(x)}" y="{_px(y)}" width="{cell - 1}" height="{cell - 1}"'
                f' fill="{fill}"/>'
            )
            if count:
                tooltip = f"{names[row]} → {names[column]}: {count} ({share:.0%})"
                look = "middle light" if depth > _LIGHT_TEXT_DEPTH else "middle"
                parts.append(
                    f'<text x="{_px(x + cell / 2)}" y="{_px(y + cell / 2 + 4)}" class="{look}">'
                    f"<title>{escape(tooltip)}</title>{count}</text>"
                )
    return _svg("Confusion matrix 混淆矩阵", width, height, parts)


def reliability_curve(bins: Sequence[ReliabilityBin]) -> str:
    """Return a chart of accuracy by probability, with the number of sentences of each bin below."""
    side, left, top, bar = 400, 48, 12, 60
    floor = top + side
    base = floor + 56 + bar
    parts = [f'<rect x="{left}" y="{top}" width="{side}" height="{side}" class="frame"/>']
    for tenth in range(0, 11, 2):
        x, y = left + side * tenth / 10, floor - side * tenth / 10
        label = f"{tenth / 10:.1f}"
        parts += [
            f'<line x1="{left}" y1="{_px(y)}" x2="{left + side}" y2="{_px(y)}" class="grid"/>',
            f'<text x="{left - 6}" y="{_px(y + 4)}" class="end">{label}</text>',
            f'<text x="{_px(x)}" y="{floor + 16}" class="middle">{label}</text>',
        ]
    parts += [
        f'<line x1="{left}" y1="{floor}" x2="{left + side}" y2="{top}" class="ideal"/>',
        f'<text x="{left + 8}" y="{top + 18}" class="axis">accuracy 正确率 ↑</text>',
        f'<text x="{left + side}" y="{floor + 34}" class="axis end">probability 概率 →</text>',
        f'<text x="{left}" y="{floor + 34}" class="axis">sentences 句 ↓</text>',
    ]
    points = [(left + side * b.confidence, floor - side * b.accuracy) for b in bins]
    line = " ".join(f"{_px(x)},{_px(y)}" for x, y in points)
    parts.append(f'<polyline points="{line}" class="curve"/>')
    most = max((b.sentences for b in bins), default=1)
    for b, (x, y) in zip(bins, points, strict=True):
        tooltip = f"{b.low:.1f}–{b.high:.1f}: {b.sentences} sentences, {b.accuracy:.1%} right"
        parts.append(
            f'<circle cx="{_px(x)}" cy="{_px(y)}" r="5" class="point">'
            f"<title>{tooltip}, mean probability {b.confidence:.1%}</title></circle>"
        )
        tall, start = max(1.0, bar * b.sentences / most), left + side * b.low
        parts += [
            f'<rect x="{_px(start + 2)}" y="{_px(base - tall)}" width="{side / 10 - 4:.0f}"'
            f' height="{_px(tall)}" class="bar"/>',
            f'<text x="{_px(start + side / 20)}" y="{_px(base + 14)}" class="middle">'
            f"{b.sentences}</text>",
        ]
    return _svg("Reliability curve 可靠性曲线", left + side + 16, base + 20, parts)


@dataclass(frozen=True, slots=True)
class Mark:
    """A value in a chart.

    Attributes:
        value: the value, which is drawn to scale.
        label: the text beside it.
        tooltip: the text that is shown when it is pointed at.
        hollow: whether it is drawn without filling, as a planned value.
    """

    value: float
    label: str
    tooltip: str
    hollow: bool = False


def line_chart(title: str, series: Sequence[tuple[str, Mapping[int, Mark]]]) -> str:
    """Return a chart of values by year with a line for each of ``series``.

    Args:
        title: description of the chart for screen readers.
        series: at least one line: its name, and its values by year (at least one).
    """
    years = sorted({year for _, marks in series for year in marks})
    values = [mark.value for _, marks in series for mark in marks.values()]
    low, high = min(0.0, *values), max(0.0, *values)
    span, long = (high - low) or 1.0, max(1, years[-1] - years[0])
    left, top, wide, tall = 76, 18, 620, 300
    names = [_shorten(name) for name, _ in series]
    width = left + wide + 12 + max(map(_ems, names)) * _FONT + 8

    def x(year: int) -> float:
        return left + wide * (year - years[0]) / long

    def y(value: float) -> float:
        return top + tall * (high - value) / span

    parts = []
    for tick in _ticks(low, high):
        parts += [
            f'<line x1="{left}" y1="{_px(y(tick))}" x2="{left + wide}" y2="{_px(y(tick))}"'
            f' class="{"grid" if tick else "frame"}"/>',
            f'<text x="{left - 8}" y="{_px(y(tick) + 4)}" class="axis end">{readable(tick)}</text>',
        ]
    after = float(-_MIN_YEAR_SPACING)
    for year in years:
        if x(year) - after >= _MIN_YEAR_SPACING:
            after = x(year)
            parts.append(
                f'<text x="{_px(after)}" y="{top + tall + 20}" class="middle">{year}</text>'
            )
    ends: list[tuple[float, float, str]] = []
    for i, (name, marks) in enumerate(series):
        hue = _SERIES_HUES[i % len(_SERIES_HUES)]
        points = [(x(year), y(mark.value), mark) for year, mark in sorted(marks.items())]
        line = " ".join(f"{_px(a)},{_px(b)}" for a, b, _ in points)
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="hsl({hue},60%,42%)" stroke-width="2"/>'
        )
        for a, b, mark in points:
            fill = "#fff" if mark.hollow else f"hsl({hue},60%,42%)"
            parts.append(
                f'<circle cx="{_px(a)}" cy="{_px(b)}" r="4" fill="{fill}"'
                f' stroke="hsl({hue},60%,42%)"><title>{escape(mark.tooltip)}</title></circle>'
            )
            if len(series) == 1:
                parts.append(
                    f'<text x="{_px(a)}" y="{_px(b - 8)}" class="middle">'
                    f"{escape(mark.label)}</text>"
                )
        a, b, _ = points[-1]
        ends.append((b + 4, a + 10, name))
    lowest = 0.0
    for b, a, name in sorted(ends):
        lowest = max(b, lowest + _FONT + 1)  # names must not overlap
        parts.append(f'<text x="{_px(a)}" y="{_px(lowest)}">{escape(_shorten(name))}</text>')
    return _svg(title, width, max(top + tall + 30, lowest + 6), parts)


def _ticks(low: float, high: float) -> list[float]:
    """Return about five round numbers from ``low`` to ``high``, with 0 if it is in between.

    Example:
        >>> _ticks(0, 100)
        [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    """
    rough = ((high - low) or 1.0) / 5
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{step * i:.12g}") for i in range(first, last + 1)]


def bar_chart(title: str, groups: Sequence[tuple[str, Sequence[tuple[str, Mark]]]]) -> str:
    """Return a chart of horizontal bars in groups, one below the other.

    Args:
        title: description of the chart for screen readers.
        groups: at least one group: its name, and the name and value of each bar (at least one).
    """
    values = [mark.value for _, bars in groups for _, mark in bars]
    low, high = min(0.0, *values), max(0.0, *values)
    scale = _MAX_BAR_LENGTH / ((high - low) or 1.0)
    outer = max(_ems(_shorten(name)) for name, _ in groups) * _FONT + 12
    inner = max(_ems(_shorten(name)) for _, bars in groups for name, _ in bars) * _FONT + 8
    zero = outer + inner - low * scale
    parts: list[str] = []
    top = 4.0
    for i, (group, bars) in enumerate(groups):
        parts.append(f'<text x="0" y="{_px(top + 13)}">{escape(_shorten(group))}</text>')
        for name, mark in bars:
            long = abs(mark.value) * scale
            start = zero - long if mark.value < 0 else zero
            fill = "#fff" if mark.hollow else "#2b6cb0"
            parts += [
                f'<text x="{_px(outer + inner - 8)}" y="{_px(top + 13)}" class="axis end">'
                f"{escape(_shorten(name))}</text>",
                f'<rect x="{_px(start)}" y="{_px(top + 2)}" width="{_px(max(1.0, long))}"'
                f' height="13" fill="{fill}" stroke="#2b6cb0">'
                f"<title>{escape(mark.tooltip)}</title></rect>",
                f'<text x="{_px(zero + max(0.0, mark.value) * scale + 6)}" y="{_px(top + 13)}">'
                f"{escape(mark.label)}</text>",
            ]
            top += 19
        top += 6 if i + 1 < len(groups) else 2
    labels = max(_ems(mark.label) for _, bars in groups for _, mark in bars) * _FONT
    return _svg(title, outer + inner + _MAX_BAR_LENGTH + labels + 14, top, parts)


def _svg(title: str, width: float, height: float, parts: Sequence[str]) -> str:
    """Return an SVG element with the elements ``parts``."""
    body = "\n".join(parts)
    return (
        f'<svg viewBox="0 0 {_px(width)} {_px(height)}" width="{_px(width)}" role="img"'
        f' aria-label="{escape(title)}" font-size="{_FONT}">\n{body}\n</svg>'
    )


def _ems(name: str) -> float:
    """Return the width of ``name`` in Chinese characters; a Latin character counts 0.6."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.6 for c in name)


def _shorten(name: str) -> str:
    """Return ``name``, shortened with an ellipsis when it is too wide."""
    if _ems(name) <= _MAX_NAME_EMS:
        return name
    while _ems(name) > _MAX_NAME_EMS - 1:
        name = name[:-1]
    return f"{name}…"


def _px(value: float) -> str:
    """Return a coordinate as text, rounded to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")
