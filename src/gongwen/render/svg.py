"""Draw charts as SVG: the confusion matrix, the reliability curve, lines and bars.

Nothing in them is fetched or run; names and figures are text, so that they can be read aloud,
searched and copied.
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
_CELL = 34
_DIGIT = 8
_NAME_EMS = 17.0
"""Width of a name on an axis, in Chinese characters; a longer one is cut."""
_SLANT = 0.7071
"""Sine and cosine of the 45 degrees by which the names of the columns are turned."""

_RIGHT, _WRONG, _NONE = 212, 22, "#f4f5f7"
"""Hues of cells on the diagonal and beside it, and the colour of an empty one."""
_HUES = (212, 22, 140, 275, 345, 50, 180, 95)
"""Hues of the lines of a chart, told apart by their names too."""
_BARS = 420
_SPACED = 34
"""Pixels of the longest bar, and between two years on an axis."""
_DARK = 0.8
"""Depth of a colour above which black can no longer be read on it."""


def heat_map(counts: Sequence[Sequence[int]], names: Sequence[str]) -> str:
    """Return a confusion matrix as a heat map: blue on the diagonal, orange beside it.

    Args:
        counts: (topics, topics) how often each topic (row) was given each (column).
        names: (topics,) what the topics are called.
    """
    shown = [_cut(name) for name in names]
    longest = max(map(_ems, shown), default=0.0) * _FONT
    left, top = longest + 14, longest * _SLANT + 22
    cell = max(_CELL, _DIGIT * (len(str(max(map(max, counts)))) + 1))
    side = cell * len(names)
    width, height = left + side + longest * _SLANT, top + side + 2
    parts = [
        f'<text x="{_n(left - 8)}" y="{_n(top - 26)}" class="axis end">guess 判为 →</text>',
        f'<text x="{_n(left - 8)}" y="{_n(top - 8)}" class="axis end">truth 应为 ↓</text>',
    ]
    for i, name in enumerate(shown):
        middle = cell * (i + 0.5)
        above = f"translate({_n(left + middle + 4)} {_n(top - 8)}) rotate(-45)"
        beside = f'x="{_n(left - 8)}" y="{_n(top + middle + 4)}"'
        parts += [
            f'<text transform="{above}">{escape(name)}</text>',
            f'<text {beside} class="end">{escape(name)}</text>',
        ]
    for row, line in enumerate(counts):
        total = sum(line)
        for column, count in enumerate(line):
            share = count / total if total else 0.0
            x, y = left + cell * column, top + cell * row
            # A few mistakes in a row must be seen already.
            hue, depth = (_RIGHT, share) if row == column else (_WRONG, share**0.5)
            fill = f"hsl({hue},70%,{95 - 55 * depth:.0f}%)" if count else _NONE
            parts.append(
                f'<rect x="{_n(x)}" y="{_n(y)}" width="{cell - 1}" height="{cell - 1}"'
                f' fill="{fill}"/>'
            )
            if count:
                told = f"{names[row]} → {names[column]}: {count} ({share:.0%})"
                look = "middle light" if depth > _DARK else "middle"
                parts.append(
                    f'<text x="{_n(x + cell / 2)}" y="{_n(y + cell / 2 + 4)}" class="{look}">'
                    f"<title>{escape(told)}</title>{count}</text>"
                )
    return _svg("Confusion matrix 混淆矩阵", width, height, parts)


def reliability_curve(bins: Sequence[ReliabilityBin]) -> str:
    """Return accuracy against probability, with the number of sentences of each bin below."""
    side, left, top, bar = 400, 48, 12, 60
    floor = top + side
    base = floor + 56 + bar
    parts = [f'<rect x="{left}" y="{top}" width="{side}" height="{side}" class="frame"/>']
    for tenth in range(0, 11, 2):
        x, y = left + side * tenth / 10, floor - side * tenth / 10
        label = f"{tenth / 10:.1f}"
        parts += [
            f'<line x1="{left}" y1="{_n(y)}" x2="{left + side}" y2="{_n(y)}" class="grid"/>',
            f'<text x="{left - 6}" y="{_n(y + 4)}" class="end">{label}</text>',
            f'<text x="{_n(x)}" y="{floor + 16}" class="middle">{label}</text>',
        ]
    parts += [
        f'<line x1="{left}" y1="{floor}" x2="{left + side}" y2="{top}" class="ideal"/>',
        f'<text x="{left + 8}" y="{top + 18}" class="axis">accuracy 正确率 ↑</text>',
        f'<text x="{left + side}" y="{floor + 34}" class="axis end">probability 概率 →</text>',
        f'<text x="{left}" y="{floor + 34}" class="axis">sentences 句 ↓</text>',
    ]
    points = [(left + side * b.confidence, floor - side * b.accuracy) for b in bins]
    line = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
    parts.append(f'<polyline points="{line}" class="curve"/>')
    most = max((b.sentences for b in bins), default=1)
    for b, (x, y) in zip(bins, points, strict=True):
        told = f"{b.low:.1f}–{b.high:.1f}: {b.sentences} sentences, {b.accuracy:.1%} right"
        parts.append(
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="5" class="point">'
            f"<title>{told}, mean probability {b.confidence:.1%}</title></circle>"
        )
        tall, start = max(1.0, bar * b.sentences / most), left + side * b.low
        parts += [
            f'<rect x="{_n(start + 2)}" y="{_n(base - tall)}" width="{side / 10 - 4:.0f}"'
            f' height="{_n(tall)}" class="bar"/>',
            f'<text x="{_n(start + side / 20)}" y="{_n(base + 14)}" class="middle">'
            f"{b.sentences}</text>",
        ]
    return _svg("Reliability curve 可靠性曲线", left + side + 16, base + 20, parts)


@dataclass(frozen=True, slots=True)
class Mark:
    """A number in a chart.

    Attributes:
        value: how high or long it is.
        label: what stands beside it.
        told: what is told of it when it is pointed at.
        hollow: whether it is drawn as one that is not yet so.
    """

    value: float
    label: str
    told: str
    hollow: bool = False


def line_chart(title: str, series: Sequence[tuple[str, Mapping[int, Mark]]]) -> str:
    """Return values by year, a line for each of the ``series``; hollow points are plans.

    Args:
        title: what is drawn, for those who cannot see it.
        series: name of a line, and its values by year.
    """
    years = sorted({year for _, marks in series for year in marks})
    values = [mark.value for _, marks in series for mark in marks.values()]
    low, high = min(0.0, *values), max(0.0, *values)
    span, long = (high - low) or 1.0, max(1, years[-1] - years[0])
    left, top, wide, tall = 76, 18, 620, 300
    names = [_cut(name) for name, _ in series]
    width = left + wide + 12 + max(map(_ems, names)) * _FONT + 8

    def x(year: int) -> float:
        return left + wide * (year - years[0]) / long

    def y(value: float) -> float:
        return top + tall * (high - value) / span

    parts = []
    for tick in _ticks(low, high):
        parts += [
            f'<line x1="{left}" y1="{_n(y(tick))}" x2="{left + wide}" y2="{_n(y(tick))}"'
            f' class="{"grid" if tick else "frame"}"/>',
            f'<text x="{left - 8}" y="{_n(y(tick) + 4)}" class="axis end">{readable(tick)}</text>',
        ]
    after = float(-_SPACED)
    for year in years:
        if x(year) - after >= _SPACED:
            after = x(year)
            parts.append(
                f'<text x="{_n(after)}" y="{top + tall + 20}" class="middle">{year}</text>'
            )
    ends: list[tuple[float, float, str]] = []
    for i, (name, marks) in enumerate(series):
        hue = _HUES[i % len(_HUES)]
        points = [(x(year), y(mark.value), mark) for year, mark in sorted(marks.items())]
        line = " ".join(f"{_n(a)},{_n(b)}" for a, b, _ in points)
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="hsl({hue},60%,42%)" stroke-width="2"/>'
        )
        for a, b, mark in points:
            fill = "#fff" if mark.hollow else f"hsl({hue},60%,42%)"
            parts.append(
                f'<circle cx="{_n(a)}" cy="{_n(b)}" r="4" fill="{fill}"'
                f' stroke="hsl({hue},60%,42%)"><title>{escape(mark.told)}</title></circle>'
            )
            if len(series) == 1:
                parts.append(
                    f'<text x="{_n(a)}" y="{_n(b - 8)}" class="middle">{escape(mark.label)}</text>'
                )
        a, b, _ = points[-1]
        ends.append((b + 4, a + 10, name))
    lowest = 0.0
    for b, a, name in sorted(ends):
        lowest = max(b, lowest + _FONT + 1)  # no name stands on another
        parts.append(f'<text x="{_n(a)}" y="{_n(lowest)}">{escape(_cut(name))}</text>')
    return _svg(title, width, max(top + tall + 30, lowest + 6), parts)


def _ticks(low: float, high: float) -> list[float]:
    """Return some five round numbers from ``low`` to ``high``, 0 among them."""
    rough = ((high - low) or 1.0) / 5
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{step * i:.12g}") for i in range(first, last + 1)]


def bar_chart(title: str, groups: Sequence[tuple[str, Sequence[tuple[str, Mark]]]]) -> str:
    """Return values as bars, one group below the other; hollow bars are plans.

    Args:
        title: what is drawn, for those who cannot see it.
        groups: name of a group, and in it the name and value of each bar.
    """
    values = [mark.value for _, bars in groups for _, mark in bars]
    low, high = min(0.0, *values), max(0.0, *values)
    scale = _BARS / ((high - low) or 1.0)
    outer = max(_ems(_cut(name)) for name, _ in groups) * _FONT + 12
    inner = max(_ems(_cut(name)) for _, bars in groups for name, _ in bars) * _FONT + 8
    zero = outer + inner - low * scale
    parts: list[str] = []
    top = 4.0
    for i, (group, bars) in enumerate(groups):
        parts.append(f'<text x="0" y="{_n(top + 13)}">{escape(_cut(group))}</text>')
        for name, mark in bars:
            long = abs(mark.value) * scale
            start = zero - long if mark.value < 0 else zero
            fill = "#fff" if mark.hollow else "#2b6cb0"
            parts += [
                f'<text x="{_n(outer + inner - 8)}" y="{_n(top + 13)}" class="axis end">'
                f"{escape(_cut(name))}</text>",
                f'<rect x="{_n(start)}" y="{_n(top + 2)}" width="{_n(max(1.0, long))}" height="13"'
                f' fill="{fill}" stroke="#2b6cb0"><title>{escape(mark.told)}</title></rect>',
                f'<text x="{_n(zero + max(0.0, mark.value) * scale + 6)}" y="{_n(top + 13)}">'
                f"{escape(mark.label)}</text>",
            ]
            top += 19
        top += 6 if i + 1 < len(groups) else 2
    labels = max(_ems(mark.label) for _, bars in groups for _, mark in bars) * _FONT
    return _svg(title, outer + inner + _BARS + labels + 14, top, parts)


def _svg(title: str, width: float, height: float, parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    return (
        f'<svg viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" role="img"'
        f' aria-label="{escape(title)}" font-size="{_FONT}">\n{body}\n</svg>'
    )


def _ems(name: str) -> float:
    """Return the width of ``name`` in Chinese characters; a Latin one is some half of it."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.6 for c in name)


def _cut(name: str) -> str:
    if _ems(name) <= _NAME_EMS:
        return name
    while _ems(name) > _NAME_EMS - 1:
        name = name[:-1]
    return f"{name}…"


def _n(value: float) -> str:
    """Return a coordinate with a tenth of a pixel, the same on every machine."""
    return f"{value:.1f}".removesuffix(".0")
