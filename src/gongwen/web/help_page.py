"""The page of help: the query language, keys, and what colours and marks mean."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ..catalog import gettext_noop
from .pages import page, render
from .site import site_of

EXAMPLES = (
    ("法律顾问", gettext_noop("words; with spaces between them all must be there")),
    (
        '"行政规范性文件"',
        gettext_noop('exactly so, whatever marks stand in it; ="…" with its marks'),
    ),
    ("行政复议 OR 行政诉讼", gettext_noop("one of them; OR in capitals")),
    ("培训 -普法", gettext_noop("without a word; also NOT")),
    (
        gettext_noop("topic:执法 role:问题"),
        gettext_noop("of a topic and a role; names of filters also in Chinese"),
    ),
    (
        gettext_noop("行政复议 year:2018..2021"),
        gettext_noop("of some years; also year:2020, year:2018.. and year:..2021"),
    ),
    (
        gettext_noop("province:陕西 kind:工作总结"),
        gettext_noop("of a place and a kind of document"),
    ),
    (gettext_noop("agency:司法局"), gettext_noop("of an issuer; a part of the name will do")),
    ("xzfy", gettext_noop("by sound: pinyin or its initials")),
    (
        "发现自己被别人冒名入职了怎么办",
        gettext_noop("a whole question; the nearest sentences are found"),
    ),
)
"""Queries, and what they find: the first ones are shown beside the box as well."""
FILTERS = (
    (
        "topic:",
        "主题:",
        gettext_noop("topic, by its name, a part of it, or its English name: topic:行政执法"),
    ),
    ("role:", "作用:", gettext_noop("what the sentence does in its report, as role:问题")),
    ("year:", "年份:", gettext_noop("the year that the report is about")),
    ("region:", "地区:", gettext_noop("the place and all that lies in it")),
    ("province: city: county:", "省: 市: 县:", gettext_noop("division of the place")),
    ("kind:", "文种:", gettext_noop("kind of document")),
    ("agency:", "发文机关:", gettext_noop("issuer")),
    ("level:", "级别:", gettext_noop("level of government")),
    ("report:", "报告:", gettext_noop("one report, by its number in the library")),
)
"""Filters of a query: English and Chinese names, and what they mean."""
KEYS = (
    ("/", gettext_noop("go to the box")),
    ("j", gettext_noop("next hit")),
    ("k", gettext_noop("previous hit")),
    ("Enter", gettext_noop("open the report at the hit")),
    ("c", gettext_noop("copy the sentence with its source")),
)
"""Keys of the search page."""


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    return [page("/help", _help)]


async def _help(request: Request) -> Response:
    site = site_of(request)
    return render(
        request,
        "help.html",
        examples=EXAMPLES,
        filters=FILTERS,
        keys=KEYS,
        taxonomy=site.library.taxonomy,
    )
