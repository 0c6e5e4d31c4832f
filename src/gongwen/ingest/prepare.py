"""Prepare one file for the store: its text, metadata, sentences, tags and figures.

A sentence is read with the year of its report. What frames it is seen here: a report on the work
of a government is held in one year and looks back on the one before, so that a figure under
2025年工作回顾 whose sentence names no year speaks of 2025, whatever the title has; and in a
paragraph that begins with 这五年 it speaks of five years.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from ..nlp.document.overrides import from_name, said_value, with_said
from ..nlp.document.parse import parse_document
from ..nlp.duplicates.similarity import sketch
from ..nlp.errors import GongwenError, ReadError
from ..nlp.figures.extract import read_sentences
from ..nlp.records import Document, Figure, Sentence, Tag, Year
from ..nlp.text.dates import YEAR, year_number, year_of
from ..nlp.text.normalize import fold
from ..nlp.topics.classifier import TopicClassifier
from ..nlp.validation import clean_line
from ..readers.base import LONGEST_CUT, Blob, Extract, Limits
from ..readers.detect import read
from ..readers.files import Source
from ..results import StoredSentence
from ..storage.models import ModelStore

if TYPE_CHECKING:
    from ..results import Report
    from ..storage.store import Store


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


BY_HAND = "by hand"
_BY_FILE = "file"


def described(
    document: Document,
    stem: str,
    by_file: Mapping[str, str],
    by_hand: Mapping[str, str] | None = None,
) -> Document:
    """Return ``document`` with what it does not say of itself.

    Args:
        document: what the text says.
        stem: the name of the file, without folder and suffix.
        by_file: what the file says outside of the text, such as the columns of a table.
        by_hand: what a person said of it.
    """
    document = with_said(document, by_file, how=_BY_FILE) if by_file else document
    document = from_name(document, stem)
    return with_said(document, by_hand, how=BY_HAND) if by_hand else document


def describe(store: Store, report: Report, said: Mapping[str, str]) -> None:
    """Keep what a person says of a report; ``""`` takes back what was said before.

    Raises:
        QueryError: there is no such field, or a value that cannot be read.
    """
    for name, value in said.items():
        said_value(name, value)
    hand = store.sources.said(report.id) | {name: clean_line(said[name]) for name in said}
    hand = {name: value for name, value in hand.items() if value}
    document = parse_document(store.text(report.id))
    stem, stated = PurePath(report.source).stem, store.sources.stated(report.id)
    document = described(document, stem, stated, hand)
    # Of the sentences as they are stored, which an older gongwen may have split.
    sentences = store.sentences_of(report.id)
    figures = figures_of_stored(document.text, sentences, document.year, document.kind)
    store.describe(report.id, document, hand, figures)


_NO_TOPIC = Tag(topic="", probability=0.0)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How files are made into reports.

    Attributes:
        models: folder of the library's models.
        version: the model that tags.
        min_probability: below it a sentence's topic is ``unsure``.
        encoding: forces the encoding of the files.
        limits: what a file may cost.
    """

    models: Path
    version: int
    min_probability: float = 0.0
    encoding: str | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A report, ready for the store.

    Attributes:
        part: what tells it from other reports of its file, ``""`` for the only one.
        document: its text and what it says of itself.
        tags: one a sentence.
        sketch: hashes by which reports like it are found.
        figures: its numbers, dates included.
        notes: what is to be known of its file.
        stated: what the file says of it outside of its text.
    """

    part: str
    document: Document
    tags: tuple[Tag, ...]
    sketch: tuple[int, ...]
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()
    stated: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """What a file holds.

    Attributes:
        sha256: hash of its bytes.
        reports: what is in it.
    """

    sha256: str
    reports: tuple[Prepared, ...]


def prepare_loaded(source: Source, recipe: Recipe, data: bytes, digest: str) -> PreparedFile:
    """Read, split, tag and sketch, and take the figures of, all reports of a file.

    Args:
        source: the file, which is not opened.
        recipe: how it is made into reports.
        data: its bytes.
        digest: their hash.

    Raises:
        ReadError: it cannot be read, or is beyond a limit.
        ModelError: the model cannot be loaded.
    """
    classifier = _classifier(recipe.models, recipe.version)
    reports: list[Prepared] = []
    blob = Blob(str(source), data, recipe.encoding, recipe.limits)
    try:
        for extract in read(blob):
            if len(reports) == recipe.limits.reports:
                raise _beyond(source, recipe.limits.reports, "reports")
            reports.append(_prepared(source, extract, classifier, recipe))
    except (GongwenError, MemoryError):
        raise
    except Exception as error:  # one file must not stop the others
        raise ReadError(
            f"{source}: cannot be read ({type(error).__name__}); save it anew, or as plain text"
        ) from error
    return PreparedFile(digest, tuple(reports))


def _prepared(
    source: Source, extract: Extract, classifier: TopicClassifier, recipe: Recipe
) -> Prepared:
    document = described(parse_document(extract.text), source.stem, extract.said)
    if len(document.sentences) > recipe.limits.sentences:
        raise _beyond(source, recipe.limits.sentences, "sentences")
    return Prepared(
        part=extract.part,
        document=document,
        tags=tuple(tag_document(document, classifier, recipe.min_probability)),
        sketch=tuple(int(h) for h in sketch(document)),
        figures=tuple(figures_of(document)),
        notes=(*extract.notes, *_long_sentences(document)),
        stated=dict(extract.said),
    )


def _beyond(source: Source, most: int, what: str) -> ReadError:
    return ReadError(f"{source}: more than {most:,} {what}; split it first")


def _long_sentences(document: Document) -> Iterator[str]:
    long = [s.n for s in document.sentences if len(s.text) > LONGEST_CUT]
    if long:
        which = f"sentence {long[0]} is" if len(long) == 1 else f"{len(long)} sentences are"
        yield (
            f"{which} longer than {LONGEST_CUT:,} characters; what stands behind can be found, but"
            " does not count in the order of hits"
        )


@lru_cache(maxsize=1)
def _classifier(models: Path, version: int) -> TopicClassifier:
    return ModelStore(models).load(version)


def tag_document(
    document: Document, classifier: TopicClassifier, min_probability: float = 0.0
) -> list[Tag]:
    """Return one tag a sentence, without the other probabilities; boilerplate is in no topic."""
    spoken = [s for s in document.sentences if s.kind != "boilerplate"]
    tags = iter(classifier.predict_topics(spoken, min_probability))
    return [
        _NO_TOPIC if s.kind == "boilerplate" else replace(next(tags), probabilities={})
        for s in document.sentences
    ]
