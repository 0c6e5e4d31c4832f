"""The commands of the topic classifier: train, evaluate, models, correct, suggest, retag."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..nlp.atomic_write import make_folder
from ..nlp.errors import GongwenError, ReadError
from ..nlp.topics.taxonomy import Taxonomy
from ..nlp.validation import clean_line
from ..storage.models import ModelStore
from .options import Format, LibraryOption, default_library, open_library, report_and_number
from .output import (
    csv_text,
    jsonl_text,
    note,
    print_json,
    print_table,
    progress_bar,
    say,
    table,
    target_file,
    write,
    write_page,
)

if TYPE_CHECKING:
    from ..nlp.topics.evaluation import Evaluation
    from ..training.evaluate import EvaluatedModel
    from ..training.train import TrainingSources


_UNITS = {"fold": "folds"}
"""What the progress bar of cross-validation counts."""
_MODEL_FILE = "topics.npz"
_MAX_CHANGES = 50
"""Maximum changed sentences that retag lists."""


def train(
    context: typer.Context,
    labels: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[LABELS]...", help="Files of your own labels."),
    ] = None,
    topics: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A TOML file of topics of your own."),
    ] = None,
    texts: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Sentences without labels, one a line; repeatable."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Use the model even when worse.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Write topics.npz and its README.md to this folder instead.",
        ),
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Train the topic classifier on the shipped labels, yours, and the library's corrections.

    The new model is compared with the active one on the same folds and becomes a numbered version
    of the library, active when it is not worse; gongwen retag then tags the library with it. A
    label file is JSONL, CSV, TSV, XLSX, or an export of Label Studio or doccano; a line of JSON
    is {"text": "全年办理行政复议案件4件。", "topic": "行政复议"}.

    With --topics the topics are yours: name them, give each some keywords, and it works without
    any label; sentences of the library, and of --texts, are learnt from as long as there are few.

    Example: gongwen train 我的标注.jsonl
    """
    from ..ingest.worker_pool import file_text  # late: a search must not load the workers

    lines = [
        line.strip()
        for path in texts or ()
        for line in file_text(path).splitlines()
        if line.strip()
    ]
    if output is not None:
        _train_to_folder(labels or [], topics, lines, output)
        return
    with open_library(context, library, create=True) as opened, progress_bar(_UNITS) as tell:
        result = opened.train(labels or [], topics=topics, texts=lines, force=force, progress=tell)
        taxonomy = opened.models.taxonomy(result.version)
    _note_training_data(result.used)
    if result.after is None:
        note("too few labels to measure: give at least two of each topic")
    else:
        _print_comparison(result.before, result.after, taxonomy)
    if result.activated:
        note(f"model {result.version} is active; gongwen retag tags the library with it")
    else:
        known = "worse" if result.after else "not known to be as good"
        note(
            f"model {result.version} is {known} and not active;"
            f" gongwen models use {result.version} takes it all the same"
        )


def _note_training_data(used: TrainingSources) -> None:
    """Print how many labels, keywords and sentences of each source were learnt from."""
    counts = {
        "shipped labels": used.shipped,
        "labels of yours": used.files,
        "corrections": used.corrections,
        "keywords": used.keywords,
        "sentences without a label": used.texts,
    }
    parts = (f"{count} {source}" for source, count in counts.items() if count)
    note("learnt from " + ", ".join(parts))
    if used.dropped:
        note(f"{used.dropped} labels are of topics that there are not, and were left out")
    if used.empty:
        note(f"neither labels nor keywords: {', '.join(used.empty)}; no sentence will get them")


