"""The page of a job: how far it is, and what came of it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ..catalog import _, gettext_noop
from .guard import message_parts
from .jobs import Job
from .page_messages import page_message
from .pages import page, render, say, see
from .site import site_of

KINDS = {
    "add": gettext_noop("Adding files"),
    "import": gettext_noop("Importing reports"),
    "reindex": gettext_noop("Building the index anew"),
    "verify": gettext_noop("Verifying the library"),
    "remove": gettext_noop("Removing reports"),
    "restore": gettext_noop("Restoring reports"),
    "empty": gettext_noop("Emptying the trash"),
    "check": gettext_noop("Checking reports"),
    "train": gettext_noop("Training a model"),
    "retag": gettext_noop("Tagging all sentences anew"),
}
"""What jobs do, by their kind."""
TASKS = {
    "reading": gettext_noop("files read"),
    "sentences": gettext_noop("sentences stored"),
    "indexing": gettext_noop("sentences indexed"),
    "verifying": gettext_noop("reports verified"),
    "checking": gettext_noop("files checked"),
}
"""What is counted, by the names of tasks."""
_COUNTED = {
    "add": ("reading", gettext_noop("{done} of {total} files")),
    "check": ("checking", gettext_noop("{done} of {total} files")),
    "verify": ("verifying", gettext_noop("{done} of {total} reports")),
    "reindex": ("indexing", gettext_noop("{done} of {total} sentences")),
}
"""The one task whose share the bar of a job shows, and how that is said."""
_LATEST = 50
"""Files that are listed while others are still read, beside those that failed."""
STATES = {
    "waiting": gettext_noop("waits for the work before it"),
    "running": gettext_noop("at work"),
    "done": gettext_noop("done"),
    "failed": gettext_noop("failed"),
}
OUTCOMES = {
    "added": gettext_noop("added"),
    "replaced": gettext_noop("replaced"),
    "unchanged": gettext_noop("unchanged"),
    "copy": gettext_noop("there already"),
    "failed": gettext_noop("not added"),
}
"""What became of files."""
_UNKNOWN = gettext_noop("this job is not known any more; jobs are forgotten when the server ends")
_SOON_SECONDS = 4.0
_LOOK_SECONDS = 0.05


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    return [page("/jobs/{id}", _show)]


def job_of(request: Request, *kinds: str) -> Job:
    """Return the job that an address names, as it is at this moment.

    Raises:
        HTTPException: it is not known any more, or none of ``kinds``.
    """
    job = site_of(request).jobs.get(request.path_params["id"])
    if job is None or (kinds and job.kind not in kinds):
        raise HTTPException(404, _UNKNOWN)
    return job.now()


async def _show(request: Request) -> Response:
    job = job_of(request)
    if job.kind == "check":
        return see(f"/check/{job.id}")
    return show_job(request, job)


def show_job(request: Request, job: Job) -> Response:
    """Return the page of a job, which comes anew every second until the job has ended."""
    said, hint = message_parts(page_message(job.error))
    task, counted = _COUNTED.get(job.kind, ("", ""))
    done, total = job.progress.get(task, (0, 0))
    ended = job.result if job.state == "done" else job.details.get("so_far", ())
    outcomes = [*ended] if job.kind in ("add", "import") else []
    failed = [one for one in outcomes if one.status == "failed"]
    others = [one for one in outcomes if one.status != "failed"]
    latest = others if job.ended else others[-_LATEST:]
    return render(
        request, "job.html", job=job, kinds=KINDS, tasks=TASKS, states=STATES, outcomes=OUTCOMES,
        error=said, hint=hint, bar=(done, total), task=task,
        counted=_(counted).format(done=min(done + 1, total), total=total) if total else "",
        rows=[*latest, *failed], left_away=len(others) - len(latest),
        counts=Counter(one.status for one in outcomes),
    )  # fmt: skip


async def soon(request: Request, job: Job, done: str, back: str) -> Response:
    """Send the browser on when a short job is done, or to the page of the job if it takes longer.

    Args:
        request: the request that started the job.
        job: the job.
        done: what is said when it is done.
        back: path of the page that follows then.
    """
    end = time.monotonic() + _SOON_SECONDS
    while not job.ended and time.monotonic() < end:
        await asyncio.sleep(_LOOK_SECONDS)
    if job.state != "done":
        return see(f"/jobs/{job.id}")
    say(request, _(done))
    return see(back)
