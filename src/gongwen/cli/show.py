"""Commands that show what a library holds: topics, reports, show, status."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..catalog import _, cited, current_language, labelled
from ..conditions import counts_of
from ..nlp.errors import LibraryError
from ..nlp.fields import FIELD_NAMES, FIELDS, LEVELS, REPORT_COLUMNS, SETTABLE, settable_name
from ..render.delimited import csv_text, json_text, jsonl_text
from .options import (
    FIELDS_NONE,
    FieldsOption,
    Format,
    HitFormat,
    LibraryOption,
    chosen_format,
    facet_label,
    named_facets,
    open_library,
    relative,
    report_and_number,
    takes_fields,
)
from .output import (
    fold_cell,
    note,
    nothing_to_write,
    piped,
    plain,
    print_json,
    print_lines,
    print_table,
    progress_bar,
    say,
    table,
    width,
    write,
)
from .search import FormatOption as HitFormatOption
from .search import OutputOption
from .styled_lines import fold_line, joined, line_of
from .text_width import columns

if TYPE_CHECKING:
    from ..nlp.topics.taxonomy import Taxonomy
    from ..results import Report, StoredSentence
    from ..storage.undone import HistoryEntry

_WIDE = 110
"""Columns of a terminal from which on names have columns of their own, and are not folded."""
_TOPIC_WIDTH, _NAME_WIDTH = 16, 22
"""Columns of the names of topics on a narrower one, beside sentences and in a list of them."""

_MOST_AROUND = 1_000_000
"""Sentences around one that can be asked for."""
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
        _print_topics(rows)


def _print_topics(rows: Sequence[Mapping[str, object]]) -> None:
    """Print topics by name; on a narrow terminal the slug stands below the name."""
    stacked = not piped() and width() < _WIDE
    heads = [_("Sentences"), _("Also"), _("What belongs to it")]
    out = table(_("Topic"), *([] if stacked else [_("Slug")]), *heads)
    for row in rows:
        slug, *cells = (str(row[column]) for column in _TOPIC_COLUMNS)
        if stacked:
            cells[0] = f"{fold_cell(cells[0], _NAME_WIDTH)}\n{slug}"
        out.add_row(cells[0], *([] if stacked else [slug]), *cells[1:])
    for column in out.columns[-3:-1]:
        column.justify = "right"
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
    format: HitFormatOption = None,
    output: OutputOption = None,
    library: LibraryOption = None,
) -> None:
    """List the reports of the library, or say what a report is when it was read wrongly.

    Example: gongwen reports --province 陕西 --kind 工作总结 --counts 市,年份

    Example: gongwen reports wugong-2020 --set 地区=武功县 --set 年份=2020

    Example: gongwen reports -o 报告清单.xlsx
    """
    format = chosen_format(format, output, HitFormat)
    facets = named_facets(counts)
    if unfit := set(facets) - set(FIELD_NAMES):
        raise typer.BadParameter(
            f"reports have no {facet_label(min(unfit))}", param_hint="--counts"
        )
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
            for report in found:
                _note_fields(report, values)
        if not names:
            found = opened.reports(years=year, fields=wanted)
    counted = {facet: counts_of(found, facet) for facet in facets}
    if format is not HitFormat.table:
        _write_reports(found, counted, format, output)
    else:
        _print_reports([report.to_dict() for report in found])
        for facet, of in counted.items():
            shown = _(", ").join(f"{value} {n}" for value, n in of.items())
            print_lines(fold_line(line_of(labelled(facet_label(facet), shown)), width(), 2))
        if names:
            _print_notes(found)


def _write_reports(
    found: Sequence[Report],
    counted: Mapping[str, Mapping[str, int]],
    format: HitFormat,
    output: Path | None,
) -> None:
    """Write reports to a file, or print them for programs; only JSON has the counts."""
    # late: a table needs none of it
    from ..render.readable_rows import report_dict, report_rows, report_sheet

    rows = list(map(report_dict, found))
    if format is not HitFormat.json and not found and nothing_to_write(output):
        return
    if format is HitFormat.json:
        whole = {"reports": rows} | ({"counts": counted} if counted else {})
        write(json_text(whole, indent=2) + "\n", output)
    elif format is HitFormat.jsonl:
        write(jsonl_text(rows), output)
    elif format is HitFormat.csv:
        write(csv_text(report_rows(found), REPORT_COLUMNS), output)
    elif output is not None:
        from ..render.xlsx import write_book  # late: likewise

        write_book(output, [report_sheet(found)])
    if output is not None:
        note(_("wrote {count} reports to {path}").format(count=len(found), path=output))


def _print_reports(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print reports; on a terminal that is too narrow the title stands below the id."""
    heads = [_("Report"), _("Title"), _("Region"), _("Year"), _("Sentences")]
    cells = [
        [str(row[name]) for name in ("report", "title", "region", "year", "sentences")]
        for row in rows
    ]
    wide = [max(map(columns, of)) for of in zip(heads, *cells, strict=True)]
    stacked = not piped() and sum(wide) + 3 * (len(wide) - 1) > width()
    if stacked:
        del heads[1]
    out = table(*heads, flowing=0 if stacked else 1)
    out.columns[-1].justify = "right"
    for report, title, *others in cells:
        out.add_row(*([f"{report}\n  {title}"] if stacked else [report, title]), *others)
    print_table(out)


