"""What programs can teach: tags of sentences, facts of reports, models."""

from __future__ import annotations

from typing import Any

from ..nlp.fields import SETTABLE
from .api_jobs import job_dict
from .api_questions import LIMIT, OFFSET, page_of
from .jobs import Tell
from .operations import Asked, Operation, Parameter, total_of
from .schemas import ANYTHING, WHOLE, listed, of, ref

_MOST = 1_000
_MODELS = of({"models": listed(ANYTHING), "total": WHOLE})


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


def _undo(asked: Asked) -> Any:
    v = asked.values
    author = v["author"] or asked.by
    return asked.site.library.undo_correction(v["report"], v["n"], author=author).to_dict()


def _history(asked: Asked) -> Any:
    v = asked.values
    return page_of(asked, "history", asked.site.library.history(v["report"], v["n"]))


def _describe(asked: Asked) -> Any:
    v = asked.values
    return asked.site.library.describe(v["report"], **v["fields"]).to_dict()


def _suggest(asked: Asked) -> Any:
    v = asked.values
    found = asked.site.library.suggest(v["limit"], v["topic"] or "")
    return {"sentences": [one.to_dict() for one in found]}


def _models(asked: Asked) -> Any:
    return page_of(asked, "models", asked.site.library.models.versions())


def _use_model(asked: Asked) -> Any:
    library = asked.site.library
    library.use_model(asked.values["n"])
    versions = library.models.versions()
    return {"models": [one.to_dict() for one in versions], "total": len(versions)}


def _retag(asked: Asked) -> Any:
    library = asked.site.library

    def work(tell: Tell) -> int:
        return sum(one.another_topic for one in library.retag(tell))

    return job_dict(asked.site.jobs.start("retag", work, by=asked.by))


def _train(asked: Asked) -> Any:
    v, library = asked.values, asked.site.library

    def work(tell: Tell) -> Any:
        found = library.train(texts=v["texts"], force=bool(v["force"]), progress=tell)
        return {"activated": found.activated, "version": found.version}

    return job_dict(asked.site.jobs.start("train", work, by=asked.by))


def changes() -> tuple[Operation, ...]:
    """Return the operations of this file."""
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
                Parameter("also", "further topics", many=True, example=["legal-publicity"]),
                Parameter("role", "the right role; the one it has stays without", example="plan"),
                Parameter(
                    "author", "who says so; by default who has logged in", most=60, example="王科员"
                ),
                Parameter("note", "why", example="讲的是执法检查"),
            ),
            group="teaching",
            writes=True,
        ),
        Operation(
            "undo",
            "DELETE",
            "/reports/{report}/sentences/{n}/tags",
            "Take back the last correction of a sentence; the one before it counts again.",
            _undo,
            ref("Sentence"),
            (
                Parameter(
                    "author",
                    "who takes it back; by default who has logged in",
                    most=60,
                    example="王科员",
                ),
            ),
            group="teaching",
            writes=True,
        ),
        Operation(
            "history",
            "GET",
            "/reports/{report}/sentences/{n}/tags/history",
            "What was said of a sentence, by whom, and what of it was taken back; oldest first.",
            _history,
            ref("History"),
            (LIMIT, OFFSET),
            group="teaching",
            total=total_of,
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
                Parameter("topic", "slug or Chinese name", example="enforcement"),
            ),
            group="teaching",
        ),
        Operation(
            "models",
            "GET",
            "/models",
            "The models of the library; 0 is the shipped one.",
            _models,
            _MODELS,
            (LIMIT, OFFSET),
            group="teaching",
            total=total_of,
        ),
        Operation(
            "use_model",
            "POST",
            "/models/{n}/use",
            "Tag with another model from now on.",
            _use_model,
            _MODELS,
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
                    "texts",
                    "sentences without labels to learn from",
                    many=True,
                    most=10_000,
                    example=["开展执法检查3次。"],
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
            "Tag all sentences anew with the active model; gives how many have other topics now.",
            _retag,
            ref("Job"),
            group="teaching",
            writes=True,
            long=True,
        ),
    )
