"""The figures of a report as the library keeps them: with the time that stands above them.

A sentence is read with the year of its report. What frames it is seen here: a report on the work
of a government is held in one year and looks back on the one before, so that a figure under
2025年工作回顾 whose sentence names no year speaks of 2025, whatever the title has; and in a
paragraph that begins with 这五年 it speaks of five years.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .figurestore import FigureStore
from .nlp.figures.extract import read_sentences
from .nlp.figures.records import Figure
from .nlp.fold import fold
from .nlp.records import Document, Sentence, Year
from .nlp.years import YEAR, stored_year, year_number, year_of
from .results import StoredSentence

_LOOKS_BACK = "政府工作报告"
"""Kind of report whose title names the year after the one that it looks back on."""
_YEAR = re.compile(rf"({YEAR})\s?年")
_BACK = re.compile(r"回顾|过去一年|[去上]年|一年来")
_LONG = re.compile(r"[五5]年|十[一二三四五]五")
_THIS_YEAR = re.compile(r"[今本当明]年")
_SOME_YEAR = re.compile(r"[今本当明去上全]年|\d{4}年")
_OPENS = re.compile(
    r"\W{0,20}(?:(?:刚刚?)?过去的)?(?:(?P<year>(?:19|20)\d\d)年(?=,)"
    r"|(?P<period>(?:这|过去|近)?五年(?:来|间|里)?|\"?十[一二三四五]五\"?(?:时期|期间|以来)))"
)
"""The time that a paragraph begins with."""
_SHORT = 40
"""Characters up to which a paragraph of one sentence is the heading of the next."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """The time that stands above a sentence: a year, 0 for none, and a longer period, or ""."""

    year: int = 0
    period: str = ""


def figures_of(document: Document) -> list[Figure]:
    """Return the figures of a report, dates included, in order; ``report`` is left empty."""
    year = document.year
    sentences = {sentence.n: sentence for sentence in document.sentences}
    frames = _frames(document)
    figures = []
    for found in read_sentences(document.sentences, year):
        figure = found.figure()
        frame = frames.get(figure.n)
        if frame and figure.kind != "date":
            said = fold(sentences[figure.n].text)
            if frame.period and not figure.period and not _SOME_YEAR.search(said):
                figure = replace(figure, period=frame.period)
            own = _THIS_YEAR.search(said) or f"{year}年" in said
            if frame.year and figure.year == year and not own:
                figure = replace(figure, year=frame.year)
        figures.append(figure)
    return figures


def figures_of_stored(
    text: str, sentences: Iterable[StoredSentence], year: Year, kind: str
) -> list[Figure]:
    """Return the same for the sentences of a library, which an older gongwen may have split."""
    units = tuple(
        Sentence(s.n, s.text, s.start, s.end, s.section, s.item, s.role, s.kind) for s in sentences
    )
    return figures_of(Document(text, year=year, kind=kind, sentences=units))


def extract_old_figures(db: sqlite3.Connection) -> None:
    """Fill in, inside a transaction, the figures that the second version did not keep."""
    store = FigureStore(db)
    reports = db.execute("SELECT id, year, kind, text FROM reports").fetchall()
    for report, year, report_kind, text in reports:
        rows = db.execute(
            "SELECT n, start, end, section, item, role, kind FROM sentences"
            " WHERE report = ? ORDER BY n",
            (report,),
        )
        units = tuple(
            Sentence(n, text[start:end], start, end, section, item, role, kind)
            for n, start, end, section, item, role, kind in rows
        )
        known = stored_year(year)
        store.keep(
            report, figures_of(Document(text, year=known, kind=report_kind, sentences=units))
        )


def _frames(document: Document) -> dict[int, _Frame]:
    """Return the time above each sentence that has one."""
    year, text = document.year, document.text
    frames: dict[int, _Frame] = {}
    above: dict[str, int] = {}
    heading = _Frame()
    for paragraph in _paragraphs(text, document.sentences):
        opens = _OPENS.match(fold(paragraph[0].text))
        own = heading
        if opens:
            named = int(opens["year"] or 0)
            own = _Frame(named if _near(named, year) else 0, opens["period"] or "")
        short = len(paragraph) == 1 and len(paragraph[0].text) <= _SHORT
        heading = own if opens and short else _Frame()
        for sentence in paragraph:
            section = sentence.section
            if section not in above:
                above[section] = _year_above(section, year, document.kind)
            if own.year or own.period or above[section]:
                frames[sentence.n] = replace(own, year=own.year or above[section])
    return frames


def _paragraphs(text: str, sentences: Sequence[Sentence]) -> Iterable[list[Sentence]]:
    paragraph: list[Sentence] = []
    for sentence in sentences:
        if paragraph and "\n" in text[paragraph[-1].end : sentence.start]:
            yield paragraph
            paragraph = []
        paragraph.append(sentence)
    if paragraph:
        yield paragraph


def _year_above(section: str, year: Year, kind: str) -> int:
    """Return the one year that the lowest heading with a time names, 0 for none."""
    for heading in reversed(section.split(" > ")):
        if named := {year_number(match[1]) for match in _YEAR.finditer(heading)}:
            of = year_of(heading)
            return of if len(named) == 1 and isinstance(of, int) and _near(of, year) else 0
        if kind == _LOOKS_BACK and _BACK.search(heading) and not _LONG.search(heading):
            return year - 1 if isinstance(year, int) else 0
    return 0


def _near(named: int, year: Year) -> bool:
    """Say whether a year is next to that of the report; any is when that is not known."""
    return not year or (isinstance(year, int) and abs(named - year) == 1)
