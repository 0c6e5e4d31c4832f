"""The questions of those who study many reports: contexts, copies, counts, figures, words."""

from __future__ import annotations

from typing import Any

from ..figures.figure_table import COLUMNS, FigureRows
from ..nlp.records import FIGURE_KINDS
from ..render.count_tables import wide_rows
from ..research.crosstab import CountTable
from .api_questions import (
    CONDITIONS,
    FIELDS,
    FORMAT,
    KIND,
    LIKELY,
    LIMIT,
    MOST,
    OFFSET,
    REPORT,
    ROLE,
    SYNONYMS,
    TOPIC,
    VERBATIM,
    YEAR,
    Q,
    conditions,
    page_of,
)
from .filters import FIELD_FILTERS
from .operations import Asked, Operation, Parameter, Table, total_of
from .schemas import ANYTHING, TEXT, WHOLE, listed, of

_MOST_ROWS = 100_000


def _copies(asked: Asked) -> Any:
    given = conditions(asked)
    del given["min_probability"], given["reports"]
    first = asked.values["offset"]
    most = first + asked.values["limit"]
    return asked.site.library.copies(**given, limit=most)[first:].to_dict()


def _counted(asked: Asked) -> CountTable:
    v = asked.values
    return asked.site.library.counts(
        v["q"] or "",
        by=v["by"],
        share=bool(v["share"]),
        distinct=bool(v["distinct"]),
        sort=v["sort"],
        verbatim=bool(v["verbatim"]),
        **conditions(asked),
    )


def _counts(asked: Asked) -> Any:
    return _counted(asked).to_dict()


def _counts_table(asked: Asked) -> Table:
    rows, heads = wide_rows(_counted(asked))
    texts = [{str(head): value for head, value in row.items()} for row in rows]
    return Table(texts, list(map(str, heads)), len(texts))


def _figures_found(asked: Asked) -> FigureRows:
    v = asked.values
    given = conditions(asked)
    del given["min_probability"]
    return asked.site.library.figures(
        v["q"] or "",
        **{name: value for name, value in given.items() if value},
        indicators=v["indicator"],
        units=v["unit"],
        statuses=v["status"],
        periods=v["period"],
    )


def _figures(asked: Asked) -> Any:
    return page_of(asked, "figures", _figures_found(asked))


def _figures_table(asked: Asked) -> Table:
    found = page_of(asked, "figures", _figures_found(asked))
    return Table(found["figures"], COLUMNS, found["total"])


def _words(asked: Asked) -> Any:
    v = asked.values
    first, most = v["offset"], v["offset"] + v["limit"]
    found = asked.site.library.words(
        v["q"] or "",
        against=v["against"] or "",
        collocates=v["collocates"] or "",
        ngrams=v["ngrams"],
        limit=None if v["against"] else most,  # of keywords it would count in each direction
        sort=v["sort"],
        window=v["window"],
        **conditions(asked),
    )
    return found[first:most].to_dict()


def _concordance(asked: Asked) -> Any:
    v = asked.values
    return asked.site.library.concordance(
        v["q"] or "",
        sort=v["sort"],
        window=v["window"],
        limit=v["limit"],
        offset=v["offset"],
        synonyms=v["synonyms"],
        verbatim=bool(v["verbatim"]),
        **conditions(asked),
    ).to_dict()


def _compare(asked: Asked) -> Any:
    v = asked.values
    years = (v["year_before"], v["year_after"]) if v["year_before"] or v["year_after"] else None
    fields = {name: v[name] for name in FIELD_FILTERS if v[name]} or None
    return asked.site.library.compare(v["before"], v["after"], years=years, fields=fields).to_dict()


