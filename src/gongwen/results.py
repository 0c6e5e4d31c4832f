"""What the library answers with: reports, hits, results, and the outcomes of adding files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, overload

from .catalog import _
from .nlp.fields import FIELD_NAMES, Metadata
from .nlp.records import Kind, Role, Tag, Year
from .tabular import SHOWN_ROWS, Tabular, html_view, sentence_html, shortened, topics_html

if TYPE_CHECKING:
    from .index.query import WithoutFilters

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Similar:
    """Another report that is like one.

    Of a report of another year or place both shares are estimated from one in eighty shingles.

    Attributes:
        report: id of the other.
        jaccard: share of the shingles (runs of 8 characters) that both have, 0 to 1.
        containment: share of the shorter one's shingles that the other has, 0 to 1.
    """

    report: str
    jaccard: float
    containment: float


@dataclass(frozen=True, slots=True)
class Report(Metadata):
    """A report in the library, with its metadata (see :class:`~gongwen.nlp.fields.Metadata`).

    Attributes:
        id: its name in the library (``wugong-2020``).
        source: where it was read from: a file, ``ARCHIVE!/MEMBER``, or ``FILE#row 3``.
        sentences: how many units of text it has.
        sha256: hash of the file's bytes.
        added: when it was added, ISO 8601 in UTC.
        how: for each field of its metadata how it is known: from the title, the file's name, by
            hand, ...
        notes: what is to be known of its file, such as damage and its place.
        copies: other files with the same report.
        similar: other reports that are like it, the nearest first.
    """

    id: str
    source: str
    sentences: int
    sha256: str
    added: str
    how: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    similar: tuple[Similar, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of the contracts."""
        return {
            "report": self.id,
            "title": self.title,
            "region": self.region,
            "year": self.year,
            "kind": self.kind,
            "sentences": self.sentences,
            "source": self.source,
            "sha256": self.sha256,
            "added": self.added,
            **{name: getattr(self, name) for name in FIELD_NAMES if name not in _FIRST},
            "how": dict(self.how),
            "notes": list(self.notes),
            "copies": list(self.copies),
            "similar": [
                {"report": s.report, "jaccard": s.jaccard, "containment": s.containment}
                for s in self.similar
            ],
        }


_FIRST = ("title", "region", "year", "kind")
"""Fields that stand in front in the JSON of a report."""


def citation(report: Report, section: str, n: int, text: str) -> str:
    """Return where a sentence stands: title, region, year, section, sentence, file.

    Region and year are left out where the title has them.
    """
    known = [str(part) for part in (report.region, report.year) if str(part) not in report.title]
    place = f"（{'，'.join(known)}）" if any(known) else ""
    section = f"，{section}" if section and section != text else ""
    return f"《{report.title}》{place}{section}，第{n}句，{PurePath(report.source).name}"


@dataclass(frozen=True, slots=True)
class StoredSentence:
    """A sentence with its tags, as the library holds it."""

    id: int
    report: str
    n: int
    text: str
    start: int
    end: int
    section: str
    item: str
    role: Role
    kind: Kind
    topic: str
    also: tuple[str, ...]
    probability: float
    corrected: bool = False

    @property
    def heading(self) -> str:
        """The nearest heading above the sentence, ``""`` when there is none."""
        return self.section.rpartition(" > ")[2]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of the contracts."""
        return {
            "report": self.report,
            "n": self.n,
            "text": self.text,
            "topic": self.topic,
            "also": list(self.also),
            "probability": self.probability,
            "corrected": self.corrected,
            "role": self.role,
            "kind": self.kind,
            "section": self.section,
            "item": self.item,
            "start": self.start,
            "end": self.end,
        }


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person said of a sentence's tags.

    Attributes:
        report: id of the report.
        n: number of the sentence there, when it was corrected.
        text: the sentence; it is found again by its text when the report changes.
        heading: the heading it stood under.
        topic: slug of the right topic.
        also: slugs of the right further topics.
        role: slug of the right role, ``""`` when it was not given.
        author: who said so, ``""`` when not given.
        note: why.
        at: when, ISO 8601 in UTC.
    """

    report: str
    n: int
    text: str
    heading: str
    topic: str
    also: tuple[str, ...]
    role: str
    author: str
    note: str
    at: str


