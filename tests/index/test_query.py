"""Specifies the query language: which tree each text stands for, and that any text has one."""

from __future__ import annotations

import contextlib

import pytest
from growth import LINEAR, growth
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from gongwen.index.query import (
    FILTER_NAMES,
    LONGEST_QUERY,
    And,
    Filter,
    Node,
    Not,
    Or,
    Run,
    Text,
    parse_query,
)
from gongwen.nlp.errors import QueryError
from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.text.ordinary import is_spaced_out


def both(*parts: Node) -> And:
    return And(parts)


def either(*parts: Node) -> Or:
    return Or(parts)


WORDS: list[tuple[str, Node]] = [
    ("执法", Run("执法")),
    ("行政复议案件办理情况", Run("行政复议案件办理情况")),
    ("  执法  ", Run("执法")),
    ("执法 普法", both(Run("执法"), Run("普法"))),
    ("执法\u3000普法", both(Run("执法"), Run("普法"))),
    ("执法\t普法\n复议", both(Run("执法"), Run("普法"), Run("复议"))),
    ("执法 执法", both(Run("执法"), Run("执法"))),
    ("Internet+监管", Run("internet+监管")),
    ("7件", Run("7件")),
    ("3·15", Run("3·15")),
]

FOLDED: list[tuple[str, Node]] = [
    ("７件", Run("7件")),
    ("９０．７２％", Run("90.72%")),
    ("3•15", Run("3·15")),
    ("３・１５", Run("3·15")),
    ("行政復議", Run("行政复议")),
    ("「法律顧問」", Text("法律顾问")),
    ('"ＧＤＰ"', Text("gdp")),
    ("党委（党组）", Run("党委(党组)")),
    ("法治\u00a0政府", both(Run("法治"), Run("政府"))),
]

QUOTED: list[tuple[str, Node]] = [
    ('"法律顾问"', Text("法律顾问")),
    ("“法律顾问”", Text("法律顾问")),
    ("「法律顾问」", Text("法律顾问")),
    ("『法律顾问』", Text("法律顾问")),
    ("＂法律顾问＂", Text("法律顾问")),
    ('"法律 顾问"', Text("法律顾问")),
    ('"Open Data"', Text("open data")),
    ('" 7件 "', Text("7件")),
    ('"深化“放管服”改革"', Text('深化"放管服"改革')),
    ("“「放管服」改革”", Text('"放管服"改革')),
    ("“深化“放管服”改革”", Text('深化"放管服"改革')),
    ("＝“深化“放管服”改革”", Text('深化"放管服"改革', verbatim=True)),
    ("=「甲「乙「丙」」」 执法", both(Text('甲"乙"丙""', verbatim=True), Run("执法"))),
    ("“甲” “乙”", both(Text("甲"), Text("乙"))),
    ("“甲 “乙”", Text('甲"乙')),  # one is left open
    ('"执法" "普法"', both(Text("执法"), Text("普法"))),
    ('"执法""普法"', both(Text("执法"), Text("普法"))),
    ('推进"三项制度"落实', both(Run("推进"), Text("三项制度"), Run("落实"))),
    ('"OR"', Text("or")),
    ('"NOT 执法"', Text("not执法")),
    ('"-执法"', Text("-执法")),
    ('"topic:执法"', Text("topic:执法")),
    ('"*"', Text("*")),
    ('"" 执法', Run("执法")),
    ('执法 ""', Run("执法")),
]

