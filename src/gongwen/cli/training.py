"""Commands of the classifier's life: train, models, correct, retag."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..nlp.errors import ReadError
from .options import Format, LibraryOption, open_library, report_and_number
from .output import csv_text, note, print_json, print_table, table, write
from .progress import progress_bar

_MODEL_FILE = "topics.npz"
_SHOWN = 50
"""Changed sentences that retag lists."""


def train(
    context: typer.Context,
    labels: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[LABELS]...", help="Files of your own labels."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Use the model even when worse.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Write topics.npz and its card to this folder instead."
        ),
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Train the topic classifier on the shipped labels, yours, and the library's corrections.

    The new model is compared with the active one on the same folds and becomes a numbered version
    of the library, active when it is not worse; gongwen retag then tags the library with it.

    Labels are read from JSONL, such as {"text": "办理行政复议案件4件。", "topic": "行政复议"};
    from CSV, TSV and XLSX (pip install 'gongwen[files]') whose first row names a column text or
    句子 and one topic or 主题; and from what Label Studio (JSON) and doccano (JSONL, JSON, CSV)
    export. Rows whose topic is empty or 未定 are left out.

    Example: gongwen train 我的标注.csv
    """
    if output is not None:
        _train_apart(labels or [], output)
        return
    with open_library(context, library, create=True) as opened:
        result = opened.teaching.train(labels or [], force=force)
        taxonomy = opened.taxonomy
    before = {score.topic: score for score in result.before.topics}
    out = table("Topic", "主题", "F1 before", "F1 after", "Change", "Sentences 句", flowing=1)
    for s in result.after.topics:
        old = before[s.topic].f1 if s.topic in before else 0.0
        figures = (f"{old:.3f}", f"{s.f1:.3f}", f"{s.f1 - old:+.3f}", str(s.support))
        out.add_row(s.topic, taxonomy.topics.zh(s.topic), *figures)
    print_table(out)
    print(f"macro-F1 {result.before.macro_f1:.3f} -> {result.after.macro_f1:.3f}")
    note(f"{result.after.sentences} sentences in {result.after.groups} groups, 5-fold by group")
    if result.activated:
        note(f"model {result.version} is active; gongwen retag tags the library with it")
    else:
        note(f"model {result.version} is worse and not active; gongwen models use {result.version}")


def _train_apart(labels: list[Path], output: Path) -> None:
    from ..nlp.taxonomy import Taxonomy
    from ..training import train_model

    taxonomy = Taxonomy.shipped()
    trained = train_model(labels, taxonomy)
    output.mkdir(parents=True, exist_ok=True)
    trained.classifier.save(output / _MODEL_FILE, **trained.facts)
    (output / "README.md").write_text(trained.card, "utf-8")
    out = table("Topic", "主题", "Precision", "Recall", "F1", "Sentences 句", flowing=1)
    for s in trained.evaluation.topics:
        figures = (f"{value:.3f}" for value in (s.precision, s.recall, s.f1))
        out.add_row(s.topic, taxonomy.topics.zh(s.topic), *figures, str(s.support))
    print_table(out)
    for name, e in (("cross-validation", trained.evaluation), ("check set", trained.check)):
        print(
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
        figures = (str(v.labels), f"{v.macro_f1:.3f}", ", ".join(v.files))
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
        print(opened.models.card(version), end="")


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
        opened.models.use(version)
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
            report, number, topic, also=also or (), role=role, author=by, note=remark
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
        changes = [
            c for c in found if (c.sentence.topic, c.sentence.also) != (c.tag.topic, c.tag.also)
        ]
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
