"""The page that says what the library holds and whether it is whole, and moves all of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from ..catalog import _
from ..library import Library
from ..nlp.errors import ReadError
from ..render.delimited import jsonl_text
from .downloads import attachment, file_name, today
from .forms import changing
from .jobs import PRIVATE, Tell
from .jobs_page import KINDS, STATES
from .originals import Added, outcomes_dict
from .page_messages import page_message
from .pages import page, render, say, see
from .site import site_of
from .uploads import Uploads, kept_or_refused

_LINES = 200
"""Lines of an export that are sent at once."""


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    return [
        page("/library/status", _show),
        page("/library/export.jsonl", _export),
        changing("/library/verify", _verify, writes=False),
        changing("/library/reindex", _reindex),
        changing("/library/import", _import),
    ]


async def _show(request: Request) -> Response:
    site = site_of(request)
    status: dict[str, Any] = await site.work(site.library.status)
    trash = await site.work(site.library.trash)
    jobs = [job for job in site.jobs.list() if job.kind not in PRIVATE]
    return render(
        request, "status.html", status=status, trash=len(trash), jobs=jobs, kinds=KINDS,
        states=STATES, problems=[page_message(one) for one in status["problems"]],
    )  # fmt: skip


async def _verify(request: Request, form: FormData) -> Response:
    site = site_of(request)

    def work(tell: Tell) -> dict[str, object]:
        return site.library.status(deep=True, progress=tell)

    by = request.state.session.name
    job = site.jobs.start("verify", work, by=by, beside=True, back="/library/status")
    return see(f"/jobs/{job.id}")


async def _reindex(request: Request, form: FormData) -> Response:
    site = site_of(request)

    def work(tell: Tell) -> int:
        return site.library.reindex(progress=tell)

    by = request.state.session.name
    job = site.jobs.start("reindex", work, by=by, back="/library/status")
    return see(f"/jobs/{job.id}")


# -- export and import -----------------------------------------------------------------------------


async def _export(request: Request) -> Response:
    """Send everything as JSON lines, as it is read."""
    library = site_of(request).library
    damaged: list[str] = []
    headers = attachment(file_name("jsonl", _("Backup of the library"), today()))
    lines = _lines(request, library, damaged)
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)


async def _lines(request: Request, library: Library, damaged: list[str]) -> AsyncIterator[str]:
    """Yield the lines of an export, read by a thread of its own: SQLite wants one for each."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="gongwen-export")
    every: Iterator[dict[str, Any]] = library.export(damaged.append)
    loop = asyncio.get_running_loop()
    try:
        while rows := await loop.run_in_executor(pool, lambda: list(islice(every, _LINES))):
            yield jsonl_text(rows)
    finally:
        close = getattr(every, "close", None)
        if close:
            pool.submit(close)
        pool.shutdown(wait=False)
        with contextlib.suppress(AttributeError):
            for message in damaged:
                say(request, _("left out of the export: {what}").format(what=message))


async def _import(request: Request, form: FormData) -> Response:
    site = site_of(request)
    uploads = await site.work(kept_or_refused, form, "import", "/library/status")
    job = site.jobs.start(
        "import",
        partial(_bring_in, site.library, uploads),
        by=request.state.session.name,
        answer=outcomes_dict,
        forgotten=uploads.remove,
        back="/library",
        left_out=0,
    )
    return see(f"/jobs/{job.id}")


def _bring_in(library: Library, uploads: Uploads, tell: Tell) -> list[Added]:
    file = uploads.files[0]
    try:
        outcomes = library.import_(file.path)
    except ReadError as error:
        raise ReadError(str(error).replace(f"{file.path.parent}/", "")) from None
    finally:
        uploads.remove()
    titles = library.titles()
    added = [
        Added(
            one.source,
            one.status,
            one.report,
            titles.get(one.report, ""),
            one.sentences,
            one.message,
        )
        for one in outcomes
    ]
    return sorted(added, key=lambda one: one.status == "failed")
