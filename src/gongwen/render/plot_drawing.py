"""Draw the picture of a pivot with matplotlib: marks, lines, bars, axes, legend and words.

Places are in inches from the upper left corner of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..catalog import _
from ..figures.figure_table import status_name
from .plot_layout import (
    FONT,
    LARGE,
    MARGIN,
    PANEL_HEIGHT,
    PANELS,
    POINT,
    ROW_HEIGHT,
    SMALL,
    SPAN_HEIGHT,
    WIDTH,
    Block,
    Mark,
    Picture,
    Scale,
    clean,
    has_gap,
    inches,
    pairs,
    shortened,
    wrapped,
    year_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ID_PREFIX = "gongwen-"
"""Beginning of the ids of elements that get a class and a tooltip, before their number."""
COLOURS = ("#0067a5", "#d1600a", "#00835f", "#a3478f", "#5a5fc7", "#8a6d00", "#555b66")
INK, PALE, GRID = "#1c2430", "#5b6675", "#dfe3e9"
DASHES = (0, (4, 3))
_FADED = 0.45
"""How opaque the marks of further values for the same period are."""
_MARKERS = {
    ("result", "year"): "o", ("result", "until"): "^", ("result", "part"): "s",
    ("result", "unknown"): "X", ("result", "span"): "p", ("result", "cumulative"): "p",
    ("plan", "year"): "D", ("plan", "other"): "d", ("forecast", "year"): "v",
    ("forecast", "other"): "<", ("standard", "year"): "s", ("standard", "other"): "P",
    ("unknown", "year"): "o", ("unknown", "other"): "h",
}  # fmt: skip
"""Shapes of the marks by their ``look``; those of results are filled."""


class Drawing:
    """The drawing of one picture.

    Attributes:
        height: its height in inches.
        replaced: what is drawn in place of a character, by its number.
        named: class and tooltip of each element that has an id ``gongwen-INDEX``.
    """

    def __init__(self, picture: Picture, *, titled: bool = True) -> None:
        self.picture = picture
        self.replaced: dict[int, str] = {}
        self.named: list[tuple[str, str]] = []
        inside = WIDTH - 2 * MARGIN
        self.heading = wrapped(picture.title, inside / (LARGE * POINT))[:4] if titled else []
        self.legend = _legend(picture)
        entry = max((inches(words, SMALL) for _look, words in self.legend), default=0) + 0.55
        self.columns = max(1, int(inside / entry))
        self.height = (
            2 * MARGIN
            + 0.27 * len(self.heading)
            + sum(block.height for block in picture.blocks)
            + 0.21 * math.ceil(len(self.legend) / self.columns)
            + 0.05
            + 0.16 * len(picture.notes)
        )

    def texts(self) -> str:
        """Return the characters of the picture, to find fonts that have them."""
        blocks = self.picture.blocks
        marks = [mark for block in blocks for mark in (*block.all, *block.spans)]
        said = [
            f"{mark.series} {mark.label(year=True, status=True)} {mark.cell.note}" for mark in marks
        ]
        legend = [words for _look, words in self.legend]
        return clean(" ".join((self.picture.title, *said, *legend, *self.picture.notes)))

    def text(self, text: str) -> str:
        """Return ``text`` as it is drawn."""
        return clean(text).translate(self.replaced)

    def name(self, kind: str, tooltip: str = "") -> str:
        """Return the id of an element that gets a class and a tooltip in an SVG image."""
        self.named.append((kind, tooltip))
        return f"{ID_PREFIX}{len(self.named) - 1}"

    def write(
        self, figure: Figure, left: float, top: float, text: str, size: float = FONT, **look: Any
    ) -> None:
        """Write a text at a place in inches from the upper left corner."""
        look = {"color": INK, "va": "top"} | look
        figure.text(left / WIDTH, 1 - top / self.height, self.text(text), fontsize=size, **look)

    def draw_on(self, figure: Figure) -> None:
        """Draw the whole picture."""
        from matplotlib.lines import Line2D  # late: an extra, and heavy

        top = MARGIN
        for line in self.heading:
            self.write(figure, MARGIN, top, line, LARGE)
            top += 0.27
        ways = {"lines": self.draw_lines, "grid": self.draw_grid, "rows": self.draw_rows}
        for block in self.picture.blocks:
            ways[block.kind](figure, top, block)
            top += block.height
        if self.legend:
            figure.legend(
                [Line2D([], [], **look) for look, _words in self.legend],
                [self.text(words) for _look, words in self.legend],
                loc="upper left",
                bbox_to_anchor=(MARGIN / WIDTH, 1 - top / self.height),
                ncols=self.columns,
                frameon=False,
                borderpad=0,
                borderaxespad=0,
                labelspacing=0.6,
                columnspacing=1.2,
                fontsize=SMALL,
                labelcolor=INK,
            )
        top += 0.21 * math.ceil(len(self.legend) / self.columns) + 0.05
        for line in self.picture.notes:
            self.write(figure, MARGIN, top, line, SMALL, color=PALE)
            top += 0.16

    def axes(self, figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
        """Return axes at a place in inches, without a frame."""
        bottom = 1 - (top + height) / self.height
        axes = figure.add_axes((left / WIDTH, bottom, width / WIDTH, height / self.height))
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(PALE)
        axes.tick_params(length=0, labelsize=SMALL, colors=PALE, pad=4)
        axes.set_axisbelow(True)
        return axes

    def mark(self, axes: Axes, at: tuple[float, float], mark: Mark, colour: str) -> None:
        """Draw a mark, a range from end to end.

        Args:
            axes: where; in rows, whose first row is above, values run to the right.
            at: place of the value.
            mark: the value.
            colour: its colour.
        """
        look = _look(*mark.look, colour) | ({} if mark.first else {"alpha": _FADED})
        (x, y), ends = at, [at]
        if mark.low != mark.high:
            ends = [(x, mark.low), (x, mark.high)]
            if axes.yaxis_inverted():
                ends = [(mark.low, y), (mark.high, y)]
            look |= {"linestyle": "-", "linewidth": 2.4, "markersize": 4}
        kinds = ["mark", mark.status, mark.kind, "" if mark.first else "also"]
        kinds += ["range"] if len(ends) > 1 else []
        name = self.name(" ".join(filter(None, kinds)), mark.tooltip)
        axes.plot(*zip(*ends, strict=True), **look, gid=name, clip_on=False, zorder=4)

    def series(self, axes: Axes, marks: Sequence[Mark], result: str, other: str) -> None:
        """Draw a region over the years: its marks, and lines between its results.

        Args:
            axes: where.
            marks: the values.
            result: colour of results and lines.
            other: colour of plans and the like.
        """
        for pair in pairs(marks):
            style: dict[str, Any] = {"linewidth": 1.6}
            if has_gap(pair):
                style = {"linewidth": 1.0, "linestyle": DASHES}
            name = self.name("join gap" if has_gap(pair) else "join")
            years, values = [m.start for m in pair], [m.middle for m in pair]
            axes.plot(years, values, color=result, gid=name, clip_on=False, zorder=3, **style)
        for mark in marks:
            colour = result if mark.status == "result" else other
            self.mark(axes, (mark.start, mark.middle), mark, colour)

    def draw_lines(self, figure: Figure, top: float, block: Block) -> None:
        """Draw regions over the years in one panel, values of several years below."""
        several = len(block.marks) > 1
        names = [shortened(self.text(name), 16) for name in block.marks]
        [scale] = block.scales
        left = MARGIN + max(inches(label, SMALL) for label in scale.labels) + 0.12
        right = MARGIN + (max(map(inches, names)) + 0.15 if several else 0.1)
        width, tall = WIDTH - left - right, 3.0
        every = (*block.all, *block.spans)
        limits = min(m.start for m in every) - 0.6, max(m.end for m in every) + 0.6
        if not several:
            self.write(figure, MARGIN, top + 0.05, names[0])
        axes = self.axes(figure, left, top + 0.35, width, tall)
        _put_scale(axes, "y", scale)
        _put_years(axes, limits, int(width / 0.5))
        ends = []
        for i, (name, marks) in enumerate(zip(names, block.marks.values(), strict=True)):
            colour = COLOURS[i % len(COLOURS)]
            self.series(axes, marks, colour, colour if several else COLOURS[1])
            last = max(marks, key=lambda mark: (mark.line is not None, mark.start))
            ends.append((axes.transData.transform((0, last.middle))[1], name, colour))
        above, space = math.inf, 13 * POINT * figure.dpi
        for below, (y, name, colour) in enumerate(sorted(ends, reverse=True) if several else ()):
            lowest = axes.bbox.y0 + space * (len(ends) - 1 - below)
            above = min(above - space, max(y, lowest))  # names must not overlap
            at = self.height - above / figure.dpi
            self.write(figure, WIDTH - right + 0.1, at, name, color=colour, va="center")
        self.label(axes, block)
        if block.spans:
            tall_strip = SPAN_HEIGHT * len(block.spans)
            strip = self.axes(figure, left, top + 0.35 + tall + 0.32, width, tall_strip)
            self.spans(strip, limits, block)

    def spans(self, axes: Axes, limits: tuple[float, float], block: Block) -> None:
        """Draw values of several years as bars over their years, each with its words."""
        axes.set(xlim=limits, ylim=(len(block.spans) - 0.5, -0.5), xticks=[], yticks=[])
        axes.spines["bottom"].set_visible(False)
        per_inch = (limits[1] - limits[0]) / (axes.bbox.width / axes.figure.dpi)
        several = len(block.marks) > 1
        for row, mark in enumerate(block.spans):
            i = list(block.marks).index(mark.series)
            done = mark.status == "result"
            colour = COLOURS[i % len(COLOURS) if several or done else 1]
            start, end = mark.start - 0.4, mark.end + 0.4
            axes.barh(
                row,
                end - start,
                left=start,
                height=0.55,
                facecolor=f"{colour}40" if done else "white",
                edgecolor=colour,
                linestyle="-" if done else "--",
                linewidth=0.8,
                gid=self.name(f"span {mark.status}", mark.tooltip),
            )
            marks = [word for word in mark.cell.marks if word not in mark.number]
            years = "" if any(mark.when in word for word in marks) else mark.when
            words = [mark.series if several else "", mark.number, *marks, years]
            said = self.text(" ".join(filter(None, words)))
            said = shortened(said, axes.bbox.width / axes.figure.dpi / (SMALL * POINT))
            long, pad = inches(said, SMALL) * per_inch, 0.08 * per_inch
            place, side = limits[0], "left"
            if limits[1] - end >= long + pad:
                place = end + pad
            elif start - limits[0] >= long + pad:
                place, side = start - pad, "right"
            axes.text(place, row, said, fontsize=SMALL, color=INK, ha=side, va="center")

    def label(self, axes: Axes, block: Block, most: int = 24) -> None:
        """Write values beside their marks where nothing else stands.

        Where there is no room, or more than ``most`` marks of several regions, an approximate
        value gets the sign of one.
        """
        point = axes.figure.dpi * POINT
        marks = block.all
        lower = axes.transData.transform([(mark.start, mark.low) for mark in marks])
        upper = axes.transData.transform([(mark.start, mark.high) for mark in marks])
        bodies = [
            (x - 4 * point, low - 4 * point, x + 4 * point, high + 4 * point)
            for (x, low), (_x, high) in zip(lower, upper, strict=True)
        ]
        taken = list(bodies)
        for pair in block.pairs:
            ends = axes.transData.transform([(mark.start, mark.middle) for mark in pair])
            (x0, y0), (x1, y1) = ends
            steps = max(2, int(math.hypot(x1 - x0, y1 - y0) / (3 * point)))
            taken += [
                _around(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps, point, point)
                for i in range(steps + 1)
            ]
        written: list[_Box] = []
        whole = len(block.marks) == 1 or len(block.all) <= most
        whole = whole and block.kind == "lines"
        order = sorted(zip(marks, bodies, strict=True), key=lambda m: m[0].status != "result")
        for mark, body in order:
            x, y = (body[0] + body[2]) / 2, (body[1] + body[3]) / 2
            for said in (self.text(mark.label()) if whole else "", "≈" if mark.approximate else ""):
                wide, tall = inches(said, SMALL) / POINT * point, 1.15 * SMALL * point
                up = (body[3] - body[1] + tall) / 2 + point
                aside = (body[2] - body[0] + wide) / 2 + point
                shifts = ((0, up), (0, -up), (aside, 0), (-aside, 0), (aside, up), (-aside, up))
                boxes = [_around(x + dx, y + dy, wide, tall) for dx, dy in shifts]
                left, right = axes.bbox.x0 - 20 * point, axes.bbox.x1 + 4 * point
                boxes = [b for b in boxes if left < b[0] and b[2] < right and b[1] > axes.bbox.y0]
                free = [b for b in boxes if not any(_overlap(b, t) for t in (*taken, *written))]
                if said == "≈" and not free:  # it must be said; it may cross a line or a mark
                    free = [b for b in boxes if not any(_overlap(b, t) for t in written)] or boxes
                if said and free:
                    box = free[0]
                    written.append(box)
                    centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
                    at = axes.transData.inverted().transform(centre)
                    look: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 5}
                    axes.text(at[0], at[1], said, fontsize=SMALL, color=INK, **look)
                    break

    def draw_grid(self, figure: Figure, top: float, block: Block) -> None:
        """Draw a panel for each region."""
        cell = (WIDTH - 2 * MARGIN) / PANELS
        starts = [mark.start for mark in block.all]
        limits = min(starts) - 0.6, max(starts) + 0.6
        scales = block.scales
        for i, (name, marks) in enumerate(block.marks.items()):
            scale = scales[i % len(scales)]
            labels = max(inches(label, SMALL) for label in scale.labels) + 0.1
            left, above = MARGIN + cell * (i % PANELS), top + PANEL_HEIGHT * (i // PANELS)
            width = cell - labels - 0.18
            axes = self.axes(figure, left + labels, above + 0.32, width, PANEL_HEIGHT - 0.67)
            _put_scale(axes, "y", scale)
            _put_years(axes, limits, max(2, int(width / 0.42)))
            shown = shortened(self.text(name), (cell - 0.2) / (FONT * POINT))
            self.write(figure, left, above + 0.08, shown)
            self.series(axes, marks, COLOURS[0], COLOURS[1])
            self.label(axes, Block("grid", {name: marks}))

    def draw_rows(self, figure: Figure, top: float, block: Block) -> None:
        """Draw a row for each region, with bars or dots, and its values in words beside it."""
        names = [shortened(self.text(name), 20) for name in block.marks]
        years = block.years
        several = len(years) > 1
        values = [
            shortened(self.text(" · ".join(m.label(year=several, status=True) for m in marks)), 32)
            for marks in block.marks.values()
        ]
        left = MARGIN + max(map(inches, names)) + 0.12
        right = MARGIN + max(inches(said, SMALL) for said in values) + 0.2
        if years:
            self.write(
                figure, MARGIN, top + 0.05, f"{years[0]}–{years[-1]}" if several else f"{years[0]}"
            )
        axes = self.axes(figure, left, top + 0.3, WIDTH - left - right, ROW_HEIGHT * len(names))
        axes.set(ylim=(len(names) - 0.5, -0.5))
        axes.set_yticks(range(len(names)), labels=names, fontsize=FONT, color=INK)
        [scale] = block.scales
        _put_scale(axes, "x", scale)
        if scale.kind != "log":
            axes.axvline(0, color=PALE, linewidth=0.8)
        for row, marks in enumerate(block.marks.values()):
            for mark in marks:
                colour = COLOURS[0] if mark.status == "result" else COLOURS[1]
                exact = mark.first and mark.low == mark.high and mark.look == ("result", "year")
                if block.bars and exact:
                    name = self.name("mark bar result year", mark.tooltip)
                    axes.barh(row, mark.high, height=0.6, color=colour, gid=name, zorder=3)
                else:
                    self.mark(axes, (mark.middle, row), mark, colour)
            middle = top + 0.3 + (row + 0.5) * ROW_HEIGHT
            self.write(figure, WIDTH - right + 0.15, middle, values[row], SMALL, va="center")


_Box = tuple[float, float, float, float]
"""Left, lower, right and upper edge in pixels."""


def _around(x: float, y: float, wide: float, tall: float) -> _Box:
    return x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2


def _overlap(a: _Box, b: _Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _put_scale(axes: Axes, axis: str, scale: Scale) -> None:
    """Let ``axis`` (``x`` or ``y``) of ``axes`` run as ``scale`` says."""
    options = {"linthresh": scale.threshold} if scale.kind == "symlog" else {}
    getattr(axes, f"set_{axis}scale")(scale.kind, **options)
    getattr(axes, f"set_{axis}ticks")(scale.ticks, labels=scale.labels)
    getattr(axes, f"set_{axis}lim")(scale.low, scale.high)
    axes.minorticks_off()
    getattr(axes, f"{axis}axis").grid(color=GRID, linewidth=0.7)


def _put_years(axes: Axes, limits: tuple[float, float], most: int) -> None:
    """Let the lower axis be one of years."""
    years = year_ticks(*limits, most)
    axes.set_xticks(years, labels=[str(year) for year in years])
    axes.set_xlim(limits)


def _look(status: str, kind: str, colour: str) -> dict[str, Any]:
    """Return how a mark looks, as arguments of a line with one point."""
    filled = status == "result"
    return {
        "marker": _MARKERS[status, kind],
        "color": colour,
        "markerfacecolor": colour if filled else "white",
        "markeredgecolor": colour,
        "markeredgewidth": 0.8 if filled else 1.4,
        "markersize": 6,
        "linestyle": "none",
    }


def _legend(picture: Picture) -> list[tuple[dict[str, Any], str]]:
    """Return the look and the words of the entries of the legend."""
    periods = {
        "year": "",
        "until": _("at a date"),
        "part": _("part of a year"),
        "unknown": _("period unknown"),
        "other": _("not a calendar year"),
    }
    marks, blocks = picture.marks, picture.blocks
    entries: list[tuple[dict[str, Any], str]] = []
    for look in sorted({mark.look for mark in marks}, key=list(_MARKERS).index):
        status, kind = look
        words = (status_name(status), periods.get(kind, _("total of a period")))
        shape = _look(status, kind, PALE)
        if look == ("result", "year") and all(block.bars for block in blocks):
            shape = {"color": PALE, "linewidth": 6, "solid_capstyle": "butt"}
        entries.append((shape, " · ".join(filter(None, words))))
    if any(has_gap(pair) for block in blocks for pair in block.pairs):
        dashes = {"color": PALE, "linestyle": DASHES, "linewidth": 1.0}
        entries.append((dashes, _("years without a value")))
    if not all(mark.first for mark in marks):
        faded = _look("result", "year", PALE) | {"alpha": _FADED}
        entries.append((faded, _("another value for the same period")))
    if any(mark.low != mark.high for mark in marks):
        ends = _look("result", "year", PALE) | {
            "linestyle": "-",
            "linewidth": 2.4,
            "markersize": 4,
        }
        entries.append((ends, _("from – to")))
    if any(block.spans for block in blocks):
        bar = {"color": PALE, "linewidth": 6, "alpha": 0.35, "solid_capstyle": "butt"}
        entries.append((bar, _("several years together")))
    if any(mark.approximate for block in blocks for mark in block.all if block.kind != "rows"):
        entries.append(({"linestyle": "none"}, f"≈ {_('approximate, or a bound')}"))
    return entries