def research() -> tuple[Operation, ...]:
    """Return the operations of this file."""
    return (
        Operation(
            "concordance",
            "GET",
            "/concordance",
            "Every occurrence of a query in its context.",
            _concordance,
            of(
                {
                    "query": TEXT,
                    "total": WHOLE,
                    "sentences": WHOLE,
                    "reports": WHOLE,
                    "apart": {},
                    "match": TEXT,
                    "lines": listed(ANYTHING),
                },
                more={"suggestions": listed(TEXT)},
            ),
            (
                Q,
                *CONDITIONS,
                LIMIT,
                OFFSET,
                Parameter(
                    "sort",
                    "order of the lines",
                    choices=("relevance", "year", "left", "right"),
                    default="relevance",
                ),
                Parameter(
                    "window",
                    "characters on either side",
                    "integer",
                    default=20,
                    least=1,
                    most=1_000,
                ),
                SYNONYMS,
                VERBATIM,
            ),
            total=total_of,
        ),
        Operation(
            "copies",
            "GET",
            "/copies",
            "Sentences that stand in several reports.",
            _copies,
            ANYTHING,
            (TOPIC, ROLE, YEAR, REPORT, KIND, *FIELDS, LIKELY, LIMIT, OFFSET),
            group="research",
            total=total_of,
        ),
        Operation(
            "counts",
            "GET",
            "/counts",
            "Count sentences by up to three facets.",
            _counts,
            ANYTHING,
            (
                Q,
                *CONDITIONS,
                Parameter(
                    "by",
                    "facets: topic, role, report, unit, year, 省, ...",
                    many=True,
                    needed=True,
                    example=["region", "year"],
                ),
                Parameter("share", "shares in percent", "boolean"),
                Parameter("distinct", "count near-copies once", "boolean"),
                Parameter("sort", "order of the rows", choices=("name", "count"), default="name"),
                VERBATIM,
                FORMAT,
            ),
            group="research",
            table=_counts_table,
        ),
        Operation(
            "figures",
            "GET",
            "/figures",
            "The numbers of the reports, results and plans marked.",
            _figures,
            of({"total": WHOLE, "figures": listed(ANYTHING)}),
            (
                Q,
                TOPIC,
                ROLE,
                YEAR,
                REPORT,
                Parameter("kind", "kinds of figures", many=True, choices=tuple(FIGURE_KINDS)),
                *FIELDS,
                LIKELY,
                Parameter(
                    "indicator", "words of the indicator", many=True, example=["城镇新增就业"]
                ),
                Parameter("unit", "as 件, 万吨 or %", many=True, example=["件"]),
                Parameter(
                    "status",
                    "result, plan, forecast, standard, unknown or all",
                    many=True,
                    example=["result"],
                ),
                Parameter(
                    "period",
                    "year, span, part, until, cumulative, unknown or all",
                    many=True,
                    example=["year"],
                ),
                Parameter(
                    "limit",
                    "figures of the answer",
                    "integer",
                    default=100,
                    least=1,
                    most=_MOST_ROWS,
                ),
                OFFSET,
                FORMAT,
            ),
            group="research",
            total=total_of,
            table=_figures_table,
        ),
        Operation(
            "words",
            "GET",
            "/words",
            "Frequent words, keywords, sequences or collocates.",
            _words,
            ANYTHING,
            (
                Q,
                *CONDITIONS,
                Parameter("against", "a query, or rest", example="rest"),
                Parameter("collocates", "a word", example="执法"),
                Parameter("ngrams", "words of a sequence", "integer", default=1, least=1, most=8),
                Parameter("limit", "rows", "integer", default=50, least=1, most=MOST),
                OFFSET,
                Parameter(
                    "sort",
                    "the measure of the order",
                    choices=("", "count", "g2", "ratio", "logdice"),
                    default="",
                ),
                Parameter("window", "words on either side", "integer", default=5, least=1, most=50),
            ),
            group="research",
            total=total_of,
        ),
        Operation(
            "compare",
            "GET",
            "/compare",
            "Two reports, or two years, sentence by sentence.",
            _compare,
            ANYTHING,
            (
                Parameter("before", "id of the earlier report", example="wugong-2019"),
                Parameter("after", "id of the later report", example="wugong-2020"),
                Parameter("year_before", "or the earlier year", example="2019"),
                Parameter("year_after", "and the later one", example="2020"),
                *FIELDS,
            ),
            group="research",
        ),
    )
