"""The part of the store that holds the figures of the reports."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields
from operator import attrgetter
from typing import Any

from .nlp.figures.records import Figure
from .nlp.years import stored_year
from .rowvalues import checked_figure, figure_value

_FIELDS = tuple(field.name for field in fields(Figure))
_values = attrgetter(*_FIELDS)
_MOST_VARIABLES = 900


class FigureStore:
    """Figures in the SQLite file of a library.

    Args:
        db: the connection.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def keep(self, report: str, figures: Iterable[Figure]) -> None:
        """Keep the figures of a report in place of those it had; inside a transaction."""
        self._db.execute("DELETE FROM figures WHERE report = ?", (report,))
        marks = ", ".join("?" * len(_FIELDS))
        self._db.executemany(
            f"INSERT INTO figures ({', '.join(_FIELDS)}) VALUES ({marks})",
            (_row(report, figure) for figure in figures),
        )

    def indicators(self) -> list[str]:
        """Return every indicator once."""
        return [name for (name,) in self._db.execute("SELECT DISTINCT indicator FROM figures")]

    def find(
        self, reports: Collection[str] | None = None, indicators: Collection[str] | None = None
    ) -> Iterator[Figure]:
        """Yield figures in order of report and place.

        Args:
            reports: only of these reports.
            indicators: only with one of these indicators, exactly as they are stored.
        """
        where, values = ["1"], list[str]()
        for column, wanted in (("report", reports), ("indicator", indicators)):
            if wanted is not None and len(wanted) + len(values) <= _MOST_VARIABLES:
                where.append(f"{column} IN ({','.join('?' * len(wanted))})")
                values += list(wanted)
        rows = self._db.execute(
            f"SELECT {', '.join(_FIELDS)} FROM figures WHERE {' AND '.join(where)}"
            " ORDER BY report, n, start, end",
            values,
        )
        for row in rows:
            figure = figure_of(row)
            if (reports is None or figure.report in reports) and (
                indicators is None or figure.indicator in indicators
            ):
                yield figure


def _row(report: str, figure: Figure) -> tuple[Any, ...]:
    known = dict(zip(_FIELDS, _values(figure), strict=True))
    known |= {"report": report, "value": json.dumps(figure.value), "year": str(figure.year)}
    return tuple(known.values())


def figure_of(row: tuple[Any, ...]) -> Figure:
    """Return the figure in a row.

    Raises:
        DamagedError: it cannot be one.
    """
    known = dict(zip(_FIELDS, row, strict=True))
    checked_figure(known)
    known["value"] = figure_value(known["value"], "a figure", known["report"], known["n"])
    known["approximate"] = bool(known["approximate"])
    known["year"] = stored_year(known["year"])
    return Figure(**known)
