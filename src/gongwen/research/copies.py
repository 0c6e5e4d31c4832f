"""What is copied where: sentences that stand in several reports, and those of one that are not its.

Near-copies (:mod:`~gongwen.nlp.duplicates.near_copies`) have the same skeleton. Of one report,
sentences are found too that are only like an earlier one: candidates share runs of six characters
with it, and their likeness is measured on the skeletons (:func:`likeness`).

"First seen" goes by the year that a report is about; a report of unknown year comes after all
others.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from ..nlp.duplicates.near_copies import own_names, skeleton
from ..nlp.errors import LibraryError
from ..nlp.text.dates import year_span
from ..nlp.text.normalize import squeeze
from ..nlp.text.numerals import in_values
from ..results import Report, StoredSentence
from ..storage.store import Store
from ..tabular import Tabular

if TYPE_CHECKING:
    from ..index.query import Filter
    from ..index.requests import CopyGroup
    from ..search import Searching

LEAST_LIKENESS = 0.75
"""Likeness from which a sentence is called like another: the half of it was added, or less."""
_LEAST_BLOCK = 3
"""Characters of a stretch that both have, for it to count; shorter ones are chance."""
_LEAST_LENGTH = 12
"""Characters of a skeleton that is compared; shorter ones are alike by chance."""
_COPIES_COLUMNS = (
    "text", "reports", "sentences", "years", "undated", "first_report", "first_n", "first_year",
    "first_region", "in_reports",
)  # fmt: skip
_TAKEN_COLUMNS = (
    "report", "n", "text", "likeness", "reports", "sentences", "first_report", "first_n",
    "first_year", "first_region", "first_text",
)  # fmt: skip
"""Columns of copied sentences, and of the sentences of a report that are not its own."""


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence of a report.

    Attributes:
        report: the report.
        n: its 1-based number there.
        text: the sentence.
    """

    report: Report
    n: int
    text: str


@dataclass(frozen=True, slots=True)
class CopiedSentence:
    """A sentence that stands in several reports.

    Attributes:
        first: where it stands first, by year and then id of the report.
        sentences: how many near-copies there are, this one among them.
        reports: ids of the reports that have one, the earliest first.
        years: the years of these, ascending; unknown ones are left out.
        undated: how many of the reports are of unknown year.
    """

    first: Place
    sentences: int
    reports: tuple[str, ...]
    years: tuple[str, ...]
    undated: int

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "text": self.first.text,
            "sentences": self.sentences,
            "reports": len(self.reports),
            "years": list(self.years),
            "undated": self.undated,
            "first_report": self.first.report.id,
            "first_n": self.first.n,
            "first_year": self.first.report.year,
            "first_region": self.first.report.region,
            "in_reports": list(self.reports),
        }


