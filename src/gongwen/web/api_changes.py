"""What programs can change: tags of sentences, facts of reports, files, models; and long jobs."""

from __future__ import annotations

from typing import Any

from ..nlp.errors import UnknownNameError
from ..nlp.fields import SETTABLE
from .jobs import Job
from .operations import Asked, Operation, Parameter
from .schemas import ANYTHING, listed, of, ref

_MOST = 1_000


def job_dict(job: Job) -> dict[str, Any]:
    """Return a job as a JSON object."""
    progress = {task: {"done": d, "total": t} for task, (d, t) in list(job.progress.items())}
    return {
        "job": job.id,
        "kind": job.kind,
        "by": job.by,
        "started": job.started,
        "state": job.state,
        "progress": progress,
        "result": job.result,
        "error": job.error,
    }


def _job(asked: Asked) -> Any:
    job = asked.site.jobs.get(asked.values["job"])
    if job is None:
        raise UnknownNameError("job", asked.values["job"])
    return job_dict(job)


def _jobs(asked: Asked) -> Any:
    return {"jobs": [job_dict(job) for job in asked.site.jobs.list()]}


def _correct(asked: Asked) -> Any:
    v = asked.values
    corrected = asked.site.library.correct(
        v["report"],
        v["n"],
        v["topic"],
        also=v["also"],
        role=v["role"] or "",
        author=v["author"] or asked.by,
        note=v["note"] or "",
    )
    return corrected.to_dict()


def _describe(asked: Asked) -> Any:
    v = asked.values
    return asked.site.library.describe(v["report"], **v["fields"]).to_dict()


def _suggest(asked: Asked) -> Any:
    v = asked.values
    found = asked.site.library.suggest(v["limit"], v["topic"] or "")
    return {"sentences": [one.to_dict() for one in found]}


def _models(asked: Asked) -> Any:
    return {"models": [one.to_dict() for one in asked.site.library.models.versions()]}


def _use_model(asked: Asked) -> Any:
    asked.site.library.use_model(asked.values["n"])
    return _models(asked)


def _retag(asked: Asked) -> Any:
    library = asked.site.library
    job = asked.site.jobs.start("retag", lambda tell: len(library.retag(tell)), by=asked.by)
    return job_dict(job)


def _reindex(asked: Asked) -> Any:
    library = asked.site.library
    job = asked.site.jobs.start("reindex", lambda tell: library.reindex(progress=tell), by=asked.by)
    return job_dict(job)


def _train(asked: Asked) -> Any:
    v, library = asked.values, asked.site.library

    def work(tell: Any) -> Any:
        found = library.train(texts=v["texts"], force=bool(v["force"]), progress=tell)
        return {"activated": found.activated, "version": found.version}

    return job_dict(asked.site.jobs.start("train", work, by=asked.by))


def changes() -> tuple[Operation, ...]:
    """Return the operations that change something, and those on jobs and models."""
    settable = ", ".join(SETTABLE)
    return (
        Operation(
            "correct",
            "PUT",
            "/reports/{report}/sentences/{n}/tags",
            "Say what a sentence is about; seen at once, and kept for good.",
            _correct,
            ref("Sentence"),
            body=(
                Parameter("topic", "slug or Chinese name", needed=True, example="enforcement"),
                Parameter("also", "further topics", many=True),
                Parameter("role", "the right role; the one it has stays without"),
                Parameter("author", "who says so; by default who has logged in", most=60),
                Parameter("note", "why"),
            ),
            group="teaching",
            writes=True,
        ),
        Operation(
            "describe",
            "PUT",
            "/reports/{report}/fields",
            f"Say what a report is, for good: {settable}; empty text takes back.",
            _describe,
            ref("Report"),
            body=(
                Parameter(
                    "fields",
                    "values by the names of fields",
                    dictionary=True,
                    needed=True,
                    example={"region": "武功县"},
                ),
            ),
            group="reports",
            writes=True,
        ),
        Operation(
            "suggest",
            "GET",
            "/suggestions",
            "The sentences that are worth labelling next.",
            _suggest,
            of({"sentences": listed(ANYTHING)}),
            (
                Parameter(
                    "limit", "sentences of the answer", "integer", default=20, least=1, most=_MOST
                ),
                Parameter("topic", "slug or Chinese name"),
            ),
            group="teaching",
        ),
        Operation(
            "models",
            "GET",
            "/models",
            "The models of the library; 0 is the shipped one.",
            _models,
            of({"models": listed(ANYTHING)}),
            group="teaching",
        ),
        Operation(
            "use_model",
            "POST",
            "/models/{n}/use",
            "Tag with another model from now on.",
            _use_model,
            of({"models": listed(ANYTHING)}),
            group="teaching",
            writes=True,
        ),
        Operation(
            "train",
            "POST",
            "/train",
            "Train a model on labels and corrections.",
            _train,
            ref("Job"),
            body=(
                Parameter(
                    "texts", "sentences without labels to learn from", many=True, most=10_000
                ),
                Parameter("force", "use it even if it is worse or was not measured", "boolean"),
            ),
            group="teaching",
            writes=True,
            long=True,
        ),
        Operation(
            "retag",
            "POST",
            "/retag",
            "Tag all sentences anew with the active model.",
            _retag,
            ref("Job"),
            group="teaching",
            writes=True,
            long=True,
        ),
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
            "The long jobs of this server, the latest first.",
            _jobs,
            ref("Jobs"),
            group="library",
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
