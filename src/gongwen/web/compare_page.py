"""The page that compares two reports, or the reports of two years, side by side."""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ..catalog import _, cited, current_language, listed
from ..library import Library
from ..nlp.errors import QueryError, UnknownNameError
from ..render.comparison_page import (
    comparison_page,
    figure_cells,
    kind_name,
    remarks,
    share_text,
    total_rows,
    write_comparison_book,
)
from ..render.delimited import csv_text, json_text
from ..render.report_text import joined_lines
from ..research.compare_reports import ReportComparison
from ..research.sentence_pairs import PAIR_COLUMNS, PAIR_KINDS, SentencePair
from .downloads import download, file_name
from .filters import FIELD_FILTERS, Filters, checked, choice, number, values
from .page_messages import page_message
from .pages import address, format_name, page, percent, render
from .report_view import field_name
from .site import site_of

UNSURE = 0.45
"""Below this likeness a pair is marked as unsure; near 0.36, the least, many are chance."""
_PAGE_PAIRS = 150
_MOST_FIGURES = 200
_MOST_SENTENCES = 40_000
"""Sentences of both sides together; more take longer than a page may."""
_MOST_NAMES = 2_000
"""Reports that the fields of the form suggest."""
_KEPT = 4
_FORMATS = ("xlsx", "html", "csv", "json")
Look = Literal["same", "out", "in"]


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    pages = ComparePages()
    return [page("/compare", pages.show), page("/compare/export", pages.export)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks to compare, and what of it to show.

    Attributes:
        before: name of the earlier report.
        after: name of the later one.
        years: the earlier and the later year, or spans of years.
        fields: conditions on the reports of the years.
        kinds: kinds of pairs that are shown.
        topics: slugs or names of the topics that are shown, all when empty.
    """

    before: str
    after: str
    years: tuple[str, str]
    fields: Mapping[str, tuple[str, ...]]
    kinds: tuple[str, ...]
    topics: tuple[str, ...]

    @classmethod
    def of(cls, params: QueryParams) -> Asked:
        """Read it from the query of an address.

        Raises:
            QueryError: a value is too long, there are too many, or a kind of pair is none.
        """
        filters = Filters.of(params)
        fields = {**filters.fields}
        if kinds := filters.lists.get("kind", ()):
            fields["kind"] = kinds
        only = values(params, "only")
        for one in only:
            if one not in PAIR_KINDS:
                known = listed(map(kind_name, PAIR_KINDS))
                message = _("{what} is none of {names}")
                raise QueryError(message.format(what=cited(one), names=known))
        return cls(
            before=checked(params.get("before", "")).strip(),
            after=checked(params.get("after", "")).strip(),
            years=(
                checked(params.get("before_year", "")).strip(),
                checked(params.get("after_year", "")).strip(),
            ),
            fields=fields,
            kinds=tuple(one for one in PAIR_KINDS if one in only) if only else PAIR_KINDS,
            topics=filters.lists.get("topic", ()),
        )

    @property
    def complete(self) -> bool:
        """Whether both sides are named."""
        return all(self.years) or bool(self.before and self.after)

    @property
    def lacks_report(self) -> bool:
        """Whether one of two reports is named."""
        return bool(self.before) != bool(self.after)

    @property
    def lacks_year(self) -> bool:
        """Whether one of two years is named."""
        return bool(self.years[0]) != bool(self.years[1])

    @property
    def by_year(self) -> bool:
        """Whether years are compared; two named reports go before them."""
        return all(self.years) and not (self.before and self.after)


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair of sentences as it is shown.

    Attributes:
        pair: the pair.
        name: its kind in words.
        remarks: moved, renumbered, split, merged, in words.
        sureness: how like the two are, in words; ``""`` of those that are not paired or equal.
        unsure: whether the two may be no pair.
        several: whether places name their report.
    """

    pair: SentencePair
    name: str
    remarks: list[str]
    sureness: str
    unsure: bool
    several: bool

    @classmethod
    def of(cls, pair: SentencePair, several: bool) -> PairView:
        """Return how a pair is shown.

        Args:
            pair: the pair.
            several: whether a side has several reports, so that places name theirs.
        """
        sureness = ""
        if pair.kind == "changed":
            sureness = _("{share} of the words in common").format(share=percent(pair.likeness))
        unsure = pair.kind == "changed" and pair.likeness < UNSURE
        return cls(pair, kind_name(pair.kind), remarks(pair), sureness, unsure, several)

    def side(self, side: int) -> Iterator[tuple[str, Look]]:
        """Yield the text of one side in parts that are the same, taken out or put in."""
        pair = self.pair
        text = (pair.before_text, pair.after_text)[side]
        how: Look = "in" if side else "out"
        done = 0
        for start, end in sorted((one.before_span, one.after_span)[side] for one in pair.changes):
            if start > done:
                yield joined_lines(text[done:start]), "same"
            if end > start:
                yield joined_lines(text[start:end]), how
            done = end
        yield joined_lines(text[done:]), "same"

    def places(self, side: int) -> list[tuple[str, str]]:
        """Return where the sentences of one side stand: the name of the place, and its address."""
        sentences = (self.pair.before, self.pair.after)[side]
        return [_place(one.report, one.n, self.several) for one in sentences]


class ComparePages:
    """The page of comparisons and its exports; it remembers the last comparisons."""

    def __init__(self) -> None:
        self._found: OrderedDict[Any, ReportComparison] = OrderedDict()
        self._lock = threading.Lock()

    async def show(self, request: Request) -> Response:
        """Show a comparison, or the form that asks for one."""
        site, params = site_of(request), request.query_params
        asked, problem, status, found = Asked.of(params), "", 200, None
        try:
            if asked.complete:
                found = await site.work(self._compare, site.library, asked)
        except (UnknownNameError, QueryError) as error:
            status = 404 if isinstance(error, UnknownNameError) else 400
            problem = page_message(str(error))
        reports = await site.search(site.library.reports)
        taxonomy = await site.search(lambda: site.library.taxonomy)
        context: dict[str, Any] = {
            "asked": asked,
            "problem": problem,
            "found": found,
            "taxonomy": taxonomy,
            "reports": reports[:_MOST_NAMES],
            "year_names": sorted({str(one.year) for one in reports if one.year}),
            "filters": [
                (name, field_name(name), " ".join(asked.fields.get(name, ())))
                for name in ("region", "kind", *_NARROWING)
            ],
        }
        if found is not None:
            topics = tuple(map(taxonomy.topics.resolve, asked.topics))
            context |= _shown(request, found, asked, topics)
        return render(request, "compare.html", status, **context)

    async def export(self, request: Request) -> Response:
        """Send a comparison as a file, with the kinds of pairs that the page shows."""
        site, params = site_of(request), request.query_params
        format_ = choice(params, "format", _FORMATS)
        asked = Asked.of(params)
        if not asked.complete:
            raise QueryError(_("name two reports, or two years"))

        def write(library: Library) -> tuple[bytes, str]:
            found = self._compare(library, asked)
            return _file(found, asked.kinds, format_), _file_name(found, format_)

        body, name = await site.work(write, site.library)
        return download(body, name)

    def _compare(self, library: Library, asked: Asked) -> ReportComparison:
        """Return a comparison, from memory when nothing has changed.

        Raises:
            UnknownNameError: there is no such report.
            QueryError: a side has no report, or there are too many sentences.
        """
        sides = asked.years if asked.by_year else (asked.before, asked.after)
        fields = {name: list(given) for name, given in asked.fields.items()}
        said = str(sorted(fields.items())) if asked.by_year else ""
        key = asked.by_year, sides, said, current_language(), library.generation
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        if asked.by_year:
            count = sum(
                one.sentences
                for year in sides
                for one in library.reports(years=year, fields=fields)
            )
            if count > _MOST_SENTENCES:
                message = _(
                    "{count} sentences are too many to compare on a page; at most {most}, narrow "
                    "the conditions"
                )
                raise QueryError(message.format(count=count, most=_MOST_SENTENCES))
            made = library.compare(years=sides, fields=fields)
        else:
            made = library.compare(*sides)
        with self._lock:
            self._found[key] = made
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)
        return made