OPERATORS: list[tuple[str, Node]] = [
    ("执法 OR 普法", either(Run("执法"), Run("普法"))),
    ("执法 OR 普法 OR 复议", either(Run("执法"), Run("普法"), Run("复议"))),
    ("执法 普法 OR 复议", both(Run("执法"), either(Run("普法"), Run("复议")))),
    ("执法 OR 普法 复议", both(either(Run("执法"), Run("普法")), Run("复议"))),
    (
        "执法 OR 普法 复议 OR 信访",
        both(either(Run("执法"), Run("普法")), either(Run("复议"), Run("信访"))),
    ),
    ('"执法" OR topic:普法', either(Text("执法"), Filter("topic", ("普法",)))),
    ("执法 NOT 普法", both(Run("执法"), Not(Run("普法")))),
    ("执法 -普法", both(Run("执法"), Not(Run("普法")))),
    ("执法 －普法", both(Run("执法"), Not(Run("普法")))),
    ('执法 -"普法"', both(Run("执法"), Not(Text("普法")))),
    ("执法 -「普法」", both(Run("执法"), Not(Text("普法")))),
    ("执法 -topic:普法", both(Run("执法"), Not(Filter("topic", ("普法",))))),
    ("NOT topic:普法", Not(Filter("topic", ("普法",)))),
    ("-普法", Not(Run("普法"))),
    ("NOT NOT 普法", Run("普法")),
    ("执法 OR -普法", either(Run("执法"), Not(Run("普法")))),
    ("复议 NOT 执法 OR 普法", both(Run("复议"), either(Not(Run("执法")), Run("普法")))),
    # An operator with nothing to join or exclude is passed over.
    ("OR 执法", Run("执法")),
    ("执法 OR", Run("执法")),
    ("执法 NOT", Run("执法")),
    ("执法 OR OR 普法", either(Run("执法"), Run("普法"))),
    # Operators are words in capitals, and a minus excludes only at the front.
    ("执法 or 普法", both(Run("执法"), Run("or"), Run("普法"))),
    ("not 普法", both(Run("not"), Run("普法"))),
    ("ORACLE", Run("oracle")),
    ("执法OR普法", Run("执法or普法")),
    ("执法 AND 普法", both(Run("执法"), Run("and"), Run("普法"))),
    ("2018-2020年", Run("2018-2020年")),
    ("执法-普法", Run("执法-普法")),
]

FILTERS: list[tuple[str, Node]] = [
    ("topic:执法", Filter("topic", ("执法",))),
    ("topic：执法", Filter("topic", ("执法",))),
    ("Topic:执法", Filter("topic", ("执法",))),
    ("主题:执法", Filter("topic", ("执法",))),
    ("主题：党日活动", Filter("topic", ("党日活动",))),
    ("主題:执法", Filter("topic", ("执法",))),
    ("角色:问题", Filter("role", ("问题",))),
    ("作用:问题", Filter("role", ("问题",))),
    ("句类:标题", Filter("kind", ("标题",))),
    ("role:问题", Filter("role", ("问题",))),
    ("region:武功县", Filter("region", ("武功县",))),
    ("year:2018..2021", Filter("year", ("2018..2021",))),
    ("report:wugong-2020", Filter("report", ("wugong-2020",))),
    ("报告:情况", Run("报告:情况")),  # text, unless it may be an id
    ("报告:wugong-2020", Filter("report", ("wugong-2020",))),
    ("报告:“武功县”", Filter("report", ("武功县",))),
    ("总之:情况", Run("总之:情况")),
    ("kind:heading", Filter("kind", ("heading",))),
    ('topic:"行政 执法"', Filter("topic", ("行政 执法",))),
    ("topic:“行政执法”", Filter("topic", ("行政执法",))),
    ("topic：「行政执法」", Filter("topic", ("行政执法",))),
    ('region:"New York"', Filter("region", ("New York",))),
    ('topic:"执法"普法', both(Filter("topic", ("执法",)), Run("普法"))),
    ("topic:执法 案件", both(Filter("topic", ("执法",)), Run("案件"))),
    (
        "topic:执法 role:问题 region:武功县 year:2018..2021",
        both(
            Filter("topic", ("执法",)),
            Filter("role", ("问题",)),
            Filter("region", ("武功县",)),
            Filter("year", ("2018..2021",)),
        ),
    ),
    # What only looks like a filter is text.
    ("标题:执法", Run("标题:执法")),
    ("其中:执法", Run("其中:执法")),
    ("topic:", Run("topic:")),
    ("本topic:执法", Run("本topic:执法")),
]

