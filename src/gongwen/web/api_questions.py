"""The questions of programs: search, reports and sentences, checks, tags of texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from ..index.requests import By, Sort, SynonymUse
from ..nlp.errors import QueryError
from ..nlp.fields import FIELDS as REPORT_FIELDS
from ..nlp.fields import REPORT_COLUMNS
from ..results import Report, Results
from .filters import FIELD_FILTERS
from .operations import Arguments, Asked, Operation, Parameter, Table, total_of
from .schemas import ANYTHING, listed, of, ref

MOST = 1_000
"""Most entries of one answer; ``offset`` leads to the next."""
_LONGEST_TEXT = 2_000_000
"""Most characters of a text that is split, tagged or checked."""

Q = Parameter("q", "the query, in the query language", example="法律顾问")
TOPIC = Parameter("topic", "slug or Chinese name", many=True, example=["enforcement"])
ROLE = Parameter(
    "role",
    "achievement, problem, plan, background or a Chinese name",
    many=True,
    example=["achievement"],
)
YEAR = Parameter("year", "a year, or a span such as 2018..2021", example="2018..2021")
REPORT = Parameter("report", "id of a report", many=True, example=["wugong-2020"])
KIND = Parameter(
    "kind",
    "title, heading, sentence, boilerplate, or a kind of document (工作总结)",
    many=True,
    example=["sentence"],
)
FIELDS = tuple(
    Parameter(one.name, f"{one.name} of the report", many=True, example=[one.example])
    for one in REPORT_FIELDS
    if one.name in FIELD_FILTERS
)
LIKELY = Parameter(
    "min_probability", "least probability of the topic", "number", default=0.0, least=0, most=1
)
CONDITIONS = (TOPIC, ROLE, YEAR, REPORT, KIND, *FIELDS, LIKELY)
VERBATIM = Parameter("verbatim", "exact strings want their marks as typed", "boolean")
LIMIT = Parameter("limit", "entries of the answer", "integer", default=20, least=1, most=MOST)
SYNONYMS = Parameter(
    "synonyms",
    "whether words may be widened to synonyms",
    choices=get_args(SynonymUse),
    default="auto",
)
FORMAT = Parameter(
    "format", "of the answer", choices=("json", "csv", "xlsx"), default="json", example="json"
)
OFFSET = Parameter(
    "offset", "entries in front of those", "integer", default=0, least=0, most=10_000_000
)


def page_of(asked: Asked, name: str, entries: Iterable[Any]) -> dict[str, Any]:
    """Return the entries of an answer that ``limit`` and ``offset`` ask for, and their total.

    Args:
        asked: has ``limit`` and ``offset``.
        name: of the list in the answer.
        entries: all of them; each has ``to_dict()`` or is a JSON object.
    """
    found = list(entries)
    first = asked.values["offset"]
    page = found[first : first + asked.values["limit"]]
    rows = [one if isinstance(one, dict) else one.to_dict() for one in page]
    return {name: rows, "total": len(found)}


def conditions(asked: Asked) -> dict[str, Any]:
    """Return the conditions of a request as arguments of the library."""
    v = asked.values
    return {
        "topics": v["topic"],
        "roles": v["role"],
        "years": v["year"] or None,
        "reports": v["report"],
        "kinds": v["kind"],
        "fields": {name: v[name] for name in FIELD_FILTERS if v[name]},
        "min_probability": v["min_probability"],
    }


def _found(asked: Asked) -> Results:
    v = asked.values
    return asked.site.library.search(
        v["q"] or "",
        **conditions(asked),
        limit=v["limit"],
        offset=v["offset"],
        sort=v["sort"],
        by=v["by"],
        best=v["best"],
        counts=v["counts"],
        context=v["context"],
        synonyms=v["synonyms"],
        verbatim=bool(v["verbatim"]),
        group=v["group"],
        copies=bool(v["copies"]),
    )


def _search(asked: Asked) -> Any:
    return _found(asked).to_dict()


def _search_table(asked: Asked) -> Table:
    found = _found(asked)
    return Table(found.to_dicts(), found.table_columns(), _entries(found.to_dict(), asked.values))


def _entries(found: Any, values: Arguments) -> int:
    """Return how many reports were found, or sentences, near-copies counted once."""
    if values.get("by") == "report":
        return int(found.get("total_reports", 0))
    distinct = found["total_distinct"] if values.get("group", True) else None
    return int(distinct or found["total"])


def _similar(asked: Asked) -> Any:
    v = asked.values
    given = conditions(asked)
    del given["min_probability"], given["reports"], given["kinds"]
    most = v["offset"] + v["limit"]
    found = asked.site.library.similar(
        v["report"], v["n"], **given, elsewhere=bool(v["elsewhere"]), limit=most
    )
    return found[v["offset"] :].to_dict()


def _topics(asked: Asked) -> Any:
    library = asked.site.library
    taxonomy, counts = library.taxonomy, library.topic_counts()
    return {
        "topics": [
            {
                "topic": label.slug,
                "zh": label.zh,
                "sentences": counts.get(label.slug, (0, 0))[0],
                "also": counts.get(label.slug, (0, 0))[1],
                "definition": label.definition,
            }
            for label in taxonomy.topics
        ],
        "roles": [{"role": label.slug, "zh": label.zh} for label in taxonomy.roles],
    }


def _reports_found(asked: Asked) -> list[Report]:
    v = asked.values
    fields: dict[str, Any] = {name: v[name] for name in FIELD_FILTERS if v[name]}
    if v["kind"]:
        fields["kind"] = v["kind"]
    return asked.site.library.reports(years=v["year"] or None, fields=fields)


def _reports(asked: Asked) -> Any:
    return page_of(asked, "reports", _reports_found(asked))


def _reports_table(asked: Asked) -> Table:
    found = page_of(asked, "reports", _reports_found(asked))
    rows = [row | {"similar": [s["report"] for s in row["similar"]]} for row in found["reports"]]
    return Table(rows, REPORT_COLUMNS, found["total"])


def _report(asked: Asked) -> Any:
    return asked.site.library.report(asked.values["report"]).to_dict()


def _sentences(asked: Asked) -> Any:
    v = asked.values
    library = asked.site.library
    total = library.report(v["report"]).sentences
    first = v["offset"] + 1
    if first > total:
        return {"units": [], "total": total}
    found = library.sentences(v["report"], first, first + v["limit"] - 1)
    return {"units": [one.to_dict() for one in found], "total": total}


def _sentence(asked: Asked) -> Any:
    v = asked.values
    return asked.site.library.sentences(v["report"], v["n"], v["n"])[0].to_dict()


def _check_report(asked: Asked) -> Any:
    return asked.site.library.check(asked.values["report"]).to_dict()


def _report_copies(asked: Asked) -> Any:
    found = asked.site.library.copies(asked.values["report"])
    first = asked.values["offset"]
    return found[first : first + asked.values["limit"]].to_dict() | {"total": len(found)}


def _status(asked: Asked) -> Any:
    return asked.site.library.status()


def _tag(asked: Asked) -> Any:
    from ..training.tag_texts import tag_texts  # late: a search tags nothing

    v = asked.values
    models = asked.site.library.models
    texts = [text for text in v["texts"] if text.strip()]
    if not texts:
        raise QueryError("texts must have at least one sentence")
    return {"sentences": tag_texts(models.load(), texts, v["min_probability"])}


def _split(asked: Asked) -> Any:
    from ..training.tag_texts import split_text  # late: the rules of the parser are heavy

    return {"sentences": split_text(asked.values["text"])}


def _check_text(asked: Asked) -> Any:
    # late: a search checks nothing
    from ..figures.report_check import Checker
    from ..render.check_report import checked_dict

    checker = Checker(asked.site.library.models)
    data = asked.values["text"].encode("utf-8", "replace")
    return checked_dict(list(checker.check_passage(data)))


_COUNT_FACETS = Parameter(
    "counts",
    "facets to count over all matches: topic, role, report, year, 省, ...",
    many=True,
    example=["topic"],
)


def questions() -> tuple[Operation, ...]:
    """Return the operations that change nothing."""
    return (
        Operation(
            "search",
            "GET",
            "/search",
            "Find sentences, or reports by their sentences.",
            _search,
            ref("Results"),
            (
                Q,
                *CONDITIONS,
                LIMIT,
                OFFSET,
                Parameter("sort", "order of the hits", choices=get_args(Sort), default="relevance"),
                Parameter("by", "what is listed", choices=get_args(By), default="sentence"),
                Parameter(
                    "best", "sentences of each report", "integer", default=3, least=1, most=20
                ),
                _COUNT_FACETS,
                Parameter(
                    "context", "neighbours on either side", "integer", default=0, least=0, most=10
                ),
                SYNONYMS,
                VERBATIM,
                Parameter("group", "list near-copies once", "boolean", default=True),
                Parameter("copies", "list the near-copies of each hit", "boolean"),
                FORMAT,
            ),
            quick=True,
            total=_entries,
            table=_search_table,
        ),
        Operation(
            "similar",
            "GET",
            "/similar",
            "Find the sentences most like one.",
            _similar,
            ref("Results"),
            (
                Parameter("report", "id of a report", needed=True, example="wugong-2020"),
                Parameter(
                    "n",
                    "number of the sentence",
                    "integer",
                    needed=True,
                    least=1,
                    most=999_999_999,
                    example=27,
                ),
                TOPIC,
                ROLE,
                YEAR,
                KIND,
                *FIELDS,
                LIKELY,
                LIMIT,
                OFFSET,
                Parameter("elsewhere", "in other reports only", "boolean"),
            ),
            total=_entries,
        ),
        Operation(
            "topics",
            "GET",
            "/topics",
            "The topics and roles, with counts.",
            _topics,
            ref("Topics"),
            quick=True,
        ),
        Operation(
            "reports",
            "GET",
            "/reports",
            "The reports of the library.",
            _reports,
            ref("Reports"),
            (YEAR, KIND, *FIELDS, LIMIT, OFFSET, FORMAT),
            group="reports",
            total=total_of,
            table=_reports_table,
        ),
        Operation(
            "report",
            "GET",
            "/reports/{report}",
            "One report with all that is known of it.",
            _report,
            ref("Report"),
            group="reports",
        ),
        Operation(
            "sentences",
            "GET",
            "/reports/{report}/sentences",
            "The sentences of a report.",
            _sentences,
            ref("Sentences"),
            (
                Parameter(
                    "limit",
                    "sentences of the answer",
                    "integer",
                    default=MOST,
                    least=1,
                    most=MOST,
                ),
                OFFSET,
            ),
            group="reports",
            total=total_of,
        ),
        Operation(
            "sentence",
            "GET",
            "/reports/{report}/sentences/{n}",
            "One sentence.",
            _sentence,
            ref("Sentence"),
            group="reports",
        ),
        Operation(
            "check_report",
            "GET",
            "/reports/{report}/check",
            "Check the arithmetic of a report, and what it leaves out.",
            _check_report,
            ref("Checked"),
            group="reports",
        ),
        Operation(
            "report_copies",
            "GET",
            "/reports/{report}/copies",
            "What of a report stands in others too.",
            _report_copies,
            ANYTHING,
            (
                Parameter(
                    "limit", "sentences of the answer", "integer", default=MOST, least=1, most=MOST
                ),
                OFFSET,
            ),
            group="reports",
            total=total_of,
        ),
        Operation(
            "status",
            "GET",
            "/status",
            "What the library holds, and what is wrong with it.",
            _status,
            ANYTHING,
            group="library",
        ),
        Operation(
            "tag",
            "POST",
            "/tag",
            "Tag sentences with topics and roles; nothing is stored.",
            _tag,
            ref("TaggedTexts"),
            body=(
                Parameter(
                    "texts",
                    "the sentences",
                    many=True,
                    needed=True,
                    most=10_000,
                    example=["全年办理行政复议案件4件。"],
                ),
                LIKELY,
            ),
            group="texts",
        ),
        Operation(
            "split",
            "POST",
            "/split",
            "Cut a text into sentences; nothing is stored.",
            _split,
            ref("SplitText"),
            body=(
                Parameter(
                    "text",
                    "the text",
                    needed=True,
                    most=_LONGEST_TEXT,
                    example="一、工作情况\n办理复议案件4件。",
                ),
            ),
            group="texts",
        ),
        Operation(
            "check_text",
            "POST",
            "/check",
            "Check the sums and shares of a text; nothing is stored.",
            _check_text,
            of(
                {
                    "findings": listed(ANYTHING),
                    "notes": listed(ANYTHING),
                    "reports": listed(ANYTHING),
                    "unreadable": listed(ANYTHING),
                }
            ),
            body=(
                Parameter(
                    "text",
                    "the text",
                    needed=True,
                    most=_LONGEST_TEXT,
                    example="收到申请9件，其中受理5件，不予受理3件。",
                ),
            ),
            group="texts",
        ),
    )
