"""The page with the reports of the library: find, sort, add and remove them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ..catalog import _, gettext_noop
from ..library import Library
from ..nlp.errors import QueryError, UnknownNameError
from ..nlp.fields import LEVELS, REPORT_COLUMNS
from ..nlp.text.normalize import squeeze
from ..nlp.text.pinyin import sort_key
from ..readers.files import SUFFIXES
from ..render.delimited import csv_text, json_text
from ..render.readable_rows import report_rows, report_sheet
from ..render.xlsx import book_bytes
from ..results import Report
from .downloads import download, file_name, today
from .filters import Filters, choice, number
from .forms import NOTHING_CHOSEN, READ_ONLY, RefusedForm, changing
from .jobs_page import soon
from .originals import start_adding
from .page_messages import page_message
from .pages import may_write, page, render, see
from .site import site_of
from .uploads import kept_or_refused

_PAGE = 50
_MINUTE = len("2021-01-15T08:30")
"""Characters of a moment up to its minute."""
ENCODINGS = ("", "utf-8", "gb18030", "big5", "utf-16")
"""Encodings of plain text that can be said, first that it is to be found out."""
FORMATS = ("xlsx", "csv", "json")
COLUMNS = (
    ("title", gettext_noop("Title")),
    ("region", gettext_noop("Region")),
    ("year", gettext_noop("Year")),
    ("kind", gettext_noop("Kind of document")),
    ("agency", gettext_noop("Issuing body")),
    ("sentences", gettext_noop("Sentences")),
    ("added", gettext_noop("Added on")),
    ("notes", gettext_noop("Remarks")),
)
"""Columns of the table, each of which it can be sorted by."""


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    return [
        page("/library", _show),
        *(page(f"/library.{format}", partial(_list, format)) for format in FORMATS),
        changing("/library/add", _add),
        changing("/library/remove", _ask, writes=False),
        changing("/library/remove/yes", _remove),
    ]


# -- the list --------------------------------------------------------------------------------------


def found(library: Library, params: QueryParams) -> list[Report]:
    """Return the reports that an address asks for, in its order.

    Args:
        library: has the reports.
        params: conditions as of all pages, words of title, region, issuer, file or id in ``q``,
            ``sort`` and ``order``.

    Raises:
        QueryError, UnknownNameError: a value that cannot be.
    """
    filters = Filters.of(params)
    fields: dict[str, Any] = {name: list(given) for name, given in filters.fields.items()}
    if kinds := filters.lists.get("kind"):
        fields["kind"] = list(kinds)
    reports = library.reports(years=filters.years or None, fields=fields)
    if wanted := filters.lists.get("report"):
        reports = [one for one in reports if one.id in wanted]
    words = [squeeze(word) for word in filters.query.split()]
    if words:
        reports = [one for one in reports if all(word in _said(one) for word in words)]
    column = choice(params, "sort", [name for name, _head in COLUMNS], "added")
    usual = "desc" if column == "added" else "asc"
    falling = choice(params, "order", ("asc", "desc"), usual) == "desc"
    reports.sort(key=lambda one: sort_key(one.title))
    reports.sort(key=_key(column), reverse=falling)
    return reports


def _said(report: Report) -> str:
    source = report.source.replace("\\", "/").rpartition("/")[2]
    said = (report.title, report.region, report.agency, str(report.year), report.id, source)
    return squeeze(" ".join(said))


def _key(column: str) -> Callable[[Report], Any]:
    if column == "notes":
        return lambda report: len(report.notes)
    if column == "added":  # the page shows minutes; within one the titles are in order
        return lambda report: report.added[:_MINUTE]
    if column == "sentences":
        return lambda report: report.sentences
    if column == "year":
        return lambda report: str(report.year)
    return lambda report: sort_key(getattr(report, column))


async def _show(request: Request) -> Response:
    site = site_of(request)
    params = request.query_params
    filters, at, reports, problem = Filters(), 1, list[Report](), ""
    try:
        filters, at = Filters.of(params), number(params, "page", 1, 1)
        reports = await site.work(found, site.library, params)
    except (QueryError, UnknownNameError) as error:
        problem = page_message(str(error))
    everything = await site.work(site.library.reports)
    pages = max(-(-len(reports) // _PAGE), 1)
    shown = reports[(at - 1) * _PAGE : at * _PAGE]
    return render(
        request,
        "library.html",
        400 if problem else 200,
        problem=problem,
        filters=filters,
        reports=shown,
        found=len(reports),
        total=len(everything),
        kinds=sorted({one.kind for one in everything if one.kind}, key=sort_key),
        levels=LEVELS,
        level_names=LEVEL_NAMES,
        columns=COLUMNS,
        sort=params.get("sort") or "added",
        order=params.get("order") or ("asc" if params.get("sort", "added") != "added" else "desc"),
        page=at,
        pages=pages,
        formats=FORMATS,
        encodings=ENCODINGS,
        suffixes=" ".join(sorted(SUFFIXES)),
        most=site.settings.upload_bytes,
        remarks=lambda report: [page_message(note) for note in report.notes],
    )


LEVEL_NAMES = {
    "national": gettext_noop("national"),
    "province": gettext_noop("province"),
    "city": gettext_noop("city"),
    "county": gettext_noop("county"),
    "town": gettext_noop("town"),
}
"""Names of the levels of government."""


async def _list(format: str, request: Request) -> Response:
    site = site_of(request)
    reports = await site.work(found, site.library, request.query_params)
    filters = Filters.of(request.query_params)
    said = [value for name, value in filters.conditions if name != "report"]
    name = file_name(format, _("List of reports"), filters.query, *said[:3], today())
    return download(await site.work(list_bytes, reports, format), name)


def list_bytes(reports: Sequence[Report], format: str) -> bytes:
    """Return a list of reports as a file of one of :data:`FORMATS`."""
    if format == "xlsx":
        return book_bytes(Path("reports.xlsx"), [report_sheet(reports)])
    if format == "csv":
        text = csv_text(report_rows(reports), REPORT_COLUMNS)
    else:
        text = json_text({"reports": [one.to_dict() for one in reports]}, indent=2) + "\n"
    return text.encode("utf-8", "backslashreplace")


# -- adding ----------------------------------------------------------------------------------------


async def _add(request: Request, form: FormData) -> Response:
    """Keep the files of the form, and start to add them."""
    site = site_of(request)
    encoding = form.get("encoding") or ""
    if encoding not in ENCODINGS:
        raise HTTPException(400, gettext_noop("there is no such encoding to choose"))
    uploads = await site.work(kept_or_refused, form, "add", "/library")
    by = request.state.session.name
    both = form.get("same") == "both"
    job = start_adding(site.jobs, site.library, uploads, by=by, encoding=encoding, keep_both=both)
    return see(f"/jobs/{job.id}")


# -- removing --------------------------------------------------------------------------------------


def _chosen(form: FormData) -> list[str]:
    chosen = [one for one in form.getlist("report") if isinstance(one, str) and one]
    if not chosen:
        raise RefusedForm("remove", NOTHING_CHOSEN, "/library")
    return list(dict.fromkeys(chosen))


async def _ask(request: Request, form: FormData) -> Response:
    """List what is about to be removed."""
    if not may_write(request):
        raise HTTPException(403, READ_ONLY)
    site = site_of(request)
    known = {one.id: one for one in await site.work(site.library.reports)}
    reports = [known[one] for one in _chosen(form) if one in known]
    if not reports:
        raise RefusedForm("remove", NOTHING_CHOSEN, "/library")
    return render(request, "library_remove.html", reports=reports, back="/library")


async def _remove(request: Request, form: FormData) -> Response:
    site = site_of(request)
    by = request.state.session.name
    chosen = _chosen(form)
    known = {one.id for one in await site.work(site.library.reports)}
    ids = [one for one in chosen if one in known]  # never a part of another name
    if not ids:
        raise RefusedForm("remove", NOTHING_CHOSEN, "/library")
    work = partial(site.library.remove, *ids, by=by)
    job = site.jobs.start("remove", lambda tell: len(work()), by=by, back="/library")
    return await soon(
        request, job, gettext_noop("the reports are in the trash, from where they can be restored"),
        "/library",
    )  # fmt: skip
