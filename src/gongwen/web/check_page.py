"""The page that checks files, a text, or reports of the library; nothing is stored unless asked."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from functools import partial

from markupsafe import Markup, escape
from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ..catalog import _, gettext_noop
from ..figures.report_check import Checker, CheckResult
from ..library import Library
from ..nlp.errors import QueryError, UnknownNameError
from ..nlp.records import Finding
from ..readers.files import SUFFIXES
from ..render.check_report import (
    MISSING,
    STATUSES,
    checked_dict,
    kind_name,
    missing_names,
    nothing_found,
    place_text,
    reason_text,
    status_name,
)
from .check_files import FORMATS, OneChecked, annotated, check_uploads, result_bytes, title_of
from .downloads import download, file_name, today
from .filters import choice, number, values
from .forms import NO_REPORTS, RefusedForm, changing, text_of
from .jobs import Job
from .jobs_page import job_of, show_job
from .originals import start_adding
from .page_messages import page_message
from .pages import page, render, see, wants_part
from .site import Site, site_of
from .uploads import Upload, Uploads, files_of, keep_files, private_folder

_ORDER = ("FAIL", "UNCERTAIN", "PASS")
_USUAL = ("FAIL", "UNCERTAIN")
"""Statuses of findings in the order of the page, and those shown when none is asked for."""
_KEPT = 30
"""Checks whose results and files are kept while the server runs."""
_LONGEST_TEXT = 500_000
_PAGE = 20
_MOST_REPORTS = 50
_LISTED = 500
"""Reports of the library that are offered to choose from; others are found by typing their id."""
_NUMBERS = re.compile(r"[0-9０-９]+(?:[.,．，][0-9０-９]+)*(?:[十百千万亿]+)?[%％]?")
_NOTHING = gettext_noop("nothing to check; drop a file, or paste a text")
_NO_FILES = gettext_noop("there is no file of this check to add")


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    return [
        page("/check", _show),
        page("/check/download", _download_reports),
        page("/check/{id}", _results),
        page("/check/{id}/download", _download),
        changing("/check", _check, writes=False),
        changing("/check/{id}/add", _add),
    ]


# -- reports of the library ------------------------------------------------------------------------


async def _show(request: Request) -> Response:
    """Show the form, and the findings of the reports of the library that the address names."""
    site = site_of(request)
    checked, problem = list[OneChecked](), ""
    try:
        checked = await site.work(_of_library, site.library, request.query_params)
    except UnknownNameError as error:
        problem = page_message(str(error))
    reports = await site.work(site.library.reports)
    return _page(request, checked, reports=reports[:_LISTED], problem=problem)


def _of_library(library: Library, params: QueryParams) -> list[OneChecked]:
    names = values(params, "report")
    if len(names) > _MOST_REPORTS:
        raise QueryError(f"too many values of report; at most {_MOST_REPORTS}")
    return [OneChecked(library.check(name)) for name in names]


async def _download_reports(request: Request) -> Response:
    site = site_of(request)
    checked = await site.work(_of_library, site.library, request.query_params)
    return await _file(request, site, checked)


# -- files and texts -------------------------------------------------------------------------------


async def _check(request: Request, form: FormData) -> Response:
    """Keep what is to be checked for a while, and start."""
    site = site_of(request)
    text = text_of(form, "text", _LONGEST_TEXT)
    given = files_of(form)
    if not (text or given):
        raise RefusedForm("check", _NOTHING, "/check")
    uploads = await site.work(keep_files, given)
    if not (text or uploads.files):
        uploads.remove()
        raise RefusedForm("check", NO_REPORTS, "/check")
    checker = Checker(site.library.models)
    work = partial(check_uploads, checker, uploads, text)
    job = site.jobs.start(
        "check",
        lambda tell: work(tell),
        by=request.state.session.name,
        answer=lambda found: checked_dict([one.of for one in found]),
        beside=True,
        kept=_KEPT,
        forgotten=uploads.remove,
        back="/check",
        uploads=uploads,
        text=text,
        left_out=uploads.left_out,
    )
    return see(f"/check/{job.id}")


async def _results(request: Request) -> Response:
    job = job_of(request, "check")
    if job.state != "done":
        return show_job(request, job)
    if wants_part(request):  # the script of the page looked whether the job has ended
        return Response(headers={"HX-Refresh": "true"})
    return _page(request, job.result, job=job)


def _page(
    request: Request,
    checked: Sequence[OneChecked],
    *,
    job: Job | None = None,
    reports: Sequence[object] = (),
    problem: str = "",
) -> Response:
    site = site_of(request)
    params = request.query_params
    at = number(params, "page", 1, 1)
    statuses = _statuses(params)
    readable = [one for one in checked if one.readable]
    counts = {status: sum(_count(one, status) for one in readable) for status in _ORDER}
    shown = [
        (place, one) for place, one in enumerate(checked) if one.readable
    ][(at - 1) * _PAGE : at * _PAGE]  # fmt: skip
    addable = bool(job and (job.details["uploads"].files or _titled(checked)))
    return render(
        request,
        "check.html",
        404 if problem else 200,
        problem=problem,
        job=job,
        checked=list(enumerate(checked)),
        shown=shown,
        page=at,
        pages=max(-(-len(readable) // _PAGE), 1),
        page_size=_PAGE,
        counts=counts,
        order=_ORDER,
        statuses=statuses,
        status_name=status_name,
        findings=partial(_findings, statuses=statuses),
        marked_sentence=_marked_sentence,
        kind_name=kind_name,
        nothing_found=nothing_found,
        reason_text=reason_text,
        place_text=place_text,
        missing_names=missing_names,
        missing=MISSING,
        count=_count,
        title_of=title_of,
        formats=FORMATS,
        addable=addable,
        reports=reports,
        asked=values(params, "report") if job is None else (),
        download_path=f"/check/{job.id}/download" if job else "/check/download",
        suffixes=" ".join(sorted(SUFFIXES)),
        most=site.settings.upload_bytes,
    )


def _statuses(params: QueryParams) -> tuple[str, ...]:
    """Return the statuses that an address asks for, those that matter first by default.

    Raises:
        QueryError: there is no such status.
    """
    asked = [one.upper() for one in values(params, "status")]
    for one in asked:
        if one not in STATUSES:
            raise QueryError("status must be one of fail, uncertain, pass")
    return tuple(status for status in _ORDER if status in (asked or _USUAL))


def _count(one: OneChecked, status: str) -> int:
    found = one.of.findings if isinstance(one.of, CheckResult) else ()
    return sum(finding.status == status for finding in found)


def _findings(one: OneChecked, *, statuses: Sequence[str]) -> list[Finding]:
    """Return the findings to show, failures first, each kind in the order of the text."""
    found = one.of.findings if isinstance(one.of, CheckResult) else ()
    chosen = (finding for finding in found if finding.status in statuses)
    return sorted(chosen, key=lambda finding: _ORDER.index(finding.status))


def _marked_sentence(result: CheckResult, finding: Finding) -> Markup:
    """Return the sentence of a finding as HTML, with its numbers marked."""
    start, end = result.span(finding)
    sentence, done = finding.sentence, 0
    numbers = Markup("")
    for match in _NUMBERS.finditer(sentence[start:end]):
        numbers += escape(sentence[start:end][done : match.start()])
        numbers += Markup("<u>{}</u>").format(match[0])
        done = match.end()
    numbers += escape(sentence[start:end][done:])
    before, after = escape(sentence[:start]), escape(sentence[end:])
    return before + Markup("<mark>{}</mark>").format(numbers) + after


# -- what is done with the results -----------------------------------------------------------------


async def _download(request: Request) -> Response:
    job = job_of(request, "check")
    if job.state != "done":
        raise HTTPException(409, gettext_noop("the check has not ended yet"))
    return await _file(request, site_of(request), job.result)


async def _file(request: Request, site: Site, checked: Sequence[OneChecked]) -> Response:
    """Give all results, or with ``file`` those of one report, in the format that is asked for."""
    params = request.query_params
    format = choice(params, "format", (*FORMATS, "docx"))
    statuses = _statuses(params)
    if not checked:
        raise HTTPException(400, _NOTHING)
    if "file" in params or format == "docx":
        checked = [checked[number(params, "file", 0, 0, len(checked) - 1)]]
    if format == "docx":
        data, name = await site.work(annotated, checked[0], statuses)
        return download(data, name)
    body = await site.work(result_bytes, [one.of for one in checked], format, statuses)
    what = title_of(checked[0]) if len(checked) == 1 else today()
    return download(body, file_name(format, _("Check of reports"), what))


async def _add(request: Request, form: FormData) -> Response:
    """Add what was checked to the library."""
    site = site_of(request)
    job = job_of(request, "check")
    if job.state != "done":
        raise HTTPException(409, gettext_noop("the check has not ended yet"))
    uploads = await site.work(_copied, job)
    by, both = request.state.session.name, form.get("same") == "both"
    adding = start_adding(site.jobs, site.library, uploads, by=by, keep_both=both)
    return see(f"/jobs/{adding.id}")


def _titled(checked: Sequence[OneChecked]) -> str:
    """Return the title of a pasted text that is a report, ``""`` when there is none."""
    titles = [one.of.title for one in checked if isinstance(one.of, CheckResult) and not one.upload]
    return titles[0] if len(titles) == 1 else ""


def _copied(job: Job) -> Uploads:
    """Return copies of the files of a check that could be read, and of a pasted report."""
    checked: list[OneChecked] = job.result
    kept = Uploads(private_folder(), [])
    readable = {one.upload: None for one in checked if one.upload and one.readable}
    for place, upload in enumerate(readable, 1):
        path = kept.folder / str(place) / upload.path.name
        path.parent.mkdir()
        shutil.copyfile(upload.path, path)
        kept.files.append(Upload(path, upload.parts))
    if title := _titled(checked):
        name = file_name("txt", title)
        path = kept.folder / name
        path.write_text(job.details["text"], "utf-8", "replace")
        kept.files.append(Upload(path, (name,)))
    if not kept.files:
        kept.remove()
        raise HTTPException(400, _NO_FILES)
    return kept