@dataclass(frozen=True, slots=True)
class TagChange:
    """A sentence whose tags would change.

    Attributes:
        sentence: the sentence with its present tags.
        tag: what the model says now, or the correction.
        correction: number of the correction, 0 for none.
    """

    sentence: StoredSentence
    tag: Tag
    correction: int = 0

    @property
    def another_topic(self) -> bool:
        """Whether the topics change, not the probability alone."""
        return (self.sentence.topic, self.sentence.also) != (self.tag.topic, self.tag.also)


@dataclass(frozen=True, slots=True)
class Variant:
    """A near-copy of a sentence: it differs in numbers, names or marks only.

    Attributes:
        report: the report it stands in.
        n: its 1-based number there.
        text: the sentence.
        differs: the places in ``text`` where it differs from the sentence it is a copy of, as
            (start, end).
    """

    report: Report
    n: int
    text: str
    differs: tuple[Span, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "report": self.report.id,
            "n": self.n,
            "text": self.text,
            "year": self.report.year,
            "region": self.report.region,
            "differs": [list(span) for span in self.differs],
        }


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentence that was found; its names are those of the JSON object.

    Attributes:
        report: the report it stands in.
        n: its 1-based number there.
        text: the sentence.
        highlight: ``text`` escaped for HTML with ``<mark>`` around what matched.
        section: headings above it, joined by `` > ``.
        role: what it does in the report.
        kind: title, heading, sentence or boilerplate.
        topic: slug of the primary topic.
        also: slugs of further topics.
        probability: calibrated probability of ``topic``, 0 to 1.
        start: first character offset in the report's text.
        end: offset behind the last character.
        score: BM25 score; higher is better, comparable within one search only.
        spans: the places in ``text`` that matched, as (start, end).
        before: neighbours in front, in order, when context was asked for.
        after: neighbours behind, in order.
        via: the words by which it was found in place of those typed: synonyms, or what sounds so.
        copies: matching sentences that are near-copies of this one, itself among them; the hit is
            the earliest of them, and has the score of the best.
        copies_reports: in how many reports these stand.
        variants: the other near-copies, the earliest first, when they were asked for.
    """

    report: Report
    n: int
    text: str
    highlight: str
    section: str
    role: Role
    kind: Kind
    topic: str
    also: tuple[str, ...]
    probability: float
    start: int
    end: int
    score: float
    spans: tuple[Span, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    copies: int = 1
    copies_reports: int = 1
    variants: tuple[Variant, ...] = ()

    @property
    def title(self) -> str:
        """Title of the report."""
        return self.report.title

    @property
    def region(self) -> str:
        """Region of the report."""
        return self.report.region

    @property
    def year(self) -> Year:
        """Year of the report."""
        return self.report.year

    @property
    def source(self) -> str:
        """File that the report was read from."""
        return self.report.source

    @property
    def place(self) -> str:
        """Where it stands, as ``gongwen show`` takes it (``wugong-2020:27``)."""
        return f"{self.report.id}:{self.n}"

    @property
    def citation(self) -> str:
        """Where it stands, ready to paste."""
        return citation(self.report, self.section, self.n, self.text)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of the contracts."""
        out: dict[str, Any] = {
            "report": self.report.id,
            "n": self.n,
            "text": self.text,
            "highlight": self.highlight,
            "section": self.section,
            "role": self.role,
            "kind": self.kind,
            "topic": self.topic,
            "also": list(self.also),
            "probability": self.probability,
            "title": self.title,
            "region": self.region,
            "year": self.year,
            "source": self.source,
            "start": self.start,
            "end": self.end,
            "score": self.score,
        }
        if self.before or self.after:
            out["before"], out["after"] = list(self.before), list(self.after)
        if self.via:
            out["via"] = list(self.via)
        if self.copies > 1:
            out["copies"], out["copies_reports"] = self.copies, self.copies_reports
        if self.variants:
            out["variants"] = [variant.to_dict() for variant in self.variants]
        return out


