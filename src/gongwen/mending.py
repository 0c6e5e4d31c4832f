"""What could be read of a report, as the store takes it: as it was, or with parts made anew."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from .describing import BY_HAND, described
from .extracting import figures_of
from .nlp.document import parse_document
from .nlp.errors import GongwenError
from .nlp.figures.records import Figure
from .nlp.filename import with_said
from .nlp.likeness import sketch
from .nlp.records import Document, Sentence, Tag
from .nlp.years import stored_year
from .preparing import tag_document
from .remains import ReadReport
from .storing import NewReport

if TYPE_CHECKING:
    from .nlp.classifier import TopicClassifier

_FACTS = (
    "title", "region", "kind", "province", "city", "county", "adcode", "agency", "date", "address",
)  # fmt: skip


def kept(old: ReadReport) -> NewReport:
    """Return a report as it was."""
    tags = [Tag(s.topic, s.also, s.probability) for s in old.sentences]
    return _new(old, _document(old), tags, old.figures)


def anew(read: ReadReport, old: ReadReport, place: str) -> NewReport:
    """Return a report that was read anew, under its old name and with what was said of it.

    Args:
        read: as it is now.
        old: what is left of it.
        place: where it was read from.
    """
    new = kept(read)
    if old.said:
        document = _with_all(new.document, old.said, BY_HAND)
        new = replace(new, document=document, figures=figures_of(document))
    return replace(new, id=old.id, source=place, said=old.said, similar=old.similar)


def mended(old: ReadReport, classifier: TopicClassifier, least: float) -> NewReport:
    """Return a report whose text is whole, with the rest made anew where it is damaged.

    Args:
        old: what is left of it.
        classifier: tags the sentences that have lost their tags.
        least: the probability below which a topic is ``unsure``.
    """
    assert old.text is not None
    document = _document(old)
    if old.damaged("facts", "sentences"):
        parsed = parse_document(old.text)
        if old.damaged("facts"):
            stem = PurePath(old.facts["source"]).stem
            known = _with_all(described(parsed, stem, {}), old.stated, "file")
            document = replace(_with_all(known, old.said, BY_HAND), sentences=document.sentences)
        if old.damaged("sentences"):
            document = replace(document, sentences=parsed.sentences)
    sound = {(s.start, s.end): s for s in old.sentences if s.n not in old.untagged}
    sentences: list[Sentence] = []
    tags: list[Tag] = []
    for s, tag in zip(document.sentences, tag_document(document, classifier, least), strict=True):
        was = sound.get((s.start, s.end))
        sentences.append(replace(s, role=was.role) if was else s)
        tags.append(Tag(was.topic, was.also, was.probability) if was else tag)
    document = replace(document, sentences=tuple(sentences))
    again = old.damaged("facts", "sentences", "figures")
    return _new(old, document, tags, figures_of(document) if again else old.figures)


def _new(
    old: ReadReport, document: Document, tags: list[Tag], figures: Iterable[Figure]
) -> NewReport:
    return NewReport(
        id=old.id,
        source=old.facts["source"] or old.facts["file"] or f"{old.id}.txt",
        document=document,
        tags=tags,
        sketch=[int(h) for h in sketch(document)],
        figures=list(figures),
        notes=old.notes,
        similar=old.similar,
        stated=old.stated,
        said=old.said,
    )


def _document(old: ReadReport) -> Document:
    facts: dict[str, Any] = {name: old.facts[name] for name in (*_FACTS, "level")}
    units = (
        Sentence(s.n, s.text, s.start, s.end, s.section, s.item, s.role, s.kind)
        for s in old.sentences
    )
    return Document(
        text=old.text or "",
        year=stored_year(old.facts["year"]),
        how=old.how,
        sentences=tuple(units),
        **facts,
    )


def _with_all(document: Document, said: Mapping[str, str], how: str) -> Document:
    """Return ``document`` with what was said of it, but for what cannot be read."""
    for name, value in said.items():
        with contextlib.suppress(GongwenError):
            document = with_said(document, {name: value}, how=how)
    return document
