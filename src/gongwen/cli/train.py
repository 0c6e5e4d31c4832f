"""The commands that teach the topic classifier: train, models, correct, suggest, retag."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..catalog import _, current_language, in_brackets, labelled, listed
from ..nlp.atomic_write import make_folder
from ..nlp.errors import GongwenError, ReadError
from ..nlp.validation import clean_line
from ..render.delimited import csv_text, json_text, jsonl_text
from .evaluate import (
    kind_name,
    note_dropped_keywords,
    note_untested,
    print_changes,
    print_measures,
    print_scores,
)
from .help_text import Command, Group
from .json_results import (
    CHANGE_COLUMNS,
    TableOrJson,
    TableOrJsonOption,
    change_rows,
    comparison_dict,
    trained_dict,
)
from .options import Format, LibraryOption, open_library, report_and_number
from .output import (
    fold_cell,
    note,
    piped,
    print_json,
    print_table,
    progress_bar,
    say,
    table,
    target_file,
    write,
)

if TYPE_CHECKING:
    from ..library import Library
    from ..nlp.topics.taxonomy import Taxonomy
    from ..storage.models import ModelVersion
    from ..training.train import TrainingSources


_MODEL_FILE = "topics.npz"
_NAME_WIDTH = 22
"""Columns of the name of a topic beside a sentence."""
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
    format: TableOrJsonOption = TableOrJson.table,
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
    from ..render.training_report import decision, what_was_compared  # late: likewise

    lines = [
        line.strip()
        for path in texts or ()
        for line in file_text(path).splitlines()
        if line.strip()
    ]
    if output is not None:
        _train_to_folder(labels or [], topics, lines, output, format)
        return
    with (
        open_library(context, library, create=True) as opened,
        progress_bar({"fold": _("folds")}) as tell,
    ):
        result = opened.train(labels or [], topics=topics, texts=lines, force=force, progress=tell)
        taxonomy = opened.models.taxonomy(result.version)
    _note_training_data(result.used, taxonomy)
    note_dropped_keywords(result.dropped_keywords, taxonomy)
    if format is TableOrJson.json:
        print_json(comparison_dict(result))
    elif result.after is not None:
        note_untested(result.untested, taxonomy)
        if result.before is None:
            print_scores(result.after, taxonomy)
            say(f"macro-F1 {result.after.macro_f1:.3f}")
        else:
            print_changes(result.before, result.after, taxonomy)
            say(f"macro-F1 {result.before.macro_f1:.3f} -> {result.after.macro_f1:.3f}")
    sys.stdout.flush()
    note(what_was_compared(result))
    note(decision(result, taxonomy))


def _note_training_data(used: TrainingSources, taxonomy: Taxonomy) -> None:
    # late: other commands train nothing
    from ..render.training_report import training_data

    for line in training_data(used, taxonomy):
        note(line)


def _train_to_folder(
    labels: list[Path],
    topics: Path | None,
    texts: list[str],
    output: Path,
    format: TableOrJson,
) -> None:
    """Train a model without a library, and write it with its card to a folder."""
    # late: a search must not load the training
    from ..nlp.topics.taxonomy import Taxonomy
    from ..storage.models import measures_of
    from ..training.train import train_model

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
    if format is TableOrJson.json:
        print_json(trained_dict(trained, str(output / _MODEL_FILE)))
    elif trained.evaluation is None:
        note(_("not measured: that takes two topics with two distinct labels each"))
    else:
        note_untested(trained.untested, taxonomy)
        print_scores(trained.evaluation, taxonomy)
        say()
        print_measures(measures_of(trained.facts))
    note(_("wrote {path}").format(path=output / _MODEL_FILE))


models = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List, show and choose the models of the library.\n\nExample: gongwen models list",
)


@models.command("list", cls=Command)
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
    from ..render.readable_rows import local_time, source_name  # late: help needs none

    out = table(_("Model"), "macro-F1", _("Measured by"), _("Sentences"), _("Trained on"))
    for v in versions:
        name = _("{number} active").format(number=v.version) if v.active else str(v.version)
        trained = _("shipped") if not v.created else local_time(v.created)[: len("2026-01-01")]
        sources = [_("{when}: {count} labels").format(when=trained, count=v.labels)]
        sources += map(source_name, v.files)
        out.add_row(
            name,
            "\n".join(f"{m.macro_f1:.3f}" for m in v.measures) or "–",
            "\n".join(map(kind_name, v.measures)) or _("not measured"),
            "\n".join("–" if m.sentences is None else str(m.sentences) for m in v.measures),
            "\n".join(sources),
        )
    print_table(out)
    note(_("figures of different kinds are of different sentences, and cannot be compared"))


@models.command("show", cls=Command)
def show_model(
    context: typer.Context,
    version: Annotated[int, typer.Argument(help="Number of the model.")],
    format: TableOrJsonOption = TableOrJson.table,
    library: LibraryOption = None,
) -> None:
    """Print the model card of a model.

    Example: gongwen models show 1
    """
    with open_library(context, library) as opened:
        card = opened.models.card(version)
        found = [one for one in opened.models.versions() if one.version == version]
        taxonomy = opened.models.taxonomy(version)
    if format is TableOrJson.json:
        print_json({**(found[0].to_dict() if found else {"version": version}), "card": card})
    elif current_language() == "en" or not found:
        write(card, None)
    else:
        _print_model(found[0], taxonomy)


def _print_model(model: ModelVersion, taxonomy: Taxonomy) -> None:
    """Print what is known of a model in the language of the user; cards are in English only."""
    from ..render.readable_rows import local_time  # late: help does not need it

    trained = local_time(model.created) if model.created else _("shipped")
    say(labelled(_("Model"), model.version))
    say(labelled(_("State"), _("active") if model.active else _("not in use")))
    say(labelled(_("Trained on"), " ".join((trained, *model.files))))
    say(labelled(_("Labels"), model.labels))
    say(labelled(_("Topics"), listed(one.zh for one in taxonomy.topics)))
    for measure in model.measures:
        said = f"macro-F1 {measure.macro_f1:.3f}"
        if measure.sentences:
            count = _("{count} sentences").format(count=measure.sentences)
            if measure.distinct:
                count += _(" ({distinct} different)").format(distinct=measure.distinct)
            said += f"{_(', ')}{count}"
        say(labelled(kind_name(measure), said))
    if not model.measures:
        say(labelled("macro-F1", _("not measured")))
    say(
        _(
            "macro-F1 is the mean over the topics of how well each is recognised, 0 to 1; figures "
            "of different sentences cannot be compared."
        )
    )
    message = _("the whole description is in English: gongwen --lang en models show {number}")
    note(message.format(number=model.version))


@models.command("use", cls=Command)
def use_model(
    context: typer.Context,
    version: Annotated[int, typer.Argument(help="Number of the model; 0 is the shipped one.")],
    format: TableOrJsonOption = TableOrJson.table,
    library: LibraryOption = None,
) -> None:
    """Tag with this model from now on; gongwen retag then tags what is there.

    Example: gongwen models use 0
    """
    with open_library(context, library) as opened:
        opened.use_model(version)
    if format is TableOrJson.json:
        print_json({"active": version})
        return
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
    format: TableOrJsonOption = TableOrJson.table,
    library: LibraryOption = None,
) -> None:
    """Correct the topic of a sentence; seen at once in search, and learnt by the next train.

    Corrections are kept and never overwritten: the last one of a sentence counts. With --undo the
    one before it counts again, or what the model says.

    Example: gongwen correct wugong-2020:81 行政执法 --also 监督 --by 王小明
    """
    report, number = report_and_number(place)
    if number is None:
        message = _("{place}: give a sentence as REPORT:N, such as wugong-2020:27")
        raise ReadError(message.format(place=place))
    if undo == bool(topic) or (undo and (also or role or remark)):
        message = _("give a topic, or --undo without a topic, --also, --role and --note")
        raise typer.BadParameter(message)
    with open_library(context, library) as opened:
        [before] = opened.sentences(report, number, number)
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
        names = [
            _(", ").join(map(opened.taxonomy.topics.zh, (one.topic, *one.also)))
            for one in (before, correction)
        ]
        standing = [one for one in opened.history(report, number) if one.taken_back is None]
    if format is TableOrJson.json:
        print_json(correction.to_dict())
        return
    author = standing[-1].correction.author if standing else ""
    if not undo:
        message = _("corrected {place} from {before} to {names}{by}")
    elif standing:
        message = _("took a correction of {place} back: {names} again, by an earlier one{by}")
    else:
        message = _("took the correction of {place} back: {names} again, by the model")
    said = message.format(
        place=f"{correction.report}:{correction.n}",
        before=names[0] or _("no topic"),
        names=names[1] or _("no topic"),
        by=in_brackets(author) if author else "",
    )
    note(said)


def retag(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="Output.")] = Format.table,
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
    if format is Format.csv:
        write(csv_text(change_rows(changes), CHANGE_COLUMNS), None)
    elif format is Format.json:
        rows = change_rows(changes)
        print_json({"dry_run": dry_run, "changed": len(rows), "changes": rows})
    elif changes:
        now = _("Would be") if dry_run else _("Is now")
        out = table(_("Place"), _("Was"), now, _("Sentence"))
        for c in changes if piped() else changes[:_MAX_CHANGES]:
            old = _(", ").join(map(old_names, (c.sentence.topic, *c.sentence.also)))
            new = _(", ").join(map(new_names, (c.tag.topic, *c.tag.also)))
            place = f"{c.sentence.report}:{c.sentence.n}"
            out.add_row(place, old, new, " ".join(c.sentence.text.split()))
        print_table(out)
    message = _("{count} sentences would change") if dry_run else _("{count} sentences changed")
    said = message.format(count=len(changes))
    if len(changes) > _MAX_CHANGES and format is Format.table and not piped():
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
    json = "json"
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
        _print_suggestions(rows)
    elif format is SuggestFormat.json:
        write(json_text({"suggestions": rows}, indent=2) + "\n", output)
    elif format is SuggestFormat.jsonl:
        write(jsonl_text([row | {"topic": _UNDECIDED} for row in rows]), output)
    elif format is SuggestFormat.csv:
        write(csv_text(rows, _SUGGESTION_COLUMNS), output)
    elif output is not None:
        from ..render.xlsx import write_sheet  # late: only for this format

        choices = {"topic": [label.zh for label in topics]}
        write_sheet(output, rows, _SUGGESTION_COLUMNS, choices, _("sentences to label"))
    if output is not None:
        message = _("wrote {count} sentences to {path}; fill in topic and gongwen train {path}")
        note(message.format(count=len(found), path=output))


def _print_suggestions(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print suggested sentences with the two likeliest topics of each."""
    out = table(_("Guess"), "P", _("Or"), _("Place"), _("Sentence"))
    if not piped():
        out = table(_("Guess"), "P", _("Sentence"))
    for row in rows:
        place = f"{row['report']}:{row['n']}"
        text = " ".join(str(row["text"]).split())
        sure = f"{row['probability']:.2f}"
        if piped():
            out.add_row(row["guess"], sure, row["second"], place, text)
        else:
            second = _("or {topic}").format(topic=row["second"])
            names = (fold_cell(name, _NAME_WIDTH) for name in (row["guess"], second))
            out.add_row("\n".join(names), sure, f"{text}\n{place}")
    print_table(out)
