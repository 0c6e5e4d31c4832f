"""Specifies how a search widens, what it highlights, and what it finds in the seed report."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gongwen
from gongwen.index.engine import Engine, Entry
from gongwen.index.expansion import Answer, Match, needles, run
from gongwen.index.matching import spans
from gongwen.index.planner import Planner
from gongwen.index.query import And, Filter, Not, Or, Run, Text, parse_query
from gongwen.index.requests import Found, SearchRequest, SynonymUse
from gongwen.index.whoosh_engine import WhooshEngine
from gongwen.nlp.errors import QueryError, UnknownNameError
from gongwen.nlp.seeds import Synonyms
from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.topics.taxonomy import Taxonomy

SENTENCES = {
    1: "全县 聘请 顾问律师 26名",
    2: "办理 行政复议 案件 7件",
    3: "办理 信访 案件 237件",
    4: "规范 行政 执法",
    5: "开展 法治宣传 活动",
    6: "改善 城乡 环境",
    7: "保护 投资 者 权益",
    8: "深化 改革 , 简政放权",
    9: "行政 机关 负责 监管",
    10: "联系 电话 12345",
}

SYNONYMS = Synonyms(
    [
        ["法律顾问", "顾问律师", "政府律师"],
        ["行政复议", "复议"],
        ["普法", "法治宣传"],
        ["放管服", "简政放权"],
        ["营商环境", "投资环境"],
        ["行政执法", "执法监管"],
    ]
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    opened = WhooshEngine(tmp_path_factory.mktemp("search") / "index")
    opened.feed(
        [
            Entry(
                id=id_,
                text=words.replace(" ", ""),
                words=words.split(),
                topics=("enforcement",) if id_ in (4, 9) else ("other",),
                role="achievement",
                kind="boilerplate" if id_ == 10 else "sentence",
                report="甲",
                region="武功县",
                year="2020",
            )
            for id_, words in SENTENCES.items()
        ],
        (),
        1,
    )
    yield opened
    opened.close()


def ask(engine: Engine, query: str, use: SynonymUse = "auto", limit: int = 20) -> Answer:
    taxonomy = Taxonomy.shipped()
    planner = Planner(engine, lambda: taxonomy, lambda name: name)
    return run(
        engine,
        planner.plan(parse_query(query)),
        lambda: SYNONYMS,
        SearchRequest(synonyms=use, limit=limit),
    )


# -- how far it widens ----------------------------------------------------------------------------

WIDENED: list[tuple[str, SynonymUse, Match, list[int]]] = [
    # literal first; what is found literally is never widened
    ("行政复议", "auto", "all", [2]),
    ("行政执法", "auto", "all", [4]),
    ("办理案件", "auto", "all", [2, 3]),
    ("复议", "auto", "all", [2]),
    # then synonyms
    ("法律顾问", "auto", "synonym", [1]),
    ("政府律师", "auto", "synonym", [1]),
    ("普法", "auto", "synonym", [5]),
    ("放管服", "auto", "synonym", [8]),
    ("放管服 改革", "auto", "synonym", [8]),
    ("普法 OR 放管服", "auto", "synonym", [5, 8]),
    ("普法 topic:其他", "auto", "synonym", [5]),
    # then any of the words
    ("行政 案件 火箭", "auto", "any", [2, 3, 4, 9]),
    ("信访改革", "auto", "any", [3, 8]),
    ("信访 普法", "auto", "any", [3, 5]),  # with their synonyms
    ("信访 改革 topic:其他 -简政放权", "auto", "any", [3]),
    # then nothing
    ("火箭", "auto", "all", []),
    ("普法 topic:执法", "auto", "all", []),
    # exact strings, filters and exclusions never widen
    ('"法律顾问"', "auto", "all", []),
    ("“普法”", "auto", "all", []),
    ("「行政案件」", "auto", "all", []),
    ('"火箭" 行政', "auto", "all", []),
    ('"火箭" "行政"', "auto", "all", []),
    ("火箭*", "auto", "all", []),
    ("法律顾问 -顾问律师", "auto", "all", []),
    ("办理 -复议", "auto", "all", [3]),
    ('信访 改革 "7件"', "auto", "all", []),
    # synonyms=always takes them at once
    ("普法", "always", "synonym", [5]),
    ("行政复议", "always", "synonym", [2]),
    ("法律顾问", "always", "synonym", [1]),
    ("信访", "always", "all", [3]),
    ("信访 改革", "always", "any", [3, 8]),
    ('"法律顾问"', "always", "all", []),
    # synonyms=never goes on to any of the words
    ("普法", "never", "all", []),
    ("法律顾问", "never", "all", []),
    ("行政复议", "never", "all", [2]),
    ("信访 普法", "never", "any", [3]),
    ("放管服 改革", "never", "any", [8]),
    # boilerplate stays out, however far the search widens
    ("电话", "auto", "all", []),
    ("电话 案件", "auto", "any", [2, 3]),
    ("电话 kind:boilerplate", "auto", "all", [10]),
]


@pytest.mark.parametrize(
    ("query", "use", "match", "ids"), WIDENED, ids=[f"{q}-{use}" for q, use, _, _ in WIDENED]
)
def test_search_widens(
    engine: Engine, query: str, use: SynonymUse, match: Match, ids: list[int]
) -> None:
    answer = ask(engine, query, use)
    assert (answer.match, sorted(answer.found.ids)) == (match, ids)
    assert answer.found.total == len(ids)


@pytest.mark.parametrize("query", ["营商环境", "营商环境保护", "改善营商环境"])
def test_run_with_synonyms_still_falls_back_on_its_words(engine: Engine, query: str) -> None:
    """No sentence has 营商环境 or 投资环境; one has 环境, and that is better than nothing."""
    never, auto = ask(engine, query, "never"), ask(engine, query, "auto")
    assert auto.match == "any"
    assert 6 in auto.found.ids
    assert set(auto.found.ids) >= set(never.found.ids)


@pytest.mark.parametrize(
    "query", ["行政监管", "行政执法", "规范行政执法", "行政复议", "普法", "办理案件"]
)
def test_synonyms_only_ever_add(tmp_path: Path, query: str) -> None:
    """With ``always``, whatever is found literally is found too, its words apart or together."""
    texts = [
        "行政 机关 规范 执法",
        "行政 执法",
        "行政 机关 负责 监管",
        "复议 是 行政 监督",
        "普法",
        "办理 案件",
    ]
    engine = WhooshEngine(tmp_path / "index")
    engine.feed(
        [
            Entry(n, t.replace(" ", ""), t.split(), ("other",), "", "sentence", "甲", "", "")
            for n, t in enumerate(texts, 1)
        ],
        (),
        1,
    )
    literal, wider = ask(engine, query, "never"), ask(engine, query, "always")
    assert literal.found.ids
    assert set(literal.found.ids) <= set(wider.found.ids)
    engine.close()


def test_synonyms_are_loaded_only_when_needed(engine: Engine) -> None:
    def unwanted() -> Synonyms:
        raise AssertionError("loaded for nothing")

    planner = Planner(engine, Taxonomy.shipped, lambda name: name)
    for query in ('"办理"', "topic:执法"):
        assert run(engine, planner.plan(parse_query(query)), unwanted).found.total
    for query in ("火箭", "信访 改革", "法律顾问"):
        run(engine, planner.plan(parse_query(query)), unwanted, SearchRequest(synonyms="never"))


def test_a_page_without_hits_is_not_a_search_without_matches(engine: Engine) -> None:
    for limit in (0, 1):
        answer = ask(engine, "办理案件", limit=limit)
        assert (answer.match, answer.found.total) == ("all", 2)
        assert len(answer.found.ids) == limit


def test_nothing_found_still_has_the_counts_asked_for(engine: Engine) -> None:
    tree = And((Text("火箭"),))
    answer = run(engine, tree, lambda: SYNONYMS, facets=["topic", "year"])
    assert answer == Answer(Found([], [], 0, {"topic": {}, "year": {}}), "all", ())


# -- what is highlighted --------------------------------------------------------------------------


def texts(found: tuple[Text, ...] | list[Text]) -> set[str]:
    return {needle.text for needle in found}


NEEDLES: list[tuple[str, SynonymUse, set[str]]] = [
    ("行政复议", "auto", {"行政复议"}),
    ("办理案件", "auto", {"办理案件", "办理", "案件"}),
    ('"办理" 案件', "auto", {"办理", "案件"}),
    ("办理 OR 信访", "auto", {"办理", "信访"}),
    ("普法", "auto", {"普法", "法治宣传"}),
    ("topic:执法", "auto", set()),
    ("行政 topic:执法", "auto", {"行政"}),
    # what is excluded is never highlighted
    ("办理 -复议", "auto", {"办理"}),
    ('办理 NOT "复议"', "auto", {"办理"}),
    ("办理 OR -复议", "auto", {"办理"}),
    ("-复议", "auto", set()),
    ("火箭", "auto", set()),
]


@pytest.mark.parametrize(("query", "use", "shown"), NEEDLES)
def test_what_made_a_sentence_match_is_highlighted(
    engine: Engine, query: str, use: SynonymUse, shown: set[str]
) -> None:
    assert texts(ask(engine, query, use).needles) == shown


@pytest.mark.parametrize(
    ("query", "text", "shown"),
    [
        ("行政执法", "行政机关规范执法,行政执法", "[行政]机关规范[执法],[行政执法]"),
        ("app", "一个app和happy", "一个[app]和happy"),
        ('"app"', "一个app和happy", "一个[app]和h[app]y"),
        ("app*", "一个apps和happy", "一个[app]s和happy"),
        ("7件", "收信237件,办结7件", "收信237件,办结[7件]"),
    ],
)
def test_only_what_matches_is_highlighted(
    engine: Engine, query: str, text: str, shown: str
) -> None:
    planner = Planner(engine, Taxonomy.shipped, lambda name: name)
    marked = spans(text, needles(planner.plan(parse_query(query))))
    for start, end in reversed(marked):
        text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    assert text == shown


def test_needles_are_the_strings_of_the_tree_but_for_the_excluded() -> None:
    words = ((Text("甲", whole=True), Text("乙", whole=True)), (Text("丙", whole=True),))
    tree = And(
        (
            Run("甲丙", words),
            Or((Text("丁"), Filter("topic", ("other",)))),
            Not(Or((Text("戊"), Run("己", ((Text("己"),),))))),
        )
    )
    assert texts(needles(tree)) == {"甲丙", "甲", "乙", "丙", "丁"}


# -- the seed report ------------------------------------------------------------------------------

SEED: list[tuple[str, str, int]] = [
    # (query, match, sentences)
    ("法律顾问", "all", 7),
    ("法律顧問", "all", 7),
    ('"法律顾问"', "all", 7),
    ("什么是法律顾问", "all", 7),
    ("7件", "all", 3),
    ("７件", "all", 3),
    ('"7件"', "all", 3),
    ('"237件"', "all", 1),
    ('"37件"', "all", 0),
    ('"90.72%"', "all", 1),
    ('"９０．７２％"', "all", 1),
    ('"72%"', "all", 0),
    ("3·15", "all", 1),
    ("3•15", "all", 1),
    ('"３・１５"', "all", 1),
    ("放管服", "all", 1),
    ('深化"放管服"改革', "all", 1),
    ("“深化「放管服」改革”", "all", 1),
    ('"党委（党组）"', "all", 1),
    ("“互联网+监管”", "all", 3),
    ("打黑除恶", "synonym", 1),
    ('"打黑除恶"', "all", 0),
    ("法律火箭", "any", 8),
    ("宇宙飞船", "all", 0),
    ("扫黑除恶 OR 行政复议", "all", 4),
    ("联系电话", "all", 0),
    ("联系电话 kind:boilerplate", "all", 1),
    ("kind:title", "all", 1),
    ("kind:heading", "all", 8),
    ("region:武功县", "all", 89),
    ("region：武功 year：2020", "all", 89),
    ("year:2018..2019", "all", 0),
    ("year:２０２０ kind:title", "all", 1),
    ("report:wugong-2020 kind:title", "all", 1),
]


@pytest.mark.parametrize(("query", "match", "total"), SEED, ids=[case[0] for case in SEED])
def test_seed_report(seed_library: gongwen.Library, query: str, match: str, total: int) -> None:
    results = seed_library.search(query, limit=100)
    assert (results.match, results.total) == (match, total)
    assert len(results.hits) == total


def test_every_hit_of_a_literal_search_shows_where_it_matched(
    seed_library: gongwen.Library,
) -> None:
    for query in ('"法律顾问"', "行政复议", "7件", "“互联网+监管”", "執法", "3·15"):
        for hit in seed_library.search(query, limit=100).hits:
            assert hit.spans
            shown = re.findall("<mark>(.*?)</mark>", hit.highlight)
            assert squeeze(query.strip('"“”')) in {squeeze(part) for part in shown}


def test_any_part_of_a_sentence_finds_the_sentence(seed_library: gongwen.Library) -> None:
    """Typed as it stands, without quotes, it is found literally and comes among the first."""
    sentences = [s for s in seed_library.sentences("wugong-2020") if s.kind != "boilerplate"]
    pick = random.Random(5)
    done = 0
    while done < 300:
        sentence = pick.choice(sentences)
        start = pick.randrange(len(sentence.text))
        part = sentence.text[start : start + pick.randint(2, 40)].strip()
        if not _is_plain(sentence.text, start, part):
            continue
        results = seed_library.search(part, limit=100)
        assert results.match == "all", part
        assert sentence.n in {hit.n for hit in results.hits}, part
        unbroken = [squeeze(part) in squeeze(hit.text) for hit in results.hits]
        assert unbroken == sorted(unbroken, reverse=True), part
        done += 1


def _is_plain(text: str, start: int, part: str) -> bool:
    """Say whether ``part`` is a run without operators, and cuts no number or Latin word."""
    folded, wanted = squeeze(text), squeeze(part)
    if not wanted or part[0] in "-－—" or part.split() != [part] or re.search('["“”「」]', part):
        return False
    units = list(re.finditer(r"[0-9]+(?:\.[0-9]+|,[0-9]{3}(?![0-9]))*|[a-z]+", folded))
    inside = {i for unit in units for i in range(unit.start() + 1, unit.end())}
    places = [m.start() for m in re.finditer(f"(?={re.escape(wanted)})", folded)]
    return all(at not in inside and at + len(wanted) not in inside for at in places)


PIECES = [
    *['"', "“", "”", "「", "」", "'", "(", "（", "]", "*", "-", "－", "——", " ", "\u3000", "\n"],
    *["OR", "NOT", ":", "：", "topic:执法", "role:问题", "year:2020", "kind:title", "region:武功"],
    *["执法", "行政復議", "7件", "７件", "90.72%", "5-5.5%", "gov", ".", ",", "法律顾问", "的"],
]


@given(st.text(max_size=30) | st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
@settings(deadline=None)
def test_any_query_is_answered_or_one_of_our_errors(
    seed_library: gongwen.Library, query: str
) -> None:
    try:
        results = seed_library.search(query, limit=5, counts=["topic", "year"])
    except (QueryError, UnknownNameError):
        return
    assert results.match in ("all", "synonym", "pinyin", "any")
    assert len(results.hits) == min(results.total, 5)
    for hit in results.hits:
        assert all(0 <= start < end <= len(hit.text) for start, end in hit.spans)


@pytest.mark.parametrize(
    "query", ["执法，", "(执法", "执法)", '执法"', "《执法》", "[执法", "？执法"]
)
def test_stray_marks_do_not_change_what_is_found(seed_library: gongwen.Library, query: str) -> None:
    wanted = {hit.n for hit in seed_library.search("执法", limit=100).hits}
    assert {hit.n for hit in seed_library.search(query, limit=100).hits} == wanted


FRUGAL = """
import sys
import gongwen

results = gongwen.open(sys.argv[1]).search('"执法"', topics=["enforcement"], counts=["topic"])
assert results.total, "found nothing"
print(*({name.partition(".")[0] for name in sys.modules} & {"whoosh", "jieba", "sklearn", "scipy"}))
"""


def test_an_exact_search_imports_nothing_heavy(seed_library: gongwen.Library) -> None:
    command = [sys.executable, "-c", FRUGAL, str(seed_library.folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
