"""What an exported library holds: settings, models, reports, corrections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .nlp.cleaning import Cleaned
from .nlp.records import Document, Sentence, Tag
from .results import Correction, Similar


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
