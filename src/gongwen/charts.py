"""Pictures of an evaluation, as SVG for a page: the confusion matrix and the reliability curve.

Nothing in them is fetched or run; names and figures are text, so that they can be read aloud,
searched and copied.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape

from .nlp.confidence import ReliabilityBin

_FONT = 12
_CELL = 34
_DIGIT = 8
_NAME_EMS = 17.0
"""Width of a name on an axis, in Chinese characters; a longer one is cut."""
_SLANT = 0.7071
"""Sine and cosine of the 45 degrees by which the names of the columns are turned."""

_RIGHT, _WRONG, _NONE = 212, 22, "#f4f5f7"
"""Hues of cells on the diagonal and beside it, and the colour of an empty one."""
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