STARS: list[tuple[str, Node]] = [
    ("gov*", Text("gov", whole=True, open_end=True)),
    ("20*", Text("20", whole=True, open_end=True)),
    ("执法*", Text("执法", whole=True, open_end=True)),
    ("执法＊", Text("执法", whole=True, open_end=True)),
    ("gov**", Text("gov", whole=True, open_end=True)),
    ("-gov*", Not(Text("gov", whole=True, open_end=True))),
    ("gov* OR 执法", either(Text("gov", whole=True, open_end=True), Run("执法"))),
    ("*执法", Run("*执法")),
    ("a*b", Run("a*b")),
]

STRAY: list[tuple[str, Node]] = [
    ("(执法", Run("(执法")),
    ("执法)", Run("执法)")),
    ("((执法 OR 普法", either(Run("((执法"), Run("普法"))),
    ("[执法]", Run("[执法]")),
    ("{执法}", Run("{执法}")),
    ('"执法', Run('"执法')),
    ('执法"', Run('执法"')),
    ("“执法", Run('"执法')),
    ("”执法“", Run('"执法"')),
    ("「执法", Run('"执法')),
    ("《民法典》", Run("《民法典》")),
    ("执法~2^3", Run("执法~2^3")),
    ("a:b", Run("a:b")),
    ("执法/普法\\复议", Run("执法/普法\\复议")),
    ("year:>2015", Filter("year", (">2015",))),
    ("，", Run(",")),
]

TREES = WORDS + FOLDED + QUOTED + OPERATORS + FILTERS + STARS + STRAY


@pytest.mark.parametrize(("query", "tree"), TREES, ids=[query for query, _ in TREES])
def test_query_stands_for_tree(query: str, tree: Node) -> None:
    assert parse_query(query) == tree


NOTHING = [
    *["", " ", "\u3000", "\n\t", "\u200b"],
    *["OR", "NOT", "OR OR", "NOT NOT", "OR NOT", " OR "],
    *['""', "“”", "「」", '" "', '"', "'", '""" "', "“", "*", "**", "＊", '-""', '"" OR ""'],
]


@pytest.mark.parametrize("query", NOTHING)
def test_query_that_asks_for_nothing_is_an_error(query: str) -> None:
    with pytest.raises(QueryError, match="nothing to search for"):
        parse_query(query)


OPTIONS = [
    *[
        "--topic 执法",
        "执法 --topic",
        "－－topic 执法",
        "——topic 执法",
        "—topic 执法",
        "–year 2020",
    ],
    *["复议 ——主题 执法", "—主题=执法", "--Year=2020", "―角色"],
]


@pytest.mark.parametrize("query", OPTIONS)
def test_an_option_is_not_searched_for(query: str) -> None:
    with pytest.raises(QueryError, match="looks like an option"):
        parse_query(query)


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("-主题", Not(Run("主题"))),
        ("-topic", Not(Run("topic"))),
        ("—主题教育", Run("-主题教育")),
        ("执法——主题", Run("执法--主题")),
        ('"--topic"', Text("--topic")),
        ("--topic:执法", Filter("topic", ("执法",))),  # excluded twice
    ],
)
def test_what_is_like_an_option(query: str, tree: Node) -> None:
    assert parse_query(query) == tree


@pytest.mark.parametrize("query", ['-"" 执法', 'NOT "" 执法'])
def test_empty_string_takes_its_own_operator_along(query: str) -> None:
    assert parse_query(query) == Run("执法")


@pytest.mark.parametrize("name", FILTER_NAMES)
@pytest.mark.parametrize("colon", ":：")
def test_every_field_name_filters_with_either_colon(name: str, colon: str) -> None:
    assert parse_query(f"{name}{colon}值") == Filter(FILTER_NAMES[name], ("值",))


# -- any string -----------------------------------------------------------------------------------

