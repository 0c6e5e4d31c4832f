"""The lines of an exported library, checked: what another program wrote is not taken on trust."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from .nlp.errors import ReadError
from .nlp.records import Document, Kind, Sentence, Tag
from .results import Correction, Similar

FORMAT = 1
_KINDS = frozenset(get_args(Kind))
_LONGEST_LINE = 256 << 20
"""Characters; the longest line is a model."""
_TEXTS = (
    "report", "title", "region", "kind", "source", "sha256", "added", "province", "city",
    "county", "adcode", "level", "agency", "date", "address", "file", "text",
)  # fmt: skip
_CORRECTION = ("report", "text", "heading", "topic", "role", "author", "note", "at")


@dataclass(slots=True)
class MovedReport:
    """A report with all that belongs to it.

    Attributes:
        id: its id in the library that was exported.
        source: where it was read from.
        file: the file of the source.
        sha256: hash of the file's bytes.
        added: when it was added.
        document: what it says, with its sentences.
        tags: one a sentence.
        corrected: numbers of the sentences whose tags a person gave.
        notes: what is to be known of its file.
        stated: what its file says of it outside of the text.
        said: what a person said of it.
        copies: further files with the same report.
        similar: reports that it is like, by their ids in the library that was exported.
        corrections: what people said of its sentences.
    """

    id: str
    source: str
    file: str
    sha256: str
    added: str
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
    """

    active: bool
    files: Mapping[str, str]


Moved = MovedLibrary | MovedModel | MovedReport | Correction


def read_moved(path: Path) -> Iterator[Moved]:
    """Yield what an export holds; a report comes when all of it was read.

    Corrections that come by themselves are of reports that were removed.

    Raises:
        ReadError: the file is missing, or no export of a library; names the line.
    """
    report: MovedReport | None = None
    number = 0
    for number, entry in _entries(path):
        try:
            kind = entry["type"]
            if number == 1:
                if kind != "library" or entry["format"] > FORMAT:
                    raise ValueError("no export of a library, or that of a newer gongwen")
                yield MovedLibrary(_share(entry["min_probability"]), _text(entry, "synonyms"))
            elif kind == "sentence":
                _add_sentence(report, entry)
            elif kind == "correction" and report and entry["report"] == report.id:
                report.corrections.append(_correction(entry))
            else:
                if report:
                    yield _whole(report)
                    report = None
                if kind == "report":
                    report = _report(entry)
                elif kind == "model":
                    yield MovedModel(bool(entry["active"]), _texts_by_name(entry["files"]))
                elif kind == "correction":
                    yield _correction(entry)
                else:
                    raise ValueError(f"unknown type {kind!r}")
        except KeyError as error:
            raise ReadError(f"{path}:{number}: {error.args[0]!r} is missing") from None
        except (ValueError, TypeError, AttributeError) as error:
            raise ReadError(f"{path}:{number}: {error}") from None
    if not number:
        raise ReadError(f"{path}: the file is empty")
    if report:
        try:
            yield _whole(report)
        except ValueError as error:
            raise ReadError(f"{path}:{number}: {error}") from None


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


def _report(entry: Mapping[str, Any]) -> MovedReport:
    texts = {name: _text(entry, name) for name in _TEXTS}
    if not texts["report"] or not texts["source"]:
        raise ValueError("a report needs an id and a source")
    year = entry["year"]
    known: dict[str, Any] = {
        name: texts[name]
        for name in (
            "text",
            "title",
            "region",
            "kind",
            "province",
            "city",
            "county",
            "adcode",
            "level",
            "agency",
            "date",
            "address",
        )
    }
    document = Document(
        **known,
        year=year if isinstance(year, int) and not isinstance(year, bool) else _text(entry, "year"),
        how=_texts_by_name(entry["how"]),
    )  # fmt: skip
    return MovedReport(
        id=texts["report"],
        source=texts["source"],
        file=texts["file"],
        sha256=texts["sha256"],
        added=texts["added"],
        document=document,
        notes=_texts(entry["notes"]),
        stated=_texts_by_name(entry["stated"]),
        said=_texts_by_name(entry["said"]),
        copies=tuple(
            (_text(c, "source"), _text(c, "file"), _text(c, "sha256")) for c in entry["copied"]
        ),
        similar=tuple(
            Similar(_text(s, "report"), _share(s["jaccard"]), _share(s["containment"]))
            for s in entry["similar"]
        ),
    )


def _add_sentence(report: MovedReport | None, entry: Mapping[str, Any]) -> None:
    if report is None or entry["report"] != report.id:
        raise ValueError("a sentence without its report in front of it")
    before = report.sentences[-1].end if report.sentences else 0
    n, start, end = (_number(entry, name) for name in ("n", "start", "end"))
    text = _text(entry, "text")
    if n != len(report.sentences) + 1:
        raise ValueError(f"sentence {n} is out of order")
    if not before <= start <= end or report.document.text[start:end] != text:
        raise ValueError(f"sentence {n} does not stand in its report from {start} to {end}")
    if entry["kind"] not in _KINDS:
        raise ValueError(f"unknown kind {entry['kind']!r}")
    report.sentences.append(
        Sentence(
            n=n,
            text=text,
            start=start,
            end=end,
            section=_text(entry, "section"),
            item=_text(entry, "item"),
            role=_text(entry, "role"),  # type: ignore[arg-type]  # topics of one's own have others
            kind=entry["kind"],
        )
    )
    also = _texts(entry["also"])
    report.tags.append(Tag(_text(entry, "topic"), also, _share(entry["probability"])))
    if entry["corrected"]:
        report.corrected.add(n)


def _whole(report: MovedReport) -> MovedReport:
    from dataclasses import replace

    report.document = replace(report.document, sentences=tuple(report.sentences))
    return report


def _correction(entry: Mapping[str, Any]) -> Correction:
    texts = {name: _text(entry, name) for name in _CORRECTION}
    return Correction(n=_number(entry, "n"), also=_texts(entry["also"]), **texts)


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry[name]
    if not isinstance(value, str):
        raise ValueError(f"{name} is not text")
    value.encode("utf-8")  # half a surrogate pair cannot be stored
    return value


def _number(entry: Mapping[str, Any], name: str) -> int:
    value = entry[name]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 31:
        raise ValueError(f"{name} is not a number that can be")
    return value


def _share(value: Any) -> float:
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("a probability or share is not between 0 and 1")
    return float(value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("a list is missing")
    return tuple(_text({"an entry of a list": v}, "an entry of a list") for v in value)


def _texts_by_name(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError("a table of names is missing")
    return {name: _text(value, name) for name in value}
