"""Give what a search found as a file: CSV, a workbook, JSON, or JSON lines."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ..catalog import _
from ..library import Library
from ..nlp.topics.taxonomy import Taxonomy
from ..render.delimited import csv_text, json_text, jsonl_text
from ..render.readable_rows import hit_sheet
from ..render.xlsx import book_bytes
from ..research.concordance import Concordance
from ..results import Results
from .downloads import FORMATS, download, file_name
from .facets import value_name
from .filters import switch
from .pages import page
from .search_question import Question
from .site import site_of

EXPORT_MOST = 10_000
"""Hits, reports or occurrences of one file; its name says so when there are more."""
_BEST = 3
_MOST_CONDITIONS, _LONGEST_QUERY = 3, 40
"""Conditions, and characters of the query, that the name of a file has."""


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    return [page(f"/search.{format}", _export, name=format) for format in FORMATS]


async def _export(request: Request) -> Response:
    """Give the hits of a page, or with ``all=1`` all hits up to :data:`EXPORT_MOST`."""
    site = site_of(request)
    format = request.url.path.rpartition(".")[2]
    question = Question.of(request.query_params)
    whole = switch(request.query_params, "all")
    found = await site.work(found_for_file, site.library, question, whole)
    total = total_in(found)
    cut = whole and total > EXPORT_MOST
    taxonomy = await site.work(lambda: site.library.taxonomy)
    name = _name(question, taxonomy, format, total if cut else 0)
    answer = download(await site.work(file_bytes, found, taxonomy, format, name), name)
    answer.headers["X-Total-Count"] = str(total)
    return answer


def found_for_file(library: Library, question: Question, whole: bool) -> Results | Concordance:
    """Search for what a file is to have.

    Args:
        library: is searched.
        question: the search.
        whole: all that is found, up to :data:`EXPORT_MOST`, in place of its page.

    Raises:
        QueryError, UnknownNameError: as :meth:`Library.search`.
    """
    limit = EXPORT_MOST if whole else question.size
    offset = 0 if whole else question.offset
    if question.view == "kwic":
        return library.concordance(
            question.filters.query,
            sort=question.sort,
            limit=limit,
            offset=offset,
            **question.arguments(),
        )
    return library.search(
        question.filters.query,
        limit=limit,
        offset=offset,
        sort=question.order,
        by=question.by,
        best=_BEST,
        context=question.context,
        group=question.group,
        **question.arguments(),
    )


def total_in(found: Results | Concordance) -> int:
    """Return how many hits, reports or occurrences there are in all."""
    if isinstance(found, Concordance):
        return found.total
    if found.total_reports:
        return found.total_reports
    return (found.total_distinct if found.grouped else None) or found.total


def file_bytes(
    found: Results | Concordance, taxonomy: Taxonomy, format: str, name: str = ""
) -> bytes:
    """Return what was found as a file, with the columns and keys of ``gongwen search``.

    Args:
        found: hits, or the occurrences of a concordance.
        taxonomy: names topics and roles in a workbook.
        format: one of :data:`FORMATS`.
        name: of the file, for messages.

    Raises:
        GongwenError: openpyxl is not installed, or a text is too long for a cell.
    """
    if format == "json":
        text = json_text(found.to_dict(), indent=2) + "\n"
    elif format == "jsonl":
        text = jsonl_text(one.to_dict() for one in found)
    elif format == "csv":
        text = csv_text(found.to_dicts(), found.table_columns())
    else:
        return book_bytes(Path(name), [hit_sheet(found, taxonomy)])
    return text.encode("utf-8", "backslashreplace")


def _name(question: Question, taxonomy: Taxonomy, format: str, total: int) -> str:
    """Return the name of a file: what was searched, under which conditions.

    Args:
        question: the search.
        taxonomy: names topics and roles.
        format: of the file.
        total: how many hits there are, when the file has only the first of them; else 0.
    """
    first = _("first {count} of {total}").format(count=EXPORT_MOST, total=total) if total else ""
    filters = question.filters
    conditions = [value_name(*one, taxonomy) for one in filters.conditions[:_MOST_CONDITIONS]]
    what = _("Concordance") if question.view == "kwic" else _("Search")
    return file_name(format, what, filters.query[:_LONGEST_QUERY], *conditions, first)