def _print_comparison(before: Evaluation | None, after: Evaluation, taxonomy: Taxonomy) -> None:
    """Print the F1 of each topic before and after training, or only after if ``before`` is None."""
    if before is None:
        _print_scores(after, taxonomy)
        say(f"macro-F1 {after.macro_f1:.3f}")
    else:
        old_f1 = {score.topic: score.f1 for score in before.topics}
        out = table("Topic", "主题", "F1 before", "F1 after", "Change", "Sentences 句", flowing=1)
        for s in after.topics:
            before_f1 = old_f1.get(s.topic, 0.0)
            figures = (
                f"{before_f1:.3f}",
                f"{s.f1:.3f}",
                f"{s.f1 - before_f1:+.3f}",
                str(s.support),
            )
            out.add_row(s.topic, taxonomy.topics.zh(s.topic), *figures)
        print_table(out)
        say(f"macro-F1 {before.macro_f1:.3f} -> {after.macro_f1:.3f}")
    folds = (
        f" in {after.groups} groups, {after.folds}-fold by group"
        if after.groups > 1
        else (f", {after.folds}-fold")
    )
    note(f"{after.sentences} sentences{folds}")


def _print_scores(e: Evaluation, taxonomy: Taxonomy, count: str = "Sentences 句") -> None:
    """Print precision, recall and F1 of each topic; ``count`` is the heading of the last column."""
    out = table("Topic", "主题", "Precision", "Recall", "F1", count, flowing=1)
    for s in e.topics:
        scores = (f"{value:.3f}" for value in (s.precision, s.recall, s.f1))
        out.add_row(s.topic, taxonomy.topics.zh(s.topic), *scores, str(s.support))
    print_table(out)


def _train_to_folder(
    labels: list[Path], topics: Path | None, texts: list[str], output: Path
) -> None:
    """Train a model without a library, and write it with its card to a folder."""
    from ..training.train import (  # late: a search must not load the training
        train_model,
    )

    taxonomy = Taxonomy.shipped() if topics is None else Taxonomy.load(topics)
    make_folder(output)  # before the long work, as it may fail
    with progress_bar(_UNITS) as tell:
        trained = train_model(labels, taxonomy, texts=texts, progress=tell)
    trained.classifier.save(output / _MODEL_FILE, **trained.facts)
    write(trained.card, output / "README.md")
    if topics is not None:
        write(taxonomy.source, output / "topics.toml")
    _note_training_data(trained.used)
    if trained.evaluation is None:
        note("too few labels to measure: give at least two of each topic")
    else:
        _print_scores(trained.evaluation, taxonomy)
    for name, e in (("cross-validation", trained.evaluation), ("check set", trained.check)):
        if e is not None:
            say(
                f"{name}: macro-F1 {e.macro_f1:.3f}, accuracy {e.accuracy:.3f},"
                f" calibration error {e.ece:.3f}, {e.sentences} sentences"
            )
    note(f"wrote {output / _MODEL_FILE}")


models = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List, show and choose the models of the library.\n\nExample: gongwen models list",
)


@models.command("list")
def list_models(
    context: typer.Context,
    format: Annotated[Format, typer.Option("--format", help="Output.")] = Format.table,
    library: LibraryOption = None,
) -> None:
    """List the models: 0 is the shipped one, the others were trained in this library.

    Example: gongwen models list
    """
    with open_library(context, library) as opened:
        versions = opened.models.versions()
    rows: list[dict[str, Any]] = [version.to_dict() for version in versions]
    if format is Format.json:
        print_json({"models": rows})
        return
    if format is Format.csv:
        write(csv_text(rows, tuple(rows[0])), None)
        return
    out = table("Model", "Active", "Trained", "Labels", "macro-F1", "From")
    for v in versions:
        mark = "yes" if v.active else ""
        f1 = "" if v.macro_f1 is None else f"{v.macro_f1:.3f}"
        figures = (str(v.labels), f1, ", ".join(v.files))
        out.add_row(str(v.version), mark, v.created or "shipped", *figures)
    print_table(out)


@models.command("show")
def show_model(
    context: typer.Context,
    version: Annotated[int, typer.Argument(help="Number of the model.")],
    library: LibraryOption = None,
) -> None:
    """Print the model card of a model.

    Example: gongwen models show 1
    """
    with open_library(context, library) as opened:
        write(opened.models.card(version), None)


@models.command("use")
def use_model(
    context: typer.Context,
    version: Annotated[int, typer.Argument(help="Number of the model; 0 is the shipped one.")],
    library: LibraryOption = None,
) -> None:
    """Tag with this model from now on; gongwen retag then tags what is there.

    Example: gongwen models use 0
    """
    with open_library(context, library) as opened:
        opened.use_model(version)
    note(f"model {version} is active; gongwen retag tags the library with it")


