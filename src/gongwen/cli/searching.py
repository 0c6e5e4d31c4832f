"""The commands that find sentences: search, similar."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..index.engine import FACETS
from .hits import HitFormat, chosen_format, print_results
from .options import LibraryOption, not_nan, open_library, report_and_number

TopicOption = Annotated[
    list[str] | None,
    typer.Option("--topic", "-t", help="Topic, as 行政执法 or enforcement; repeatable."),
]
RoleOption = Annotated[
    list[str] | None,
    typer.Option("--role", help="What the sentence does, as 问题 or problem; repeatable."),
]
RegionOption = Annotated[
    list[str] | None, typer.Option("--region", help="Region, as 武功县 or a part; repeatable.")
]
YearOption = Annotated[
    str | None, typer.Option("--year", help="2020, 2018..2021, 2018.. or ..2021.")
]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=0, help="Hits to show.")]
ContextOption = Annotated[
    int, typer.Option("--context", min=0, help="Sentences to show around each hit.")
]
FormatOption = Annotated[
    HitFormat | None,
    typer.Option("--format", help="Output; by the name of the file, else a table."),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file.")
]


class SortBy(StrEnum):
    """Order of the hits."""

    relevance = "relevance"
    year = "year"


class GroupBy(StrEnum):
    """What is found."""

    sentence = "sentence"
    report = "report"


class SynonymUse(StrEnum):
    """When words that mean the same are searched as well."""

    auto = "auto"
    always = "always"
    never = "never"


def search(
    context: typer.Context,
    query: Annotated[
        list[str] | None, typer.Argument(metavar="QUERY", help="Words; see below.")
    ] = None,
    topic: TopicOption = None,
    role: RoleOption = None,
    region: RegionOption = None,
    year: YearOption = None,
    report: Annotated[list[str] | None, typer.Option(help="Id of a report; repeatable.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="title, heading, sentence or boilerplate; repeatable.")
    ] = None,
    min_probability: Annotated[
        float,
        typer.Option(min=0, max=1, callback=not_nan, help="Only topics at least this likely."),
    ] = 0.0,
    limit: LimitOption = 20,
    offset: Annotated[int, typer.Option(min=0, help="Hits to pass over.")] = 0,
    sort: Annotated[
        SortBy, typer.Option(help="Order of the hits; by year the latest first.")
    ] = SortBy.relevance,
    by: Annotated[
        GroupBy, typer.Option(help="Find sentences, or reports with their best sentences.")
    ] = GroupBy.sentence,
    best: Annotated[
        int, typer.Option(min=1, help="Sentences to show of each report, with --by report.")
    ] = 3,
    counts: Annotated[
        str | None, typer.Option(help="Count all matches, as topic,role,year,region,report.")
    ] = None,
    context_: ContextOption = 0,
    synonyms: Annotated[
        SynonymUse, typer.Option(help="Use words that mean the same (近义词).")
    ] = SynonymUse.auto,
    format: FormatOption = None,
    output: OutputOption = None,
    library: LibraryOption = None,
) -> None:
    """Find sentences by words, by topic, or by both.

    Spaces mean AND; "..." is exact; OR joins; NOT or a leading - excludes; filters may stand in the
    query: topic:执法 role:问题 region:武功县 year:2018..2021; * lets a Latin word or number go on.
    Found by sound too: fazhi, xzfy. Also: a whole question, 发现自己被别人冒名入职了怎么办.

    Example: gongwen search 法律顾问 --topic 行政执法

    Example: gongwen search '"行政规范性文件" role:问题' --counts topic,year

    Example: gongwen search 行政复议 --by report --format csv -o 行政复议.csv
    """
    format = chosen_format(format, output)
    facets = [facet.strip() for facet in (counts or "").split(",") if facet.strip()]
    for facet in facets:
        if facet not in FACETS:
            raise typer.BadParameter(
                f"{facet!r}: give some of {', '.join(FACETS)}", param_hint="--counts"
            )
    with open_library(context, library) as opened:
        results = opened.search(
            " ".join(query or ()),
            topics=topic or (),
            roles=role or (),
            regions=region or (),
            years=year,
            reports=report or (),
            kinds=kind or (),
            min_probability=min_probability,
            limit=limit,
            offset=offset,
            sort=sort.value,
            counts=facets,  # type: ignore[arg-type] # checked above
            context=context_,
            synonyms=synonyms.value,
            by=by.value,
            best=best,
        )
        taxonomy = opened.taxonomy
    print_results(results, taxonomy, format, output, offset)


def similar(
    context: typer.Context,
    place: Annotated[str, typer.Argument(metavar="REPORT:N", help="A sentence of a report.")],
    topic: TopicOption = None,
    role: RoleOption = None,
    region: RegionOption = None,
    year: YearOption = None,
    elsewhere: Annotated[
        bool, typer.Option("--elsewhere", help="Only sentences of other reports.")
    ] = False,
    limit: LimitOption = 10,
    context_: ContextOption = 0,
    format: FormatOption = None,
    output: OutputOption = None,
    library: LibraryOption = None,
) -> None:
    """Find the sentences most like one: how did others put it?

    Example: gongwen similar wugong-2020:27 --elsewhere
    """
    format = chosen_format(format, output)
    with open_library(context, library) as opened:
        name, number = report_and_number(place)
        if number is None:
            raise typer.BadParameter("give a sentence, as wugong-2020:27", param_hint="REPORT:N")
        results = opened.similar(
            name,
            number,
            topics=topic or (),
            roles=role or (),
            regions=region or (),
            years=year,
            elsewhere=elsewhere,
            limit=limit,
            context=context_,
        )
        taxonomy = opened.taxonomy
    print_results(results, taxonomy, format, output, 0)
