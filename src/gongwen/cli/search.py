"""The commands search and similar, and how their hits are printed or saved."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..catalog import _, in_brackets, labelled
from ..conditions import without_text
from ..render.delimited import csv_text, json_text, jsonl_text
from .hit_lines import (
    hit_lines,
    hit_records,
    is_cut,
    record_heads,
    report_lines,
    report_record_heads,
    report_records,
)
from .kwic import check_kwic, lines_shown, show_concordance
from .options import (
    FIELDS_NONE,
    FieldsOption,
    HitFormat,
    LibraryOption,
    chosen_format,
    facet_label,
    limit_given,
    named_facets,
    not_nan,
    open_library,
    report_and_number,
    takes_fields,
)
from .output import (
    note,
    note_cut,
    nothing_to_write,
    piped,
    print_lines,
    print_table,
    say,
    table,
    width,
    write,
)
from .styled_lines import fold_line, line_of

if TYPE_CHECKING:
    from ..conditions import Conditions
    from ..nlp.topics.taxonomy import Taxonomy
    from ..results import Results


_ALSO = "also shown, behind the others, are sentences with words that mean the same (≈)"
_COUNTED = "counted too are sentences with words that mean the same"
_WIDENED = {
    "synonym": "no sentence has these words; shown are sentences with words that mean the same",
    "pinyin": "no sentence has these letters; shown are sentences with words that sound so (拼音)",
    "any": "no sentence has all of these words; shown are sentences with some of them",
}


def print_results(
    results: Results,
    taxonomy: Taxonomy,
    format: HitFormat,
    output: Path | None,
    offset: int,
    wide: bool = False,
) -> None:
    """Print ``results``, or write them to ``output``.

    Args:
        results: what was found.
        taxonomy: names topics and roles.
        format: as :func:`~.options.chosen_format` gave it.
        output: a file, ``None`` for standard output.
        offset: hits or reports that lie in front of the page.
        wide: whether a table shows sentences whole, and all that is known of each.
    """
    if format is HitFormat.table:
        _print_table(results, taxonomy, offset, wide)
        return
    if format is not HitFormat.json and not results and nothing_to_write(output):
        note(_summary(results, offset))
        return
    _say_widened(results)
    if format is HitFormat.json:
        write(json_text(results.to_dict(), indent=2) + "\n", output)
    elif format is HitFormat.jsonl:
        write(jsonl_text([hit.to_dict() for hit in results]), output)
    elif format is HitFormat.csv:
        write(csv_text(results.to_dicts(), results.table_columns()), output)
    elif output is not None:
        # late: only this command needs it
        from ..render.readable_rows import hit_sheet
        from ..render.xlsx import write_book

        write_book(output, [hit_sheet(results, taxonomy)])
    if results.counts and format in (HitFormat.csv, HitFormat.xlsx, HitFormat.jsonl):
        note("the counts are shown with --format table and json only")
    if output is not None:
        note(_written(results, output))
    elif _left_out(results):
        note(_summary(results, offset))
        note(_("--limit {number} gives all of them").format(number=_left_out(results)))


# -- tables --------------------------------------------------------------------------------------


def _say_widened(results: Results) -> None:
    """Say which sentences are there too, or in place of those that have the words."""
    if results.match == "synonym" and not (results.hits and all(hit.via for hit in results)):
        note(_ALSO if results.hits else _COUNTED)
    elif results.match in _WIDENED:
        note(_WIDENED[results.match])


def _print_table(results: Results, taxonomy: Taxonomy, offset: int, wide: bool) -> None:
    _say_widened(results)
    _print_hits(results, taxonomy, wide)
    _print_counts(results, taxonomy)
    sys.stdout.flush()
    if results.suggestions:
        note(f"您是不是要找 (did you mean): {'、'.join(results.suggestions)}")
    literal = results.match == "all"
    if literal and results.total_exact is not None and results.total_exact < results.total:
        counted = _("{total} sentences have all of the words, {exact} of them unbroken")
        note(counted.format(total=results.total, exact=results.total_exact))
    if results.more_by_synonyms:
        more = _("{count} more sentences have words that mean the same: {words}")
        words = "、".join(results.synonyms)
        note(more.format(count=results.more_by_synonyms, words=words))
    if results.total_distinct is None:
        note(_("near-copies are listed one by one until the index is new: gongwen reindex"))
    note(_summary(results, offset))
    for one in results.without_filters:
        note(without_text(one, taxonomy))


def _print_hits(results: Results, taxonomy: Taxonomy, wide: bool) -> None:
    """Print hits, or reports with their best hits, laid out for the terminal or for a pipe."""
    hits, reports = results.hits, results.reports
    if not piped():
        if reports:
            print_lines(report_lines(reports, width(), wide))
        else:
            print_lines(hit_lines(hits, taxonomy, width(), wide))
        if not wide and any(is_cut(hit, width(), bool(reports)) for hit in hits):
            note_cut()
    elif reports:
        print_table(report_records(reports, table(*report_record_heads())))
    elif hits:
        print_table(hit_records(hits, taxonomy, table(*record_heads(hits))))


def _print_counts(results: Results, taxonomy: Taxonomy) -> None:
    """Print the counts of each facet."""
    differs = results.total_exact is not None and results.total_exact < results.total
    unbroken = _("unbroken")
    for facet, values in results.counts.items():
        names = {"topic": taxonomy.topics.zh, "role": taxonomy.roles.zh}.get(facet, str)
        exact = results.counts_exact.get(facet, {})
        if piped():
            for value, n in values.items():
                some = [str(exact.get(value, 0))] if differs else []
                say("\t".join([facet, *(" ".join(str(names(value)).split()),), str(n), *some]))
            continue
        said = _(", ").join(
            f"{names(value)} {n}"
            + (in_brackets(f"{unbroken} {exact.get(value, 0)}") if differs else "")
            for value, n in values.items()
        )
        print_lines(fold_line(line_of(labelled(facet_label(facet), said)), width(), 2))


def _summary(results: Results, offset: int) -> str:
    took = f"{results.took_ms:.0f}"
    if not results.total:
        return _("nothing found ({count} ms)").format(count=took)
    if results.total_reports:
        shown, total = len(results.reports), results.total_reports
        what = _("{reports} reports with {sentences} sentences").format(
            reports=total, sentences=results.total
        )
    else:
        shown, total = len(results), results.total
        what = f"{total}"
        if results.grouped and results.total_distinct != total:
            what = _("{distinct} different sentences, {total} in all").format(
                distinct=results.total_distinct, total=total
            )
        elif results.total_distinct not in (None, total):
            what = _("{total} ({distinct} different)").format(
                total=total, distinct=results.total_distinct
            )
    if not shown and what.isdecimal():
        return _("{count} found, none of them shown ({n} ms)").format(count=what, n=took)
    if not shown:
        return _("{what} found, none of them shown ({n} ms)").format(what=what, n=took)
    number = f"{offset + 1}-{offset + shown}"
    if what.isdecimal():
        return _("{number} of {count} ({n} ms)").format(number=number, count=what, n=took)
    return _("{number} of {what} ({n} ms)").format(number=number, what=what, n=took)


def _written(results: Results, output: Path) -> str:
    """Return how much was written to a file, and of how much where that is not all."""
    if results.reports:
        message = _("wrote {count} sentences of {reports} reports to {path}")
        if _left_out(results):
            message = _(
                "wrote {count} sentences of {reports} reports (of {total}) to {path}; --limit "
                "{total} gives all of them"
            )
    elif _left_out(results):
        message = _(
            "wrote {count} of {total} sentences to {path}; --limit {total} gives all of them"
        )
    else:
        message = _("wrote {count} sentences to {path}")
    return message.format(
        count=len(results), reports=len(results.reports), total=_left_out(results), path=output
    )


def _left_out(results: Results) -> int:
    """Return how many hits or reports there are when not all are given, else 0."""
    if results.total_reports:
        shown, there = len(results.reports), results.total_reports
    else:
        grouped = results.total_distinct if results.grouped else None
        shown, there = len(results), grouped or results.total
    return there if shown < there else 0


TopicOption = Annotated[
    list[str] | None,
    typer.Option("--topic", "-t", help="Topic, as 行政执法 or enforcement; repeatable."),
]
RoleOption = Annotated[
    list[str] | None,
    typer.Option("--role", help="What the sentence does, as 问题 or problem; repeatable."),
]
YearOption = Annotated[
    str | None, typer.Option("--year", help="2020, 2018..2021, 2018.. or ..2021.")
]
ReportOption = Annotated[list[str] | None, typer.Option(help="Id of a report; repeatable.")]
KindOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Kind of document, as 工作总结, or of unit: title, heading, sentence or boilerplate; "
        "repeatable."
    ),
]
MinProbabilityOption = Annotated[
    float,
    typer.Option(min=0, max=1, callback=not_nan, help="Only topics at least this likely."),
]
VerbatimOption = Annotated[
    bool, typer.Option("--verbatim", help='"..." wants its marks (标点) as typed.')
]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=0, help="Hits to show.")]
ContextOption = Annotated[
    int, typer.Option("--context", min=0, help="Sentences to show around each hit.")
]
FormatOption = Annotated[
    HitFormat | None,
    typer.Option(
        "--format",
        help="Output; by the name of the file, else a table. XLSX is for people, with names in "
        "Chinese; CSV and JSON have the names for programs.",
    ),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file.")
]


class SortBy(StrEnum):
    """Order of the hits; left and right are those of a concordance."""

    relevance = "relevance"
    year = "year"
    left = "left"
    right = "right"


class Grouping(StrEnum):
    """Whether near-copies are listed once."""

    on = "on"
    off = "off"


GroupOption = Annotated[
    Grouping,
    typer.Option(
        "--group",
        help="List sentences that differ in numbers, names or marks only once, the earliest.",
    ),
]
CopiesOption = Annotated[
    bool,
    typer.Option("--copies", help="Show under each hit the others that differ in these only."),
]


WideOption = Annotated[
    bool,
    typer.Option(
        "--wide",
        help="Show sentences whole, with further topics, probability, citation and file.",
    ),
]


class GroupBy(StrEnum):
    """What is found."""

    sentence = "sentence"
    report = "report"


class SynonymUse(StrEnum):
    """When words that mean the same are searched as well."""

    auto = "auto"
    always = "always"
    never = "never"


@takes_fields
def search(
    context: typer.Context,
    query: Annotated[
        list[str] | None, typer.Argument(metavar="QUERY", help="Words; see below.")
    ] = None,
    topic: TopicOption = None,
    role: RoleOption = None,
    fields: FieldsOption = FIELDS_NONE,
    year: YearOption = None,
    report: ReportOption = None,
    kind: KindOption = None,
    min_probability: MinProbabilityOption = 0.0,
    limit: Annotated[
        int,
        typer.Option("--limit", "-n", min=0, help="Hits to show; all in a file, unless given."),
    ] = 20,
    offset: Annotated[int, typer.Option(min=0, help="Hits to pass over.")] = 0,
    sort: Annotated[
        SortBy,
        typer.Option(
            help="Order of the hits; by year the latest first; with --kwic also by the text to "
            "the left or right."
        ),
    ] = SortBy.relevance,
    by: Annotated[
        GroupBy, typer.Option(help="Find sentences, or reports with their best sentences.")
    ] = GroupBy.sentence,
    best: Annotated[
        int, typer.Option(min=1, help="Sentences to show of each report, with --by report.")
    ] = 3,
    counts: Annotated[
        str | None,
        typer.Option(
            help="Count all matches, as topic,role,year or 省,市,发文机关; also report and unit."
        ),
    ] = None,
    context_: ContextOption = 0,
    kwic: Annotated[
        bool,
        typer.Option(
            "--kwic",
            help="One aligned line an occurrence, with the text around it (索引行); 50 in the "
            "terminal, all in files.",
        ),
    ] = False,
    window: Annotated[
        int | None,
        typer.Option(min=0, help="Characters on either side, with --kwic; by default what fits."),
    ] = None,
    synonyms: Annotated[
        SynonymUse, typer.Option(help="Use words that mean the same (近义词).")
    ] = SynonymUse.auto,
    verbatim: VerbatimOption = False,
    group: GroupOption = Grouping.on,
    copies: CopiesOption = False,
    wide: WideOption = False,
    format: FormatOption = None,
    output: OutputOption = None,
    library: LibraryOption = None,
) -> None:
    """Find sentences by words, by topic, or by both.

    Spaces mean AND; "..." is exact, whatever marks stand in it, ="..." with these marks; OR joins;
    NOT or a leading - excludes; filters may stand in the query: topic:执法 role:问题 地区:武功县
    省:陕西 发文机关:司法局 文种:工作总结 年份:2018..2021; in English region: province: agency:
    kind: year: city: county: level:. * lets a word go on.
    Found by sound too: fazhi, xzfy. Also: a whole question, 发现自己被别人冒名入职了怎么办.

    Example: gongwen search 法律顾问 --topic 行政执法

    Example: gongwen search '"行政规范性文件" role:问题' --counts topic,year

    Example: gongwen search 行政复议 --by report --format csv -o 行政复议.csv

    Example: gongwen search 营商环境 --kwic --sort left
    """
    format = chosen_format(format, output, HitFormat)
    others = {"--by": by is GroupBy.report, "--counts": bool(counts), "--context": bool(context_)}
    check_kwic(kwic, sort.value, window, others | {"--copies": copies})
    facets = named_facets(counts)
    words = " ".join(query or ())
    conditions: Conditions = {
        "topics": topic or (),
        "roles": role or (),
        "years": year,
        "reports": report or (),
        "fields": fields,
        "kinds": kind or (),
        "min_probability": min_probability,
    }
    if kwic:
        shown = lines_shown(context, limit, format.value)
        with open_library(context, library) as opened:
            found = opened.concordance(
                words,
                sort=sort.value,
                window=window,
                limit=shown,
                offset=offset,
                synonyms=synonyms.value,
                verbatim=verbatim,
                **conditions,
            )
            taxonomy = opened.taxonomy
        if found.match in _WIDENED:
            note(_ALSO if synonyms is SynonymUse.always else _WIDENED[found.match])
        show_concordance(found, taxonomy, format.value, output, offset)
        return
    with open_library(context, library) as opened:
        results = opened.search(
            words,
            limit=limit if output is None or limit_given(context) else sys.maxsize,
            offset=offset,
            sort="year" if sort is SortBy.year else "relevance",
            counts=facets,
            context=context_,
            synonyms=synonyms.value,
            by=by.value,
            best=best,
            verbatim=verbatim,
            group=group is Grouping.on,
            copies=copies,
            **conditions,
        )
        taxonomy = opened.taxonomy
    print_results(results, taxonomy, format, output, offset, wide)


@takes_fields
def similar(
    context: typer.Context,
    place: Annotated[str, typer.Argument(metavar="REPORT:N", help="A sentence of a report.")],
    topic: TopicOption = None,
    role: RoleOption = None,
    fields: FieldsOption = FIELDS_NONE,
    year: YearOption = None,
    elsewhere: Annotated[
        bool, typer.Option("--elsewhere", help="Only sentences of other reports.")
    ] = False,
    limit: LimitOption = 10,
    context_: ContextOption = 0,
    group: GroupOption = Grouping.on,
    copies: CopiesOption = False,
    wide: WideOption = False,
    format: FormatOption = None,
    output: OutputOption = None,
    library: LibraryOption = None,
) -> None:
    """Find the sentences most like one: how did others put it?

    Example: gongwen similar wugong-2020:27 --elsewhere
    """
    format = chosen_format(format, output, HitFormat)
    with open_library(context, library) as opened:
        name, number = report_and_number(place)
        if number is None:
            raise typer.BadParameter("give a sentence, as wugong-2020:27", param_hint="REPORT:N")
        results = opened.similar(
            name,
            number,
            topics=topic or (),
            roles=role or (),
            years=year,
            fields=fields,
            elsewhere=elsewhere,
            limit=limit,
            context=context_,
            group=group is Grouping.on,
            copies=copies,
        )
        taxonomy = opened.taxonomy
    print_results(results, taxonomy, format, output, 0, wide)