def correct(
    context: typer.Context,
    place: Annotated[str, typer.Argument(metavar="REPORT:N", help="A sentence of a report.")],
    topic: Annotated[str, typer.Argument(help="Its topic, as 行政执法 or enforcement.")],
    also: Annotated[
        list[str] | None, typer.Option("--also", help="A further topic; repeatable.")
    ] = None,
    role: Annotated[str, typer.Option("--role", help="Its role, as 问题 or problem.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who says so.")] = "",
    remark: Annotated[str, typer.Option("--note", help="Why.")] = "",
    library: LibraryOption = None,
) -> None:
    """Correct the topic of a sentence; seen at once in search, and learnt by the next train.

    Corrections are kept and never overwritten: the last one of a sentence counts.

    Example: gongwen correct wugong-2020:81 行政执法 --also 监督 --by 小王
    """
    report, number = report_and_number(place)
    if number is None:
        raise ReadError(f"{place}: give a sentence as REPORT:N, such as wugong-2020:27")
    with open_library(context, library) as opened:
        correction = opened.correct(
            report,
            number,
            topic,
            also=also or (),
            role=role,
            author=clean_line(by),
            note=clean_line(remark),
        )
        names = [opened.taxonomy.topics.zh(slug) for slug in (correction.topic, *correction.also)]
    note(f"{correction.report}:{correction.n} is {', '.join(names)}")


def retag(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
    library: LibraryOption = None,
) -> None:
    """Tag the library's sentences anew with the active model; corrected ones stay.

    Example: gongwen retag --dry-run
    """
    with open_library(context, library) as opened, progress_bar({"tagging": "sentences"}) as tell:
        found = list(opened.tag_changes(tell)) if dry_run else opened.retag(tell)
        changes = [change for change in found if change.another_topic]
        zh = opened.taxonomy.topics.zh
    if changes:
        out = table("Sentence", "Was", "Is now" if not dry_run else "Would be", "Text 句子")
        for c in changes[:_MAX_CHANGES]:
            old = ", ".join(zh(slug) for slug in (c.sentence.topic, *c.sentence.also))
            new = ", ".join(zh(slug) for slug in (c.tag.topic, *c.tag.also))
            place = f"{c.sentence.report}:{c.sentence.n}"
            out.add_row(place, old, new, " ".join(c.sentence.text.split()))
        print_table(out)
    more = f", {_MAX_CHANGES} shown" if len(changes) > _MAX_CHANGES else ""
    note(f"{len(changes)} sentences {'would change' if dry_run else 'changed'}{more}")


_SUGGESTION_COLUMNS = (
    "text", "topic", "also", "guess", "probability", "second", "heading", "report", "n",
)  # fmt: skip
_UNDECIDED = "未定"
"""The topic of a suggested sentence in JSONL, where an empty one would be an error."""


class SuggestFormat(StrEnum):
    """Output formats of suggest."""

    table = "table"
    jsonl = "jsonl"
    csv = "csv"
    xlsx = "xlsx"