PIECES = [
    *['"', "“", "”", "「", "」", "『", "』", "＂", "'", "(", "（", "]", "*", "＊", "-", "－", "——"],
    *[
        " ",
        "\u3000",
        "\n",
        "OR",
        "NOT",
        "AND",
        "or",
        ":",
        "：",
        "topic:",
        "主题：",
        "year:",
        "kind：",
    ],
    *[
        "topıc:",
        "regİon:",
        "执法",
        "行政復議",
        "7件",
        "７件",
        "90.72%",
        "2018..2021",
        "gov",
        ".",
        "\0",
    ],
]
"""What the language and its look-alikes are made of."""

soup = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@example("topıc:执法")
@example("REGİON：武功县")
@given(st.text(max_size=60) | soup)
@settings(deadline=None)
def test_any_string_has_a_tree_or_asks_for_nothing(query: str) -> None:
    try:
        tree = parse_query(query)
    except QueryError:
        return
    assert isinstance(tree, Text | Run | Filter | And | Or | Not)
    assert all(_sound(leaf) for leaf in _leaves(tree))


def _leaves(node: Node) -> list[Text | Run | Filter]:
    match node:
        case And(parts=parts) | Or(parts=parts):
            assert len(parts) > 1
            return [leaf for part in parts for leaf in _leaves(part)]
        case Not(part=part):
            return _leaves(part)
        case _:
            return [node]


def _sound(leaf: Text | Run | Filter) -> bool:
    """A leaf is ready for comparison: folded, squeezed, not empty; a filter is one of ours."""
    if isinstance(leaf, Filter):
        return leaf.field in FILTER_NAMES and len(leaf.values) == 1
    return bool(leaf.text) and leaf.text == squeeze(leaf.text)


@pytest.mark.parametrize("marks", ['""', "“”", "「」", "『』", "＂＂"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_stands_between_quotes_is_exact(marks: str, data: st.DataObject) -> None:
    inside = data.draw(st.text(st.characters(exclude_characters=marks, codec="utf-8"), max_size=30))
    if squeeze(inside):
        assert parse_query(marks[0] + inside + marks[1]) == Text(squeeze(inside))


@given(st.lists(st.text("执法普复议政府顾问07", min_size=1, max_size=6), min_size=2, max_size=9))
@settings(deadline=None)
def test_spaces_join_any_number_of_runs(runs: list[str]) -> None:
    assume(not is_spaced_out(" ".join(runs)))
    assert parse_query(" ".join(runs)) == And(tuple(map(Run, runs)))
    assert parse_query(" OR ".join(runs)) == Or(tuple(map(Run, runs)))


LONG = [
    *["法" * 10_000, "7" * 10_000, "执法 " * 3_333, "执法 OR " * 1_428, "-执法 " * 2_500],
    *["topic:执法 " * 1_250, "(" * 10_000, '"' * 10_000, "-" * 10_000, "*" * 10_000],
    *["“" * 10_000, '"执法" ' * 2_000, "NOT " * 2_500, "topic:" * 1_666, "a\u200b" * 5_000],
]


@pytest.mark.parametrize("query", LONG, ids=[query[:8] for query in LONG])
def test_ten_thousand_characters_are_a_query(query: str) -> None:
    try:
        assert parse_query(query)
    except QueryError:
        assert not query.strip('"*“ NOT')


def test_what_is_longer_than_the_longest_query_is_cut_off() -> None:
    assert parse_query("法" * (LONGEST_QUERY + 5)) == Run("法" * LONGEST_QUERY)


@pytest.mark.parametrize("piece", ["“", "「字", "执法『", '“"', '"', "topic:“"])
def test_stray_quotes_do_not_make_a_query_slow(piece: str) -> None:
    def parse(query: str) -> None:
        with contextlib.suppress(QueryError):
            parse_query(query)

    assert growth(parse, lambda size: piece * (size // len(piece)), 2000) <= LINEAR
