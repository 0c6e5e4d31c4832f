"""The evaluate command: how good is the model, and where does it err?"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import LibraryOption, default_library
from .output import note, print_json, print_table, say, table, target_file, write_page
from .progress import progress_bar

if TYPE_CHECKING:
    from ..evaluating import EvaluatedModel
    from ..nlp.evaluation import Evaluation
    from ..nlp.taxonomy import Taxonomy

_PAIRS = 5
"""Confused pairs that are listed; JSON has all."""


class EvaluationFormat(StrEnum):
    """Output of evaluate."""

    table = "table"
    json = "json"


def evaluate(
    context: typer.Context,
    labels: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[LABELS]...", help="Files of labels; the check set if none."),
    ] = None,
    cross_validate: Annotated[
        bool,
        typer.Option(
            "--cross-validate",
            help="Train and test on folds of LABELS, or of what the model was trained on.",
        ),
    ] = False,
    format: Annotated[EvaluationFormat, typer.Option(help="Output.")] = EvaluationFormat.table,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with charts and mistakes too.")
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Say how good the library's active model is, topic by topic, and what it confuses.

    Without LABELS on the shipped check set, which is never trained on. A label file is JSONL, CSV,
    TSV, XLSX, or an export of Label Studio or doccano.

    Example: gongwen evaluate 我的标注.jsonl --html 评估.html
    """
    if html is not None:
        if html.resolve() in {path.resolve() for path in labels or ()}:
            raise typer.BadParameter(f"{html} holds labels; give another", param_hint="--html")
        target_file(html)
    from ..evaluating import cross_validate_model, evaluate_model
    from ..modelstore import ModelStore

    models = ModelStore((library or context.obj or default_library()) / "models")
    taxonomy = models.taxonomy()
    if cross_validate:
        with progress_bar({"fold": "folds"}) as tell:
            found = cross_validate_model(models, labels or (), tell)
    else:
        found = evaluate_model(models, labels or ())
    if html is not None:
        from ..evaluation_page import evaluation_page

        write_page(evaluation_page(found, taxonomy), html)
    if format is EvaluationFormat.json:
        print_json(found.to_dict())
    else:
        _print_tables(found.evaluation, taxonomy)
    _print_notes(found, html)


def _print_tables(e: Evaluation, taxonomy: Taxonomy) -> None:
    from ..nlp.mistakes import confusions

    zh = taxonomy.topics.zh
    topics = table("Topic", "主题", "Precision", "Recall", "F1", "Support 句", flowing=1)
    for s in e.topics:
        figures = (f"{value:.3f}" for value in (s.precision, s.recall, s.f1))
        topics.add_row(s.topic, zh(s.topic), *figures, str(s.support))
    print_table(topics)
    parts = (("plain", e.plain_f1), ("hard", e.hard_f1))
    apart = ", ".join(f"{name} {value:.3f}" for name, value in parts if value is not None)
    also = "" if e.also_f1 is None else f", also F1 {e.also_f1:.3f}"
    say(f"macro-F1 {e.macro_f1:.3f} ({apart}), micro-F1 {e.micro_f1:.3f}{also}")
    say(f"accuracy {e.accuracy:.3f}, expected calibration error (ECE) {e.ece:.3f}")
    for c in e.coverage[1:]:
        say(
            f"at {c.percent} % coverage: accuracy {c.accuracy:.3f}"
            f" ({c.sentences} sentences, probability from {c.threshold:.2f})"
        )
    if not e.mistakes:
        return
    say()
    pairs = table("Confused 应为 -> 判为", "Count", "Example 例句")
    for pair in confusions(e.mistakes)[:_PAIRS]:
        names = f"{zh(pair.truth)}\n-> {zh(pair.guess)}"
        pairs.add_row(names, str(pair.count), " ".join(pair.example.text.split()))
    print_table(pairs)


def _print_notes(found: EvaluatedModel, html: Path | None) -> None:
    sys.stdout.flush()
    note(f"{found.model}, {found.data}")
    note(found.split)
    if found.unknown:
        names = ", ".join(found.unknown)
        note(f"the model does not have these topics, and cannot get them right: {names}")
    if html is not None:
        note(f"wrote {html}")
