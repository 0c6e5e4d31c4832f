"""The figures of a report as the library keeps them: with the year that their section speaks of."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace

from .figurestore import FigureStore
from .nlp.figures.extract import read_sentences
from .nlp.figures.records import Figure
from .nlp.fold import fold
from .nlp.records import Sentence, Year
from .nlp.years import YEAR, year_number, year_of
from .results import StoredSentence

_YEAR = re.compile(rf"({YEAR})\s?年")
_TIMED = re.compile(r"今年|本年|当年|明年")


def figures_of(sentences: Sequence[Sentence], year: Year) -> list[Figure]:
    """Return the figures of a report, dates included, in order; ``report`` is left empty.

    A report on the work of a government is held in one year and looks back on the one before: a
    figure under 2025年工作回顾 whose sentence names no year speaks of 2025, whatever its title has.

    Args:
        sentences: all of the report.
        year: the year that it reports on.
    """
    said = {s.n: s for s in sentences}
    above = {section: year_above(section, year) for section in {s.section for s in sentences}}
    figures = []
    for figure in (found.figure() for found in read_sentences(sentences, year)):
        sentence = said[figure.n]
        of = above[sentence.section]
        if of and figure.year == year and figure.kind != "date" and not _timed(sentence.text, year):
            figure = replace(figure, year=of)
        figures.append(figure)
    return figures


def figures_of_stored(sentences: Iterable[StoredSentence], year: Year) -> list[Figure]:
    """Return the same for the sentences of a library, which an older gongwen may have split."""
    return figures_of(
        [Sentence(s.n, s.text, s.start, s.end, s.section, s.item, s.role, s.kind)
         for s in sentences],
        year,
    )  # fmt: skip


def extract_old_figures(db: sqlite3.Connection) -> None:
    """Fill in, inside a transaction, the figures that the second version did not keep."""
    store = FigureStore(db)
    for report, year, text in db.execute("SELECT id, year, text FROM reports").fetchall():
        rows = db.execute(
            "SELECT n, start, end, section, item, role, kind FROM sentences"
            " WHERE report = ? ORDER BY n",
            (report,),
        )
        sentences = [
            Sentence(n, text[start:end], start, end, *rest) for n, start, end, *rest in rows
        ]
        store.keep(report, figures_of(sentences, int(year) if year.isdecimal() else year))


def year_above(section: str, year: Year) -> int:
    """Return the one year that the lowest heading with a year names, next to ``year``, else 0."""
    for heading in reversed(section.split(" > ")):
        if named := {year_number(match[1]) for match in _YEAR.finditer(heading)}:
            of = year_of(heading)
            if len(named) > 1 or not isinstance(of, int):
                return 0
            return of if not year or (isinstance(year, int) and abs(of - year) == 1) else 0
    return 0


def _timed(text: str, year: Year) -> bool:
    """Say whether a sentence names ``year`` itself."""
    folded = fold(text)
    return f"{year}年" in folded or bool(_TIMED.search(folded))
