"""Draw counts by one or two facets with matplotlib: bars, lines over the years, or a matrix.

Places are in inches from the upper left corner of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..catalog import _, labelled
from ..research.crosstab import CountTable
from .plot_drawing import COLOURS, DASHES, GRID, ID_PREFIX, INK, PALE
from .plot_layout import (
    FONT,
    LARGE,
    MARGIN,
    POINT,
    ROW_HEIGHT,
    SMALL,
    WIDTH,
    clean,
    inches,
    shortened,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_LINES, _MOST_ROWS, _MOST_COLUMNS = 7, 80, 40
"""Limits of the lines or bars side by side, and of the rows and columns of a matrix."""
_LEAST_YEARS = 3
"""Years from which values are joined by lines."""
_NAME, _HEAD = 16, 12
"""Widths of the name of a row and of a column, in ems."""
_TALL = 3.4
"""Height of the panel of lines or upright bars."""
_SHADES = ("#eef3f8", "#c5d9ea", "#8fb8d8", "#4f8fbf", "#1d659d", "#0a3f6b")
"""Colours of the cells of a matrix, from few to many."""


class CountChart:
    """The picture of a table of counts.

    Attributes:
        title: the line above it.
        width: its width in inches.
        height: its height.
        replaced: what is drawn in place of a character, by its number.
        named: class and tooltip of each element that has an id ``gongwen-INDEX``.
        kind: ``bars`` to the right, ``columns``, ``lines`` over the years, ``groups`` of bars, or
            ``matrix``.
    """

    def __init__(self, found: CountTable, title: str, said: Sequence[str]) -> None:
        self.found = found
        self.title = clean(title)
        self.replaced: dict[int, str] = {}
        self.named: list[tuple[str, str]] = []
        notes = [clean(line) for line in said]
        years = [i for i, facet in enumerate(found.by) if facet == "year"]
        self._year = years[0] if years else None
        self.rows, self.columns = self._values(0, _MOST_ROWS, notes), [""]
        if len(found.by) > 1:
            self.columns = self._values(1, _MOST_COLUMNS, notes)
        self.kind = self._kind(notes)
        pairs = [(row, column) for row in self.rows for column in self.columns]
        if self.kind == "matrix" and any(self.value(*pair) is None for pair in pairs):
            notes.append(_("an empty cell has no sentences at all, with these words or without"))
        self.width, self._left, self._cell, self._top = self._sizes()
        inside = self.width - 2 * MARGIN
        self.heading = wrapped(self.title, inside / (LARGE * POINT))[:4]
        self.notes = [line for text in notes for line in wrapped(text, inside / (SMALL * POINT))]
        names = self._series_names() if self.kind in ("lines", "groups") else []
        entry = max((inches(name, SMALL) for name in names), default=0) + 0.55
        self._legend_columns = max(1, int(inside / entry))
        self._legend = 0.21 * math.ceil(len(names) / self._legend_columns)
        self.height = (
            2 * MARGIN
            + 0.27 * len(self.heading)
            + 0.1
            + self._panel
            + self._legend
            + 0.16 * len(self.notes)
        )

    # -- what is drawn -----------------------------------------------------------------------

    def _values(self, i: int, most: int, notes: list[str]) -> list[str]:
        """Return the values of a facet that are drawn: those with sentences, and years."""
        rest: list[str | None] = [None] * len(self.found.by)

        def size(value: str) -> int:
            rest[i] = value
            return self.found.measured(tuple(rest))

        values = list(self.found.labels[i])
        if self.found.by[i] != "year":
            values = [value for value in values if size(value)]
        kept = set(sorted(values, key=size, reverse=True)[:most])
        if len(kept) < len(values):
            message = (
                _("Further rows are not drawn: {count}.")
                if i == 0
                else _("Further columns are not drawn: {count}.")
            )
            notes.append(message.format(count=len(values) - len(kept)))
        return [value for value in values if value in kept]

    def _kind(self, notes: list[str]) -> str:
        if len(self.found.by) == 1:
            return "columns" if self._year is not None else "bars"
        if self._year is None:
            return "matrix"
        years, series = self._years_and_series()
        if len(series) > _MOST_LINES:
            return "matrix"
        single = [year for year in years if year.isdecimal()]
        if len(single) < _LEAST_YEARS:
            return "groups"
        if len(single) < len(years):
            lost = [self.found.name(self._year, year) for year in years if not year.isdecimal()]
            message = _("Not drawn, as it is not one year: {years}.")
            notes.append(message.format(years="、".join(lost)))
        return "lines"

    def _years_and_series(self) -> tuple[list[str], list[str]]:
        return (self.rows, self.columns) if self._year == 0 else (self.columns, self.rows)

    def _series_names(self) -> list[str]:
        other = 1 - (self._year or 0)
        return [self._name(other, value, _NAME) for value in self._years_and_series()[1]]

    def _name(self, i: int, value: str, most: int) -> str:
        return shortened(self.text(self.found.name(i, value)), most)

    def value(self, row: str, column: str = "") -> float | None:
        """Return what is drawn for a cell, ``None`` when it has no sentences at all."""
        cell = self.found[(row, column) if len(self.found.by) > 1 else (row,)]
        if cell is None:
            return None
        return cell.share if self.found.share else float(cell.measured)

    def _at(self, year: str, series: str) -> float | None:
        return self.value(year, series) if self._year == 0 else self.value(series, year)

    def words(self, value: float | None) -> str:
        """Return a value as it is written: ``12``, ``3.4%``."""
        if value is None:
            return ""
        if not self.found.share:
            return f"{value:.0f}"
        return f"{value:.0f}%" if value in (0, 100) else f"{value:.{1 if value >= 1 else 2}f}%"

    def _tooltip(self, row: str, column: str = "") -> str:
        by = len(self.found.by)
        cell = self.found[(row, column) if by > 1 else (row,)]
        names = [self.found.name(0, row), *([self.found.name(1, column)] if by > 1 else [])]
        if cell is None:
            return ""
        said = f"{self.words(cell.share)} {cell.measured}/{cell.of}"
        return clean(labelled(" ".join(names), said if self.found.share else cell.measured))

    # -- sizes and texts ---------------------------------------------------------------------

    def _sizes(self) -> tuple[float, float, float, float]:
        """Return the width of the picture, that left of the panel, of a cell, and the heads'."""
        names = [self._name(0, row, _NAME) for row in self.rows]
        if self.kind == "bars":
            left = MARGIN + max(map(inches, names), default=0) + 0.1
            return WIDTH, left, 0.0, 0.0
        if self.kind != "matrix":
            values = [self.words(self.value(row, c)) for row in self.rows for c in self.columns]
            return WIDTH, MARGIN + max((inches(v, SMALL) for v in values), default=0) + 0.2, 0, 0
        left = MARGIN + max(map(inches, names), default=0) + 0.1
        heads = [inches(self._name(1, column, _HEAD), SMALL) for column in self.columns]
        values = [self.words(self.value(r, c)) for r in self.rows for c in self.columns]
        least = max((inches(value, SMALL) for value in values), default=0) + 0.12
        room = (WIDTH - left - MARGIN) / max(len(self.columns), 1)
        cell = max(least, min(room, max(0.9, max(heads, default=0) + 0.12)))
        upright = max(heads, default=0) + 0.1 > cell
        top = max(heads, default=0) * 0.75 + 0.15 if upright else 0.25
        side = 0.6 * max(heads, default=0) if upright else 0.0
        width = max(WIDTH * 0.6, left + cell * len(self.columns) + MARGIN + side)
        return width, left, cell, top

    @property
    def _panel(self) -> float:
        """Height of the panel with its labels."""
        if self.kind == "matrix":
            return self._top + ROW_HEIGHT * 1.15 * len(self.rows) + 0.2
        if self.kind == "bars":
            return ROW_HEIGHT * len(self.rows) + 0.35
        return _TALL + 0.65

    def texts(self) -> str:
        """Return the characters of the picture, to find fonts that have them."""
        names = [self.found.name(0, row) for row in self.rows]
        if len(self.found.by) > 1:
            names += [self.found.name(1, column) for column in self.columns]
        return clean(" ".join((self.title, *names, *self.notes, "0123456789.%…")))

    def text(self, text: str) -> str:
        """Return ``text`` as it is drawn."""
        return clean(text).translate(self.replaced)

    def _write(
        self, figure: Figure, left: float, top: float, text: str, size: float = FONT, **look: Any
    ) -> None:
        look = {"color": INK, "va": "top"} | look
        figure.text(
            left / self.width, 1 - top / self.height, self.text(text), fontsize=size, **look
        )

    def _id(self, kind: str, tooltip: str) -> str:
        self.named.append((kind, tooltip))
        return f"{ID_PREFIX}{len(self.named) - 1}"

    # -- drawing -----------------------------------------------------------------------------

    def draw_on(self, figure: Figure) -> None:
        """Draw the whole picture."""
        top = MARGIN
        for line in self.heading:
            self._write(figure, MARGIN, top, line, LARGE)
            top += 0.27
        top += 0.1
        {
            "bars": self._draw_bars,
            "columns": self._draw_columns,
            "lines": self._draw_lines,
            "groups": self._draw_groups,
            "matrix": self._draw_matrix,
        }[self.kind](figure, top)
        top += self._panel + self._legend
        for line in self.notes:
            self._write(figure, MARGIN, top, line, SMALL, color=PALE)
            top += 0.16

    def _axes(self, figure: Figure, top: float, width: float, height: float) -> Axes:
        """Return axes beside the names of rows, without a frame."""
        bottom = 1 - (top + height) / self.height
        axes = figure.add_axes(
            (self._left / self.width, bottom, width / self.width, height / self.height)
        )
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(PALE)
        axes.tick_params(length=0, labelsize=SMALL, colors=PALE, pad=4)
        axes.set_axisbelow(True)
        return axes

    def _draw_bars(self, figure: Figure, top: float) -> None:
        values = [self.value(row) or 0.0 for row in self.rows]
        longest = max((inches(self.words(value), SMALL) for value in values), default=0) + 0.1
        width = self.width - self._left - MARGIN - longest
        axes = self._axes(figure, top, width, ROW_HEIGHT * len(self.rows))
        axes.spines["bottom"].set_visible(False)
        axes.set(xlim=(0, max(values, default=0) or 1), ylim=(len(values) - 0.5, -0.5))
        axes.set_xticks([])
        names = [self._name(0, row, _NAME) for row in self.rows]
        axes.set_yticks(range(len(names)), labels=names, fontsize=FONT, color=INK)
        for i, (row, value) in enumerate(zip(self.rows, values, strict=True)):
            gid = self._id("bar", self._tooltip(row))
            axes.barh(i, value, height=0.62, color=COLOURS[0], gid=gid)
            axes.annotate(
                self.words(value), (value, i), (4, 0), textcoords="offset points",
                va="center", fontsize=SMALL, color=INK, annotation_clip=False,
            )  # fmt: skip

    def _upright(self, figure: Figure, top: float, most: float) -> Axes:
        """Return axes whose values run upwards from 0."""
        from matplotlib.ticker import FuncFormatter, MaxNLocator  # late: an extra, and heavy

        axes = self._axes(figure, top + 0.1, self.width - self._left - MARGIN, _TALL)
        axes.set_ylim(0, (most or 1) * 1.08)
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=not self.found.share))
        unit = "%" if self.found.share else ""
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:g}{unit}"))
        axes.yaxis.grid(color=GRID, linewidth=0.7)
        return axes

    def _draw_columns(self, figure: Figure, top: float) -> None:
        """Draw a bar for each year; several years and unknown ones have bars of their own."""
        values = [self.value(row) or 0.0 for row in self.rows]
        axes = self._upright(figure, top, max(values, default=0))
        each = (self.width - self._left - MARGIN) / max(len(values), 1)
        for i, (row, value) in enumerate(zip(self.rows, values, strict=True)):
            gid = self._id("bar", self._tooltip(row))
            axes.bar(i, value, width=0.66, color=COLOURS[0], gid=gid)
            if inches(self.words(value), SMALL) < each:
                axes.annotate(
                    self.words(value), (i, value), (0, 2), textcoords="offset points",
                    ha="center", fontsize=SMALL, color=INK,
                )  # fmt: skip
        self._put_names(axes, [self._name(0, row, _NAME) for row in self.rows], each)

    def _put_names(self, axes: Axes, names: Sequence[str], each: float) -> None:
        """Write names below the bars, slanted when they are wider than ``each`` inch."""
        slanted = max((inches(name, SMALL) for name in names), default=0) > each * 0.95
        axes.set_xticks(
            range(len(names)),
            labels=names,
            rotation=45 if slanted else 0,
            ha="right" if slanted else "center",
            rotation_mode="anchor",
        )
        axes.set_xlim(-0.6, len(names) - 0.4)
        if not slanted:
            axes.tick_params(axis="x", pad=12)

    def _draw_lines(self, figure: Figure, top: float) -> None:
        """Draw a line over the years for each value of the other facet.

        It is dashed over years without a value, where most years are nearer to the next.
        """
        years, series = self._years_and_series()
        single = [year for year in years if year.isdecimal()]
        step = min(int(b) - int(a) for a, b in pairwise(single))
        values = [self._at(year, one) or 0.0 for year in single for one in series]
        axes = self._upright(figure, top, max(values, default=0))
        axes.set_xlim(int(single[0]) - 0.6, int(single[-1]) + 0.6)
        written = _apart(single, (self.width - self._left - MARGIN) / 0.45)
        axes.set_xticks([int(year) for year in written], labels=written)
        for i, one in enumerate(series):
            values_of = {year: self._at(year, one) for year in single}
            known = {year: value for year, value in values_of.items() if value is not None}
            for start, end in pairwise(known):
                style: dict[str, Any] = {"linewidth": 1.6}
                if int(end) - int(start) > step:
                    style = {"linewidth": 1.0, "linestyle": DASHES}
                ends = [known[start], known[end]]
                gid = self._id("join", "")
                axes.plot([int(start), int(end)], ends, color=COLOURS[i], gid=gid, **style)
            for year, value in known.items():
                at = (year, one) if self._year == 0 else (one, year)
                axes.plot(
                    [int(year)], [value], marker="o", markersize=5,
                    color=COLOURS[i], gid=self._id("mark", self._tooltip(*at)), clip_on=False,
                )  # fmt: skip
        self._put_legend(figure, top)

    def _draw_groups(self, figure: Figure, top: float) -> None:
        """Draw bars side by side for each year."""
        years, series = self._years_and_series()
        values = [self._at(year, one) or 0.0 for year in years for one in series]
        axes = self._upright(figure, top, max(values, default=0))
        each = (self.width - self._left - MARGIN) / max(len(years), 1)
        wide = min(0.8 / max(len(series), 1), 0.2)
        for i, one in enumerate(series):
            for n, year in enumerate(years):
                value = self._at(year, one)
                if value is None:
                    continue
                place = n + wide * (i - (len(series) - 1) / 2)
                at = (year, one) if self._year == 0 else (one, year)
                gid = self._id("bar", self._tooltip(*at))
                axes.bar(place, value, width=wide * 0.9, color=COLOURS[i], gid=gid)
                if inches(self.words(value), SMALL) < each * wide:
                    axes.annotate(
                        self.words(value), (place, value), (0, 2), textcoords="offset points",
                        ha="center", fontsize=SMALL, color=INK,
                    )  # fmt: skip
        names = [self._name(self._year or 0, year, _NAME) for year in years]
        self._put_names(axes, names, each)
        self._put_legend(figure, top)

    def _put_legend(self, figure: Figure, top: float) -> None:
        from matplotlib.patches import Patch  # late: an extra, and heavy

        names = self._series_names()
        figure.legend(
            [Patch(color=COLOURS[i]) for i in range(len(names))],
            names,
            loc="upper left",
            bbox_to_anchor=(MARGIN / self.width, 1 - (top + self._panel) / self.height),
            ncols=self._legend_columns,
            frameon=False,
            borderpad=0,
            borderaxespad=0,
            columnspacing=1.2,
            handlelength=1.0,
            fontsize=SMALL,
            labelcolor=INK,
        )

    def _draw_matrix(self, figure: Figure, top: float) -> None:
        """Draw a cell for each pair of values; one without any sentences is left white."""
        from matplotlib.colors import LinearSegmentedColormap  # late: an extra, and heavy
        from matplotlib.patches import Rectangle  # late: an extra, and heavy

        shades = LinearSegmentedColormap.from_list("counts", _SHADES)
        tall = ROW_HEIGHT * 1.15 * len(self.rows)
        wide = self._cell * len(self.columns)
        axes = self._axes(figure, top + self._top, wide, tall)
        axes.spines["bottom"].set_visible(False)
        axes.set(xlim=(-0.5, len(self.columns) - 0.5), ylim=(len(self.rows) - 0.5, -0.5))
        values = {(r, c): self.value(r, c) for r in self.rows for c in self.columns}
        most = max((value for value in values.values() if value), default=1.0)
        for y, row in enumerate(self.rows):
            for x, column in enumerate(self.columns):
                value = values[row, column]
                if value is None:
                    continue
                depth = math.sqrt(value / most)  # else one large cell would leave the rest pale
                axes.add_patch(
                    Rectangle(
                        (x - 0.47, y - 0.45), 0.94, 0.9, facecolor=shades(depth), linewidth=0,
                        gid=self._id("cell", self._tooltip(row, column)),
                    )
                )  # fmt: skip
                colour = "white" if depth > 0.6 else INK
                axes.text(
                    x, y, self.words(value), ha="center", va="center", fontsize=SMALL, color=colour
                )
        names = [self._name(0, row, _NAME) for row in self.rows]
        axes.set_yticks(range(len(names)), labels=names, fontsize=FONT, color=INK)
        heads = [self._name(1, column, _HEAD) for column in self.columns]
        upright = max((inches(head, SMALL) for head in heads), default=0) + 0.1 > self._cell
        axes.xaxis.tick_top()
        axes.set_xticks(
            range(len(heads)),
            labels=heads,
            rotation=50 if upright else 0,
            ha="left" if upright else "center",
            rotation_mode="anchor",
            color=INK,
        )


def _apart(years: Sequence[str], most: float) -> list[str]:
    """Return those of the ascending ``years`` that can be written on an axis with room for some.

    Args:
        years: at least two years.
        most: how many could be written side by side.
    """
    least = (int(years[-1]) - int(years[0]) + 1.2) / most
    written = [years[0]]
    for year in years[1:]:
        if int(year) - int(written[-1]) >= least:
            written.append(year)
    return written