def suggest(
    context: typer.Context,
    count: Annotated[int, typer.Option("-n", "--limit", min=1, max=1000, help="How many.")] = 20,
    topic: Annotated[
        str, typer.Option("--topic", "-t", help="Only what may be of this topic.")
    ] = "",
    format: Annotated[
        SuggestFormat | None, typer.Option(help="Output; by the name of the file, else a table.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file.")
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Suggest the sentences that are worth labelling next: where the model is least certain.

    Fill in the column topic (in XLSX from a list), leave empty what you do not want to decide,
    and train on the file. No two sentences are near-duplicates.

    Example: gongwen suggest -n 50 -o 待标注.xlsx && gongwen train 待标注.xlsx
    """
    if format is None:
        suffix = output.suffix[1:].lower() if output else ""
        format = SuggestFormat(suffix) if suffix in list(SuggestFormat) else SuggestFormat.table
    if output and format is SuggestFormat.table:
        raise typer.BadParameter("a table is not written; name a .xlsx, .csv or .jsonl file")
    if format is SuggestFormat.xlsx and output is None:
        raise typer.BadParameter("xlsx needs a file: -o 待标注.xlsx", param_hint="--format")
    if output is not None and target_file(output).exists():
        raise GongwenError(f"{output}: there is such a file, labels perhaps; give another name")
    with open_library(context, library) as opened:
        found = opened.suggest(count, topic)
        topics = opened.taxonomy.topics
    if not found:
        of_topic = f" that may be of {topic}" if topic else ""
        note(f"nothing to suggest: there is no sentence{of_topic} without a label")
        return
    rows = [
        suggestion.to_dict()
        | {"guess": topics.zh(suggestion.guess), "second": topics.zh(suggestion.second)}
        for suggestion in found
    ]
    if format is SuggestFormat.table:
        out = table("Guess 判为", "P", "Sentence 句子")
        for row in rows:
            place = f"{row['report']}:{row['n']}"
            text = " ".join(str(row["text"]).split())
            guess = f"{row['guess']}\n或 {row['second']}"
            out.add_row(guess, f"{row['probability']:.2f}", f"{text}\n{place}")
        print_table(out)
    elif format is SuggestFormat.jsonl:
        write(jsonl_text([row | {"topic": _UNDECIDED} for row in rows]), output)
    elif format is SuggestFormat.csv:
        write(csv_text(rows, _SUGGESTION_COLUMNS), output)
    elif output is not None:
        from ..render.xlsx import write_sheet  # late: only for this format

        write_sheet(output, rows, _SUGGESTION_COLUMNS, {"topic": [label.zh for label in topics]})
    if output is not None:
        note(f"wrote {len(found)} sentences to {output}; fill in topic and gongwen train {output}")


_MAX_PAIRS = 5
"""Maximum confused pairs of topics in the table; JSON has all."""


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
            raise typer.BadParameter(f"{html} holds labels; give another", param_hint="--html")
        target_file(html)
    # late: a search must not load the training
    from ..training.evaluate import cross_validate_model, evaluate_model

    models = ModelStore((library or context.obj or default_library()) / "models")
    taxonomy = models.taxonomy()
    if cross_validate:
        with progress_bar(_UNITS) as tell:
            found = cross_validate_model(models, labels or (), tell)
    else:
        found = evaluate_model(models, labels or ())
    if html is not None:
        from ..render.html_reports import evaluation_page  # late: only with --html

        write_page(evaluation_page(found, taxonomy), html)
    if format is EvaluationFormat.json:
        print_json(found.to_dict())
    else:
        _print_tables(found.evaluation, taxonomy)
    _print_notes(found, html)


def _print_tables(e: Evaluation, taxonomy: Taxonomy) -> None:
    """Print the scores of an evaluation, and the topics that are confused most often."""
    from ..nlp.topics.evaluation import confusions  # late: loads NumPy

    _print_scores(e, taxonomy, "Support 句")
    subsets = (("plain", e.plain_f1), ("hard", e.hard_f1))
    by_subset = ", ".join(f"{name} {value:.3f}" for name, value in subsets if value is not None)
    also = "" if e.also_f1 is None else f", also F1 {e.also_f1:.3f}"
    say(f"macro-F1 {e.macro_f1:.3f} ({by_subset}), micro-F1 {e.micro_f1:.3f}{also}")
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
    for pair in confusions(e.mistakes)[:_MAX_PAIRS]:
        names = f"{taxonomy.topics.zh(pair.truth)}\n-> {taxonomy.topics.zh(pair.guess)}"
        pairs.add_row(names, str(pair.count), " ".join(pair.example.text.split()))
    print_table(pairs)


def _print_notes(found: EvaluatedModel, html: Path | None) -> None:
    """Print which model and data were evaluated, and what limits the result."""
    sys.stdout.flush()
    note(f"{found.model}, {found.data}")
    note(found.split)
    if found.unknown:
        names = ", ".join(found.unknown)
        note(f"the model does not have these topics, and cannot get them right: {names}")
    if html is not None:
        note(f"wrote {html}")
