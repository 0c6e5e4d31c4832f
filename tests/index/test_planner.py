"""Specifies how names in filters are resolved, what is left out by default, how a query widens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.index.engine import Engine, Entry
from gongwen.index.expansion import any_word, needles, with_synonyms
from gongwen.index.planner import KINDS, Planner, filters, runs, years
from gongwen.index.query import And, Filter, Node, Not, Or, Run, Text, parse_query
from gongwen.index.whoosh_engine import WhooshEngine
from gongwen.nlp.errors import QueryError, UnknownNameError
from gongwen.nlp.seeds import Synonyms
from gongwen.nlp.topics.taxonomy import Taxonomy

SENTENCES = [
    "聘请 法律顾问 参与 行政 决策",
    "办理 行政复议 案件 7件",
    "深化 行政 执法 改革",
    "加强 普法 宣传",
    "优化 营商 环境",
]
"""What the vocabulary of the engine comes from."""

TAXONOMY = Taxonomy.shipped()
NO_BOILERPLATE = Not(Filter("kind", ("boilerplate",)))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    opened = WhooshEngine(tmp_path_factory.mktemp("plan") / "index")
    opened.feed(
        [
            Entry(
                id=number,
                text=words.replace(" ", ""),
                words=words.split(),
                topics=("enforcement",),
                role="achievement",
                kind="sentence",
                report="wugong-2020",
                region="武功县",
                year="2020",
            )
            for number, words in enumerate(SENTENCES, 1)
        ],
        (),
        1,
    )
    yield opened
    opened.close()


def report(name: str) -> str:
    """Stand in for the library, which knows one report by its id and a part of its title."""
    if name in "wugong-2020 武功县2020年法治政府建设工作总结":
        return "wugong-2020"
    raise UnknownNameError("report", name, ["wugong-2020"])


@pytest.fixture(scope="module")
def planner(engine: Engine) -> Planner:
    return Planner(engine, lambda: TAXONOMY, report, reports_where)


def reports_where(field: str, value: str) -> list[str]:
    """Stand in for the store, which has two reports of one province."""
    have = {"wugong-2020": ("武功县", "工作总结"), "xixian-2021": ("西咸新区", "情况报告")}
    return [id_ for id_, values in have.items() if value == "陕西" or value in values]


def words(*texts: str) -> tuple[tuple[Text, ...], ...]:
    """Return the words of a run, alternatives parted by ``|``."""
    return tuple(
        tuple(Text(word, whole=True) for word in alternatives.split("|")) for alternatives in texts
    )


# -- names ----------------------------------------------------------------------------------------

RESOLVED: list[tuple[str, str, str]] = [
    ("topic", "enforcement", "enforcement"),
    ("topic", "ENFORCEMENT", "enforcement"),
    ("topic", "行政执法", "enforcement"),
    ("topic", "执法", "enforcement"),
    ("topic", "執法", "enforcement"),
    ("topic", "放管服", "licensing-reform"),
    ("topic", "复议", "reconsideration"),
    ("topic", "重大行政", "decision-making"),
    ("topic", "其他", "other"),
    ("role", "problem", "problem"),
    ("role", "问题", "problem"),
    ("role", "問題", "problem"),
    ("role", "不足与原因", "problem"),
    ("role", "下一步", "plan"),
    ("role", "成效", "achievement"),
    ("kind", "heading", "heading"),
    ("kind", "boilerplate", "boilerplate"),
    ("report", "wugong-2020", "wugong-2020"),
    ("report", "武功县", "wugong-2020"),
    ("year", "2018-2021", "2018..2021"),
    ("year", "2020", "2020..2020"),
]


@pytest.mark.parametrize(("field", "typed", "known"), RESOLVED)
def test_filter_value_is_resolved(planner: Planner, field: str, typed: str, known: str) -> None:
    tree = And((Filter(field, (typed,)), Filter("kind", ("sentence",))))
    assert planner.plan(tree) == And((Filter(field, (known,)), Filter("kind", ("sentence",))))


REPORT_FIELDS: list[tuple[str, tuple[str, ...], Node]] = [
    ("region", ("武功县",), Filter("report", ("wugong-2020",))),
    ("province", ("陕西",), Filter("report", ("wugong-2020", "xixian-2021"))),
    ("agency", ("司法局",), Filter("report", ())),
    ("kind", ("工作总结",), Filter("report", ("wugong-2020",))),
    ("region", ("西咸新区", "武功县"), Filter("report", ("xixian-2021", "wugong-2020"))),
    (
        "kind",
        ("title", "情况报告"),
        Or((Filter("kind", ("title",)), Filter("report", ("xixian-2021",)))),
    ),
]


@pytest.mark.parametrize(("field", "typed", "known"), REPORT_FIELDS)
def test_fields_of_reports_become_the_reports_that_have_them(
    planner: Planner, field: str, typed: tuple[str, ...], known: Node
) -> None:
    tree = And((Filter(field, typed), Filter("kind", ("sentence",))))
    assert planner.plan(tree) == And((known, Filter("kind", ("sentence",))))


def test_every_value_of_a_filter_is_resolved(planner: Planner) -> None:
    tree = And((Filter("topic", ("执法", "复议")), Filter("kind", KINDS)))
    planned = And((Filter("topic", ("enforcement", "reconsideration")), Filter("kind", KINDS)))
    assert planner.plan(tree) == planned


@pytest.mark.parametrize("wrap", [lambda f: f, Not, lambda f: Or((Text("甲"), f))])
def test_filters_are_resolved_wherever_they_stand(planner: Planner, wrap: type[Not]) -> None:
    planned = planner.plan(wrap(Filter("topic", ("执法",))))
    assert Filter("topic", ("enforcement",)) in filters(planned)


UNKNOWN: list[tuple[str, str, str]] = [
    ("topic", "执发", "enforcement"),
    ("topic", "enforcment", "enforcement"),
    ("topic", "行政", "enforcement"),  # a part of several
    ("topic", "火箭", "组织领导"),  # nothing is near: all are shown
    ("role", "问提", "problem"),
    ("report", "wugong-2021", "wugong-2020"),
]


@pytest.mark.parametrize(("field", "typed", "nearest"), UNKNOWN)
def test_unknown_name_is_an_error_that_names_the_nearest(
    planner: Planner, field: str, typed: str, nearest: str
) -> None:
    with pytest.raises(UnknownNameError) as caught:
        planner.plan(Filter(field, (typed,)))
    assert caught.value.what == field
    assert caught.value.name == typed
    assert nearest in str(caught.value)
    assert typed in str(caught.value)
    assert "\n" not in str(caught.value)


def test_taxonomy_is_not_loaded_for_a_query_without_names(engine: Engine) -> None:
    def unwanted(*_: object) -> NoReturn:
        raise AssertionError("loaded for nothing")

    planner = Planner(engine, unwanted, unwanted)
    assert planner.plan(parse_query('执法 "7件" region:武功县 year:2020 kind:sentence'))


# -- years ----------------------------------------------------------------------------------------

YEARS: list[tuple[str, str]] = [
    ("2020", "2020..2020"),
    (" 2020 ", "2020..2020"),
    ("2020年", "2020..2020"),
    ("２０２０", "2020..2020"),
    ("２０２０年", "2020..2020"),
    ("二〇二〇", "2020..2020"),
    ("二○二○", "2020..2020"),
    ("二零二零年", "2020..2020"),
    ("二O二O年", "2020..2020"),
    ("一九九八", "1998..1998"),
    ("2018..2021", "2018..2021"),
    ("2018 .. 2021", "2018..2021"),
    ("２０１８．．２０２１", "2018..2021"),
    ("2018-2021", "2018..2021"),
    ("2018－2021", "2018..2021"),
    ("2018—2021", "2018..2021"),
    ("2018~2021", "2018..2021"),
    ("2018～2021", "2018..2021"),
    ("2018至2021", "2018..2021"),
    ("2018年到2021年", "2018..2021"),
    ("二〇一八..二〇二一", "2018..2021"),
    ("2020..2020", "2020..2020"),
    ("2018..", "2018.."),
    ("2018年..", "2018.."),
    ("2018-", "2018.."),
    ("..2021", "..2021"),
    ("-2021", "..2021"),
]


@pytest.mark.parametrize(("typed", "span"), YEARS)
def test_years_are_read(typed: str, span: str) -> None:
    assert years(typed) == span


BAD_YEARS = [
    *[
        "",
        " ",
        "年",
        "20",
        "20200",
        "去年",
        "今年",
        ">2015",
        "..",
        "-",
        "至",
        "2018..20",
        "2018..去年",
    ],
    *["2018..2019..2020", "2018,2019", "2020-01-01", "two", "一八年", "²⁰²⁰", "٢٠٢٠"],
]


@pytest.mark.parametrize("typed", BAD_YEARS)
def test_bad_year_is_an_error_that_says_what_to_write(planner: Planner, typed: str) -> None:
    with pytest.raises(QueryError, match=r"is not a year; write 2020 or 2018\.\.2021") as caught:
        planner.plan(Filter("year", (typed,)))
    assert repr(typed) in str(caught.value)


@pytest.mark.parametrize("typed", ["2021..2018", "2021-2018", "二〇二一至二〇一八"])
def test_span_that_ends_before_it_begins_is_an_error(typed: str) -> None:
    with pytest.raises(QueryError, match="ends before it begins"):
        years(typed)


@given(st.text(max_size=12) | st.text("0123456789２〇二O٣年.-至到~", max_size=12))
@settings(deadline=None)
def test_any_year_is_read_or_a_query_error(typed: str) -> None:
    try:
        first, dots, last = years(typed).partition("..")
    except QueryError:
        return
    assert dots
    assert first or last
    assert int(first or 0) <= int(last or 9999)


# -- what is left out -----------------------------------------------------------------------------


@pytest.mark.parametrize("query", ['"执法"', "topic:执法", "-topic:执法", '"执法" OR "普法"'])
def test_boilerplate_is_left_out_by_default(planner: Planner, query: str) -> None:
    match planner.plan(parse_query(query)):
        case And(parts=(_, last)):
            assert last == NO_BOILERPLATE
        case other:
            raise AssertionError(other)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("query", ["kind:{}", '"电话" kind:{}', '"电话" OR kind:{}'])
def test_boilerplate_is_not_left_out_when_a_kind_is_asked_for(
    planner: Planner, query: str, kind: str
) -> None:
    assert NO_BOILERPLATE not in _parts(planner.plan(parse_query(query.format(kind))))


@pytest.mark.parametrize("query", ["执法 -kind:heading", "NOT kind:title"])
def test_excluding_a_kind_does_not_ask_for_boilerplate(planner: Planner, query: str) -> None:
    assert NO_BOILERPLATE in _parts(planner.plan(parse_query(query)))


def _parts(node: Node) -> tuple[Node, ...]:
    return node.parts if isinstance(node, And) else (node,)


# -- runs -----------------------------------------------------------------------------------------

CUT: list[tuple[str, tuple[tuple[Text, ...], ...]]] = [
    ("行政执法", words("行政", "执法")),
    ("法律顾问", words("法律顾问")),
    ("行政复议案件7件", words("行政复议", "案件", "7件")),
    ("法律火箭", words("法律火箭")),
    ("行政執法", words("行政", "执法")),
    ("行政的执法", words("行政", "执法")),
]


@pytest.mark.parametrize(("query", "expected"), CUT)
def test_runs_are_cut_by_the_vocabulary_of_the_engine(
    planner: Planner, query: str, expected: tuple[tuple[Text, ...], ...]
) -> None:
    [run] = runs(planner.plan(parse_query(query)))
    assert run.words == expected
    assert not run.any


@pytest.mark.parametrize("query", ['"行政执法"', "gov*", '-"行政执法"'])
def test_exact_strings_are_not_cut(planner: Planner, query: str) -> None:
    tree = parse_query(query)
    assert planner.plan(tree) == And((tree, NO_BOILERPLATE))


# -- widening -------------------------------------------------------------------------------------

SYNONYMS = Synonyms(
    [
        ["行政复议", "复议"],
        ["法律顾问", "顾问律师", "政府律师"],
        ["普法", "法治宣传"],
        ["公职律师", "政府律师"],
        ["营商环境", "投资环境"],
    ]
)


class Known:
    """A vocabulary: how many sentences hold each word."""

    total_words = 10_000
    _words = dict.fromkeys(
        "行政 复议 行政复议 执法 普法 法律 顾问 东罗马 罗马 帝国".split(), 20
    ) | {
        "办": 100,
        "执": 100,
        "蓍": 1,
    }

    def frequency(self, word: str) -> int:
        return self._words.get(word, 0)


KNOWN = Known()


def run(text: str, *given: str, any: bool = False) -> Run:
    return Run(text, words(*given), any)


WITH_SYNONYMS: list[tuple[Node, Node]] = [
    (run("复议", "复议"), run("复议", "复议|行政复议")),
    (run("法律顾问", "法律顾问"), run("法律顾问", "法律顾问|顾问律师|政府律师")),
    # a word of two groups: the nearer group first
    (run("政府律师", "政府律师"), run("政府律师", "政府律师|法律顾问|顾问律师|公职律师")),
    (run("案件", "案件"), run("案件", "案件")),
    # exact strings, filters and exclusions never widen
    (Text("复议"), Text("复议")),
    (Filter("topic", ("复议",)), Filter("topic", ("复议",))),
    (Not(run("复议", "复议")), Not(run("复议", "复议"))),
    (
        And((run("复议", "复议"), Text("普法"), Not(run("普法", "普法")))),
        And((run("复议", "复议|行政复议"), Text("普法"), Not(run("普法", "普法")))),
    ),
    (
        Or((run("复议", "复议"), run("普法", "普法"))),
        Or((run("复议", "复议|行政复议"), run("普法", "普法|法治宣传"))),
    ),
]


@pytest.mark.parametrize(("tree", "wider"), WITH_SYNONYMS)
def test_words_may_be_replaced_by_their_synonyms(tree: Node, wider: Node) -> None:
    assert with_synonyms(tree, SYNONYMS) == wider


REPLACED: list[tuple[Run, str]] = [
    # a stretch that means something as a whole, whatever it was cut into
    (run("行政复议", "行政", "复议"), "行政复议|复议"),
    (run("营商环境", "营商", "环境"), "营商环境|投资环境"),
    (run("改善营商环境", "改善", "营商", "环境"), "改善|营商环境|投资环境"),
    (run("普法复议案件", "普法", "复议", "案件"), "普法|法治宣传|复议|行政复议|案件"),
    (run("法律顾问制度", "法律顾问", "制度"), "法律顾问|顾问律师|政府律师|制度"),
]


@pytest.mark.parametrize(("tree", "strings"), REPLACED, ids=[tree.text for tree, _ in REPLACED])
def test_synonyms_of_a_stretch_of_a_run_are_looked_for_too(tree: Run, strings: str) -> None:
    assert set(strings.split("|")) <= {n.text for n in needles(with_synonyms(tree, SYNONYMS))}


vocabulary = st.sampled_from(
    "行政 复议 行政复议 法律 顾问 法律顾问 普法 法治宣传 营商 环境 营商环境 投资 的".split()
)


@given(st.lists(vocabulary, min_size=1, max_size=5), st.lists(vocabulary, max_size=8))
@settings(deadline=None)
def test_widening_only_ever_adds(run_words: list[str], sentence_words: list[str]) -> None:
    tree = run("".join(run_words), *dict.fromkeys(run_words))
    sentence = ",".join(sentence_words)
    steps = [tree, with_synonyms(tree, SYNONYMS), any_word(with_synonyms(tree, SYNONYMS), KNOWN)]
    found = [holds(sentence, step) for step in steps]
    assert found == sorted(found), steps
    assert holds(sentence, any_word(tree, KNOWN)) <= found[-1]


def holds(sentence: str, node: Node) -> bool:
    match node:
        case Text(text=text):
            return text in sentence
        case Run(words=given, any=any_):
            each = [any(holds(sentence, text) for text in word) for word in given]
            return any(each) if any_ else all(each)
        case And(parts=parts):
            return all(holds(sentence, part) for part in parts)
        case Or(parts=parts):
            return any(holds(sentence, part) for part in parts)
        case _:
            raise AssertionError(node)


ANY_WORD: list[tuple[Node, Node]] = [
    (
        run("行政执法", "行政", "执法"),
        And((run("行政执法", "行政", "执法", any=True),)),
    ),
    (
        And((run("行政", "行政"), run("执法", "执法"))),
        And((run("行政执法", "行政", "执法", any=True),)),
    ),
    (
        Or((run("行政", "行政"), run("执法", "执法"))),
        And((run("行政执法", "行政", "执法", any=True),)),
    ),
    # alternatives stay together
    (
        run("普法复议", "普法|法治宣传", "复议"),
        And((run("普法复议", "普法|法治宣传", "复议", any=True),)),
    ),
    # a common single character helps only when there is nothing else
    (run("办行政执", "办", "行政", "执"), And((run("办行政执", "行政", any=True),))),
    (run("办执", "办", "执"), And((run("办执", "办", "执", any=True),))),
    # a rare one tells what the question is about
    (run("蓍的行政", "蓍", "行政"), And((run("蓍的行政", "蓍", "行政", any=True),))),
    # shorter words inside a word, as they are in the index
    (
        run("东罗马帝国行政", "东罗马帝国", "行政"),
        And(
            (
                run(
                    "东罗马帝国行政",
                    *("东罗马帝国", "行政"),
                    *(
                        "东罗",
                        "罗马",
                        "马帝",
                        "帝国",
                        "东罗马",
                    ),  # pairs too, for it is no word itself
                    any=True,
                ),
            )
        ),
    ),
    (
        run("行政复议执法", "行政复议", "执法"),
        And((run("行政复议执法", "行政复议", "执法", "行政", "复议", any=True),)),
    ),
    # a lone word is not taken apart
    (run("行政复议", "行政复议"), run("行政复议", "行政复议")),
    (run("蔡国强", "蔡国强"), run("蔡国强", "蔡国强")),
    # what is exact, filtered or excluded stays required
    (
        And((run("行政执法", "行政", "执法"), Text("7件"), Filter("year", ("2020..2020",)))),
        And(
            (
                run("行政执法", "行政", "执法", any=True),
                Text("7件"),
                Filter("year", ("2020..2020",)),
            )
        ),
    ),
    (
        And((run("行政执法", "行政", "执法"), Not(run("普法", "普法")), NO_BOILERPLATE)),
        And(
            (
                run("行政执法", "行政", "执法", any=True),
                Not(run("普法", "普法")),
                NO_BOILERPLATE,
            )
        ),
    ),
    (
        And((run("行政执法", "行政", "执法"), Or((Text("甲"), Text("乙"))))),
        And((run("行政执法", "行政", "执法", any=True), Or((Text("甲"), Text("乙"))))),
    ),
    # nothing to leave out
    (run("行政", "行政"), run("行政", "行政")),
    (run("复议", "复议|行政复议"), run("复议", "复议|行政复议")),
    (Text("行政"), Text("行政")),
    (And((Text("行政"), Text("执法"))), And((Text("行政"), Text("执法")))),
    (Not(run("行政执法", "行政", "执法")), Not(run("行政执法", "行政", "执法"))),
]


@pytest.mark.parametrize(("tree", "loose"), ANY_WORD)
def test_one_of_the_words_may_be_enough(tree: Node, loose: Node) -> None:
    assert any_word(tree, KNOWN) == loose


# -- the leaves -----------------------------------------------------------------------------------


def test_filters_and_runs_are_found_wherever_they_stand() -> None:
    tree = parse_query("甲 OR topic:执法 -乙 -year:2020 丙")
    assert [f.field for f in filters(tree)] == ["topic", "year"]
    assert [r.text for r in runs(tree)] == ["甲", "丙"]
