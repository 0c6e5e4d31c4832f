"""The page of sentences like one: how did others put it?"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ..catalog import _
from ..index.matching import to_html
from ..library import Library
from ..results import Report, Results, StoredSentence, citation
from .facets import NAMES, Chip, value_name
from .filters import Filters, checked, choice, number, switch
from .pages import page, render
from .search_notes import DOUBTFUL
from .search_question import SIZES, address_of, sentence_links
from .site import site_of


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    return [page("/similar", _similar)]


async def _similar(request: Request) -> Response:
    """Show the sentences most like sentence ``n`` of ``report``, with ``elsewhere`` of others."""
    site = site_of(request)
    params = request.query_params
    name, n = checked(params.get("report", "")), number(params, "n", 1, 1, 10_000_000)
    elsewhere = switch(params, "elsewhere")
    size = int(choice(params, "size", tuple(map(str, SIZES))))
    filters = Filters.of(params).without("report").without("kind")
    sentence, report, results = await site.work(
        find_similar, site.library, name, n, filters, elsewhere=elsewhere, size=size
    )
    place = [("report", report.id), ("n", str(n))]
    others = filters.conditions
    elsewhere_pair = [("elsewhere", "1")] if elsewhere else []
    taxonomy = site.library.taxonomy
    return render(
        request,
        "similar.html",
        sentence=sentence,
        report=report,
        source=citation(report, sentence.section, sentence.n, sentence.text),
        marked_at=to_html,
        links=sentence_links,
        results=results,
        taxonomy=taxonomy,
        chips=[
            Chip(
                _(NAMES[one[0]]),
                value_name(*one, taxonomy),
                address_of("/similar", [*place, *(o for o in others if o != one), *elsewhere_pair]),
            )
            for one in others
        ],
        doubtful=DOUBTFUL,
        elsewhere=elsewhere,
        toggle=address_of(
            "/similar", [*place, *others, *([] if elsewhere else [("elsewhere", "1")])]
        ),
        size=size,
        sizes=[
            (one, address_of("/similar", [*place, *others, *elsewhere_pair, ("size", str(one))]))
            for one in SIZES
        ],
    )


def find_similar(
    library: Library, name: str, n: int, filters: Filters, *, elsewhere: bool, size: int
) -> tuple[StoredSentence, Report, Results]:
    """Return a sentence, its report, and the sentences most like it.

    Args:
        library: is searched.
        name: id of the report.
        n: number of the sentence there.
        filters: conditions on the others: topics, roles, years and fields of reports.
        elsewhere: leave out the sentences of the same report.
        size: how many are wanted.

    Raises:
        UnknownNameError: there is no such report or sentence, or a condition names none.
        QueryError: a condition cannot be used.
    """
    report = library.report(name)
    [sentence] = library.sentences(report.id, n, n)
    arguments = filters.arguments()
    results = library.similar(
        report.id,
        n,
        topics=arguments.get("topics", ()),
        roles=arguments.get("roles", ()),
        years=arguments["years"],
        fields=arguments["fields"],
        elsewhere=elsewhere,
        limit=size,
        copies=True,
    )
    return sentence, report, results