def _print_notes(reports: Sequence[Report]) -> None:
    """Print what is to be known of the files of reports, such as damage, to standard error."""
    if any(report.notes for report in reports):
        from ..translation import in_language  # late: most reports have no notes

        for report in reports:
            for text in report.notes:
                note(labelled(report.id, in_language(text)))


def _field(text: str) -> tuple[str, str]:
    name, equals, value = text.replace("＝", "=", 1).partition("=")
    if not equals:
        raise typer.BadParameter(f"give FIELD=VALUE, not {text}", param_hint="--set")
    return name.strip(), value.strip()


def _note_fields(report: Report, said: Mapping[str, str]) -> None:
    """Note the fields of a report that were set, and the places among them that are not known."""
    # late: only this needs the table of places
    from ..nlp.document.gazetteer import is_alias, is_place, short_names

    for written, wanted in said.items():
        field = next(one for one in FIELDS if one.name == settable_name(written))
        value = str(getattr(report, field.name) or "")
        message = _("{report}: {field} is now {value}")
        if not wanted:
            message = _("{report}: {field} is {value} again, as the report says")
        name = field.name if current_language() == "en" else field.chinese[0]
        if field.name == "level" and name != field.name and value:
            value = LEVELS[value][0]
        note(message.format(report=report.id, field=name, value=value or _("none")))
        known = is_place(value) or is_alias(value) or value in short_names()
        if field.type == "place" and value not in ("", *LEVELS["national"]) and not known:
            message = _("{value} is not in the list of places; check how it is written")
            note(message.format(value=cited(value)))


def show(
    context: typer.Context,
    place: Annotated[
        str, typer.Argument(metavar="REPORT[:N]", help="A report, or one of its sentences.")
    ],
    around: Annotated[
        int,
        typer.Option("--context", min=0, help="Sentences to show around the one that is named."),
    ] = 2,
    format: FormatOption = Format.table,
    library: LibraryOption = None,
) -> None:
    """Show a report sentence by sentence with its tags, or one sentence with its neighbours and
    its citation, ready to paste.

    Example: gongwen show wugong-2020:27 --context 3
    """
    with open_library(context, library) as opened:
        name, number = report_and_number(place)
        if number is not None and opened.has_report(place):
            name, number = place, None
        report = opened.report(name)
        if number is None:
            sentences = opened.sentences(report.id)
        else:
            opened.sentences(report.id, number, number)  # says so when there is none
            around = min(around, _MOST_AROUND)
            sentences = opened.sentences(report.id, max(1, number - around), number + around)
        taxonomy = opened.taxonomy
        history = [] if number is None else opened.history(report.id, number)
    rows = [sentence.to_dict() for sentence in sentences]
    if format is Format.json:
        from ..render.readable_rows import report_dict  # late: a table needs none of it

        print_json(report_dict(report) | {"units": rows})
        return
    if format is Format.csv:
        write(csv_text(rows, _SENTENCE_COLUMNS), None)
        return
    _print_sentences(report, sentences, taxonomy, number)
    from ..results import citation  # late: help does not need it

    for one in sentences:
        if one.n == number:
            say(f"——{citation(report, one.section, one.n, one.text)}")
            if one.corrected:
                _print_correction(one, history)
    _print_notes([report])


def _print_correction(sentence: StoredSentence, history: Sequence[HistoryEntry]) -> None:
    """Print who corrected a sentence, when and why; an older library may not know it."""
    from ..render.readable_rows import local_time  # late: help does not need it

    standing = [entry.correction for entry in history if entry.taken_back is None]
    if standing:
        last = standing[-1]
        said = filter(None, (last.author, local_time(last.at), last.note))
        note(labelled(_("corrected"), _(", ").join(said)))


