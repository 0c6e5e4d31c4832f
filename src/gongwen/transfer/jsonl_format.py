"""The JSON lines of an exported library: their fields, checked when they are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..nlp import validation as valid
from ..nlp.document.document_kind import kind_of
from ..nlp.document.overrides import said_value
from ..nlp.errors import GongwenError, ReadError
from ..nlp.fields import FIELD_NAMES, FIELDS
from ..nlp.records import Document, Sentence, Tag
from ..nlp.validation import Cleaned, clean_text, shown
from ..readers.base import Limits
from ..readers.base import display_name as shown_name
from ..results import Correction, Similar


@dataclass(slots=True)
class MovedReport:
    """A report with all that belongs to it.

    Attributes:
        id: its id in the library that was exported, as it stands there.
        source: where it was read from.
        file: the file of the source.
        sha256: hash of the file's bytes.
        added: when it was added.
        raw: its text as it stands in the export, to whose characters its offsets count.
        cleaned: its text as it is kept, with the places of the characters.
        document: what it says, with its sentences.
        notes: what is to be known of its file.
        stated: what its file says of it outside of the text.
        said: what a person said of it.
        copies: further files with the same report.
        similar: reports that it is like, by their ids in the library that was exported.
        tags: one a sentence.
        sentences: its sentences, as far as they were read.
        corrected: numbers of the sentences whose tags a person gave.
        corrections: what people said of its sentences.
        end: offset in ``raw`` behind the last sentence.
    """

    id: str
    source: str
    file: str
    sha256: str
    added: str
    raw: str
    cleaned: Cleaned
    document: Document
    notes: tuple[str, ...]
    stated: Mapping[str, str]
    said: Mapping[str, str]
    copies: tuple[tuple[str, str, str], ...]
    similar: tuple[Similar, ...]
    tags: list[Tag] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    corrected: set[int] = field(default_factory=set)
    corrections: list[Correction] = field(default_factory=list)
    end: int = 0

    def add(self, sentence: Sentence, tag: Tag, corrected: bool, end: int) -> None:
        """Add the next sentence, which ends at ``end`` in the raw text."""
        self.sentences.append(sentence)
        self.tags.append(tag)
        self.end = end
        if corrected:
            self.corrected.add(sentence.n)

    def whole(self) -> MovedReport:
        """Return it when all of it was read.

        Raises:
            ValueError: it has no sentences.
        """
        if not self.sentences:
            raise ValueError("the report that ends here has no sentences")
        self.document = replace(self.document, sentences=tuple(self.sentences))
        return self


@dataclass(frozen=True, slots=True)
class MovedLibrary:
    """The settings of a library.

    Attributes:
        min_probability: below it a topic is ``unsure``, 0 to 1.
        synonyms: its own synonyms, TOML.
    """

    min_probability: float
    synonyms: str


@dataclass(frozen=True, slots=True)
class MovedModel:
    """A model version.

    Attributes:
        active: whether it was the one that tagged.
        files: its files by their suffix, in base64.
        line: where it stands in the export.
    """

    active: bool
    files: Mapping[str, str]
    line: int


Moved = MovedLibrary | MovedModel | MovedReport | Correction


FORMAT = 1
_GUESSED = frozenset(FIELD_NAMES)
_MOST_TOPICS = 100
_LONGEST_SYNONYMS = 4 << 20
_LONGEST_SOURCE = 10_000


def library_of(entry: Mapping[str, Any]) -> MovedLibrary:
    """Return the settings of a library.

    Raises:
        ValueError: a value cannot be kept; all functions of this module raise it for that.
        KeyError: a field is missing.
        SeedError: its synonyms are bad.
    """
    if valid.number("format", entry["format"], least=1) > FORMAT:
        raise ValueError("the export of a newer gongwen; update gongwen")
    synonyms = valid.text("synonyms", entry["synonyms"])
    if len(synonyms) > _LONGEST_SYNONYMS:
        raise ValueError(f"synonyms have more than {_LONGEST_SYNONYMS:,} characters")
    if synonyms:
        # late: a search does not need it
        from ..nlp.seeds import check_synonyms

        check_synonyms(synonyms, "synonyms")
    least = valid.probability("min_probability", entry["min_probability"])
    return MovedLibrary(least, synonyms)


def model_of(entry: Mapping[str, Any], line: int) -> MovedModel:
    """Return a model version; its files are looked into by :class:`~.modelstore.ModelStore`."""
    files = _table("files", entry["files"])
    packed = {name: valid.text("a file", data) for name, data in files.items()}
    return MovedModel(valid.flag("active", entry["active"]), packed, line)


def report_of(entry: Mapping[str, Any]) -> MovedReport:
    """Return a report without its sentences."""
    raw = valid.text("text", entry["text"])
    if len(raw) > (most := Limits().characters):
        raise ValueError(f"text has more than {most:,} characters")
    cleaned = Cleaned(raw)
    if not cleaned.text.strip():
        raise ValueError("text is empty")
    document = Document(
        text=cleaned.text,
        how=fact_of("how", entry["how"]),
        **{name: fact_of(name, entry[name]) for name in FIELD_NAMES if name not in _LATER},
        **{name: fact_of(name, entry[name]) for name in _LATER if name in entry},
    )
    if not _LATER & set(entry) and "kind" not in entry["said"]:  # of an older gongwen
        kind = kind_of(document.title)
        document = replace(document, kind=kind.kind, kind_as_written=kind.written)
    return MovedReport(
        id=fact_of("id", entry["report"]),
        raw=raw,
        cleaned=cleaned,
        document=document,
        copies=tuple(map(copied_of, _tables("copied", entry["copied"]))),
        similar=tuple(map(similar_of, _tables("similar", entry["similar"]))),
        **{name: fact_of(name, entry[name]) for name in _OF_FILE},
    )


def fact_of(name: str, value: Any) -> Any:
    """Return one thing that is known of a report, by its column in the library.

    Raises:
        ValueError: it cannot be that.
        QueryError: nobody can have said it.
    """
    return _FACTS[name](value)


def copied_of(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return a further source of a report, its file and hash."""
    source, file = _source("source", entry["source"]), _source("file", entry["file"])
    return source, file, valid.sha256(entry["sha256"])


