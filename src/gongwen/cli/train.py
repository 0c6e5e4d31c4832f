"""The commands that teach the topic classifier: train, models, correct, suggest, retag."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..catalog import _
from ..nlp.atomic_write import make_folder
from ..nlp.errors import GongwenError, ReadError
from ..nlp.topics.taxonomy import Taxonomy
from ..nlp.validation import clean_line
from ..render.delimited import csv_text, jsonl_text
from ..storage.models import measures_of
from .evaluate import (
    kind_name,
    note_dropped_keywords,
    note_untested,
    print_changes,
    print_measures,
    print_scores,
)
from .options import Format, LibraryOption, open_library, report_and_number
from .output import note, print_json, print_table, progress_bar, say, table, target_file, write

if TYPE_CHECKING:
    from ..library import Library
    from ..training.model_comparison import Comparison
    from ..training.train import TrainingSources


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
    force: Annotated[
        bool, typer.Option("--force", help="Use it even if worse or not measured.")
    ] = False,
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
    of the library. It is active when it was measured and is worse in no topic beyond chance;
    gongwen retag then tags the library with it. A label file is JSONL, CSV, TSV, XLSX, or an export
    of Label Studio or doccano; a line of JSON is
    {"text": "全年办理行政复议案件4件。", "topic": "行政复议"}.

    With --topics the topics are yours: name them, give each some keywords, and it works without
    any label (with --force, as nothing measures it); sentences of the library, and of --texts, are
    learnt from as long as there are few.

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
    with (
        open_library(context, library, create=True) as opened,
        progress_bar({"fold": _("folds")}) as tell,
    ):
        result = opened.train(labels or [], topics=topics, texts=lines, force=force, progress=tell)
        taxonomy = opened.models.taxonomy(result.version)
    _note_training_data(result.used, taxonomy)
    note_dropped_keywords(result.dropped_keywords, taxonomy)
    if result.after is not None:
        note_untested(result.untested, taxonomy)
        if result.before is None:
            print_scores(result.after, taxonomy)
            say(f"macro-F1 {result.after.macro_f1:.3f}")
        else:
            print_changes(result.before, result.after, taxonomy)
            say(f"macro-F1 {result.before.macro_f1:.3f} -> {result.after.macro_f1:.3f}")
    sys.stdout.flush()
    note(_what_was_compared(result))
    note(_decision(result, taxonomy))


def _note_training_data(used: TrainingSources, taxonomy: Taxonomy) -> None:
    """Print how many labels, keywords and sentences of each source were learnt from."""
    counts = (
        (_("{count} shipped labels"), used.shipped),
        (_("{count} labels of yours"), used.files),
        (_("{count} corrections"), used.corrections),
        (_("{count} keywords"), used.keywords),
        (_("{count} sentences without a label"), used.texts),
    )
    parts = (message.format(count=count) for message, count in counts if count)
    note(_("learnt from {parts}").format(parts=_(", ").join(parts)))
    if used.dropped:
        message = _("{count} labels are of topics that there are not, and were left out")
        note(message.format(count=used.dropped))
    if used.empty:
        message = _("neither labels nor keywords: {names}; no sentence will get them")
        note(message.format(names=_(", ").join(map(taxonomy.topics.zh, used.empty))))


def _what_was_compared(result: Comparison) -> str:
    """Return a line that says on what the new model and the active one were measured."""
    e = result.after
    if e is None:
        return _("not measured: that takes two topics with two distinct labels each")
    if result.before is None:
        message = _(
            "measured on {folds} folds of {sentences} sentences ({distinct} distinct);"
            " model {old} has other topics, so there is nothing to compare with"
        )
    else:
        message = _(
            "compared with model {old} on the same {folds} folds of {sentences} sentences"
            " ({distinct} distinct), over all topics and in each: sign test, 5 %"
        )
    return message.format(
        old=result.against, folds=e.folds, sentences=e.sentences, distinct=e.distinct
    )


def _decision(result: Comparison, taxonomy: Taxonomy) -> str:
    """Return a line that says whether the new model is active, and why."""
    if not result.worse:
        why = _("worse in no topic beyond chance") if result.changes else _("it was measured")
    elif result.after is None:
        why = _("not measured")
    elif result.lost:
        names = _(", ").join(map(taxonomy.topics.zh, result.lost))
        why = _("measured before and not now: {names}").format(names=names)
    else:
        message = _("{topic} ({lost} sentences lost, {gained} won)")
        parts = (
            message.format(
                topic=taxonomy.topics.zh(change.topic) if change.topic else _("all topics"),
                lost=change.lost,
                gained=change.gained,
            )
            for change in result.losses
        )
        why = _("worse beyond chance: {names}").format(names=_(", ").join(parts))
    if result.activated and result.worse:
        message = _("model {number} is active by --force ({why}); gongwen retag tags with it")
    elif result.activated:
        message = _("model {number} is active ({why}); gongwen retag tags the library with it")
    else:
        message = _(
            "model {number} is not active ({why}); train --force or gongwen models use {number}"
            " takes it all the same"
        )
    return message.format(number=result.version, why=why)


def _train_to_folder(
    labels: list[Path], topics: Path | None, texts: list[str], output: Path
) -> None:
    """Train a model without a library, and write it with its card to a folder."""
    from ..training.train import (  # late: a search must not load the training
        train_model,
    )

    taxonomy = Taxonomy.shipped() if topics is None else Taxonomy.load(topics)
    make_folder(output)  # before the long work, as it may fail
    with progress_bar({"fold": _("folds")}) as tell:
        trained = train_model(labels, taxonomy, texts=texts, progress=tell)
    trained.classifier.save(output / _MODEL_FILE, **trained.facts)
    write(trained.card, output / "README.md")
    if topics is not None:
        write(taxonomy.source, output / "topics.toml")
    _note_training_data(trained.used, taxonomy)
    note_dropped_keywords(trained.dropped_keywords, taxonomy)
    if trained.evaluation is None:
        note(_("not measured: that takes two topics with two distinct labels each"))
    else:
        note_untested(trained.untested, taxonomy)
        print_scores(trained.evaluation, taxonomy)
        say()
        print_measures(measures_of(trained.facts))
    note(_("wrote {path}").format(path=output / _MODEL_FILE))


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
    out = table(_("Model"), "macro-F1", _("Measured by"), _("Sentences"), _("Trained on"))
    for v in versions:
        name = _("{number} active").format(number=v.version) if v.active else str(v.version)
        trained = _("shipped") if not v.created else v.created[: len("2026-01-01")]
        sources = [_("{when}: {count} labels").format(when=trained, count=v.labels), *v.files]
        out.add_row(
            name,
            "\n".join(f"{m.macro_f1:.3f}" for m in v.measures) or "–",
            "\n".join(map(kind_name, v.measures)) or _("not measured"),
            "\n".join("–" if m.sentences is None else str(m.sentences) for m in v.measures),
            "\n".join(sources),
        )
    print_table(out)
    note(_("figures of different kinds are of different sentences, and cannot be compared"))


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
    message = _("model {number} is active; gongwen retag tags the library with it")
    note(message.format(number=version))


def correct(
    context: typer.Context,
    place: Annotated[str, typer.Argument(metavar="REPORT:N", help="A sentence of a report.")],
    topic: Annotated[str, typer.Argument(help="Its topic, as 行政执法 or enforcement.")] = "",
    also: Annotated[
        list[str] | None, typer.Option("--also", help="A further topic; repeatable.")
    ] = None,
    role: Annotated[str, typer.Option("--role", help="Its role, as 问题 or problem.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who says so.")] = "",
    remark: Annotated[str, typer.Option("--note", help="Why.")] = "",
    undo: Annotated[
        bool, typer.Option("--undo", help="Take the last correction of the sentence back.")
    ] = False,
    library: LibraryOption = None,
) -> None:
    """Correct the topic of a sentence; seen at once in search, and learnt by the next train.

    Corrections are kept and never overwritten: the last one of a sentence counts. With --undo the
    one before it counts again, or what the model says.

    Example: gongwen correct wugong-2020:81 行政执法 --also 监督 --by 小王
    """
    report, number = report_and_number(place)
    if number is None:
        message = _("{place}: give a sentence as REPORT:N, such as wugong-2020:27")
        raise ReadError(message.format(place=place))
    if undo == bool(topic) or (undo and (also or role or remark)):
        message = _("give a topic, or --undo without a topic, --also, --role and --note")
        raise typer.BadParameter(message)
    with open_library(context, library) as opened:
        if undo:
            correction = opened.undo_correction(report, number, author=clean_line(by))
        else:
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
    message = _("{report}:{n} is {names}")
    note(message.format(report=correction.report, n=correction.n, names=_(", ").join(names)))


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
    with (
        open_library(context, library) as opened,
        progress_bar({"tagging": _("sentences")}) as tell,
    ):
        found = list(opened.tag_changes(tell)) if dry_run else opened.retag(tell)
        changes = [change for change in found if change.another_topic]
        old_names, new_names = _names_before_and_now(opened)
    if changes:
        now = _("Would be") if dry_run else _("Is now")
        out = table(_("Sentence"), _("Was"), now, _("Text 句子"))
        for c in changes[:_MAX_CHANGES]:
            old = _(", ").join(map(old_names, (c.sentence.topic, *c.sentence.also)))
            new = _(", ").join(map(new_names, (c.tag.topic, *c.tag.also)))
            place = f"{c.sentence.report}:{c.sentence.n}"
            out.add_row(place, old, new, " ".join(c.sentence.text.split()))
        print_table(out)
    message = _("{count} sentences would change") if dry_run else _("{count} sentences changed")
    said = message.format(count=len(changes))
    if len(changes) > _MAX_CHANGES:
        said += _(", {count} shown").format(count=_MAX_CHANGES)
    note(said)


def _names_before_and_now(library: Library) -> tuple[Callable[[str], str], Callable[[str], str]]:
    """Return functions that give the Chinese names of topics that sentences had and have now.

    A sentence may have the topic of a model before the active one, even of one that is gone.
    """
    models = library.models
    now = models.taxonomy().topics.zh
    names: dict[str, str] = {}
    for version in models.numbers():
        names |= {topic.slug: topic.zh for topic in models.taxonomy(version).topics}

    def before(slug: str) -> str:
        known = now(slug)
        return names.get(slug, slug) if known == slug else known

    return before, now


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
    and train on the file. No two sentences are near-copies, and none is one of a labelled sentence.

    Example: gongwen suggest -n 50 -o 待标注.xlsx && gongwen train 待标注.xlsx
    """
    if format is None:
        suffix = output.suffix[1:].lower() if output else ""
        format = SuggestFormat(suffix) if suffix in list(SuggestFormat) else SuggestFormat.table
    if output and format is SuggestFormat.table:
        message = _("a table is not written; name a .xlsx, .csv or .jsonl file")
        raise typer.BadParameter(message)
    if format is SuggestFormat.xlsx and output is None:
        message = _("xlsx needs a file: -o 待标注.xlsx")
        raise typer.BadParameter(message, param_hint="--format")
    if output is not None and target_file(output).exists():
        message = _("{path}: there is such a file, labels perhaps; give another name")
        raise GongwenError(message.format(path=output))
    with open_library(context, library) as opened:
        found = opened.suggest(count, topic)
        topics = opened.taxonomy.topics
    if not found:
        if topic:
            message = _("nothing to suggest: no sentence that may be of {topic} is without a label")
        else:
            message = _(
                "nothing to suggest: there is no sentence without a label, or a copy of one"
            )
        note(message.format(topic=topic))
        return
    rows = [
        suggestion.to_dict()
        | {"guess": topics.zh(suggestion.guess), "second": topics.zh(suggestion.second)}
        for suggestion in found
    ]
    if format is SuggestFormat.table:
        out = table(_("Guess 判为"), "P", _("Sentence 句子"))
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
        message = _("wrote {count} sentences to {path}; fill in topic and gongwen train {path}")
        note(message.format(count=len(found), path=output))