@dataclass(frozen=True, slots=True, repr=False)
class Copies(Sequence[CopiedSentence], Tabular):
    """What is copied in a library.

    Attributes:
        rows: the copied sentences, the one in most reports first.
        total: how many there are in all.
        sentences: how many sentences were looked at.
    """

    rows: tuple[CopiedSentence, ...]
    total: int
    sentences: int

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, n: SupportsIndex) -> CopiedSentence: ...
    @overload
    def __getitem__(self, n: slice) -> Copies: ...
    def __getitem__(self, n: SupportsIndex | slice) -> CopiedSentence | Copies:
        return replace(self, rows=self.rows[n]) if isinstance(n, slice) else self.rows[n]

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a row for each copied sentence, with the columns of CSV."""
        return [row.to_dict() for row in self.rows]

    def table_columns(self) -> Sequence[str]:
        """Return the columns of CSV and XLSX."""
        return _COPIES_COLUMNS

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "sentences": self.sentences,
            "total": self.total,
            "copies": [row.to_dict() for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class TakenSentence:
    """A sentence of a report that stands in another one too.

    Attributes:
        n: its 1-based number in the report.
        text: the sentence.
        first: where it stands first elsewhere.
        likeness: 1 for a near-copy, else how like the two are, from :data:`LEAST_LIKENESS`.
        sentences: how many near-copies stand elsewhere.
        reports: in how many other reports.
    """

    n: int
    text: str
    first: Place
    likeness: float
    sentences: int
    reports: int

    @property
    def dated(self) -> bool:
        """Whether the year of the other report is known."""
        return year_span(str(self.first.report.year)) is not None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "n": self.n,
            "text": self.text,
            "likeness": self.likeness,
            "sentences": self.sentences,
            "reports": self.reports,
            "first_report": self.first.report.id,
            "first_n": self.first.n,
            "first_year": self.first.report.year,
            "first_region": self.first.report.region,
            "first_text": self.first.text,
        }


@dataclass(frozen=True, slots=True, repr=False)
class ReportCopies(Sequence[TakenSentence], Tabular):
    """Which sentences of a report are not its own.

    Attributes:
        report: the report.
        rows: those that stand elsewhere, in the order of the report.
        sentences: how many sentences of the report were looked at.
        copied: how many of them are near-copies of one in a report that is not later.
        alike: how many are only like one there.
        undated: how many stand only in reports of unknown year, which may be later.
    """

    report: Report
    rows: tuple[TakenSentence, ...]
    sentences: int
    copied: int
    alike: int
    undated: int

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, n: SupportsIndex) -> TakenSentence: ...
    @overload
    def __getitem__(self, n: slice) -> ReportCopies: ...
    def __getitem__(self, n: SupportsIndex | slice) -> TakenSentence | ReportCopies:
        return replace(self, rows=self.rows[n]) if isinstance(n, slice) else self.rows[n]

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a row for each sentence, with the columns of CSV."""
        return [{"report": self.report.id, **row.to_dict()} for row in self.rows]

    def table_columns(self) -> Sequence[str]:
        """Return the columns of CSV and XLSX."""
        return _TAKEN_COLUMNS

    @property
    def own(self) -> int:
        """Sentences that stand nowhere else, and are like none."""
        return self.sentences - self.copied - self.alike - self.undated

    @property
    def share_own(self) -> float | None:
        """Share of the sentences that are its own, 0 to 1; ``None`` without sentences."""
        return round(self.own / self.sentences, 4) if self.sentences else None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "report": self.report.id,
            "year": self.report.year,
            "region": self.report.region,
            "sentences": self.sentences,
            "own": self.own,
            "share_own": self.share_own,
            "copied": self.copied,
            "alike": self.alike,
            "undated": self.undated,
            "copies": [row.to_dict() for row in self.rows],
        }


def copies_of_library(
    store: Store,
    answer: Callable[[Callable[[Searching], Copies]], Copies],
    filters: Sequence[Filter],
    limit: int | None,
) -> Copies:
    """Return the sentences that stand in two reports or more, the one in most reports first.

    Args:
        store: has the sentences.
        answer: asks of one moment of store and index.
        filters: conditions on sentences and reports, at least one.
        limit: sentences to give, ``None`` for all.

    Raises:
        LibraryError: an older version wrote the index.
    """

    def ask(searching: Searching) -> Copies:
        found = searching.copies(filters, sys.maxsize if limit is None else limit)
        if found is None:
            raise _outdated()
        sentence = _sentences(store, (group.ids[0] for group in found.groups))
        reports = _reports(store, {id_ for ids in found.reports for id_ in ids})
        rows = []
        for group, ids in zip(found.groups, found.reports, strict=True):
            first = sentence[group.ids[0]]
            years = [str(reports[id_].year) for id_ in ids]
            known = sorted({year for year in years if year_span(year)})
            undated = sum(year_span(year) is None for year in years)
            place = Place(reports[first.report], first.n, first.text)
            rows.append(CopiedSentence(place, group.sentences, tuple(ids), tuple(known), undated))
        return Copies(tuple(rows), found.total, found.sentences)

    return answer(ask)


