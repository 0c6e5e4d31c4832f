"""Store the figures of reports: the numbers of their sentences, with what each of them counts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

from ..nlp.records import Figure
from ..nlp.text.dates import stored_year
from .row_values import MAX_VARIABLES, Condition, among, checked_figure, figure_value, parts
from .transactions import Database

_FIELDS = tuple(field.name for field in fields(Figure))
_field_values = attrgetter(*_FIELDS)
_REPORT, _VALUE, _YEAR, _APPROXIMATE = map(
    _FIELDS.index, ("report", "value", "year", "approximate")
)


class FigureStore:
    """The figures of a library.

    Args:
        db: the connection.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(self, report: str, figures: Iterable[Figure]) -> None:
        """Replace the figures of a report; the caller has begun a transaction."""
        self._db.execute("DELETE FROM figures WHERE report = ?", (report,))
        marks = ", ".join("?" * len(_FIELDS))
        self._db.executemany(
            f"INSERT INTO figures ({', '.join(_FIELDS)}) VALUES ({marks})",
            (_row(report, figure) for figure in figures),
        )

    def indicators(self) -> list[str]:
        """Return the distinct indicators of all figures."""
        return [name for (name,) in self._db.execute("SELECT DISTINCT indicator FROM figures")]

    def find(self, reports: Collection[str]) -> Iterator[Figure]:
        """Yield the figures of reports, ordered by report, sentence and offset.

        Args:
            reports: ids of the reports.

        Raises:
            DamagedError: a row is no valid figure.
        """
        for part in parts(sorted(reports)):
            where, values = among("report", part)
            rows = self._db.execute(
                f"SELECT {', '.join(_FIELDS)} FROM figures WHERE {where}"
                " ORDER BY report, n, start, end",
                values,
            )
            yield from map(figure_of, rows)

    def of_sentences(
        self, ids: Sequence[int], indicators: Collection[str] | None = None
    ) -> Iterator[tuple[int, Figure]]:
        """Yield the figures of sentences with the ids of these, by report, sentence and offset.

        Args:
            ids: ids of sentences, at most half of :data:`MAX_VARIABLES`.
            indicators: only figures with one of these indicators as stored; ``None`` for all.

        Raises:
            DamagedError: a row is no valid figure.
        """
        return self._with_sentences(among("s.id", ids), indicators)

    def of_library(self, indicators: Collection[str] | None = None) -> Iterator[tuple[int, Figure]]:
        """Yield all figures with the ids of their sentences, by report, sentence and offset.

        What is not taken is not read, unless indicators are given.

        Args:
            indicators: only figures with one of these indicators as stored; ``None`` for all.

        Raises:
            DamagedError: a row is no valid figure.
        """
        if indicators is not None:
            yield from self._with_sentences(among("f.report", None), indicators)
            return
        reports = [id_ for (id_,) in self._db.execute("SELECT id FROM reports ORDER BY id")]
        for at in range(0, len(reports), _REPORTS_AT_ONCE):
            part = reports[at : at + _REPORTS_AT_ONCE]
            yield from self._with_sentences(among("f.report", part), None)

    def _with_sentences(
        self, condition: Condition, indicators: Collection[str] | None
    ) -> Iterator[tuple[int, Figure]]:
        few = indicators is None or len(indicators) <= MAX_VARIABLES // 2
        where, values = condition
        called, names = among("f.indicator", indicators if few else None)
        rows = self._db.execute(
            f"SELECT s.id, {', '.join(f'f.{name}' for name in _FIELDS)}"
            " FROM figures f JOIN sentences s ON s.report = f.report AND s.n = f.n"
            f" WHERE {where} AND {called} ORDER BY f.report, f.n, f.start, f.end",
            [*values, *names],
        )
        for id_, *row in rows:
            figure = figure_of(row)
            if few or figure.indicator in (indicators or ()):
                yield id_, figure


_REPORTS_AT_ONCE = 50
"""Reports whose figures are read together."""


def _row(report: str, figure: Figure) -> tuple[Any, ...]:
    row = [*_field_values(figure)]
    row[_REPORT], row[_VALUE], row[_YEAR] = report, json.dumps(figure.value), str(figure.year)
    row[_APPROXIMATE] = int(figure.approximate)
    return tuple(row)


def figure_of(row: Sequence[Any]) -> Figure:
    """Return the figure in a row, which has the fields of :class:`Figure` in order.

    Raises:
        DamagedError: a value is not valid for its field.
    """
    values = dict(zip(_FIELDS, row, strict=True))
    checked_figure(values)
    values["value"] = figure_value(values["value"], "a figure", values["report"], values["n"])
    values["approximate"] = bool(values["approximate"])
    values["year"] = stored_year(values["year"])
    return Figure(**values)
