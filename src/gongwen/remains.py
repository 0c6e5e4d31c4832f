"""What is left of a report in a damaged library."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from .checksums import Checksums
from .nlp.figures.records import Figure
from .nlp.taxonomy import Taxonomy
from .results import Correction, Similar, StoredSentence
from .rowvalues import by_name, slugs

Part = Literal["text", "facts", "checksums", "sentences", "tags", "figures", "copies"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Damage of a report.

    Attributes:
        part: of what.
        message: what is wrong, without the name of the report.
    """

    part: Part
    message: str


@dataclass(slots=True)
class ReadReport:
    """What could be read of a report.

    Attributes:
        id: its id.
        facts: what is known of it, by column; ``""`` or empty what cannot be read.
        text: its text, ``None`` when it is not what was written.
        sentences: those that stand in the text; tags that cannot be read are empty.
        figures: its figures that can be read.
        copies: further sources, as ``(source, file, sha256)``.
        similar: reports that it is like.
        corrections: what people said of it, by number.
        checksums: those that were kept with it, ``None`` when they are damaged.
        faults: what is wrong with it.
        untagged: numbers of the sentences whose tags are damaged.
    """

    id: str
    facts: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    sentences: list[StoredSentence] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    copies: list[tuple[str, str, str]] = field(default_factory=list)
    similar: list[Similar] = field(default_factory=list)
    corrections: dict[int, Correction] = field(default_factory=dict)
    checksums: Checksums | None = None
    faults: list[Fault] = field(default_factory=list)
    untagged: set[int] = field(default_factory=set)

    def damaged(self, *parts: Part) -> bool:
        """Say whether one of ``parts`` has a fault."""
        return any(fault.part in parts for fault in self.faults)

    @property
    def how(self) -> dict[str, str]:
        """How each fact is known."""
        return by_name(self.facts["how"], "how")

    @property
    def stated(self) -> dict[str, str]:
        """What its file says of it outside of the text."""
        return by_name(self.facts["stated"], "stated")

    @property
    def said(self) -> dict[str, str]:
        """What a person said of it."""
        return by_name(self.facts["said"], "said")

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of its file."""
        return slugs(self.facts["notes"], "notes")


@dataclass(frozen=True, slots=True)
class Names:
    """Names that tags may have; ``None`` when they are not known, as with a damaged model.

    Attributes:
        topics: slugs of topics.
        roles: slugs of roles.
    """

    topics: frozenset[str] | None = None
    roles: frozenset[str] | None = None

    @classmethod
    def of(cls, taxonomies: Iterable[Taxonomy]) -> Names:
        """Return the names of all of ``taxonomies``: tags may be older than the active model."""
        known = list(taxonomies)
        return cls(
            frozenset(slug for t in known for slug in t.topics.slugs),
            frozenset(slug for t in known for slug in t.roles.slugs),
        )