def copies_of_report(
    store: Store,
    answer: Callable[[Callable[[Searching], ReportCopies]], ReportCopies],
    report: Report,
    of_units: Sequence[Filter],
    of_reports: Sequence[Filter],
    limit: int | None,
) -> ReportCopies:
    """Return which sentences of a report stand in another one that is not later.

    When the year of the report is unknown it is compared with all others.

    Args:
        store: has the sentences.
        answer: asks of one moment of store and index.
        report: the report.
        of_units: conditions on sentences, of this report and of others.
        of_reports: conditions on the other reports.
        limit: sentences to give, ``None`` for all; the numbers are always of all.

    Raises:
        LibraryError: an older version wrote the index.
    """

    def ask(searching: Searching) -> ReportCopies:
        reports = _reports(store, None)
        not_later = [id_ for id_, one in reports.items() if _may_be_source(one, report)]
        looked_at, found = searching.elsewhere(of_units, report.id, of_reports, not_later)
        if found is None:
            raise _outdated()
        first = {id_: where.copies.ids[0] for id_, where in found.items() if where.copies}
        near = {id_: where.near for id_, where in found.items() if not where.copies}
        needed = [*found, *first.values(), *(one for ids in near.values() for one in ids)]
        sentence = _sentences(store, needed)
        rows = []
        for id_, where in found.items():
            own_one = sentence[id_]
            source, likeness = first.get(id_), 1.0
            if source is None:
                likeness, source = _nearest(own_one, [sentence[i] for i in near[id_]], reports)
            if source is not None:
                other = sentence[source]
                place = Place(reports[other.report], other.n, other.text)
                rows.append(_taken(own_one, place, likeness, where.copies))
        rows.sort(key=lambda row: row.n)
        dated = [row for row in rows if row.dated]
        copied = sum(row.likeness == 1 for row in dated)
        return ReportCopies(
            report,
            tuple(rows[:limit]),
            looked_at,
            copied,
            len(dated) - copied,
            len(rows) - len(dated),
        )

    return answer(ask)


def likeness(one: str, other: str) -> float:
    """Return how like two skeletons are, 0 to 1.

    It is twice the number of characters in common stretches of three or more, by the characters of
    both (the coefficient of Dice).

    Example:
        >>> likeness("落实责任加强领导", "落实责任明确分工加强领导")
        0.8
    """
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    common = sum(block.size for block in blocks if block.size >= _LEAST_BLOCK)
    return round(2 * common / max(1, len(one) + len(other)), 4)


def _taken(
    own: StoredSentence, first: Place, likeness: float, copies: CopyGroup | None
) -> TakenSentence:
    count, reports = (copies.sentences, copies.reports) if copies else (1, 1)
    return TakenSentence(own.n, own.text, first, likeness, count, reports)


def _nearest(
    own: StoredSentence, others: Sequence[StoredSentence], reports: Mapping[str, Report]
) -> tuple[float, int | None]:
    """Return the likeness and id of the sentence that is most like one, ``None`` for none."""
    skeletons = [_skeleton(one, reports[one.report]) for one in (own, *others)]
    best, found = 0.0, None
    for other, text in zip(others, skeletons[1:], strict=True):
        if min(len(text), len(skeletons[0])) >= _LEAST_LENGTH:
            value = likeness(skeletons[0], text)
            if value >= LEAST_LIKENESS and value > best:
                best, found = value, other.id
    return best, found


def _skeleton(sentence: StoredSentence, report: Report) -> str:
    names = own_names(report.region, report.county, report.city, report.province, report.agency)
    return skeleton(in_values(squeeze(sentence.text)), names)


def _may_be_source(one: Report, report: Report) -> bool:
    """Return whether one report may be of the same year as another, or earlier."""
    if one.id == report.id:
        return False
    span, limit = year_span(str(one.year)), year_span(str(report.year))
    return span is None or limit is None or span[1] <= limit[1]


def _sentences(store: Store, ids: Iterable[int]) -> dict[int, StoredSentence]:
    return {one.id: one for one in store.sentences(list(dict.fromkeys(ids)))}


def _reports(store: Store, ids: Iterable[str] | None) -> dict[str, Report]:
    return {one.id: one for one in store.reports(ids)}


def _outdated() -> LibraryError:
    return LibraryError(
        "an older version wrote the index, which does not know near-copies; run gongwen reindex"
    )
