"""Check the sums and the completeness of a report in a library, a file, or a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..ingest.prepare import described
from ..nlp.checking.check import check_document
from ..nlp.checking.coverage import Note, notes
from ..nlp.document.parse import parse_document
from ..nlp.errors import ReadError
from ..nlp.records import Document, Finding, Sentence, Status

if TYPE_CHECKING:
    from ..nlp.topics.taxonomy import Taxonomy
    from ..results import Report, StoredSentence
    from ..storage.models import ModelStore
    from ..storage.store import Store


_WHOLE = 20
"""Sentences from which a text without a title is taken to be a whole report, not a passage."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was found in one report.

    Attributes:
        name: the report's id in the library, the name of the file, or ``""``.
        title: its title, ``""`` when it has none.
        findings: every piece of arithmetic, in the order of the text.
        notes: what it leaves out; none for a passage.
    """

    name: str
    title: str
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    _starts: tuple[int, ...] = field(default=(), repr=False)

    def count(self, status: Status) -> int:
        """Return how many findings have this status."""
        return Counter(finding.status for finding in self.findings)[status]

    def place(self, finding: Finding) -> str:
        """Return where it stands; of a report as ``gongwen show`` takes it (``wugong-2020:27``)."""
        return f"{self.name}:{finding.n}" if self.name else f"第{finding.n}句"

    def span(self, finding: Finding) -> tuple[int, int]:
        """Return the offsets of its numbers in ``finding.sentence``."""
        start = self._starts[finding.n - 1]
        return finding.start - start, finding.end - start

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of the contracts."""
        return {
            "findings": [
                {
                    "status": f.status,
                    "kind": f.kind,
                    "equation": f.equation,
                    "start": f.start,
                    "end": f.end,
                    "n": f.n,
                    "sentence": f.sentence,
                    "reason": f.reason,
                }
                for f in self.findings
            ],
            "notes": [
                {"kind": note.kind, "name": note.name, "zh": note.zh, "text": note.text}
                for note in self.notes
            ],
        }


def check_report(store: Store, report: Report, taxonomy: Taxonomy) -> CheckResult:
    """Check a report of a library, with the tags and corrections that it has there.

    Args:
        store: holds the report.
        report: the report.
        taxonomy: the topics of the library.
    """
    with store.snapshot():
        stored, text = store.sentences_of(report.id), store.text(report.id)
    document = Document(
        text=text,
        title=report.title,
        region=report.region,
        year=report.year,
        kind=report.kind,
        sentences=tuple(map(_sentence, stored)),
    )
    topics = {topic for s in stored if _counts(s) for topic in (s.topic, *s.also)}
    return _result(report.id, document, notes(document, topics, taxonomy))


def check_file(path: Path, models: ModelStore) -> CheckResult:
    """Check a file of any kind that holds one report.

    Args:
        path: the file.
        models: of these the active one tags the sentences.

    Raises:
        ReadError: it cannot be read, or holds several reports.
    """
    from ..readers.files import Source, load

    if path.is_dir():
        raise ReadError(f"{path}: a folder; give one file")
    source = Source(path)
    document = _read(load(source)[0], source.name, source.stem)
    return _tagged(source.name, document, models)


def check_passage(data: bytes, models: ModelStore) -> CheckResult:
    """Check text that comes from no file: a report, or some sentences of one.

    What it leaves out is noted only when it is a report, that is, when it has a title or at least
    20 sentences.

    Args:
        data: the text, in any encoding; or the bytes of a file of any kind.
        models: of these the active one tags the sentences.

    Raises:
        ReadError: it cannot be read, or holds several reports.
    """
    document = _read(data, "standard input", "")
    whole = sum(s.kind == "sentence" for s in document.sentences) >= _WHOLE
    if document.title or whole:
        return _tagged("", document, models)
    return _result("", document, ())


def _read(data: bytes, name: str, stem: str) -> Document:
    from ..ingest.worker_pool import read_isolated
    from ..readers.base import Blob

    extracts = iter(read_isolated(Blob(name, data)))
    extract = next(extracts)
    if next(extracts, None):
        raise ReadError(f"{name}: several reports in one file; gongwen add it, then check each")
    return described(parse_document(extract.text), stem, extract.said)


def _tagged(name: str, document: Document, models: ModelStore) -> CheckResult:
    from ..ingest.prepare import tag_document

    tags = tag_document(document, models.load())
    tagged = zip(document.sentences, tags, strict=True)
    topics = {topic for s, tag in tagged if _counts(s) for topic in (tag.topic, *tag.also)}
    return _result(name, document, notes(document, topics, models.taxonomy()))


def _counts(sentence: Sentence | StoredSentence) -> bool:
    """Say whether a unit speaks of something; a title names the whole report."""
    return sentence.kind in ("sentence", "heading")


def _result(name: str, document: Document, missing: Iterable[Note]) -> CheckResult:
    found = tuple(check_document(document))
    starts = tuple(s.start for s in document.sentences)
    return CheckResult(name, document.title, found, tuple(missing), starts)


def _sentence(stored: StoredSentence) -> Sentence:
    return Sentence(
        n=stored.n,
        text=stored.text,
        start=stored.start,
        end=stored.end,
        section=stored.section,
        item=stored.item,
        role=stored.role,
        kind=stored.kind,
    )
