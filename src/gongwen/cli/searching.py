"""The search command."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..index.engine import FACETS
from ..results import Hit, Results
from .options import LibraryOption, open_library, width
from .output import csv_text, note, print_table, table, write
from .wrap import columns, wrapped

if TYPE_CHECKING:
    from rich.text import Text

    from ..nlp.taxonomy import Taxonomy

_COLUMNS = (
    "report", "n", "text", "topic", "also", "probability", "role", "kind", "section", "title",
    "region", "year", "source", "start", "end", "score",
)  # fmt: skip
_TOPIC = "Topic 主题"
_WIDENED = {
    "synonym": "no sentence has these words; shown are sentences with words that mean the same",
    "any": "no sentence has all of these words; shown are sentences with some of them",
}


class SearchFormat(StrEnum):
    """Output of search."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"


class SortBy(StrEnum):
    """Order of the hits."""

    relevance = "relevance"
    year = "year"


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
    topic: Annotated[
        list[str] | None,
        typer.Option("--topic", "-t", help="Topic, as 行政执法 or enforcement; repeatable."),
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(help="What the sentence does, as 问题 or problem; repeatable."),
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(help="Region, as 武功县 or a part; repeatable.")
    ] = None,
    year: Annotated[str | None, typer.Option(help="2020, 2018..2021, 2018.. or ..2021.")] = None,
    report: Annotated[list[str] | None, typer.Option(help="Id of a report; repeatable.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="title, heading, sentence or boilerplate; repeatable.")
    ] = None,
    min_probability: Annotated[
        float, typer.Option(min=0, max=1, help="Only topics at least this likely.")
    ] = 0.0,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="Hits to show.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="Hits to pass over.")] = 0,
    sort: Annotated[SortBy, typer.Option(help="Order of the hits.")] = SortBy.relevance,
    counts: Annotated[
        str | None, typer.Option(help="Count all matches, as topic,role,year,region.")
    ] = None,
    context_: Annotated[
        int, typer.Option("--context", min=0, help="Sentences to show around each hit.")
    ] = 0,
    synonyms: Annotated[
        SynonymUse, typer.Option(help="Use words that mean the same.")
    ] = SynonymUse.auto,
    format: Annotated[SearchFormat, typer.Option(help="Output.")] = SearchFormat.table,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file.")
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Find sentences by words, by topic, or by both.

    Spaces mean AND; "..." is exact; OR joins; NOT or a leading - excludes; filters may stand in the
    query: topic:执法 role:问题 region:武功县 year:2018..2021; * lets a Latin word or number go on.

    Example: gongwen search 法律顾问 --topic 行政执法

    Example: gongwen search '"行政规范性文件" role:问题' --counts topic,year
    """
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
        )
        if format is SearchFormat.table:
            _print_table(results, opened.taxonomy, offset, output)
            return
    if format is SearchFormat.json:
        write(json.dumps(results.to_dict(), ensure_ascii=False, indent=2) + "\n", output)
    elif format is SearchFormat.jsonl:
        lines = (json.dumps(hit.to_dict(), ensure_ascii=False) + "\n" for hit in results)
        write("".join(lines), output)
    else:
        write(csv_text([hit.to_dict() for hit in results], _COLUMNS), output)


def _print_table(results: Results, taxonomy: Taxonomy, offset: int, output: Path | None) -> None:
    if output is not None:
        raise typer.BadParameter(
            "--output needs --format json, jsonl or csv", param_hint="--output"
        )
    if results.match in _WIDENED:
        note(_WIDENED[results.match])
    if results.hits:
        from rich.text import Text

        names = {
            slug: taxonomy.topics.zh(slug) for hit in results for slug in (hit.topic, *hit.also)
        }
        left = max(map(columns, [_TOPIC, *names.values()]))
        space = width() - left - 3
        rows = table(_TOPIC, "Sentence 句子")
        for hit in results:
            where = f"{hit.place} {taxonomy.roles.zh(hit.role)} {hit.citation}"
            lines = [
                *(Text(_line(text), style="dim") for text in hit.before),
                _marked(hit),
                *(Text(_line(text), style="dim") for text in hit.after),
                Text(where, style="dim"),
            ]
            topics = "\n".join(names[slug] for slug in (hit.topic, *hit.also))
            rows.add_row(topics, Text("\n").join(wrapped(line, space) for line in lines))
            rows.add_section()
        print_table(rows)
    for facet, values in results.counts.items():
        label = (
            taxonomy.topics.zh
            if facet == "topic"
            else taxonomy.roles.zh
            if facet == "role"
            else str
        )
        print(
            f"{facet}: " + ", ".join(f"{label(value)} {count}" for value, count in values.items())
        )
    sys.stdout.flush()
    note(_summary(results, offset))


def _summary(results: Results, offset: int) -> str:
    took = f"({results.took_ms:.0f} ms)"
    if not results.total:
        return f"nothing found {took}"
    if not results.hits:
        return f"{results.total} found, none of them shown {took}"
    return f"{offset + 1}-{offset + len(results)} of {results.total} {took}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _marked(hit: Hit) -> Text:
    from rich.text import Text

    text = Text(hit.text)
    for start, end in hit.spans:
        text.stylize("bold yellow", start, end)
    if "\n" in hit.text:
        return Text(" ").join(text.split("\n"))
    return text
