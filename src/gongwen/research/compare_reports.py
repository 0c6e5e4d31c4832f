"""Compare two reports, or the reports of two years, sentence by sentence.

A sentence of the later side is ``kept`` when a sentence of the earlier side has the same words
(marks, spaces, width, script and the numbers of lists do not matter), ``changed`` when one has most
of them, and ``new`` when none has; what is left of the earlier side is ``dropped``. Every sentence
is in one pair. :mod:`.sentence_alignment` says how they are found. Boilerplate, such as page
numbers, is left out.

Of the numbers of two paired sentences those belong together that have one indicator, unit and role,
else those that stand at one place of the sentence. Numbers of other sentences do when each side has
one of this indicator, unit, status and period.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from ..catalog import _
from ..figures.figure_table import FigureRow, exact, marks, measured_in, plain_number, signed
from ..nlp.duplicates.similarity import longest_increasing
from ..nlp.errors import QueryError
from ..nlp.figures.units import base_unit
from ..nlp.records import Figure, Value
from ..nlp.text.normalize import fold, squeeze
from ..results import Report, StoredSentence
from ..tabular import Tabular
from .sentence_alignment import Match, Unit, align
from .sentence_pairs import (
    PAIR_COLUMNS,
    PAIR_KINDS,
    Change,
    Moved,
    SentencePair,
    differences,
    number_mark,
    pair_row,
    word_characters,
)

if TYPE_CHECKING:
    from ..nlp.topics.taxonomy import Taxonomy
    from ..storage.store import Store


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A number of the earlier side and the one that stands in its place on the later side.

    Attributes:
        before: the earlier number.
        after: the later number.
        topic: slug of the topic of the later sentence.
        paired: whether their sentences are a pair; else both sides have one number of this
            indicator, unit, status and period.
    """

    before: FigureRow
    after: FigureRow
    topic: str
    paired: bool

    @property
    def unit(self) -> str:
        """The unit of both values, that of the later number."""
        return self.after.figure.unit

    @property
    def before_value(self) -> Value:
        """The earlier value in :attr:`unit`, negative for a decrease; a range has two."""
        return signed(self.before.figure, self.unit)

    @property
    def after_value(self) -> Value:
        """The later value, negative for a decrease; a range has two."""
        return signed(self.after.figure, self.unit)

    @property
    def difference(self) -> int | float | None:
        """The later value less the earlier one, exact; ``None`` where one is a range."""
        change = self._change()
        return None if change is None else plain_number(change)

    @property
    def difference_unit(self) -> str:
        """The unit of the difference: that of a share is counted in points."""
        return _POINTS.get(self.unit, self.unit)

    @property
    def rate(self) -> float | None:
        """The difference in per cent of the earlier value.

        ``None`` of what is a rate itself, of ranges, and where the earlier value is 0.
        """
        change, before = self._change(), self.before_value
        if change is None or not before or isinstance(before, list | str) or self.unit in _POINTS:
            return None
        return round(float(change / abs(exact(before)) * 100), 2)

    def _change(self) -> Fraction | None:
        before, after = self.before_value, self.after_value
        if isinstance(before, list | str) or isinstance(after, list | str):
            return None
        return exact(after) - exact(before)

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object, with the names of :data:`FIGURE_COLUMNS` in their order.

        ``note`` says what sets a number apart from the exact result of one calendar year.
        """
        return {
            "topic": self.topic,
            "indicator": self.after.figure.indicator or self.before.figure.indicator,
            "before": self.before_value,
            "after": self.after_value,
            "unit": self.unit,
            "difference": self.difference,
            "difference_unit": self.difference_unit,
            "rate": self.rate,
            "before_status": self.before.status or "unknown",
            "after_status": self.after.status or "unknown",
            "before_year": self.before.figure.year,
            "after_year": self.after.figure.year,
            "before_note": "，".join(marks(self.before)),
            "after_note": "，".join(marks(self.after)),
            "paired": self.paired,
            "before_place": self.before.place,
            "after_place": self.after.place,
            "before_sentence": self.before.sentence,
            "after_sentence": self.after.sentence,
        }


FIGURE_COLUMNS = (
    "topic", "indicator", "before", "after", "unit", "difference", "difference_unit", "rate",
    "before_status", "after_status", "before_year", "after_year", "before_note", "after_note",
    "paired", "before_place", "after_place", "before_sentence", "after_sentence",
)  # fmt: skip
"""Columns of a table of numbers that changed."""
_POINTS = {"%": "个百分点", "‰": "个千分点"}
"""Units of rates, and the units of the difference of two of them."""


@dataclass(frozen=True, slots=True)
class ReportComparison(Sequence[SentencePair], Tabular):
    """Two sides of reports compared; iterating it gives the pairs, by topic.

    Attributes:
        before: the reports of the earlier side.
        after: the reports of the later side.
        pairs: the sentences by topic; topics and sentences in the order of the later side, a
            dropped sentence behind the one that it followed.
        figures: the numbers that changed.
        topics: Chinese names of the topics by their slugs, in the order of ``pairs``.
        characters: characters of the later side, without marks and spaces.
        taken_over: how many of these it has from the earlier side: all of the kept sentences, and
            of the changed ones those that did not change.
        notes: what is to be known of the two sides, in the language of messages.
    """

    before: tuple[Report, ...]
    after: tuple[Report, ...]
    pairs: tuple[SentencePair, ...]
    figures: tuple[FigureChange, ...]
    topics: Mapping[str, str]
    characters: int
    taken_over: int
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[SentencePair]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    @overload
    def __getitem__(self, n: SupportsIndex) -> SentencePair: ...
    @overload
    def __getitem__(self, n: slice) -> ReportComparison: ...
    def __getitem__(self, n: SupportsIndex | slice) -> SentencePair | ReportComparison:
        return replace(self, pairs=self.pairs[n]) if isinstance(n, slice) else self.pairs[n]

    def __repr__(self) -> str:
        sides = " → ".join(
            ", ".join(report.id for report in side) for side in (self.before, self.after)
        )
        counts = ", ".join(f"{n} {kind}" for kind, n in self.totals().items() if kind in PAIR_KINDS)
        return f"<ReportComparison {sides}: {counts}>"

    @property
    def share(self) -> float:
        """Share of the characters of the later side that are taken over, 0 to 1."""
        return self.taken_over / self.characters if self.characters else 0.0

    def totals(self, topic: str | None = None) -> dict[str, int]:
        """Return the number of pairs of each kind, and how many are moved, split and merged.

        Args:
            topic: slug of the topic that is counted; ``None`` for all.
        """
        counted: Counter[str] = Counter()
        for pair in self.pairs:
            if topic is None or pair.topic == topic:
                counted[pair.kind] += 1
                counted["moved"] += bool(pair.moved)
                counted["split"] += len(pair.after) > 1
                counted["merged"] += len(pair.before) > 1
        return {name: counted[name] for name in (*PAIR_KINDS, "moved", "split", "merged")}

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a row for each pair, with the columns of a CSV file."""
        return [pair_row(pair, self.topics) for pair in self.pairs]

    def table_columns(self) -> Sequence[str]:
        """Return the columns of pairs."""
        return PAIR_COLUMNS

    def shown_rows(self) -> list[dict[str, Any]]:
        """Return the rows for a notebook, with Chinese names of the columns of both sides."""
        heads = {
            "kind": "类别", "topic_zh": "主题", "before": "前份", "after": "后份",
            "numbers": "数字变动", "before_place": "前份位置", "after_place": "后份位置",
        }  # fmt: skip
        return [{head: row[name] for name, head in heads.items()} for row in self.to_dicts()]

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as a JSON object."""
        sides = {"before": self.before, "after": self.after}
        return {
            name: {
                "reports": [_report_dict(report) for report in side],
                "sentences": sum(len(getattr(pair, name)) for pair in self.pairs),
            }
            for name, side in sides.items()
        } | {
            "totals": self.totals(),
            "characters": self.characters,
            "taken_over": self.taken_over,
            "share_taken_over": round(self.share, 4),
            "topics": [
                {"topic": slug, "zh": zh} | self.totals(slug) for slug, zh in self.topics.items()
            ],
            "sentences": [pair.to_dict() for pair in self.pairs],
            "figures": [one.to_dict() for one in self.figures],
            "notes": list(self.notes),
        }


def _report_dict(report: Report) -> dict[str, Any]:
    return {
        "report": report.id,
        "title": report.title,
        "region": report.region,
        "year": report.year,
    }


# -- the two sides ---------------------------------------------------------------------------------


def compare_reports(
    store: Store, taxonomy: Taxonomy, before: Sequence[Report], after: Sequence[Report]
) -> ReportComparison:
    """Compare two sides, each of one report or several; the caller holds a snapshot of the store.

    Args:
        store: has the sentences and figures.
        taxonomy: names the topics.
        before: the earlier side; its reports are read one after the other.
        after: the later side.

    Raises:
        QueryError: a side has no report.
    """
    sides = [
        sorted(of, key=lambda one: (one.region, str(one.year), one.id)) for of in (before, after)
    ]
    if not all(sides):
        raise QueryError(_("nothing to compare: one side has no report"))
    texts = [_Text(store, side) for side in sides]
    pairs, shared = _pairs(*texts)
    lengths = [sum(word_characters(s.text) for s in pair.after) for pair in pairs]
    return ReportComparison(
        before=tuple(sides[0]),
        after=tuple(sides[1]),
        pairs=tuple(pairs),
        figures=tuple(_figure_changes(pairs, store, sides)),
        topics={slug: taxonomy.topics.zh(slug) for slug in dict.fromkeys(p.topic for p in pairs)},
        characters=sum(lengths),
        taken_over=sum(
            min(length, shared.get(pair, 0)) if pair.kind == "changed" else length
            for pair, length in zip(pairs, lengths, strict=True)
            if pair.before
        ),
        notes=tuple(_notes(*sides)),
    )


def reports_of_year(found: Sequence[Report], year: object) -> Sequence[Report]:
    """Return the reports that a filter has found.

    Raises:
        QueryError: there are none; names the year.
    """
    if not found:
        raise QueryError(_("no report of {year} meets the conditions").format(year=year))
    return found


class _Text:
    """The sentences of one side, without boilerplate, with the headings that they stand under."""

    def __init__(self, store: Store, reports: Sequence[Report]) -> None:
        self.sentences = [
            s
            for report in reports
            for s in store.sentences_of(report.id)
            if s.kind != "boilerplate"
        ]
        names = {report.id: _place_names(report) for report in reports}
        regions = {report.id: report.region for report in reports}
        headings: dict[tuple[str, str], int] = {}
        self.paths: list[tuple[int, ...]] = []
        self.units: list[Unit] = []
        for i, s in enumerate(self.sentences):
            path = s.section
            if s.kind == "heading":  # it belongs to the section that it opens
                headings[s.report, path] = i
                path = path.rpartition(" > ")[0]
            parts = path.split(" > ")
            above = (
                headings.get((s.report, " > ".join(parts[:n]))) for n in range(1, len(parts) + 1)
            )
            self.paths.append(tuple(at for at in above if at is not None))
            section = self.paths[-1][-1] if self.paths[-1] else -1
            self.units.append(Unit(s.text, s.kind, section, regions[s.report], names[s.report]))


_SUFFIX = re.compile(
    r"(?:(?:维吾尔|[\u4e00-\u9fff]{1,3}族){0,4}自治[区州县旗]|特别行政区|地区|新区|[省市县区州盟旗镇乡]|街道)$"
)


def _place_names(report: Report) -> tuple[str, ...]:
    """Return the names of the places of a report as its text has them, the longest first.

    Example: of 陕西省武功县 these are 陕西省, 武功县, 陕西 and 武功.
    """
    full = {squeeze(n) for n in (report.province, report.city, report.county, report.region) if n}
    short = {_SUFFIX.sub("", name) for name in full}
    return tuple(sorted((n for n in full | short if len(n) > 1), key=lambda n: (-len(n), n)))


def _pairs(one: _Text, other: _Text) -> tuple[list[SentencePair], dict[SentencePair, int]]:
    """Return all pairs, by topic, and the characters that the sentences of a changed one share."""
    matches = align(one.units, other.units)
    moves = _moves(matches, one, other)
    found: list[tuple[tuple[int, int, int], SentencePair]] = []
    shared: dict[SentencePair, int] = {}
    partner = {i: match.after[0] for match in matches for i in match.before}
    for match in matches:
        before = tuple(one.sentences[i] for i in match.before)
        after = tuple(other.sentences[j] for j in match.after)
        texts = "".join(s.text for s in before), "".join(s.text for s in after)
        changes: tuple[Change, ...] = ()
        same = 0
        if match.likeness < 1:
            spans, same = differences(*texts)
            changes = tuple(
                Change(texts[0][slice(*d.before)], texts[1][slice(*d.after)], *d)
                for d in sorted(spans, key=lambda d: not d.number)
            )
        pair = SentencePair(
            "changed" if changes else "kept",
            before,
            after,
            after[0].topic,
            match.likeness if changes else 1.0,
            changes,
            moves.get(match.after[0], ""),
            number_mark(texts[0]) != number_mark(texts[1]),
        )
        if changes:
            shared[pair] = same
        found.append(((match.after[0], 0, 0), pair))
    joined = {j for match in matches for j in match.after}
    for j, s in enumerate(other.sentences):
        if j not in joined:
            found.append(((j, 0, 0), SentencePair("new", (), (s,), s.topic, 0.0)))
    behind = -1
    for i, s in enumerate(one.sentences):
        behind = partner.get(i, behind)
        if i not in partner:
            found.append(((behind, 1, i), SentencePair("dropped", (s,), (), s.topic, 0.0)))
    found.sort(key=lambda item: item[0])
    topics = dict.fromkeys(
        [pair.topic for _at, pair in found if pair.after] + [pair.topic for _at, pair in found]
    )
    rank = {slug: n for n, slug in enumerate(topics)}
    return sorted((pair for _at, pair in found), key=lambda pair: rank[pair.topic]), shared


def _moves(matches: Sequence[Match], one: _Text, other: _Text) -> dict[int, Moved]:
    """Return how sentences have moved, by their place on the later side."""
    pairs = sorted((match.after[0], match.before[0]) for match in matches)
    texts, sections = (one, other), (dict[int, int](), dict[int, int]())
    votes: tuple[dict[int, Counter[int]], ...] = (defaultdict(Counter), defaultdict(Counter))
    for j, i in pairs:
        ends = (i, j)
        for side in (0, 1):
            if texts[side].sentences[ends[side]].kind == "heading":
                sections[side][ends[side]] = ends[1 - side]
            elif texts[0].paths[i] and texts[1].paths[j]:
                votes[side][texts[side].paths[ends[side]][-1]][
                    texts[1 - side].paths[ends[1 - side]][-1]
                ] += 1
    for side in (0, 1):  # a heading without a partner is where most of its sentences are now
        for heading, counted in votes[side].items():
            sections[side].setdefault(heading, counted.most_common(1)[0][0])
    moved: dict[int, Moved] = {}
    for j, i in pairs:
        paths = one.paths[i], other.paths[j]
        for side in (0, 1):
            inner = next((at for at in reversed(paths[side]) if at in sections[side]), None)
            if inner is not None and sections[side][inner] not in paths[1 - side]:
                moved[j] = "section"
    stayed = [(j, i) for j, i in pairs if j not in moved]
    chain = set(longest_increasing([i for _j, i in stayed]))
    return moved | {j: "order" for n, (j, _i) in enumerate(stayed) if n not in chain}


def _notes(before: Sequence[Report], after: Sequence[Report]) -> Iterator[str]:
    """Yield what is to be known of the two sides."""
    both = sorted({one.id for one in before} & {one.id for one in after})
    if both:
        yield _("on both sides: {reports}").format(reports=", ".join(both))
    regions = [{one.region or "全国" for one in side} for side in (before, after)]
    if max(map(len, regions)) > 1:
        names = "、".join(sorted(regions[0] | regions[1]))
        yield _("several regions are compared together: {regions}").format(regions=names)
        for missing, message in (
            (regions[0] - regions[1], _("only the earlier side has {regions}")),
            (regions[1] - regions[0], _("only the later side has {regions}")),
        ):
            if missing:
                yield message.format(regions="、".join(sorted(missing)))
    years = [[one.year for one in side if isinstance(one.year, int)] for side in (before, after)]
    if all(years) and min(years[0]) > max(years[1]):
        yield _("the first side is of a later year than the second; what it has alone is “dropped”")


# -- figures ---------------------------------------------------------------------------------------


def _figure_changes(
    pairs: Sequence[SentencePair], store: Store, sides: Sequence[Sequence[Report]]
) -> Iterator[FigureChange]:
    """Yield the numbers that changed, in the order of the pairs."""
    reports = {report.id: report for side in sides for report in side}
    figures: defaultdict[tuple[str, int], list[Figure]] = defaultdict(list)
    for figure in store.figures.find(set(reports)):
        if figure.kind != "date":
            figures[figure.report, figure.n].append(figure)
    several = max(map(len, sides)) > 1
    having: tuple[dict[Hashable, list[FigureRow]], ...] = (defaultdict(list), defaultdict(list))
    joined = dict[int, tuple[FigureRow, bool]]()  # by the identity of the later row
    used = set[int]()
    laid_out = list[tuple[str, list[FigureRow]]]()
    for pair in pairs:
        rows = [
            [
                FigureRow(figure, reports[s.report], s.text, s.start, s.role, s.section)
                for s in of
                for figure in figures.get((s.report, s.n), ())
            ]
            for of in (pair.before, pair.after)
        ]
        laid_out.append((pair.topic, rows[1]))
        for side in (0, 1):
            for row in rows[side]:
                having[side][_figure_key(row, several)].append(row)
        for before, after in _same_figures(pair, *rows):
            joined[id(after)] = before, True
            used.add(id(before))
    for key, [*ours] in having[0].items():
        theirs = having[1].get(key, ())
        if key and len(ours) == len(theirs) == 1 and id(ours[0]) not in used:
            joined.setdefault(id(theirs[0]), (ours[0], False))
    for topic, rows_after in laid_out:
        for row in rows_after:
            if id(row) in joined:
                change = FigureChange(joined[id(row)][0], row, topic, joined[id(row)][1])
                if change.before_value != change.after_value:
                    yield change


def _figure_key(row: FigureRow, several: bool) -> Hashable:
    """Return what two numbers of one indicator have in common, ``None`` without an indicator."""
    f = row.figure
    if not f.indicator:
        return None
    region = row.report.region if several else ""
    unit = base_unit(f.unit)
    return fold(f.indicator), unit, row.status, f.measure, f.role, f.period_kind, f.part_of, region


def _same_figures(
    pair: SentencePair, before: Sequence[FigureRow], after: Sequence[FigureRow]
) -> Iterator[tuple[FigureRow, FigureRow]]:
    """Yield the numbers of two paired sentences that belong together."""
    left = list(before)
    rest = list[FigureRow]()
    for row in after:
        named = fold(row.figure.indicator), row.figure.role, row.figure.measure
        for other in left:
            of = fold(other.figure.indicator), other.figure.role, other.figure.measure
            if of == named and named[0] and measured_in(other.figure.unit, row.figure.unit):
                yield other, row
                left.remove(other)
                break
        else:
            rest.append(row)
    for change in pair.changes:
        if change.number:
            ours = [row for row in left if _lies_in(row, pair.before, change.before_span)]
            theirs = [row for row in rest if _lies_in(row, pair.after, change.after_span)]
            if len(ours) == len(theirs) == 1 and measured_in(
                ours[0].figure.unit, theirs[0].figure.unit
            ):
                yield ours[0], theirs[0]


def _lies_in(row: FigureRow, sentences: Sequence[StoredSentence], span: tuple[int, int]) -> bool:
    """Return whether a number stands in a span of the text of several sentences."""
    ahead = 0
    for s in sentences:
        if (s.report, s.n) == (row.figure.report, row.figure.n):
            start, end = row.span
            return ahead + start < span[1] and span[0] < ahead + end
        ahead += len(s.text)
    return False