@dataclass(frozen=True, slots=True)
class ReportHits:
    """A report that was found by its sentences.

    Attributes:
        report: the report.
        score: higher is better, comparable within one search only.
        matches: how many of its sentences match.
        hits: the best of them.
    """

    report: Report
    score: float
    matches: int
    hits: tuple[Hit, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object; the hits stand by their numbers, themselves among all hits."""
        return {
            "report": self.report.id,
            "title": self.report.title,
            "region": self.report.region,
            "year": self.report.year,
            "kind": self.report.kind,
            "source": self.report.source,
            "score": self.score,
            "matches": self.matches,
            "best": [hit.n for hit in self.hits],
        }


HIT_COLUMNS = (
    "report", "n", "text", "topic", "also", "probability", "role", "kind", "section", "title",
    "region", "year", "source", "start", "end", "score", "citation", "via", "before", "after",
    "copies", "copies_reports", "variants",
)  # fmt: skip
"""The columns of hits in CSV, XLSX and data frames."""
_NAMED_HITS, _SHORT = 3, 16
"""Hits that a representation in one line has, and characters of each."""


@dataclass(frozen=True, slots=True, repr=False)
class Results(Sequence[Hit], Tabular):
    """The answer to a search: a sequence of the hits of the page.

    ``results[:5]`` are the results with the first five hits; ``total`` is the same there.

    Attributes:
        query: the query as it was typed.
        total: sentences that match in all.
        match: how far it had to widen: ``all`` words, a ``synonym``, ``pinyin``, or ``any`` word.
        took_ms: milliseconds the search took.
        counts: for each facet asked for, matches by value over all matches.
        hits: the page, best first; of a search for reports their best sentences, by report.
        reports: of a search for reports the reports of the page, best first.
        total_reports: of a search for reports, how many match in all.
        suggestions: other queries, where words of this one stand in no sentence.
        without_filters: where nothing has all of the words, what fewer filters would find.
        topic_names: Chinese names of the topics of the hits by slug.
        total_exact: how many have every run of words unbroken; ``None`` for a query without words.
        counts_exact: like ``counts``, over those.
        more_by_synonyms: how many more sentences would be found with ``synonyms``.
        synonyms: words that mean the same as those of the query, which were not searched.
        total_distinct: likewise with near-copies counted once; ``None`` in an old index.
        grouped: near-copies are listed once; the hits are different sentences.
    """

    query: str
    total: int
    match: Literal["all", "synonym", "pinyin", "any"]
    took_ms: float
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    hits: tuple[Hit, ...] = ()
    reports: tuple[ReportHits, ...] = ()
    total_reports: int = 0
    suggestions: tuple[str, ...] = ()
    without_filters: tuple[WithoutFilters, ...] = ()
    total_exact: int | None = None
    counts_exact: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    more_by_synonyms: int = 0
    synonyms: tuple[str, ...] = ()
    total_distinct: int | None = None
    grouped: bool = False
    topic_names: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __len__(self) -> int:
        return len(self.hits)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> Results: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Hit | Results:
        if not isinstance(index, slice):
            return self.hits[index]
        hits = self.hits[index]
        places = {hit.place for hit in hits}
        reports = (
            replace(one, hits=tuple(hit for hit in one.hits if hit.place in places))
            for one in self.reports
        )
        return replace(self, hits=hits, reports=tuple(one for one in reports if one.hits))

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the hits as dictionaries, with the columns of CSV (:data:`HIT_COLUMNS`)."""
        of = {
            one.report.id: {"report_score": one.score, "report_matches": one.matches}
            for one in self.reports
        }
        nothing: dict[str, Any] = {"via": [], "before": [], "after": []}
        rows = []
        for hit in self.hits:
            row = nothing | hit.to_dict() | {"citation": hit.citation}
            row |= {"copies": hit.copies, "copies_reports": hit.copies_reports}
            row["variants"] = [
                f"{v.report.id}:{v.n} {' '.join(v.text.split())}" for v in hit.variants
            ]
            known = {name: row[name] for name in HIT_COLUMNS}
            rows.append(known | of.get(hit.report.id, {}))
        return rows

    def table_columns(self) -> Sequence[str]:
        """Return the columns of hits; of a search for reports score and matches of these too."""
        more = ("report_score", "report_matches") if self.reports else ()
        return (*HIT_COLUMNS, *more)

    def summary(self) -> str:
        """Return how many sentences match, and how many are here."""
        found = _("{count} sentences").format(count=self.total)
        if self.total_exact is not None and self.total_exact != self.total:
            found = _("{found}, {count} unbroken").format(found=found, count=self.total_exact)
        if self.total_distinct is not None and self.total_distinct != self.total:
            found = _("{found}, {count} different").format(found=found, count=self.total_distinct)
        if self.total_reports:
            message = _("{count} reports with {found}")
            found = message.format(count=self.total_reports, found=found)
        if len(self.hits) in (self.total, self.total_distinct if self.grouped else self.total):
            return found
        return _("{found}, {count} of them here").format(found=found, count=len(self.hits))

    def __repr__(self) -> str:
        said = "; ".join(shortened(hit.text, _SHORT) for hit in self.hits[:_NAMED_HITS])
        query = f" {shortened(self.query, _SHORT)!r}" if self.query else ""
        return f"<Results{query}: {self.summary()}{f': {said}' if said else ''}>"

    def _repr_html_(self) -> str:
        """Return the first hits as HTML, with topic, marked sentence and citation."""
        what = f"{self.query}: {self.summary()}" if self.query else self.summary()
        rows = []
        for hit in self.hits[:SHOWN_ROWS]:
            slugs = {slug: self.topic_names.get(slug, slug) for slug in (hit.topic, *hit.also)}
            place = " ".join((hit.place, *(f"≈{word}" for word in hit.via), hit.citation))
            lines = sentence_html(hit.highlight, place, hit.before, hit.after)
            rows.append([(topics_html(slugs), False), (lines, False)])
        return html_view(what, ("topic", "text"), rows, len(self.hits) - SHOWN_ROWS)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of the contracts."""
        out: dict[str, Any] = {
            "query": self.query,
            "total": self.total,
            "total_distinct": self.total_distinct,
            "match": self.match,
            "took_ms": self.took_ms,
            "counts": {facet: dict(values) for facet, values in self.counts.items()},
            "hits": [hit.to_dict() for hit in self.hits],
        }
        if self.total_exact is not None:
            out["total_exact"] = self.total_exact
            if self.counts_exact and self.total_exact < self.total:
                out["counts_exact"] = {f: dict(values) for f, values in self.counts_exact.items()}
        if self.more_by_synonyms:
            out["synonyms"] = {"total": self.more_by_synonyms, "words": list(self.synonyms)}
        if self.total_reports:
            out["total_reports"] = self.total_reports
            out["reports"] = [one.to_dict() for one in self.reports]
        if self.suggestions:
            out["suggestions"] = list(self.suggestions)
        if self.without_filters:
            out["without_filters"] = [one.to_dict() for one in self.without_filters]
        return out


Outcome = Literal["added", "replaced", "unchanged", "copy", "failed", "read"]


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file that was to be added.

    Attributes:
        source: the file.
        status: added, replaced, unchanged, copy of a report that is there, failed; or only read.
        report: id of the report, ``""`` when it failed.
        sentences: units of text of the report.
        message: why it failed, what it is the same as, or what is to be known of it.
    """

    source: str
    status: Outcome
    report: str = ""
    sentences: int = 0
    message: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "source": self.source,
            "status": self.status,
            "report": self.report,
            "sentences": self.sentences,
            "message": self.message,
        }
