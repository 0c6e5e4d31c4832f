"""Reports that are to be stored: as their files give them, or as another library had them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ..nlp.records import Document, Figure, Tag
from ..results import Correction, Similar


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report that is to be stored.

    Attributes:
        id: its name; one that is taken gets a number.
        source: where it was read from; a report from there is replaced.
        document: what it says.
        tags: one a sentence.
        sketch: hashes by which reports like it are found.
        figures: its numbers, dates included.
        notes: what is to be known of its file.
        similar: reports that it is like.
        stated: what its file says of it outside of the text.
        said: what a person said of it.
    """

    id: str
    source: str
    document: Document
    tags: Sequence[Tag]
    sketch: Sequence[int] = ()
    figures: Sequence[Figure] = ()
    notes: Sequence[str] = ()
    similar: Sequence[Similar] = ()
    stated: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileContent:
    """What a file holds now.

    Attributes:
        file: the file.
        sha256: hash of its bytes.
        reports: those that are kept with it as their source.
        copies: reports that are there already, with the place in the file where each stands.
    """

    file: str
    sha256: str
    reports: Sequence[NewReport]
    copies: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """A report of another library.

    Attributes:
        new: the report.
        file: its file.
        sha256: hash of the file's bytes.
        added: when it was added there.
        copies: further sources of it, as ``(source, file, sha256)``.
        corrections: what people said of its sentences.
        corrected: numbers of the sentences whose tags a person gave.
        ids: ids here by the ids there, of the reports that came before it.
    """

    new: NewReport
    file: str
    sha256: str
    added: str
    copies: Sequence[tuple[str, str, str]]
    corrections: Sequence[Correction]
    corrected: Collection[int]
    ids: Mapping[str, str]
