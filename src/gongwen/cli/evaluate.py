"""The command ``evaluate``, and the tables of scores that ``train`` prints too."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..catalog import _, current_language, in_brackets
from .options import LibraryOption, default_library
from .output import (
    note,
    print_json,
    print_table,
    progress_bar,
    say,
    table,
    target_file,
    width,
    write_page,
)
from .text_width import columns

if TYPE_CHECKING:
    from ..nlp.topics.evaluation import Evaluation, TopicScore
    from ..nlp.topics.taxonomy import Taxonomy
    from ..storage.models import Measure
    from ..training.evaluate import EvaluatedModel

_MAX_PAIRS = 5
"""Maximum confused pairs of topics in the table; JSON has all."""
_GAP = 3
"""Columns of a terminal between two columns of a table."""


class EvaluationFormat(StrEnum):
    """Output formats of evaluate."""

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
            message = _("{path} holds labels; give another").format(path=html)
            raise typer.BadParameter(message, param_hint="--html")
        target_file(html)
    # late: a search must not load the training
    from ..storage.models import ModelStore
    from ..training.evaluate import cross_validate_model, evaluate_model

    models = ModelStore((library or context.obj or default_library()) / "models")
    taxonomy = models.taxonomy()
    if cross_validate:
        with progress_bar({"fold": _("folds")}) as tell:
            found = cross_validate_model(models, labels or (), tell)
    else:
        found = evaluate_model(models, labels or ())
    if html is not None:
        from ..render.html_reports import evaluation_page  # late: only with --html

        write_page(evaluation_page(found, taxonomy), html)
    if format is EvaluationFormat.json:
        print_json(found.to_dict())
    else:
        _print_tables(found, taxonomy)
    _print_notes(found, taxonomy, html)


# -- Tables ----------------------------------------------------------------------------------------


def print_scores(e: Evaluation, taxonomy: Taxonomy) -> None:
    """Print precision, recall and F1 of each topic."""
    heads = (_("Precision"), _("Recall"), "F1", _("Sentences"))
    print_by_topic(
        [
            (s.topic, *(f"{value:.3f}" for value in (s.precision, s.recall, s.f1)), str(s.support))
            for s in e.topics
        ],
        heads,
        taxonomy,
    )


def print_changes(before: Evaluation, after: Evaluation, taxonomy: Taxonomy) -> None:
    """Print the F1 of each topic before and after training; – where it was no topic before."""
    from ..render.training_report import score_change  # late: other commands train nothing

    old: dict[str, TopicScore] = {score.topic: score for score in before.topics}
    heads = (_("F1 before"), _("F1 after"), _("Change"), _("Sentences"))
    rows = []
    for s in after.topics:
        earlier = f"{old[s.topic].f1:.3f}" if s.topic in old else "–"
        change = score_change(old[s.topic].f1, s.f1) if s.topic in old else "–"
        rows.append((s.topic, earlier, f"{s.f1:.3f}", change, str(s.support)))
    print_by_topic(rows, heads, taxonomy)


def print_by_topic(rows: Sequence[Sequence[str]], heads: Sequence[str], taxonomy: Taxonomy) -> None:
    """Print a table with a row for each topic.

    Topics have their Chinese names; in English their slugs too, where the terminal is wide enough.

    Args:
        rows: for each topic its slug and the other cells.
        heads: heads of the other cells.
        taxonomy: gives the names.
    """
    zh = taxonomy.topics.zh
    lines = [heads, *(row[1:] for row in rows)]
    taken = sum(max(map(columns, cells)) + _GAP for cells in zip(*lines, strict=True))
    taken += max((columns(zh(row[0])) for row in rows), default=0)
    taken += max((columns(row[0]) for row in rows), default=0) + _GAP
    if current_language() == "en" and taken <= width():
        out = table("Topic", "主题", *heads, flowing=1)
        for slug, *cells in rows:
            out.add_row(slug, zh(slug), *cells)
    else:
        out = table("主题" if current_language() == "zh" else "Topic 主题", *heads, flowing=0)
        for slug, *cells in rows:
            out.add_row(zh(slug), *cells)
    print_table(out)


def kind_name(measure: Measure) -> str:
    """Return what kind of sentences a figure is of, for display."""
    return {
        "cross-validation": _("cross-validation"),
        "check set": _("check set"),
        "own file": _("own file"),
    }[measure.kind]


def print_measures(measures: Sequence[Measure]) -> None:
    """Print the macro-F1 of each kind of sentences, and whether these were trained on."""
    out = table(
        _("Measured by"), "macro-F1", _("Sentences"), _("Distinct"), _("Of these trained on")
    )
    for measure in measures:
        counts = (measure.sentences, measure.distinct)
        out.add_row(
            kind_name(measure),
            f"{measure.macro_f1:.3f}",
            *("–" if count is None else str(count) for count in counts),
            str(measure.trained_on) if measure.trained_on else _("none"),
        )
    print_table(out)


def _print_tables(found: EvaluatedModel, taxonomy: Taxonomy) -> None:
    """Print the scores of an evaluation, and the topics that are confused most often."""
    from ..nlp.topics.evaluation import confusions  # late: loads NumPy

    e = found.evaluation
    print_scores(e, taxonomy)
    subsets = ((_("plain"), e.plain_f1), (_("hard"), e.hard_f1))
    by_subset = _(", ").join(f"{name} {value:.3f}" for name, value in subsets if value is not None)
    also = "" if e.also_f1 is None else _(", also F1 {value:.3f}").format(value=e.also_f1)
    macro = f"macro-F1 {e.macro_f1:.3f}{in_brackets(by_subset)}"
    say(f"{macro}{_(', ')}micro-F1 {e.micro_f1:.3f}{also}")
    message = _("accuracy {accuracy:.3f}, expected calibration error (ECE) {ece:.3f}")
    say(message.format(accuracy=e.accuracy, ece=e.ece))
    message = _(
        "at {share} coverage: accuracy {accuracy:.3f}"
        " ({sentences} sentences, probability from {threshold:.2f})"
    )
    for c in e.coverage[1:]:
        say(
            message.format(
                share=f"{c.percent} %",
                accuracy=c.accuracy,
                sentences=c.sentences,
                threshold=c.threshold,
            )
        )
    say()
    print_measures(found.measures)
    if not e.mistakes:
        return
    say()
    zh = taxonomy.topics.zh
    pairs = table(_("Confused 应为 -> 判为"), _("Count"), _("Example 例句"))
    for pair in confusions(e.mistakes)[:_MAX_PAIRS]:
        names = "\n".join((zh(pair.truth), _("-> {name}").format(name=zh(pair.guess))))
        pairs.add_row(names, str(pair.count), " ".join(pair.example.text.split()))
    print_table(pairs)


def _print_notes(found: EvaluatedModel, taxonomy: Taxonomy, html: Path | None) -> None:
    """Print which model and data were evaluated, and what limits the result."""
    sys.stdout.flush()
    zh = taxonomy.topics.zh
    note(_("{model}, {data}").format(model=found.model, data=found.data))
    note(found.split)
    note_untested(found.evaluation.untested, taxonomy)
    if found.unknown:
        message = _("the model does not have these topics, and cannot get them right: {names}")
        note(message.format(names=_(", ").join(map(zh, found.unknown))))
    note_dropped_keywords(
        [(slug, word) for slug, words in found.dropped_keywords.items() for word in words], taxonomy
    )
    if html is not None:
        note(_("wrote {path}").format(path=html))


def note_untested(untested: Sequence[tuple[str, int]], taxonomy: Taxonomy) -> None:
    """Print the topics that have too few labels to be measured, with the number of labels."""
    if untested:
        names = (f"{taxonomy.topics.zh(slug)}{in_brackets(count)}" for slug, count in untested)
        message = _("not measured, for fewer than two distinct labels: {names}")
        note(message.format(names=_(", ").join(names)))


def note_dropped_keywords(dropped: Sequence[tuple[str, str]], taxonomy: Taxonomy) -> None:
    """Print the keywords that are not used, each with its topic."""
    if dropped:
        names = (f"{word}{in_brackets(taxonomy.topics.zh(slug))}" for slug, word in dropped)
        message = _("keywords that labels contradict, and that are not used: {names}")
        note(message.format(names=_(", ").join(names)))
