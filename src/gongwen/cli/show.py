"""Commands that show what a library holds: topics, reports, show, status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ..conditions import counts_of
from ..nlp.errors import LibraryError
from ..nlp.fields import FIELD_NAMES, REPORT_COLUMNS, SETTABLE
from ..render.delimited import csv_text
from .options import (
    FIELDS_NONE,
    FieldsOption,
    Format,
    LibraryOption,
    named_facets,
    open_library,
    relative,
    report_and_number,
    takes_fields,
)
from .output import note, print_json, print_table, progress_bar, say, table, write

if TYPE_CHECKING:
    from ..results import Report

FormatOption = Annotated[Format, typer.Option("--format", help="Output.")]

_TOPIC_COLUMNS = ("topic", "zh", "sentences", "also", "definition")
_SENTENCE_COLUMNS = (
    "report", "n", "text", "topic", "also", "probability", "role", "kind", "section", "item",
    "start", "end",
)  # fmt: skip


def topics(
    context: typer.Context,
    format: FormatOption = Format.table,
    source: Annotated[
        bool, typer.Option("--source", help="Print their TOML file, to make your own from it.")
    ] = False,
    library: LibraryOption = None,
) -> None:
    """List the topics, and how many sentences of the library each has.

    Example: gongwen topics --source > 我的主题.toml
    """
    try:
        with open_library(context, library) as opened:
            taxonomy, counts = opened.taxonomy, opened.topic_counts()
    except LibraryError:
        if (library or context.obj) and not source:
            raise
        # late: only this command needs it
        from ..nlp.topics.taxonomy import Taxonomy

        taxonomy, counts = (
            Taxonomy.shipped(),
            {},
        )  # without a library the topics are still worth a look
    if source:
        write(taxonomy.source, None)
        return
    rows = [
        {
            "topic": label.slug,
            "zh": label.zh,
            "sentences": counts.get(label.slug, (0, 0))[0],
            "also": counts.get(label.slug, (0, 0))[1],
            "definition": label.definition,
        }
        for label in taxonomy.topics
    ]
    if format is Format.json:
        print_json({"topics": rows})
    elif format is Format.csv:
        write(csv_text(rows, _TOPIC_COLUMNS), None)
    else:
        out = table("Topic", "主题", "Sentences 句", "Also 兼", "What belongs to it")
        for row in rows:
            out.add_row(*(str(row[column]) for column in _TOPIC_COLUMNS))
        print_table(out)


@takes_fields
def reports(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[REPORT...]", help="Only these; by default all.")
    ] = None,
    said: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help=f"Correct {', '.join(SETTABLE)} of these reports for good; without a value what "
            "was set is taken back.",
        ),
    ] = None,
    fields: FieldsOption = FIELDS_NONE,
    year: Annotated[
        str | None, typer.Option("--year", help="2020, 2018..2021, 2018.. or ..2021.")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="文种, as 工作总结; repeatable.")
    ] = None,
    counts: Annotated[
        str | None, typer.Option(help="Count them by fields, as 省,发文机关 or kind,year.")
    ] = None,
    format: FormatOption = Format.table,
    library: LibraryOption = None,
) -> None:
    """List the reports of the library, or say what a report is when it was read wrongly.

    Example: gongwen reports --province 陕西 --kind 工作总结 --counts 市,年份

    Example: gongwen reports wugong-2020 --set 地区=武功县 --set 年份=2020
    """
    facets = named_facets(counts)
    if unfit := set(facets) - set(FIELD_NAMES):
        raise typer.BadParameter(f"reports have no {min(unfit)}", param_hint="--counts")
    wanted = {**fields, "kind": kind or ()}
    with open_library(context, library) as opened:
        found = list(map(opened.report, names or ()))
        if found and (year or any(wanted.values())):
            raise typer.BadParameter("give names or conditions, not both", param_hint="REPORT")
        if said:
            if not found:
                raise typer.BadParameter("name the reports to set it for", param_hint="REPORT")
            values = dict(map(_field, said))
            found = [opened.describe(report.id, **values) for report in found]
        if not names:
            found = opened.reports(years=year, fields=wanted)
    rows = [report.to_dict() for report in found]
    counted = {facet: counts_of(found, facet) for facet in facets}
    if format is Format.json:
        print_json({"reports": rows} | ({"counts": counted} if counted else {}))
    elif format is Format.csv:
        flat = [r | {"similar": [s["report"] for s in r["similar"]]} for r in rows]
        write(csv_text(flat, REPORT_COLUMNS), None)
    else:
        out = table("Report", "Title 标题", "Region 地区", "Year 年份", "Sentences 句", flowing=1)
        for row in rows:
            out.add_row(
                row["report"], row["title"], row["region"], str(row["year"]), str(row["sentences"])
            )
        print_table(out)
        for facet, of in counted.items():
            say(f"{facet}: " + ", ".join(f"{value} {n}" for value, n in of.items()))
        if names:
            _print_notes(found)


def _print_notes(reports: Sequence[Report]) -> None:
    """Print what is to be known of the files of reports, such as damage, to standard error."""
    if any(report.notes for report in reports):
        from ..readers.notes import in_language  # late: hardly any report has notes

        for report in reports:
            for text in report.notes:
                note(f"{report.id}: {in_language(text)}")


def _field(text: str) -> tuple[str, str]:
    name, equals, value = text.replace("＝", "=", 1).partition("=")
    if not equals:
        raise typer.BadParameter(f"give FIELD=VALUE, not {text}", param_hint="--set")
    return name.strip(), value.strip()


def show(
    context: typer.Context,
    place: Annotated[
        str, typer.Argument(metavar="REPORT[:N]", help="A report, or one of its sentences.")
    ],
    format: FormatOption = Format.table,
    library: LibraryOption = None,
) -> None:
    """Show a report sentence by sentence with its tags, or one sentence with its neighbours.

    Example: gongwen show wugong-2020:27
    """
    with open_library(context, library) as opened:
        name, number = report_and_number(place)
        if number is not None and place in {report.id for report in opened.reports()}:
            name, number = place, None
        report = opened.report(name)
        if number is None:
            sentences = opened.sentences(report.id)
        else:
            opened.sentences(report.id, number, number)  # says so when there is none
            sentences = opened.sentences(report.id, max(1, number - 2), number + 2)
        taxonomy = opened.taxonomy
    rows = [sentence.to_dict() for sentence in sentences]
    if format is Format.json:
        print_json(report.to_dict() | {"units": rows})
        return
    if format is Format.csv:
        write(csv_text(rows, _SENTENCE_COLUMNS), None)
        return
    # late: only this command needs it
    from .output import plain

    print_table(plain(f"{report.title}  {report.region} {report.year}  {relative(report.source)}"))
    out = table("N", "Topic 主题", "Role 作用", "Sentence 句子")
    for s in sentences:
        labels = "\n".join(taxonomy.topics.zh(slug) for slug in (s.topic, *s.also) if slug)
        role = taxonomy.roles.zh(s.role) if s.kind != "boilerplate" else s.kind
        style = "bold" if s.kind in ("title", "heading") else ""
        out.add_row(
            f"> {s.n}" if s.n == number else str(s.n),
            labels,
            role,
            plain(" ".join(s.text.split()), style),
        )
    print_table(out)
    _print_notes([report])


def status(
    context: typer.Context,
    deep: Annotated[
        bool,
        typer.Option(
            "--deep",
            help="Verify every text, value, tag, figure, model and the index: is it what was "
            "written? Takes as long as reading all of it.",
        ),
    ] = False,
    format: FormatOption = Format.table,
    library: LibraryOption = None,
) -> None:
    """Say what the library holds and whether anything is wrong with it; then it exits with 1.

    Example: gongwen status --deep
    """
    with open_library(context, library) as opened, progress_bar({"verifying": "reports"}) as tell:
        state = opened.status(deep, tell)
    problems = state["problems"]
    assert isinstance(problems, list)
    if format is Format.json:
        print_json(state)
    elif format is Format.csv:
        write(csv_text([state], tuple(state)), None)
    else:
        for name, value in state.items():
            if isinstance(value, dict):
                value = ", ".join(f"{count} {what}" for what, count in value.items())
            if name != "problems":
                value = ", ".join(value) if isinstance(value, list) else value
                say(f"{name:<11} {'none' if value == '' else value}")
        say(f"{'problems':<11} {'none' if not problems else ''}".rstrip())
        for problem in problems:
            say(f"  {problem}")
    if problems:
        note("something is wrong with the library; see problems")
        raise typer.Exit(1)
