"""JSON of the commands that teach and tag, and the option that asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..nlp.topics.evaluation import Evaluation
    from ..results import TagChange
    from ..training.model_comparison import Comparison
    from ..training.train import TrainedModel


class TableOrJson(StrEnum):
    """Output of commands that say what they did."""

    table = "table"
    json = "json"


TableOrJsonOption = Annotated[TableOrJson, typer.Option("--format", help="Output.")]


def change_rows(changes: Sequence[TagChange]) -> list[dict[str, Any]]:
    """Return changed tags as JSON objects: a sentence with the topics that it had and has now."""
    return [
        {
            "report": change.sentence.report,
            "n": change.sentence.n,
            "text": change.sentence.text,
            "topic_before": change.sentence.topic,
            "also_before": list(change.sentence.also),
            "topic": change.tag.topic,
            "also": list(change.tag.also),
            "probability": round(change.tag.probability, 4),
        }
        for change in changes
    ]


CHANGE_COLUMNS = (
    "report", "n", "text", "topic_before", "also_before", "topic", "also", "probability",
)  # fmt: skip
"""The keys of :func:`change_rows`, in order."""


def comparison_dict(result: Comparison) -> dict[str, Any]:
    """Return what came of a training in a library as a JSON object."""
    return {
        "version": result.version,
        "against": result.against,
        "activated": result.activated,
        "measured": result.measured,
        "worse": [change.topic for change in result.losses],
        "lost": list(result.lost),
        "untested": dict(result.untested),
        "used": asdict(result.used),
        "before": _scores(result.before),
        "after": _scores(result.after),
    }


def trained_dict(trained: TrainedModel, path: str) -> dict[str, Any]:
    """Return a model that was trained to a file as a JSON object."""
    return {
        "file": path,
        "untested": dict(trained.untested),
        "used": asdict(trained.used),
        "after": _scores(trained.evaluation),
    }


def _scores(e: Evaluation | None) -> dict[str, Any] | None:
    """Return the scores of a cross-validation, by topic too."""
    if e is None:
        return None
    return {
        "macro_f1": e.macro_f1,
        "accuracy": e.accuracy,
        "sentences": e.sentences,
        "folds": e.folds,
        "topics": [
            {
                "topic": score.topic,
                "precision": score.precision,
                "recall": score.recall,
                "f1": score.f1,
                "sentences": score.support,
            }
            for score in e.topics
        ],
    }
