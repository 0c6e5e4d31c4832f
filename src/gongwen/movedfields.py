"""One line of an exported library to what it says, through the same gate as files and people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from .moved import MovedLibrary, MovedModel, MovedReport
from .nlp import validation as valid
from .nlp.cleaning import Cleaned, clean_text
from .nlp.filename import SETTABLE, said_value
from .nlp.records import Document, Sentence, Tag
from .reading.names import shown as shown_name
from .reading.records import Limits
from .results import Correction, Similar

FORMAT = 1
_LINES = ("title", "region", "kind", "province", "city", "county", "agency", "address")
_GUESSED = frozenset({*SETTABLE, "adcode"})
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
        from .nlp.seeds import check_synonyms

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
        text=cleaned.text, **{name: fact_of(name, entry[name]) for name in _OF_DOCUMENT}
    )
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


_FACTS: Mapping[str, Callable[[Any], Any]] = {
    **{name: partial(valid.line, name) for name in _LINES},
    "year": valid.year,
    "date": valid.date,
    "level": valid.level,
    "adcode": valid.adcode,
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
_OF_DOCUMENT = (*_LINES, "year", "date", "level", "adcode", "how")
