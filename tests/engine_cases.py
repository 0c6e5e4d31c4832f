"""Sentences and queries for tests of engines, and a plain scan that answers the queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from engines import Opened
from oracle import holds

from gongwen.index.engine import Entry, Retag
from gongwen.index.query import And, Filter, Node, Not, Or, Run, Text
from gongwen.index.requests import FACETS, Facet
from gongwen.nlp.text.normalize import squeeze

# -- the plain scan -------------------------------------------------------------------------------


def matches(node: Node, e: Entry) -> bool:
    match node:
        case Text():
            return holds(e.text, node)
        case Run(words=given, any=any_):
            found = [any(holds(e.text, text) for text in alternatives) for alternatives in given]
            return any(found) if any_ else all(found)
        case Filter(field=field, values=values):
            return any(has(e, field, value) for value in values)
        case And(parts=parts):
            return all(matches(part, e) for part in parts)
        case Or(parts=parts):
            return any(matches(part, e) for part in parts)
        case Not(part=part):
            return not matches(part, e)


def has(e: Entry, field: str, value: str) -> bool:
    match field:
        case "topic":
            return value in e.topics
        case "probability":
            return e.probability >= float(value)
        case "region":
            return bool(e.region) and (value in e.region or e.region in value)
        case "year":
            first, _, last = value.partition("..")
            return bool(e.year) and (
                int(e.year[:4]) <= int(last or 9999) and int(e.year[-4:]) >= int(first or 0)
            )
        case _:
            return str(getattr(e, field)) == value


def counted(entries: Iterable[Entry], facet: Facet) -> dict[str, int]:
    def values(e: Entry) -> Sequence[str]:
        return e.topics if facet == "topic" else (getattr(e, facet),)

    return dict(Counter(value for e in entries for value in values(e) if value))


def assert_finds(engine: Opened, entries: Iterable[Entry], queries: Iterable[Node]) -> None:
    """Assert that ``engine`` answers ``queries`` as a plain scan of ``entries`` does."""
    entries = list(entries)
    for query in queries:
        wanted = [e for e in entries if matches(query, e)]
        found = engine.search(query, limit=len(entries) + 1, facets=FACETS)
        assert sorted(found.ids) == sorted(e.id for e in wanted), query
        assert len(found.scores) == found.total == len(wanted)
        assert {f: dict(found.counts[f]) for f in FACETS} == {f: counted(wanted, f) for f in FACETS}
        assert engine.count(query) == len(wanted)


# -- entries and queries --------------------------------------------------------------------------


def entry(
    id_: int,
    words: str,
    topics: str = "enforcement",
    role: str = "achievement",
    kind: str = "sentence",
    report: str = "武功2020",
) -> Entry:
    """Return a sentence of ``words``, parted by spaces; its report gives region and year."""
    region, year = REPORTS[report]
    text, given = squeeze(words.replace(" ", "")), [w for w in words.split() if w not in ",。、"]
    return Entry(id_, text, given, tuple(topics.split()), role, kind, report, region, year)


REPORTS = {
    "武功2020": ("武功县", "2020"),
    "武功2018": ("武功县", "2018"),
    "咸阳": ("陕西省咸阳市", "2018-2020"),
    "无名": ("", ""),
}

ENTRIES = [
    entry(1, "武功县 2020年 法治政府 建设 工作 总结", kind="title"),
    entry(2, "推行 法律顾问 制度", "legal-counsel", kind="heading"),
    entry(3, "聘请 法律顾问 26名 , 办理 案件 7件 。", "legal-counsel reconsideration"),
    entry(4, "办理 行政复议 案件 237件 。", "reconsideration"),
    entry(5, "网上 可办率 达到 90.72% , 检查 1,236次 。", "licensing-reform enforcement"),
    entry(6, "行政 执法 不够 规范 。", role="problem"),
    entry(7, "联系 电话 023-85238885", "", kind="boilerplate"),
    entry(8, "规范 行政 执法 。", role="plan", report="武功2018"),
    entry(9, "行政复议 案件 7件 。", "reconsideration oversight", report="武功2018"),
    entry(10, "办理 行政应诉 案件 7件 。", "reconsideration", report="咸阳"),
    entry(11, "推广 app 和 互联网 + 监管 。", "licensing-reform", report="咸阳"),
    entry(12, "工人 大会 听取 法律 援助 情况 。", "public-legal-services", report="无名"),
]


def words(*texts: str) -> tuple[tuple[Text, ...], ...]:
    """Return the words of a run, alternatives parted by ``|``."""
    return tuple(tuple(Text(word, whole=True) for word in t.split("|")) for t in texts)


NO_BOILERPLATE = Not(Filter("kind", ("boilerplate",)))

QUERIES: list[tuple[Node, list[int]]] = [
    (And(()), [*range(1, 13)]),
    (Or(()), []),
    (Not(And(())), []),
    (Text("行政复议"), [4, 9]),
    (Text("政复"), [4, 9]),
    (Text("复议案件237件"), [4]),
    (Text("7件"), [3, 9, 10]),
    (Text("72%"), []),
    (Text("90.72%"), [5]),
    (Text("236次"), []),
    (Text("1,236次"), [5]),
    (Text("人大"), [12]),
    (Text("件。"), [3, 4, 9, 10]),
    (Text("宇宙飞船"), []),
    (Text("1236次"), [5]),
    (Text("二十六名"), [3]),
    (Text("七件"), [3, 9, 10]),
    (And((Run("案件", words("案件")), NO_BOILERPLATE)), [3, 4, 9, 10]),
    (And((Run("电话", words("电话")), NO_BOILERPLATE)), []),
    (And((Text("联系"), NO_BOILERPLATE)), []),
    (And((And((Text("政复"),)), NO_BOILERPLATE)), [4, 9]),
    (Text("ap"), [11]),
    (Text("ap", whole=True), []),
    (Text("ap", whole=True, open_end=True), [11]),
    (Text("app", whole=True), [11]),
    (Run("行政执法", words("行政", "执法")), [6, 8]),
    (Run("执法行政", words("执法", "行政")), [6, 8]),
    (Run("法律案件", words("法律", "案件")), [3]),
    (Run("法律案件", words("法律", "案件"), any=True), [2, 3, 4, 9, 10, 12]),
    (Run("复议", words("行政复议|行政应诉")), [4, 9, 10]),
    (Run("复议法律", words("行政复议|行政应诉", "法律|办理")), [4, 10]),
    (Run("火箭", words("火箭")), []),
    (Filter("topic", ("enforcement",)), [1, 5, 6, 8]),
    (Filter("topic", ("reconsideration",)), [3, 4, 9, 10]),
    (Filter("topic", ("oversight", "legal-counsel")), [2, 3, 9]),
    (Filter("topic", ("unheard-of",)), []),
    (Filter("role", ("problem", "plan")), [6, 8]),
    (Filter("kind", ("title", "heading")), [1, 2]),
    (Filter("report", ("武功2018",)), [8, 9]),
    (Filter("region", ("武功",)), [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    (Filter("region", ("咸阳市",)), [10, 11]),
    (Filter("region", ("中国陕西省咸阳市",)), [10, 11]),
    (Filter("year", ("2018..2018",)), [8, 9, 10, 11]),
    (Filter("year", ("2019..2019",)), [10, 11]),
    (Filter("year", ("2019..",)), [1, 2, 3, 4, 5, 6, 7, 10, 11]),
    (Filter("year", ("..2017",)), []),
    (And((Text("案件"), Filter("year", ("2018..2019",)))), [9, 10]),
    (And((Text("案件"), Not(Text("7件")))), [4]),
    (And((Text("案件"), Not(Filter("topic", ("oversight",))))), [3, 4, 10]),
    (Not(Filter("region", ("武功县",))), [10, 11, 12]),
    (And((Not(Text("案件")), Not(Text("执法")))), [1, 2, 5, 7, 11, 12]),
    (Or((Text("237件"), Text("90.72%"))), [4, 5]),
    (Or((Text("237件"), Filter("role", ("problem",)))), [4, 6]),
    (Or((Not(Filter("kind", ("sentence",))), Text("法律"))), [1, 2, 3, 7, 12]),
    (And((Or((Text("复议"), Text("应诉"))), Text("7件"))), [9, 10]),
    (Not(Or((Filter("kind", ("sentence",)), Text("法律")))), [1, 7]),
    (Not(Not(Text("237件"))), [4]),
]

ALL = [query for query, _ in QUERIES]


# -- the order ------------------------------------------------------------------------------------


FILLER = [entry(900 + n, f"其他 工作 情况 第{n}条 说明") for n in range(8)]

RANKED: list[tuple[str, Node, list[Entry]]] = [
    # (what, query, sentences with the best first)
    (
        "a whole word before a chance string",
        Run("人大", words("人大")),
        [entry(2, "召开 人大 会议 一次"), entry(1, "召开 工人 大会 一次")],
    ),
    (
        "the unbroken run before more of its words",
        Run("法律顾问制度", words("法律顾问", "制度")),
        [
            entry(2, "今年 以来 全县 各 部门 推行 法律顾问 制度 并 取得 积极 成效"),
            entry(1, "制度 法律顾问 , 制度 法律顾问"),
        ],
    ),
    (
        "the unbroken run, its marks included",
        Run("《民法典》", words("民法典")),
        [entry(2, "学习 贯彻 落实 《 民法典 》 情况"), entry(1, "民法典 , 民法典")],
    ),
    (
        "the unbroken run of any of two words",
        Run("法律援助", words("法律", "援助"), any=True),
        [entry(3, "开展 法律 援助 工作 情况 报告"), entry(2, "援助 法律"), entry(1, "法律 问题")],
    ),
    (
        "more occurrences",
        Run("执法", words("执法")),
        [
            entry(3, "执法 执法 执法 普法"),
            entry(2, "执法 执法 普法 普法"),
            entry(1, "执法 普法 普法 普法"),
        ],
    ),
    (
        "more occurrences of an exact string",
        Text("执法"),
        [entry(2, "执法 执法 普法"), entry(1, "执法 普法 普法")],
    ),
    (
        "a shorter sentence",
        Run("执法", words("执法")),
        [
            entry(2, "全县 执法 工作 情况 说明"),
            entry(1, "执法 情况 以及 其他 许多 事项 的 说明 如下"),
        ],
    ),
    (
        "a sentence that is too short to say much last",
        Run("执法", words("执法")),
        [entry(2, "全县 执法 工作 情况 以及 说明"), entry(1, "二是 规范 执法 。")],
    ),
    (
        "a sentence before a heading and a title with its text",
        Run("执法", words("执法")),
        [
            entry(3, "规范 执法 工作 情况 说明"),
            entry(1, "规范 执法 工作 情况 说明", kind="heading"),
            entry(2, "规范 执法 工作 情况 说明", kind="title"),
        ],
    ),
    (
        "a heading is only a little lighter",
        Run("执法", words("执法")),
        [entry(2, "执法 执法 情况", kind="heading"), entry(1, "执法 普法 情况")],
    ),
    (
        "a rare word before a common one",
        Or((Run("复议", words("复议")), Run("情况", words("情况")))),
        [entry(2, "复议 工作 说明"), entry(1, "情况 工作 说明")],
    ),
    (
        "both alternatives before one",
        Or((Text("复议"), Text("信访"))),
        [entry(2, "复议 信访 工作"), entry(1, "复议 普法 工作")],
    ),
    (
        "what is excluded earns nothing",
        And((Text("执法"), Not(Text("复议")))),
        [entry(1, "执法 情况"), entry(2, "执法 情况")],
    ),
    (
        "a synonym that is rarer does not hide the word",
        Run("复议", words("复议|应诉")),
        [entry(2, "复议 应诉 情况"), entry(1, "复议 执法 情况")],
    ),
]


# -- changes --------------------------------------------------------------------------------------


def retagged(entries: Iterable[Entry], changes: Iterable[Retag]) -> list[Entry]:
    new = {change.id: change for change in changes}
    return [
        replace(e, topics=new[e.id].topics, role=new[e.id].role, probability=new[e.id].probability)
        if e.id in new
        else e
        for e in entries
    ]


class Death(BaseException):
    """Ends a feed where it stands."""


def breaking(entries: Iterable[Entry], error: type[BaseException]) -> Iterator[Entry]:
    yield from entries
    raise error


NEW = [entry(4, "新 的 复议 案件 7件"), *(entry(100 + n, f"新 案件 {n}件") for n in range(30))]
AFTER = [e for e in ENTRIES if e.id not in (3, 4)] + NEW
"""What is there when NEW was fed and 3 deleted."""