_NARROWING = tuple(name for name in FIELD_FILTERS if name not in ("region", "level"))
"""Fields by which the reports of two years are narrowed, beside region and kind."""


def _shown(
    request: Request, found: ReportComparison, asked: Asked, topics: Sequence[str]
) -> dict[str, Any]:
    """Return what a page shows of a comparison."""
    chosen = [pair for pair in found if pair.kind in asked.kinds]
    chosen = [pair for pair in chosen if not topics or pair.topic in topics]
    pages = max(1, -(-len(chosen) // _PAGE_PAIRS))
    at = number(request.query_params, "page", 1, 1, pages)
    part = chosen[(at - 1) * _PAGE_PAIRS : at * _PAGE_PAIRS]
    several = max(len(found.before), len(found.after)) > 1
    groups = [
        (topic, [PairView.of(pair, several) for pair in pairs])
        for topic, pairs in groupby(part, key=lambda pair: pair.topic)
    ]
    totals = found.totals()
    rows, columns = total_rows(found)
    unsure = [pair for pair in found if pair.kind == "changed" and pair.likeness < UNSURE]
    return {
        "sides": [(_("Earlier side"), found.before), (_("Later side"), found.after)],
        "share": share_text(found),
        "kinds": [(kind, kind_name(kind), totals[kind]) for kind in PAIR_KINDS],
        "others": [(kind_name(kind), totals[kind]) for kind in ("moved", "split", "merged")],
        "unsure_count": len(unsure),
        "least": percent(UNSURE),
        "groups": groups,
        "chosen_count": len(chosen),
        "chosen_topics": topics,
        "page_at": at,
        "pages": pages,
        "figures": [
            (
                figure_cells(one),
                [_place(row.report.id, row.figure.n, several) for row in (one.before, one.after)],
                one.paired,
            )
            for one in found.figures[:_MOST_FIGURES]
        ],
        "figure_count": len(found.figures),
        "total_rows": rows,
        "total_columns": columns,
        "exports": [
            (format_name(name), "/compare/export?" + _query(request, name)) for name in _FORMATS
        ],
    }


def _place(report: str, n: int, several: bool) -> tuple[str, str]:
    """Return the name and the address of a sentence."""
    name = f"{report}:{n}" if several else _("Sentence {n}").format(n=n)
    return name, f"{address(f'/reports/{report}', at=n)}#s-{n}"


def _query(request: Request, format_: str) -> str:
    params = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if value and name not in ("page", "format", "lang")
    ]
    return str(QueryParams([*params, ("format", format_)]))


def _file(found: ReportComparison, kinds: Sequence[str], format_: str) -> bytes:
    """Return a comparison as a file, as the command line writes it."""
    if format_ == "html":
        return comparison_page(found, kinds).encode("utf-8")
    if format_ == "json":
        whole = found.to_dict()
        whole["sentences"] = [one for one in whole["sentences"] if one["kind"] in kinds]
        return (json_text(whole, indent=2) + "\n").encode("utf-8")
    if format_ == "csv":
        rows = [row for row in found.to_dicts() if row["kind"] in kinds]
        return csv_text(rows, PAIR_COLUMNS).encode("utf-8", "replace")
    with tempfile.TemporaryDirectory(prefix="gongwen-") as folder:
        path = Path(folder) / "comparison.xlsx"
        write_comparison_book(path, found, kinds)
        return path.read_bytes()


def _file_name(found: ReportComparison, format_: str) -> str:
    """Return a name for the file, of the reports that are compared."""
    sides = [
        side[0].id if len(side) == 1 else f"{side[0].year}" for side in (found.before, found.after)
    ]
    return file_name(format_, _("Comparison"), *sides)