def similar_of(entry: Mapping[str, Any]) -> Similar:
    """Return a report that another is like."""
    jaccard, containment = (
        valid.probability(name, entry[name]) for name in ("jaccard", "containment")
    )
    return Similar(_name("report", entry["report"]), jaccard, containment)


def sentence_of(entry: Mapping[str, Any], report: MovedReport) -> tuple[Sentence, Tag, bool, int]:
    """Return a sentence, its tag, whether a person gave that, and where it ends in the raw text."""
    n, start, end = (valid.number(name, entry[name]) for name in ("n", "start", "end"))
    text = valid.text("text", entry["text"])
    if n != len(report.sentences) + 1:
        raise ValueError(f"sentence {n} is out of order")
    if not report.end <= start < end or report.raw[start:end] != text:
        raise ValueError(f"sentence {n} does not stand in its report from {start} to {end}")
    first, last = report.cleaned.place(start), report.cleaned.place(end)
    kept = report.cleaned.text[first:last]
    if not kept.strip():
        raise ValueError(f"sentence {n} holds no text")
    sentence = Sentence(
        n=n,
        text=kept,
        start=first,
        end=last,
        section=valid.line("section", entry["section"]),
        item=valid.line("item", entry["item"]),
        role=valid.slug("role", entry["role"]),  # type: ignore[arg-type]  # or a topic file's own
        kind=valid.kind(entry["kind"]),
    )
    topic, also = topics_of(entry)
    tag = Tag(topic, also, valid.probability("probability", entry["probability"]))
    return sentence, tag, valid.flag("corrected", entry["corrected"]), end


def correction_of(entry: Mapping[str, Any]) -> Correction:
    """Return what a person said of a sentence."""
    topic, also = topics_of(entry)
    role = valid.text("role", entry["role"])
    text = clean_text(valid.text("text", entry["text"]))
    if not topic or not text:
        raise ValueError("a correction needs a text and a topic")
    return Correction(
        report=valid.report_id(_name("report", entry["report"])),
        n=valid.number("n", entry["n"]),
        text=text,
        heading=valid.line("heading", entry["heading"]),
        topic=topic,
        also=also,
        role=valid.slug("role", role) if role else "",
        author=valid.line("author", entry["author"]),
        note=valid.line("note", entry["note"]),
        at=valid.moment("at", entry["at"]),
    )


