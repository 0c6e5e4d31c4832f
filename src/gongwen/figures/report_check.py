"""Check the arithmetic and the completeness of a report in a library, a file or a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..ingest.prepare import described, tag_document
from ..nlp.checking.check import Note, check_document, notes
from ..nlp.document.parse import parse_document
from ..nlp.errors import ReadError
from ..nlp.records import Document, Finding, Sentence, Status
from ..readers.base import Blob
from ..readers.files import Source, load

if TYPE_CHECKING:
    from ..nlp.topics.taxonomy import Taxonomy
    from ..results import Report, StoredSentence
    from ..storage.models import ModelStore
    from ..storage.store import Store


_MIN_REPORT_SENTENCES = 20
"""Number of sentences from which a text without a title counts as a whole report, not a passage."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of checking one report.

    Attributes:
        name: id of the report in the library, name of the file, or ``""`` for a text.
        title: title of the report, ``""`` when it has none.
        findings: every sum, rate or other calculation that was checked, in the order of the text.
        notes: what the report leaves out; empty for a passage.
    """

    name: str
    title: str
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    _starts: tuple[int, ...] = field(default=(), repr=False)

    def count(self, status: Status) -> int:
        """Return the number of findings with this status."""
        return Counter(finding.status for finding in self.findings)[status]

    def place(self, finding: Finding) -> str:
        """Return where a finding is, as ``gongwen show`` takes it.

        An example is ``wugong-2020:27``; a passage, which has no name, gives ``第27句``.
        """
        return f"{self.name}:{finding.n}" if self.name else f"第{finding.n}句"

    def span(self, finding: Finding) -> tuple[int, int]:
        """Return the start and end of the finding's numbers as offsets in ``finding.sentence``."""
        start = self._starts[finding.n - 1]
        return finding.start - start, finding.end - start

    def to_dict(self) -> dict[str, Any]:
        """Return findings and notes as a JSON object."""
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
    """Check a report of a library, using its stored tags and corrections.

    Args:
        store: the store of the library.
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
        sentences=tuple(map(_to_sentence, stored)),
    )
    topics = {topic for s in stored if _has_topics(s) for topic in (s.topic, *s.also)}
    return _build_result(report.id, document, notes(document, topics, taxonomy))


def check_file(path: Path, models: ModelStore) -> CheckResult:
    """Check a file of any supported format that contains one report.

    Args:
        path: the file.
        models: the models of the library; the active one tags the sentences.

    Raises:
        ReadError: the file cannot be read, is a folder, or contains several reports.
    """
    if path.is_dir():
        raise ReadError(f"{path}: a folder; give one file")
    source = Source(path)
    document = _read_document(load(source)[0], source.name, source.stem)
    return _check_tagged(source.name, document, models)


def check_passage(data: bytes, models: ModelStore) -> CheckResult:
    """Check text from standard input: a whole report, or some sentences of one.

    What is left out is noted only for a whole report, which has a title or at least 20 sentences.

    Args:
        data: the text in any encoding, or the bytes of a file of any supported format.
        models: the models of the library; the active one tags the sentences.

    Raises:
        ReadError: the data cannot be read, or contains several reports.
    """
    document = _read_document(data, "standard input", "")
    whole = sum(s.kind == "sentence" for s in document.sentences) >= _MIN_REPORT_SENTENCES
    if document.title or whole:
        return _check_tagged("", document, models)
    return _build_result("", document, ())


def _read_document(data: bytes, name: str, stem: str) -> Document:
    """Read and parse the only report in ``data``; ``stem`` is the file name without its suffix."""
    # late: worker processes are not needed to check a stored report
    from ..ingest.worker_pool import read_isolated

    extracts = iter(read_isolated(Blob(name, data)))
    extract = next(extracts)
    if next(extracts, None):
        raise ReadError(f"{name}: several reports in one file; gongwen add it, then check each")
    return described(parse_document(extract.text), stem, extract.said)


def _check_tagged(name: str, document: Document, models: ModelStore) -> CheckResult:
    """Tag a document with the active model and check it."""
    tags = tag_document(document, models.load())
    tagged = zip(document.sentences, tags, strict=True)
    topics = {topic for s, tag in tagged if _has_topics(s) for topic in (tag.topic, *tag.also)}
    return _build_result(name, document, notes(document, topics, models.taxonomy()))


def _has_topics(sentence: Sentence | StoredSentence) -> bool:
    """Return whether the topics of a unit count as covered; those of a title do not."""
    return sentence.kind in ("sentence", "heading")


def _build_result(name: str, document: Document, missing: Iterable[Note]) -> CheckResult:
    """Check the arithmetic of a document and return the result with the notes ``missing``."""
    found = tuple(check_document(document))
    starts = tuple(s.start for s in document.sentences)
    return CheckResult(name, document.title, found, tuple(missing), starts)


def _to_sentence(stored: StoredSentence) -> Sentence:
    """Return a stored sentence as the parser would give it."""
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
