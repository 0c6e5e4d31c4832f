"""What programs are told of long jobs."""

from __future__ import annotations

from typing import Any

from ..nlp.errors import UnknownNameError
from ..translation import in_language
from .api_questions import LIMIT, OFFSET, page_of
from .jobs import PRIVATE, Job
from .operations import Asked, Operation, total_of
from .schemas import ref


def job_dict(job: Job) -> dict[str, Any]:
    """Return a job as a JSON object; its error is in the language of who asks."""
    progress = {task: {"done": d, "total": t} for task, (d, t) in list(job.progress.items())}
    return {
        "job": job.id,
        "kind": job.kind,
        "by": job.by,
        "started": job.started,
        "state": job.state,
        "progress": progress,
        "result": job.told(),
        "error": in_language(job.error),
    }


def _job(asked: Asked) -> Any:
    job = asked.site.jobs.get(asked.values["job"])
    if job is None:
        raise UnknownNameError("job", asked.values["job"])
    return job_dict(job)


def _jobs(asked: Asked) -> Any:
    jobs = [job for job in asked.site.jobs.list() if job.kind not in PRIVATE]
    return page_of(asked, "jobs", map(job_dict, jobs))


def _reindex(asked: Asked) -> Any:
    library = asked.site.library
    job = asked.site.jobs.start("reindex", lambda tell: library.reindex(progress=tell), by=asked.by)
    return job_dict(job)


def jobs() -> tuple[Operation, ...]:
    """Return the operations of this file."""
    return (
        Operation(
            "reindex",
            "POST",
            "/reindex",
            "Build the index anew from the store.",
            _reindex,
            ref("Job"),
            group="library",
            writes=True,
            long=True,
        ),
        Operation(
            "jobs",
            "GET",
            "/jobs",
            "The long jobs of this server, the latest first; checks of files are not listed.",
            _jobs,
            ref("Jobs"),
            (LIMIT, OFFSET),
            group="library",
            total=total_of,
        ),
        Operation(
            "job",
            "GET",
            "/jobs/{job}",
            "How far a job is, and what it gave.",
            _job,
            ref("Job"),
            group="library",
        ),
    )