def _print_sentences(
    report: Report, sentences: Sequence[StoredSentence], taxonomy: Taxonomy, number: int | None
) -> None:
    """Print the sentences of a report with their tags; a number marks the one asked for."""
    known = " ".join(str(part) for part in (report.region, report.year) if part)
    if not piped():
        parts = [line_of(report.title, style="bold"), line_of(known)]
        head = joined([*parts, line_of(relative(report.source), style="dim")])
        print_lines(fold_line(head, width(), 2))
    out = table(_("No."), _("Topic"), _("Role"), _("Sentence"))
    names = _TOPIC_WIDTH if width() < _WIDE else width()
    for s in sentences:
        slugs = [slug for slug in (s.topic, *s.also) if slug]
        labels = [fold_cell(taxonomy.topics.zh(slug), names) for slug in slugs]
        role = taxonomy.roles.zh(s.role) if s.kind != "boilerplate" else _("no text of the report")
        text = " ".join(s.text.split())
        heading = s.kind in ("title", "heading") and not piped() and sys.stdout.isatty()
        out.add_row(
            f"> {s.n}" if s.n == number and not piped() else str(s.n),
            ("、" if piped() else "\n").join(labels),
            role,
            plain(text, "bold") if heading else text,
        )
    print_table(out)


_UNITS = ("KB", "MB", "GB")


def size_text(size: int) -> str:
    """Return a size in bytes for people.

    Example:
        >>> size_text(0), size_text(462753), size_text(5 << 20)
        ('0 KB', '452 KB', '5.0 MB')
    """
    shown = size / 1024
    unit = 0
    while shown >= 1024 and unit < len(_UNITS) - 1:
        shown /= 1024
        unit += 1
    return f"{shown:.1f} {_UNITS[unit]}" if unit else f"{-(-size // 1024)} KB"


def _protection(name: str) -> str:
    """Return what keeps the processes that read files from doing else; any other text as it is."""
    names = {
        "limits": _("limits of memory and time"),
        "no-new-privs": _("no further privileges"),
        "landlock": _("restricted access to files and network"),
        "seccomp": _("restricted system calls"),
    }
    return names.get(name.partition("-")[0] if name.startswith("landlock") else name, name)


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

    Without --deep it counts, and looks at settings, models and whether the index can be opened;
    that takes as long in a large library as in a small one.

    Example: gongwen status --deep
    """
    with open_library(context, library) as opened, progress_bar({"verifying": "reports"}) as tell:
        state = opened.status(deep, tell)
    from ..translation import in_language  # late: likewise

    found = state["problems"]
    assert isinstance(found, list)
    problems = list(map(in_language, found))
    state["problems"] = problems
    if format is Format.json:
        print_json(state)
    elif format is Format.csv:
        write(csv_text([state], tuple(state)), None)
    else:
        _print_state(state, problems)
    if problems:
        note("something is wrong with the library; see problems")
        raise typer.Exit(1)


def _print_state(state: Mapping[str, Any], problems: Sequence[str]) -> None:
    """Print the state of a library, a line for each fact."""
    from ..translation import in_language  # late: help does not need it

    labels = {
        "library": _("library"), "store": _("database"),
        "format": _("format"), "reports": _("reports"),
        "sentences": _("Sentences").lower(), "copies": _("copies"), "corrections": _("corrections"),
        "trash": _("in the trash"), "trash_bytes": _("size of the trash"),
        "generation": _("generation"), "indexed": _("indexed"), "engine": _("engine"),
        "segmenter": _("segmenter"), "model": _("model"), "writer": _("writer"), "bytes": _("size"),
        "confinement": _("confinement"), "verified": _("verified"), "problems": _("problems"),
    }  # fmt: skip
    named = {labels.get(name, name): value for name, value in state.items() if name != "problems"}
    left = max(map(columns, [*named, labels["problems"]])) + 2
    facts: list[tuple[str, Any]] = [*named.items()]
    if "verified" not in state:
        facts.append((labels["verified"], _("not all of it; gongwen status --deep does that")))
    facts.append((labels["problems"], None if problems else ""))
    for name, value in facts:
        if name in (labels["bytes"], labels["trash_bytes"]):
            value = size_text(value)
        elif isinstance(value, dict):
            counted = _("{count} {status}")
            value = _(", ").join(counted.format(count=n, status=_(w)) for w, n in value.items())
        elif isinstance(value, list | tuple):
            value = _(", ").join(_protection(str(one)) for one in value)
        said = "" if value is None else _("none") if value in ("", ()) else in_language(str(value))
        if piped():
            say(f"{name}\t{said}")
        else:
            line = line_of(f"{name}{' ' * (left - columns(name))}{said}")
            print_lines(fold_line(line, width(), left))
    for problem in problems:
        print_lines(fold_line(line_of(f"  {problem}"), width(), 4))
