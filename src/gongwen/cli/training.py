"""Commands of the classifier's life: train, models, correct, retag."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..nlp.cleaning import clean_line
from ..nlp.errors import ReadError
from ..nlp.outfile import make_folder
from .options import Format, LibraryOption, open_library, report_and_number
from .output import csv_text, note, print_json, print_table, say, table, write
from .progress import progress_bar

if TYPE_CHECKING:
    from ..nlp.evaluation import Evaluation
    from ..nlp.taxonomy import Taxonomy
    from ..training import Used

_UNITS = {"fold": "folds"}
_MODEL_FILE = "topics.npz"
_SHOWN = 50
"""Changed sentences that retag lists."""


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
    from ..reading.whole import whole_text

    lines = [
        line.strip()
        for path in texts or ()
        for line in whole_text(path).splitlines()
        if line.strip()
    ]
    if output is not None:
        _train_apart(labels or [], topics, lines, output)
        return
    with open_library(context, library, create=True) as opened, progress_bar(_UNITS) as tell:
        result = opened.teaching.train(
            labels or [], topics=topics, texts=lines, force=force, progress=tell
        )
        taxonomy = opened.models.taxonomy(result.version)
    _say_what_was_used(result.used)
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


def _say_what_was_used(used: Used) -> None:
    parts = {
        "shipped labels": used.shipped,
        "labels of yours": used.files,
        "corrections": used.corrections,
        "keywords": used.keywords,
        "sentences without a label": used.texts,
    }
    note("learnt from " + ", ".join(f"{count} {what}" for what, count in parts.items() if count))
    if used.dropped:
        note(f"{used.dropped} labels are of topics that there are not, and were left out")
    if used.empty:
        note(f"neither labels nor keywords: {', '.join(used.empty)}; no sentence will get them")


def _print_comparison(before: Evaluation | None, after: Evaluation, taxonomy: Taxonomy) -> None:
    if before is None:
        _print_figures(after, taxonomy)
        say(f"macro-F1 {after.macro_f1:.3f}")
    else:
        old = {score.topic: score.f1 for score in before.topics}
        out = table("Topic", "主题", "F1 before", "F1 after", "Change", "Sentences 句", flowing=1)
        for s in after.topics:
            was = old.get(s.topic, 0.0)
            figures = (f"{was:.3f}", f"{s.f1:.3f}", f"{s.f1 - was:+.3f}", str(s.support))
            out.add_row(s.topic, taxonomy.topics.zh(s.topic), *figures)
        print_table(out)
        say(f"macro-F1 {before.macro_f1:.3f} -> {after.macro_f1:.3f}")
    by = (
        f" in {after.groups} groups, {after.folds}-fold by group"
        if after.groups > 1
        else (f", {after.folds}-fold")
    )
    note(f"{after.sentences} sentences{by}")


def _print_figures(e: Evaluation, taxonomy: Taxonomy) -> None:
    out = table("Topic", "主题", "Precision", "Recall", "F1", "Sentences 句", flowing=1)
    for s in e.topics:
        figures = (f"{value:.3f}" for value in (s.precision, s.recall, s.f1))
        out.add_row(s.topic, taxonomy.topics.zh(s.topic), *figures, str(s.support))
    print_table(out)


def _train_apart(labels: list[Path], topics: Path | None, texts: list[str], output: Path) -> None:
    from ..nlp.taxonomy import Taxonomy
    from ..training import train_model

    taxonomy = Taxonomy.shipped() if topics is None else Taxonomy.load(topics)
    make_folder(output)  # before the work: it may not be possible
    with progress_bar(_UNITS) as tell:
        trained = train_model(labels, taxonomy, texts=texts, progress=tell)
    trained.classifier.save(output / _MODEL_FILE, **trained.facts)
    write(trained.card, output / "README.md")
    if topics is not None:
        write(taxonomy.source, output / "topics.toml")
    _say_what_was_used(trained.used)
    if trained.evaluation is None:
        note("too few labels to measure: give at least two of each topic")
    else:
        _print_figures(trained.evaluation, taxonomy)
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
        opened.teaching.use(version)
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
        fixed = opened.teaching.correct(
            report,
            number,
            topic,
            also=also or (),
            role=role,
            author=clean_line(by),
            note=clean_line(remark),
        )
        names = [opened.taxonomy.topics.zh(slug) for slug in (fixed.topic, *fixed.also)]
    note(f"{fixed.report}:{fixed.n} is {', '.join(names)}")


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
        teaching = opened.teaching
        found = list(teaching.changes(tell)) if dry_run else teaching.retag(tell)
        changes = [change for change in found if change.another_topic]
        zh = opened.taxonomy.topics.zh
    if changes:
        out = table("Sentence", "Was", "Is now" if not dry_run else "Would be", "Text 句子")
        for c in changes[:_SHOWN]:
            was = ", ".join(zh(slug) for slug in (c.sentence.topic, *c.sentence.also))
            now = ", ".join(zh(slug) for slug in (c.tag.topic, *c.tag.also))
            place = f"{c.sentence.report}:{c.sentence.n}"
            out.add_row(place, was, now, " ".join(c.sentence.text.split()))
        print_table(out)
    more = f", {_SHOWN} shown" if len(changes) > _SHOWN else ""
    note(f"{len(changes)} sentences {'would change' if dry_run else 'changed'}{more}")
