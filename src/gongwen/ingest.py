"""From files to stored, tagged sentences, one report at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from .nlp.classifier import TopicClassifier
from .nlp.document import parse_document
from .nlp.errors import GongwenError, ReadError
from .nlp.metadata import region_of
from .nlp.records import Document, Tag
from .nlp.taxonomy import Taxonomy
from .nlp.years import year_of
from .reader import SourceText, decode, read_bytes
from .results import FileOutcome, Outcome, Report
from .store import Store, now

_NO_TOPIC = Tag(topic="", probability=0.0)


def tag_document(
    document: Document, classifier: TopicClassifier, min_probability: float = 0.0
) -> list[Tag]:
    """Return one tag a sentence; boilerplate is in no topic."""
    spoken = [s for s in document.sentences if s.kind != "boilerplate"]
    tags = iter(classifier.predict_topics(spoken, min_probability))
    return [_NO_TOPIC if s.kind == "boilerplate" else next(tags) for s in document.sentences]


def read_document(source: SourceText) -> Document:
    """Parse a file's text; what its title does not say is taken from the name of the file."""
    document = parse_document(source.text)
    name = source.path.stem
    parts = re.split(r"[-_ ]", name)
    return replace(
        document,
        title=document.title or name,
        region=document.region or next((r for part in parts if (r := region_of(part))), ""),
        year=document.year
        or year_of(name)
        or next((int(p) for p in parts if re.fullmatch(r"(?:19|20)\d\d", p)), ""),
    )


class Ingest:
    """Adds files to a store.

    Args:
        store: where the reports go.
        classifier: gives the topics; called when the first file needs it.
        taxonomy: its topics.
        encoding: forces the encoding of the files.
        min_probability: below it a sentence's topic is ``unsure``.
    """

    def __init__(
        self,
        store: Store,
        classifier: Callable[[], TopicClassifier],
        taxonomy: Taxonomy,
        encoding: str | None = None,
        min_probability: float = 0.0,
    ) -> None:
        self._store = store
        self._classifier = classifier
        self._taxonomy = taxonomy
        self._encoding = encoding
        self._min_probability = min_probability

    def add(self, files: Sequence[Path | ReadError]) -> Iterator[FileOutcome]:
        """Add ``files`` one after the other; a file that fails is reported and the rest goes on."""
        for file in files:
            if isinstance(file, ReadError):
                yield FileOutcome(str(file).partition(": ")[0], "failed", message=str(file))
                continue
            try:
                yield self._add_file(file)
            except GongwenError as error:
                yield FileOutcome(str(file), "failed", message=str(error))

    def _add_file(self, path: Path) -> FileOutcome:
        data, digest = read_bytes(path)
        source = str(path.resolve())
        older = self._store.report_by("source", source)
        if older and older.sha256 == digest and not self._encoding:
            return FileOutcome(str(path), "unchanged", older.id, older.sentences)
        if not older and (same := self._store.report_by("sha256", digest)):
            elsewhere = f"same text as {same.source}"
            return FileOutcome(str(path), "unchanged", same.id, same.sentences, elsewhere)
        text = decode(path, data, self._encoding)
        if not text.strip():
            raise ReadError(f"{path}: the file is empty")
        document = read_document(SourceText(path, digest, text))
        report = Report(
            id=_id(path.stem),
            title=document.title,
            region=document.region,
            year=document.year,
            kind=document.kind,
            source=source,
            sentences=len(document.sentences),
            sha256=digest,
            added=now(),
        )
        tags = tag_document(document, self._classifier(), self._min_probability)
        stored, replaced = self._store.add(report, document, tags, self._taxonomy)
        status: Outcome = "replaced" if replaced else "added"
        return FileOutcome(str(path), status, stored.id, stored.sentences)


def _id(stem: str) -> str:
    """Return the name of a file as the id of a report."""
    return re.sub(r"[\s:：/\\\"'“”<>|*?\x00-\x1f]+", "-", stem).strip("-") or "report"
