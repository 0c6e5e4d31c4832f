"""Prepare one file for the store: its text, metadata, sentences, tags and figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..nlp.document.blocks import furniture_of
from ..nlp.document.overrides import from_name, from_title, said_value, with_said
from ..nlp.document.parse import parse_document
from ..nlp.duplicates.similarity import sketch
from ..nlp.errors import GongwenError, ReadError
from ..nlp.fields import settable_name
from ..nlp.figures.extract import read_document
from ..nlp.records import Document, Figure, Sentence, Tag, Year
from ..nlp.text.normalize import fold
from ..nlp.topics.classifier import TopicClassifier
from ..nlp.topics.section_topics import tag_units
from ..nlp.validation import clean_line
from ..readers.base import LONGEST_CUT, Blob, Extract, Limits, stem_of
from ..readers.damage import document_notes
from ..readers.detect import read
from ..readers.files import Source
from ..results import StoredSentence
from ..storage.models import ModelStore

if TYPE_CHECKING:
    from ..results import Report
    from ..storage.store import Store


def figures_of(document: Document) -> list[Figure]:
    """Return the figures of a report, dates included, in order; ``report`` is left empty."""
    return [found.figure() for found in read_document(document)]


def figures_of_stored(
    text: str, sentences: Iterable[StoredSentence], year: Year, kind: str
) -> list[Figure]:
    """Return the same for the sentences of a library, which an older gongwen may have split."""
    units = tuple(
        Sentence(s.n, s.text, s.start, s.end, s.section, s.item, s.role, s.kind) for s in sentences
    )
    return figures_of(Document(text, year=year, kind=kind, sentences=units))


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
    if by_file:
        document = from_title(with_said(document, by_file, how=_BY_FILE))
    document = from_name(document, stem)
    return with_said(document, by_hand, how=BY_HAND) if by_hand else document


def describe(store: Store, report: Report, said: Mapping[str, str]) -> None:
    """Keep what a person says of a report; ``""`` takes back what was said before.

    Args:
        store: has the report.
        report: the report.
        said: values by the English or Chinese name of the field.

    Raises:
        QueryError: there is no such field, or a value that cannot be read.
    """
    said = {settable_name(fold(name)): value for name, value in said.items()}
    for name, value in said.items():
        said_value(name, value)
    hand = store.sources.said(report.id) | {name: clean_line(said[name]) for name in said}
    hand = {name: value for name, value in hand.items() if value}
    # The sentences as they are stored, which an older gongwen may have split.
    sentences = store.sentences_of(report.id)
    document = parse_document(store.text(report.id), furniture_of(sentences))
    stem, stated = stem_of(report.source), store.sources.stated(report.id)
    document = described(document, stem, stated, hand)
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
    document = described(parse_document(extract.text, extract.blocks), source.stem, extract.said)
    if len(document.sentences) > recipe.limits.sentences:
        raise _beyond(source, recipe.limits.sentences, "sentences")
    return Prepared(
        part=extract.part,
        document=document,
        tags=tuple(tag_document(document, classifier, recipe.min_probability)),
        sketch=tuple(int(h) for h in sketch(document)),
        figures=tuple(figures_of(document)),
        notes=(
            *extract.notes,
            *(() if extract.part else document_notes(document)),
            *_long_sentences(document),
        ),
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
    tags = iter(tag_units(classifier, spoken, min_probability))
    return [_NO_TOPIC if s.kind == "boilerplate" else next(tags) for s in document.sentences]
