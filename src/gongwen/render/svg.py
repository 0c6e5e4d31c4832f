"""Draw a confusion matrix and a reliability curve as SVG.

A chart loads nothing and contains no script. Names and figures are SVG text, so they can be read by
screen readers, searched and copied. Sizes are in pixels.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape

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
