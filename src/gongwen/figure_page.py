"""One page that draws an indicator of many reports: lines over the years, bars, and where from."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from .charts import Mark, bar_chart, line_chart
from .page import html_table, page
from .pivoting import Cell, Pivot
from .readable import readable

_FEWEST = 3
"""Years from which a line says more than bars."""


def figure_page(found: Pivot) -> str:
    """Return ``found`` as one HTML page with its charts, and every number with its source."""
    rows: dict[str, dict[str, Cell]] = {}
    for cell in found.cells:
        rows.setdefault(cell.row, {})[cell.column] = cell
    lines = {}
    if found.dimensions[1:] == ("year",):
        lines = {
            name: cells
            for name, cells in rows.items()
            if sum(year.isdecimal() for year in cells) >= _FEWEST
        }
    bars = {name: cells for name, cells in rows.items() if name not in lines}
    body = [
        "<p>Hollow: planned, not achieved. Every number stands below with its source."
        " 空心为计划数，非完成数；出处见下表。</p>",
        *_lines(found, lines),
        *_bars(found, bars),
        "<h2>Sources 出处</h2>",
        html_table(
            (
                *(_NAMES[name] for name in found.dimensions),
                "Value 值",
                "Indicator 指标",
                "Source 出处",
            ),
            (
                (
                    *(escape(name) for name in (cell.row, cell.column)[: len(found.dimensions)]),
                    escape(_label(cell)),
                    escape(cell.shown.figure.indicator),
                    escape(f"{cell.shown.sentence}　{cell.shown.citation}"),
                )
                for cell in found.cells
            ),
            numbers=(len(found.dimensions),),
        ),
    ]
    return page(found.title, body)


_NAMES = {"region": "Region 地区", "year": "Year 年份", "report": "Report 报告"}


def _lines(found: Pivot, rows: Mapping[str, Mapping[str, Cell]]) -> list[str]:
    series = [
        (name, {int(y): mark for y, mark in _marks(cells).items() if y.isdecimal()})
        for name, cells in rows.items()
    ]
    series = [(name, marks) for name, marks in series if marks]
    return [f'<div class="wide">{line_chart(found.title, series)}</div>'] if series else []


def _bars(found: Pivot, rows: Mapping[str, Mapping[str, Cell]]) -> list[str]:
    groups = [(name, list(_marks(cells).items())) for name, cells in rows.items()]
    groups = [(name, marks) for name, marks in groups if marks]
    return [f'<div class="wide">{bar_chart(found.title, groups)}</div>'] if groups else []


def _marks(cells: Mapping[str, Cell]) -> dict[str, Mark]:
    """Return what can be drawn of a row; of a range the middle."""
    marks = {}
    for name, cell in cells.items():
        value = cell.value
        ends = [
            v for v in (value if isinstance(value, list) else [value]) if not isinstance(v, str)
        ]
        if ends:
            told = f"{cell.row} {cell.column} {_label(cell)}"
            marks[name] = Mark(sum(ends) / len(ends), _label(cell), told, cell.planned)
    return marks


def _label(cell: Cell) -> str:
    return readable(cell.value, cell.shown.figure.unit)
