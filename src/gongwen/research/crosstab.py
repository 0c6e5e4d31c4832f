"""Count the sentences of a library by up to three facets at once: a cross table.

Counts are exact over all sentences and never widened to synonyms or single words. Beside each count
stand how many of the sentences are distinct, how many hold the words unbroken, and the denominator
of its share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from ..catalog import _, choice_names, cited
from ..conditions import facet_name
from ..index.planner import KINDS, filters, unbroken
from ..index.query import And, Filter, Node, Not, Or, Run, Text
from ..index.requests import Axis, Cell, Counted
from ..index.searcher import Searcher
from ..nlp.errors import QueryError
from ..nlp.fields import LEVELS
from ..nlp.text.dates import stored_year, year_span
from ..tabular import Tabular

if TYPE_CHECKING:
    from ..nlp.topics.taxonomy import Taxonomy

MOST_FACETS = 3
ShareOf = Literal["cell", "reports", "all"]
"""What shares are of: the sentences of the cell that meet the filters, whatever their words
(``cell``); those of the reports of the cell, whatever their topic and role (``reports``); all
sentences of the table (``all``)."""
Order = Literal["name", "count"]
ReportRow = Mapping[str, str]
"""Fields of a report by name, and its ``adcode`` where places are counted."""

_OF_SENTENCES = {"topic": "topic", "role": "role", "unit": "kind"}
"""The axis of an engine for each facet of sentences; the others are fields of reports."""
_SENTENCE_CONDITIONS = frozenset({"topic", "role", "probability", "id"})
"""Filters on sentences that a share without words is not restricted to."""
_PLACES = ("region", "province", "city", "county")
_BY_FREQUENCY = frozenset({"kind", "agency"})
"""Facets without an order of their own: their values are sorted by frequency."""
_CODE_DIGITS = {"province": 2, "city": 4}
"""Digits of an administrative code that name a place of this facet; of the others all six."""
UNKNOWN = "未知"
"""What stands for a value that is not known."""
_UNIT_NAMES = {"title": "标题", "heading": "小标题", "sentence": "句子", "boilerplate": "套话"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRequest:
    """All that is asked of one table of counts.

    Attributes:
        query: in the query language; may be empty.
        filters: conditions besides the query.
        by: the facets, as :data:`~gongwen.conditions.FACET_NAMES` has them.
        share: whether shares are wanted.
        distinct: whether copies count once in shares and what is shown.
        sort: rows in the order of their values, or by count, the largest first.
        verbatim: exact strings want their marks as typed.

    Raises:
        QueryError: no facet, or more than three.
    """

    query: str
    filters: tuple[Filter, ...]
    by: tuple[str, ...]
    share: bool = False
    distinct: bool = False
    sort: Order = "name"
    verbatim: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.by) <= MOST_FACETS:
            raise QueryError(f"counts are by 1 to {MOST_FACETS} facets, not {len(self.by)}")
        if self.sort not in get_args(Order):
            orders = choice_names("sort", get_args(Order))
            message = _("sort must be {choices}, not {given}")
            raise QueryError(message.format(choices=orders, given=cited(str(self.sort))))


@dataclass(frozen=True, slots=True)
class CountCell:
    """The counts of one cell.

    Attributes:
        values: its value of each facet, ``""`` when unknown, ``None`` for all values together.
        count: sentences that match.
        exact: those of them that hold every run of words of the query unbroken.
        distinct: how many remain when copies of one sentence count once.
        of: the denominator of its share: sentences, or distinct ones when these are asked for.
        measured: ``count`` or ``distinct``, whichever was asked for; the numerator.
    """

    values: Cell
    count: int
    exact: int
    distinct: int
    of: int
    measured: int

    @property
    def share(self) -> float | None:
        """Share in percent, ``None`` when there is nothing that it could be a share of."""
        return round(100 * self.measured / self.of, 4) if self.of else None


@dataclass(frozen=True, slots=True, repr=False)
class CountTable(Tabular):
    """How many sentences have each combination of values of some facets.

    A cell exists where there are sentences that could have matched: a county without a report of a
    year has no cell for that year, one whose report does not have the words has a cell with 0.

    Attributes:
        query: the query as it was typed.
        by: the facets, one to three: rows, columns, and blocks.
        labels: for each facet its values in order; ``""``, an unknown one, is the last.
        cells: the cells by their values, in the order of ``labels``.
        totals: sums over one or more facets, which have ``None`` there. A sentence with several
            topics counts for each of them in the cells, and once in the sums over topics.
        names: Chinese names of the values that have others, by facet.
        share: whether shares were asked for.
        share_of: what shares are of.
        distinct: whether copies count once in shares and in what is shown.
        worded: whether the query has words, not only conditions.
        left_out: rows that :meth:`largest` has left out, and the sentences that they have.
        reports: for each facet of reports the value of each report, by its id.
    """

    query: str
    by: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    cells: Mapping[Cell, CountCell]
    totals: Mapping[Cell, CountCell]
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    share: bool = False
    share_of: ShareOf = "cell"
    distinct: bool = False
    worded: bool = False
    left_out: tuple[int, int] = (0, 0)
    reports: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.cells)

    def __getitem__(self, values: str | int | Cell) -> CountCell | None:
        """Return the cell of these values, ``None`` where no sentence could have matched.

        Example: ``table["陕西省", "2020"]``, of one facet ``table["陕西省"]``; ``None`` in place of
        a value is the total.
        """
        given = values if isinstance(values, tuple) else (values,)
        key: Cell = tuple(None if value is None else str(value) for value in given)
        return self.cells.get(key) or self.totals.get(key)

    @property
    def whole(self) -> CountCell:
        """The total over all cells, each sentence once."""
        return self.totals[(None,) * len(self.by)]

    @property
    def total(self) -> int:
        """Sentences that match."""
        return self.whole.count

    @property
    def total_exact(self) -> int:
        """Sentences that match and hold every run of words unbroken."""
        return self.whole.exact

    @property
    def total_distinct(self) -> int:
        """Matching sentences, copies of one sentence counted once."""
        return self.whole.distinct

    def name(self, facet: int, value: str) -> str:
        """Return the Chinese name of a value of the facet with this index; 未知 when unknown."""
        return self.names.get(self.by[facet], {}).get(value, value) or UNKNOWN

    def largest(self, limit: int) -> CountTable:
        """Return the table with the ``limit`` rows that have most sentences, in their order."""
        rows = self.labels[0]
        rest = (None,) * (len(self.by) - 1)
        ranked = sorted(rows, key=lambda row: -self.measured((row, *rest)))
        kept = set(ranked[:limit])
        if len(kept) == len(rows):
            return self
        lost = sum(self.measured((row, *rest)) for row in rows if row not in kept)
        return replace(
            self,
            labels=(tuple(row for row in rows if row in kept), *self.labels[1:]),
            cells={at: cell for at, cell in self.cells.items() if at[0] in kept},
            totals={at: c for at, c in self.totals.items() if at[0] is None or at[0] in kept},
            left_out=(len(rows) - len(kept), lost),
        )

    def measured(self, at: Cell) -> int:
        """Return what is counted in a cell or total, 0 when it does not exist."""
        cell = self[at]
        return cell.measured if cell else 0

    def table_columns(self) -> tuple[str, ...]:
        """Return the names of the columns of :meth:`to_dicts`."""
        return (*self.by, "count", "exact", "distinct", *(("of", "share") if self.share else ()))

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a dictionary for each cell: its values by facet, and its counts."""
        return [self._row(cell) for cell in self.cells.values()]

    def _row(self, cell: CountCell) -> dict[str, Any]:
        row: dict[str, Any] = {
            facet: stored_year(value) if facet == "year" and value else value
            for facet, value in zip(self.by, cell.values, strict=True)
        }
        return row | {name: getattr(cell, name) for name in self.table_columns()[len(self.by) :]}

    def shown_rows(self) -> list[dict[str, Any]]:
        """Return the rows for a notebook, with Chinese names of facets and values."""
        return [
            {facet_name(of): self.name(i, cell.values[i] or "") for i, of in enumerate(self.by)}
            | dict(list(self._row(cell).items())[len(self.by) :])
            for cell in self.cells.values()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of the contracts."""
        out: dict[str, Any] = {
            "query": self.query,
            "by": list(self.by),
            "total": self.total,
            "total_exact": self.total_exact,
            "total_distinct": self.total_distinct,
        }
        if self.share:
            out |= {"of": self.whole.of, "share_of": self.share_of}
            out["share_counts"] = "distinct" if self.distinct else "count"
        if self.left_out[0]:
            out["left_out"] = dict(zip(("rows", "count"), self.left_out, strict=True))
        out["cells"] = self.to_dicts()
        out["totals"] = [self._row(cell) for cell in self.totals.values()]
        out["names"] = {facet: dict(names) for facet, names in self.names.items() if names}
        return out


# -- counting ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Plan:
    """What has to be counted for one table.

    Attributes:
        matching: the sentences that are counted.
        unbroken: those of them that hold the runs unbroken, ``None`` when it is all of them.
        population: what shares are of, ``None`` for all that is counted.
        share_of: how that is called.
        worded: whether the query has words.
    """

    matching: Node
    unbroken: Node | None
    population: Node | None
    share_of: ShareOf
    worded: bool


def cross_tabulate(
    engine: Searcher,
    request: CountRequest,
    planned: Node,
    reports_with: Callable[[bool], Mapping[str, ReportRow]],
    taxonomy: Callable[[], Taxonomy],
) -> CountTable:
    """Count the sentences that match a query by one to three facets.

    Args:
        engine: counts them.
        request: what is asked for.
        planned: the planned tree of its query and filters.
        reports_with: gives the fields of all reports by id, with their ``adcode`` if wanted.
        taxonomy: gives the topics and roles; called when they are counted.
    """
    by, distinct = request.by, request.distinct
    reports = reports_with(not set(by).isdisjoint(_PLACES))
    plan = _plan(planned, by)
    given = {facet: _values_of_reports(facet, reports) for facet in by}
    axes = [_axis(facet, values) for facet, values in given.items()]
    queries = [plan.matching]
    queries += [plan.unbroken] if plan.unbroken is not None else []
    queries += [plan.population] if plan.population is not None else []
    counted = engine.tabulate(queries, axes)
    matching = counted[0]
    exact = counted[1] if plan.unbroken is not None else matching
    population = counted[-1] if plan.population is not None else None
    denominators = _denominators(matching, population, by, plan.share_of)
    ordered = [
        _ordered(
            facet,
            {at[i] for at in denominators if at[i] is not None},
            matching,
            i,
            Sorting(reports, given[facet], taxonomy),
        )
        for i, facet in enumerate(by)
    ]
    if request.sort == "count":
        n = len(by) - 1
        ordered[0] = sorted(
            ordered[0], key=lambda row: -_measured(matching.get((row, *(None,) * n)), distinct)
        )
    ranks: list[dict[str | None, int]] = [
        {None: len(labels), **{label: i for i, label in enumerate(labels)}} for labels in ordered
    ]
    cells: dict[Cell, CountCell] = {}
    totals: dict[Cell, CountCell] = {}
    for at in sorted(denominators, key=lambda at: [r[v] for r, v in zip(ranks, at, strict=True)]):
        found = matching.get(at, Counted(0, 0))
        cell = CountCell(
            at,
            found.sentences,
            exact.get(at, Counted(0, 0)).sentences,
            found.distinct,
            _measured(denominators[at], distinct),
            _measured(found, distinct),
        )
        (totals if None in at else cells)[at] = cell
    return CountTable(
        query=request.query,
        by=by,
        labels=tuple(map(tuple, ordered)),
        cells=cells,
        totals=totals,
        names={facet: _names(facet, taxonomy) for facet in by},
        share=request.share,
        share_of=plan.share_of,
        distinct=distinct,
        worded=plan.worded,
        reports={facet: values for facet, values in given.items() if values},
    )


def _measured(found: Counted | None, distinct: bool) -> int:
    if found is None:
        return 0
    return found.distinct if distinct else found.sentences


def _plan(planned: Node, by: Sequence[str]) -> _Plan:
    """Return what has to be counted, from the parts of the query that must all hold."""
    parts = list(_conjuncts(planned))
    exact = whole if (whole := unbroken(planned)) != planned else None
    plain = [part for part in parts if not _has_words(part)]
    if len(plain) < len(parts):
        return _Plan(planned, exact, And(tuple(plain)), "cell", True)
    of_reports = [
        part for part in parts if _SENTENCE_CONDITIONS.isdisjoint(f.field for f in filters(part))
    ]
    if len(of_reports) < len(parts) or not _OF_SENTENCES.keys().isdisjoint(by):
        return _Plan(planned, exact, And(tuple(of_reports)), "reports", False)
    return _Plan(planned, exact, None, "all", False)


def _conjuncts(node: Node) -> Iterator[Node]:
    """Yield the parts of a tree that must all hold."""
    if isinstance(node, And):
        for part in node.parts:
            yield from _conjuncts(part)
    else:
        yield node


def _has_words(node: Node) -> bool:
    match node:
        case And(parts=parts) | Or(parts=parts):
            return any(map(_has_words, parts))
        case Not(part=part):
            return _has_words(part)
        case _:
            return isinstance(node, Text | Run)


def _denominators(
    matching: Mapping[Cell, Counted],
    population: Mapping[Cell, Counted] | None,
    by: Sequence[str],
    share_of: ShareOf,
) -> Mapping[Cell, Counted]:
    """Return what the share of every cell and total is of; other cells have no sentences."""
    if population is None:
        whole = matching[(None,) * len(by)]
        return dict.fromkeys(matching, whole)
    if share_of == "cell":
        return population
    # Of all sentences of the same reports: topics, roles and kinds of units are taken together.
    inside = [i for i, facet in enumerate(by) if facet in _OF_SENTENCES]
    reports = {at: n for at, n in population.items() if all(at[i] is None for i in inside)}
    found: dict[Cell, Counted] = {}
    for own in {tuple(at[i] for i in inside) for at in matching}:
        for at, count in reports.items():
            cell = list(at)
            for i, value in zip(inside, own, strict=True):
                cell[i] = value
            found[tuple(cell)] = count
    return found


# -- values and their order ----------------------------------------------------------------------


def _axis(facet: str, values: Mapping[str, str]) -> Axis:
    if facet in _OF_SENTENCES:
        return Axis(cast("Literal['topic', 'role', 'kind']", _OF_SENTENCES[facet]))
    return Axis("report", None if facet == "report" else values)


def _values_of_reports(facet: str, reports: Mapping[str, ReportRow]) -> Mapping[str, str]:
    """Return the value of each report for a facet, by id; none for a facet of sentences."""
    if facet in _OF_SENTENCES:
        return {}
    if facet == "report":
        return {id_: id_ for id_ in reports}
    if facet in _PLACES:
        return _places(facet, reports)
    return {id_: row[facet] for id_, row in reports.items()}


def _places(facet: str, reports: Mapping[str, ReportRow]) -> Mapping[str, str]:
    """Return the place that each report counts for.

    A name of several places is preceded by the place above. A report about a larger place than
    those of the facet counts for its level (全国, 省级), a county outside cities for its province.
    """
    names = {id_: _place(facet, row) for id_, row in reports.items()}
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for id_, name in names.items():
        homes[name].add(_above(facet, reports[id_], name))
    return {
        id_: _above(facet, reports[id_], name) + name if len(homes[name]) > 1 else name
        for id_, name in names.items()
    }


def _place(facet: str, row: ReportRow) -> str:
    level = row["level"]
    if row[facet]:
        return row[facet]
    if level == "national":
        return LEVELS["national"][0]
    if facet == "city" and row["province"].endswith("市"):  # a municipality is its own city
        return row["province"]
    if facet == "city" and level == "county" and row["province"]:
        return f"{row['province']}直辖"
    levels = list(LEVELS)
    if facet in levels and level in levels and levels.index(level) < levels.index(facet):
        return f"{LEVELS[level][0]}级"
    return ""


def _above(facet: str, row: ReportRow, name: str) -> str:
    """Return the next larger place of ``name``, ``""`` when it is not a place or none is known."""
    if facet == "province" or row[facet] != name:
        return ""
    larger = {"city": ("province",), "county": ("city", "province")}
    wanted = larger.get(facet, ("county", "city", "province"))
    return next((row[one] for one in wanted if row[one] and row[one] != name), "")


@dataclass(frozen=True, slots=True)
class Sorting:
    """What the values of a facet are sorted by.

    Attributes:
        reports: fields of all reports by id.
        values: the value of each report by its id.
        taxonomy: gives the order of topics and roles.
    """

    reports: Mapping[str, ReportRow]
    values: Mapping[str, str]
    taxonomy: Callable[[], Taxonomy]

    def codes(self, facet: str) -> dict[str, str]:
        """Return the smallest administrative code of each place; those of a level come first."""
        digits = _CODE_DIGITS.get(facet, 6)
        codes: dict[str, str] = {}
        levels = list(LEVELS)
        for id_, value in self.values.items():
            row = self.reports[id_]
            code = row.get("adcode", "")[:digits] or "~"
            if row["level"] == "national" or not row[facet]:
                code = f"0{levels.index(row['level']) if row['level'] in levels else 9}"
            codes[value] = min(code, codes.get(value, "~"))
        return codes


def _ordered(
    facet: str,
    values: Iterable[str | None],
    matching: Mapping[Cell, Counted],
    i: int,
    sorting: Sorting,
) -> list[str]:
    """Return the values of a facet in order, an unknown one last.

    Years ascend; topics, roles, levels and kinds of units are in the order of their definitions;
    places in that of administrative codes; kinds of documents and agencies by frequency.
    """
    known = [value for value in values if value]
    unknown = [""] if "" in values else []
    size = len(next(iter(matching)))

    def total(value: str) -> int:
        at = tuple(value if axis == i else None for axis in range(size))
        return matching.get(at, Counted(0, 0)).sentences

    orders: Mapping[str, Callable[[], Sequence[str]]] = {
        "topic": lambda: sorting.taxonomy().topics.slugs,
        "role": lambda: sorting.taxonomy().roles.slugs,
        "unit": lambda: KINDS,
        "level": lambda: tuple(LEVELS),
    }
    if facet in orders:
        places = {value: n for n, value in enumerate(orders[facet]())}
        known.sort(key=lambda value: (places.get(value, len(places)), value))
    elif facet == "year":
        known.sort(key=lambda value: (*(year_span(value) or (9999, 9999)), value))
    elif facet in _PLACES:
        codes = sorting.codes(facet)
        known.sort(key=lambda value: (codes.get(value, "~"), value))
    elif facet in _BY_FREQUENCY:
        known.sort(key=lambda value: (-total(value), value))
    else:
        known.sort()
    return known + unknown


def _names(facet: str, taxonomy: Callable[[], Taxonomy]) -> Mapping[str, str]:
    """Return the Chinese names of the values of a facet."""
    if facet == "topic":
        return {slug: taxonomy().topics.zh(slug) for slug in (*taxonomy().topics.slugs, "unsure")}
    if facet == "role":
        return {slug: taxonomy().roles.zh(slug) for slug in taxonomy().roles.slugs}
    if facet == "level":
        return {level: f"{names[0]}级" for level, names in LEVELS.items()} | {"national": "国家级"}
    return _UNIT_NAMES if facet == "unit" else {}
