"""Check the arithmetic and the completeness of reports in a library, in files, or of a text."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalog import _, gettext_noop, ngettext
from ..ingest.prepare import described, tag_document
from ..nlp.checking.check import LONGEST, Note, check_document, notes
from ..nlp.document.parse import parse_document
from ..nlp.errors import ReadError
from ..nlp.figures.extract import read_document
from ..nlp.records import Document, Finding, Sentence, Status
from ..nlp.text.paragraphs import paragraph_spans
from ..readers.base import Blob, Extract
from ..readers.files import Source, find_sources, load
from ..translation import in_language

if TYPE_CHECKING:
    from ..nlp.topics.classifier import TopicClassifier
    from ..nlp.topics.taxonomy import Taxonomy
    from ..results import Report, StoredSentence
    from ..storage.models import ModelStore
    from ..storage.store import Store


_MIN_REPORT_SENTENCES = 20
"""Number of sentences from which a text without a title counts as a whole report, not a passage."""
_OPENING = 60
"""Characters of the beginning of a paragraph by which a person finds it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding is, as a person looks for it.

    Attributes:
        section: the headings above it from the outermost in, joined by `` > ``, or ``""``.
        paragraph: 1-based number of its paragraph; blank ones are not counted, a row of a table is
            one.
        opening: the first characters of the paragraph, on one line.
        whole: whether ``opening`` is all of the paragraph.
        first: whether its sentence is the first of the paragraph.
    """

    section: str
    paragraph: int
    opening: str
    whole: bool
    first: bool


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of checking one report.

    Attributes:
        name: id of the report in the library, name of the file (behind ``#`` which report of the
            file it is, if it has several), or ``""`` for a text.
        title: title of the report, ``""`` when it has none.
        findings: every sum, rate or other calculation that was checked, in the order of the text.
        notes: what the report leaves out; empty for a passage.
        damage: what is to be known of its file, one line each: that it is damaged, and parts that
            could not be read, so that their numbers were not checked.
        text: the text that was checked.
        unrelated: of a report without findings, how many numbers are in it.
    """

    name: str
    title: str
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    damage: tuple[str, ...] = ()
    text: str = field(default="", repr=False)
    unrelated: int = 0
    _starts: tuple[int, ...] = field(default=(), repr=False)
    _places: Mapping[int, Place] = field(default_factory=dict, repr=False)

    def count(self, status: Status) -> int:
        """Return the number of findings with this status."""
        return Counter(finding.status for finding in self.findings)[status]

    def place(self, finding: Finding) -> str:
        """Return where a finding is, as ``gongwen show`` takes it.

        An example is ``wugong-2020:27``; a passage, which has no name, gives ``sentence 27``.
        """
        return f"{self.name}:{finding.n}" if self.name else _("sentence {n}").format(n=finding.n)

    def where(self, finding: Finding) -> Place:
        """Return in which section and paragraph the numbers of a finding begin."""
        return self._places[finding.start]

    def span(self, finding: Finding) -> tuple[int, int]:
        """Return the start and end of the finding's numbers as offsets in ``finding.sentence``."""
        start = self._starts[finding.n - 1]
        return finding.start - start, finding.end - start

    def to_dict(self) -> dict[str, Any]:
        """Return the report with its findings and notes as a JSON object.

        Reasons and the texts of notes are in the current language.
        """
        return {
            "report": self.name,
            "title": self.title,
            "passed": self.count("PASS"),
            "failed": self.count("FAIL"),
            "uncertain": self.count("UNCERTAIN"),
            "damage": self.damage_lines(),
            "findings": [self.finding_dict(finding) for finding in self.findings],
            "notes": [
                {"kind": n.kind, "name": n.name, "zh": n.zh, "text": note_text(n)}
                for n in self.notes
            ],
        }

    def damage_lines(self) -> list[str]:
        """Return what is to be known of the file in the current language, one line each."""
        return [in_language(note) for note in self.damage]

    def finding_dict(self, finding: Finding) -> dict[str, Any]:
        """Return a finding as a JSON object, with its place."""
        place = self.where(finding)
        return {
            "status": finding.status,
            "kind": finding.kind,
            "equation": finding.equation,
            "reason": _(finding.reason) if finding.reason else "",
            "section": place.section,
            "paragraph": place.paragraph,
            "paragraph_text": place.opening,
            "n": finding.n,
            "sentence": finding.sentence,
            "start": finding.start,
            "end": finding.end,
        }


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or report that could not be checked.

    Attributes:
        name: its name, as given or as found in a folder.
        reason: why, on one line.
    """

    name: str
    reason: str

    @classmethod
    def of(cls, name: str, error: Exception) -> Unreadable:
        """Return it for an error, whose message may begin with the name."""
        return cls(name, _(" ".join(str(error).removeprefix(f"{name}: ").split())))


_COMMON_REASONS = (
    gettext_noop("no such file or folder"),
    gettext_noop("the file is empty"),
    gettext_noop("no text in it; of scanned pages, recognise the text (OCR) first"),
    gettext_noop("encrypted; remove the password in Word and save it again"),
    gettext_noop("an old Word file (.doc); save it as .docx"),
    gettext_noop("a folder, pipe or device, not a file"),
)
"""Reasons of readers that are given in the current language; others are in English."""


def note_text(note: Note) -> str:
    """Return what a note says, in the current language.

    Example: ``"The report names no problem or shortcoming (存在的不足和原因)."``
    """
    if note.kind == "topic":
        message = _("No sentence is about {name} ({zh}).")
    else:
        message = {
            "progress": _("The report says nothing of what was done ({zh})."),
            "problems": _("The report names no problem or shortcoming ({zh})."),
            "plan": _("The report says nothing of next year's plan ({zh})."),
            "duties": _(
                "The report says nothing of the duties of the first responsible person ({zh})."
            ),
        }.get(note.name, note.text.replace("{", "{{").replace("}", "}}"))
    return message.format(name=note.name, zh=note.zh)


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
    missing = notes(document, topics, taxonomy)
    return _build_result(report.id, document, missing, report.notes)


class Checker:
    """Checks files and texts that are not in a library.

    Args:
        models: the models of a library; the active one, which is loaded once, tags the sentences.
    """

    def __init__(self, models: ModelStore) -> None:
        self._models = models

    @cached_property
    def _classifier(self) -> TopicClassifier:
        return self._models.load()

    @cached_property
    def _taxonomy(self) -> Taxonomy:
        return self._models.taxonomy()

    def check_files(self, paths: Iterable[Path]) -> Iterator[CheckResult | Unreadable]:
        """Check the reports in files, folders and archives, in the order in which add reads them.

        Args:
            paths: files of any supported format, and folders, which are searched through.

        Yields:
            The result of each report, or why a file cannot be read; the others are checked all
            the same.
        """
        for found in find_sources(paths):
            if isinstance(found, ReadError):
                name, _colon, reason = str(found).partition(": ")
                yield Unreadable(name, _(reason))
                continue
            try:
                yield from self.check_source(found)
            except ReadError as error:
                yield Unreadable.of(found.name, error)

    def check_source(self, source: Source) -> Iterator[CheckResult]:
        """Check the reports in one file, most often one.

        Raises:
            ReadError: the file cannot be read.
        """
        for extract, several in _extracts(load(source)[0], source.name):
            name = f"{source.name}#{extract.part}" if several else source.name
            document = described(
                parse_document(extract.text, extract.blocks), source.stem, extract.said
            )
            yield self._check_tagged(name, document, extract.notes)

    def check_passage(self, data: bytes) -> Iterator[CheckResult]:
        """Check text from standard input: a whole report, or some sentences of one.

        What is left out is noted only for a whole report, which has a title or at least 20
        sentences.

        Args:
            data: the text in any encoding, or the bytes of a file of any supported format.

        Raises:
            ReadError: the data cannot be read.
        """
        for extract, several in _extracts(data, "standard input"):
            document = described(parse_document(extract.text, extract.blocks), "", extract.said)
            name = extract.part if several else ""
            whole = sum(s.kind == "sentence" for s in document.sentences) >= _MIN_REPORT_SENTENCES
            if document.title or whole:
                yield self._check_tagged(name, document, extract.notes)
            else:
                yield _build_result(name, document, (), extract.notes)

    def _check_tagged(self, name: str, document: Document, damage: tuple[str, ...]) -> CheckResult:
        """Tag a document with the active model and check it."""
        tags = tag_document(document, self._classifier)
        tagged = zip(document.sentences, tags, strict=True)
        topics = {topic for s, tag in tagged if _has_topics(s) for topic in (tag.topic, *tag.also)}
        return _build_result(name, document, notes(document, topics, self._taxonomy), damage)


def _extracts(data: bytes, name: str) -> Iterator[tuple[Extract, bool]]:
    """Yield the reports in a file, each with whether there are several."""
    # late: worker processes are not needed to check a stored report
    from ..ingest.worker_pool import read_isolated

    extracts = iter(read_isolated(Blob(name, data)))
    first = next(extracts)
    second = next(extracts, None)
    yield first, second is not None
    if second is not None:
        yield second, True
        for extract in extracts:
            yield extract, True


def _has_topics(sentence: Sentence | StoredSentence) -> bool:
    """Return whether the topics of a unit count as covered; those of a title do not."""
    return sentence.kind in ("sentence", "heading")


def _build_result(
    name: str, document: Document, missing: Iterable[Note], damage: tuple[str, ...]
) -> CheckResult:
    """Check the arithmetic of a document and return the result with the notes ``missing``."""
    found = tuple(check_document(document))
    return CheckResult(
        name,
        document.title,
        found,
        tuple(missing),
        (*damage, *_left_out(document)),
        document.text,
        0 if found else len(read_document(document)),
        tuple(s.start for s in document.sentences),
        _find_places(document, found),
    )


def _left_out(document: Document) -> Iterator[str]:
    """Yield a note on the sentences that are too long to be checked."""
    long = [s.n for s in document.sentences if s.end - s.start > LONGEST]
    if long:
        message = ngettext(
            "{count} sentence is longer than {most} characters and was not checked: {n}",
            "{count} sentences are longer than {most} characters and were not checked: {n}",
            len(long),
        )
        yield message.format(count=len(long), most=LONGEST, n=", ".join(map(str, long[:10])))


def _find_places(document: Document, findings: Iterable[Finding]) -> dict[int, Place]:
    """Return the place of each finding by the offset at which it starts."""
    paragraphs = list(paragraph_spans(document.text))
    starts = [start for start, _end in paragraphs]
    places: dict[int, Place] = {}
    for finding in findings:
        sentence = document.sentences[finding.n - 1]
        number = max(bisect_right(starts, finding.start), 1)
        start, end = paragraphs[number - 1]
        opening = " ".join(document.text[start : min(end, start + 4 * _OPENING)].split())
        first = not document.text[start : sentence.start].strip()
        whole = len(opening) <= _OPENING and end - start <= 4 * _OPENING
        places[finding.start] = Place(sentence.section, number, opening[:_OPENING], whole, first)
    return places


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
