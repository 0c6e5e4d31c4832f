"""The page that searches: words at the top, facets at the side, hits or a concordance."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from ..catalog import gettext_noop
from ..index.matching import to_html
from ..library import Library
from ..nlp.errors import QueryError, UnknownNameError
from ..research.concordance import Concordance
from ..results import Results
from .downloads import FORMATS
from .facets import FACETS, chips, chosen_facets, facets_of
from .filters import checked, number
from .help_page import EXAMPLES
from .page_messages import page_message
from .pages import page, render, wants_part, without_slugs
from .search_export import EXPORT_MOST
from .search_notes import DOUBTFUL, found_text, notes_on, total_of
from .search_question import MOST_CONTEXT, SIZES, Question, report_path, sentence_links
from .site import site_of

_WINDOW = 40
"""Characters on either side in a concordance."""
_NEIGHBOURS = 3
"""Sentences on either side that are shown of a hit when they are asked for."""
_BEST = 3
"""Sentences that are shown of each report."""
_EVERYTHING = ("title", "heading", "sentence")
"""The kinds of units that are found by default, as a condition that all of them meet."""
_CHANGED = gettext_noop("the library has changed meanwhile; search again")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found.

    Attributes:
        results: the hits of the page; of a concordance only totals and counts.
        lines: of a concordance its occurrences.
        counts: sentences by value, of each facet.
        took_ms: milliseconds that all of it took.
    """

    results: Results
    lines: Concordance | None
    counts: dict[str, dict[str, int]]
    took_ms: float


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    return [
        page("/", _start),
        page("/search", _search),
        page("/search/variants", _variants),
        page("/search/context", _context),
    ]


async def _start(request: Request) -> Response:
    return RedirectResponse("/search", 303)


async def _search(request: Request) -> Response:
    if "from" in request.query_params or "to" in request.query_params:
        return _with_years(request)
    site = site_of(request)
    question: Question | None = None
    found: Found | None = None
    problem, topics = "", dict[str, tuple[int, int]]()
    try:
        question = Question.of(request.query_params)
        if question.filters:
            ask = site.work if question.view == "kwic" else site.search
            found = await ask(find, site.library, question)
        else:
            topics = await site.search(site.library.topic_counts)
    except (QueryError, UnknownNameError) as error:
        problem = without_slugs(page_message(str(error)))
    # The script of the page shows only answers that are no errors.
    status = 400 if problem and not wants_part(request) else 200
    taxonomy = site.library.taxonomy
    shown = dict[str, Any]()
    if question and found:
        total = total_of(question, found.results, found.lines)
        shown = {
            "facets": facets_of(question, found.counts, taxonomy),
            "notes": notes_on(question, found.results, found.lines, taxonomy),
            "said": found_text(found.results) if found.lines is None else found.lines.summary(),
            "total": total,
            "pages": max(-(-total // question.size), 1),
        }
    return render(
        request,
        "search.html",
        status,
        question=question,
        query=question.filters.query if question else request.query_params.get("q", ""),
        found=found,
        problem=problem,
        shown=shown,
        chips=chips(question, taxonomy) if question else [],
        taxonomy=taxonomy,
        topics=topics,
        examples=EXAMPLES,
        sizes=SIZES,
        contexts=range(MOST_CONTEXT + 1),
        doubtful=DOUBTFUL,
        links=sentence_links,
        report_path=report_path,
        formats=FORMATS,
        export_most=EXPORT_MOST,
    )


def _with_years(request: Request) -> Response:
    """Send on to the address in which two fields of a form have become one span of years."""
    first, last = (checked(request.query_params.get(name, "")).strip() for name in ("from", "to"))
    kept = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in ("from", "to", "year", "page") and value
    ]
    if first or last:
        kept.append(("year", first if first == last else f"{first}..{last}"))
    return RedirectResponse(f"/search?{urlencode(kept)}", 303)


def find(library: Library, question: Question) -> Found:
    """Search as an address asks.

    The counts of a facet with chosen values are those without that condition, so that further
    values can be chosen; each takes one more search, which only counts.

    Raises:
        QueryError, UnknownNameError: as :meth:`Library.search`.
    """
    began = time.perf_counter()
    query, lines = question.filters.query, None
    if question.view == "kwic":
        lines = library.concordance(
            query,
            sort=question.sort,
            window=_WINDOW,
            limit=question.size,
            offset=question.offset,
            **question.arguments(),
        )
    chosen = chosen_facets(question.filters)
    results = library.search(
        query,
        limit=0 if lines is not None else question.size,
        offset=question.offset,
        sort=question.order,
        by=question.by,
        best=_BEST,
        context=question.context,
        group=question.group and lines is None,
        counts=FACETS,
        **question.arguments(),
    )
    counts = {name: dict(values) for name, values in results.counts.items()}
    for name in chosen:
        others = question.filters.without(name)
        arguments = question.arguments(others)
        if not others:
            arguments["kinds"] = _EVERYTHING
        counted = library.search(query, limit=0, group=False, counts=(name,), **arguments)
        counts[name] = dict(counted.counts.get(name, {}))
    return Found(results, lines, counts, (time.perf_counter() - began) * 1000)


async def _variants(request: Request) -> Response:
    """Show the near-copies of one hit of a search."""
    site = site_of(request)
    params = request.query_params
    question = Question.of(params)
    report, n = checked(params.get("report_id", "")), number(params, "n", 0, 0, 10_000_000)
    # A sentence that many have copied takes long to compare with all of its copies.
    results = await site.work(
        site.library.search,
        question.filters.query,
        limit=1,
        offset=number(params, "at", 0, 0, 10_000_000),
        sort=question.order,
        by=question.by,
        best=_BEST,
        copies=True,
        **question.arguments(),
    )
    hit = next((one for one in results if (one.report.id, one.n) == (report, n)), None)
    if hit is None:
        raise HTTPException(409, _CHANGED)
    return render(
        request,
        "variants.html",
        hit=hit,
        taxonomy=site.library.taxonomy,
        marked_at=to_html,
        links=sentence_links,
    )


async def _context(request: Request) -> Response:
    """Show a sentence with its neighbours."""
    site = site_of(request)
    params = request.query_params
    report, n = checked(params.get("report", "")), number(params, "n", 1, 1, 10_000_000)
    first, last = max(n - _NEIGHBOURS, 1), n + _NEIGHBOURS
    sentences = await site.search(site.library.sentences, report, first, last)
    if not any(one.n == n for one in sentences):
        raise HTTPException(404, _CHANGED)
    return render(
        request, "context.html", report=report, n=n, sentences=sentences,
        taxonomy=site.library.taxonomy, links=sentence_links,
    )  # fmt: skip