def topics_of(entry: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return a topic, ``""`` for none, and further ones; they need not be of this library."""
    topic = valid.text("topic", entry["topic"])
    further = [valid.slug("also", name) for name in _list("also", entry["also"])]
    if len(further) > _MOST_TOPICS or len({topic, *further}) <= len(further):
        raise ValueError("also names a topic twice, or too many")
    return valid.slug("topic", topic) if topic else "", tuple(further)


def _name(what: str, value: Any) -> str:
    """Return the id of a report as it stands in the export."""
    if not valid.line(what, value):
        raise ValueError(f"a {what} needs an id")
    return str(value)


def _source(what: str, value: Any) -> str:
    """Return a file as a library knows it."""
    source = shown_name(valid.text(what, value))
    if not source or len(source) > _LONGEST_SOURCE:
        raise ValueError(f"a {what} needs a name that is not too long")
    return source


def _how(value: Any) -> dict[str, str]:
    how = _table("how", value)
    if unknown := set(how) - _GUESSED:
        raise ValueError(f"how knows no {valid.shown(min(unknown))}")
    return {name: valid.line("how", made) for name, made in how.items()}


def _said(what: str, value: Any) -> dict[str, str]:
    """Return what was said of a report, when it can be said."""
    said = {name: valid.line(what, given) for name, given in _table(what, value).items()}
    for name, given in said.items():
        said_value(name, given)
    return said


def _notes(value: Any) -> tuple[str, ...]:
    return tuple(valid.line("a note", note) for note in _list("notes", value))


def _list(what: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{what}: a list is missing")
    return value


def _table(what: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{what}: a table of names is missing")
    return value


def _tables(what: str, value: Any) -> list[dict[str, Any]]:
    return [_table(what, one) for one in _list(what, value)]


_OF_TYPE: Mapping[str, Callable[[Any], Any]] = {
    "year": valid.year, "date": valid.date, "level": valid.level, "code": valid.adcode,
}  # fmt: skip
"""Checks of fields by their type; the values of all others are lines of text."""
_FACTS: Mapping[str, Callable[[Any], Any]] = {
    **{one.name: _OF_TYPE.get(one.type) or partial(valid.line, one.name) for one in FIELDS},
    "how": _how,
    "id": partial(_name, "report"),
    "source": partial(_source, "source"),
    "file": partial(_source, "file"),
    "sha256": valid.sha256,
    "added": partial(valid.moment, "added"),
    "notes": _notes,
    "stated": partial(_said, "stated"),
    "said": partial(_said, "said"),
}
_OF_FILE = ("source", "file", "sha256", "added", "notes", "stated", "said")
_LATER = frozenset(FIELD_NAMES) - {
    "title", "region", "year", "kind", "province", "city", "county", "adcode", "level", "agency",
    "date", "address",
}  # fmt: skip
"""Fields that exports of the first format do not have."""


__all__ = ["FORMAT", "read_moved"]

_TYPES = ("report", "sentence", "correction", "model")
_LONGEST_LINE = 256 << 20
"""Characters; the longest line is a model."""


def read_moved(path: Path) -> Iterator[Moved]:
    """Yield what an export holds, cleaned and checked; a report comes when all of it was read.

    Corrections that come by themselves are of reports that were removed.

    Raises:
        ReadError: the file is missing, no export of a library, or holds a value that ``add`` and
            ``describe`` would not have kept; names the line.
    """
    lines = _Lines()
    number = 0
    for number, entry in _entries(path):
        try:
            yield from lines.take(number, entry)
        except KeyError as error:
            raise ReadError(f"{path}:{number}: {error.args[0]!r} is missing") from None
        except (ValueError, GongwenError) as error:
            raise ReadError(f"{path}:{number}: {error}") from None
    if not number:
        raise ReadError(f"{path}: the file is empty")
    try:
        yield from lines.finish()
    except ValueError as error:
        raise ReadError(f"{path}:{number}: {error}") from None


class _Lines:
    """What was read of an export so far."""

    def __init__(self) -> None:
        self._started = False
        self._report: MovedReport | None = None
        self._ids: dict[str, int] = {}
        self._sources: dict[str, int] = {}

    def take(self, number: int, entry: dict[str, Any]) -> Iterator[Moved]:
        """Take a line, and yield what is whole with it."""
        report, kind = self._report, entry["type"]
        if self._started and kind not in _TYPES:
            raise ValueError(f"unknown type {shown(kind)}")
        if not self._started:
            if kind != "library":
                raise ValueError("no export of a library; give what gongwen export wrote")
            self._started = True
            yield library_of(entry)
        elif kind == "sentence":
            if report is None or entry["report"] != report.id:
                raise ValueError("a sentence without its report in front of it")
            report.add(*sentence_of(entry, report))
        elif kind == "correction" and report and entry["report"] == report.id:
            report.corrections.append(correction_of(entry))
        else:
            yield from self.finish()
            if kind == "report":
                self._report = self._new(report_of(entry), number)
            elif kind == "model":
                yield model_of(entry, number)
            else:
                yield correction_of(entry)

    def finish(self) -> Iterator[MovedReport]:
        """Yield the report whose lines came last, if it was not yet."""
        if report := self._report:
            self._report = None
            yield report.whole()

    def _new(self, report: MovedReport, number: int) -> MovedReport:
        for what, name, seen in (
            ("report", report.id, self._ids),
            ("source", report.source, self._sources),
        ):
            before = seen.setdefault(name, number)
            if before != number:
                raise ValueError(f"{what} {shown(name)} stands at line {before} already")
        return report


def _entries(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            while line := file.readline(_LONGEST_LINE):
                number += 1
                try:
                    entry = json.loads(line)
                except (ValueError, RecursionError):
                    raise ReadError(
                        f"{path}:{number}: not a line of JSON; gongwen import takes what "
                        "gongwen export --format jsonl writes"
                    ) from None
                if not isinstance(entry, dict):
                    raise ReadError(f"{path}:{number}: not a JSON object")
                yield number, entry
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise ReadError(f"{path}:{number + 1}: not UTF-8") from None
