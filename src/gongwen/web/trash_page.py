"""The page with the reports that were removed: restore them, or delete them for good."""

from __future__ import annotations

from functools import partial

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ..catalog import gettext_noop
from .forms import NOTHING_CHOSEN, READ_ONLY, RefusedForm, changing
from .jobs_page import soon
from .pages import may_write, page, render
from .site import site_of

_TRASH = "/library/trash"


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    return [
        page(_TRASH, _show),
        changing(f"{_TRASH}/restore", _restore),
        changing(f"{_TRASH}/empty", _ask, writes=False),
        changing(f"{_TRASH}/empty/yes", _empty),
    ]


async def _show(request: Request) -> Response:
    site = site_of(request)
    entries = await site.work(site.library.trash)
    return render(request, "trash.html", entries=entries[::-1], sure=False)


def _numbers(form: FormData) -> list[int]:
    given = [one for one in form.getlist("entry") if isinstance(one, str)]
    numbers = [int(one) for one in given if one.isascii() and one.isdecimal() and len(one) < 10]
    if not numbers:
        raise RefusedForm("trash", NOTHING_CHOSEN, _TRASH)
    return numbers


async def _restore(request: Request, form: FormData) -> Response:
    site = site_of(request)
    work = partial(site.library.restore, *_numbers(form))
    by = request.state.session.name
    job = site.jobs.start("restore", lambda tell: len(work()), by=by, back=_TRASH)
    return await soon(request, job, gettext_noop("the reports are back"), _TRASH)


async def _ask(request: Request, form: FormData) -> Response:
    """List what is about to be deleted for good: the entries that were ticked."""
    if not may_write(request):
        raise HTTPException(403, READ_ONLY)
    site = site_of(request)
    chosen = set(_numbers(form))
    entries = [one for one in await site.work(site.library.trash) if one.number in chosen]
    if not entries:
        raise RefusedForm("trash", NOTHING_CHOSEN, _TRASH)
    return render(request, "trash.html", entries=entries, sure=True, back=_TRASH)


async def _empty(request: Request, form: FormData) -> Response:
    site = site_of(request)
    work = partial(site.library.empty_trash, _numbers(form))
    by = request.state.session.name
    job = site.jobs.start("empty", lambda tell: work(), by=by, back=_TRASH)
    return await soon(request, job, gettext_noop("the reports are deleted for good"), _TRASH)
