"""Specifies how a run is cut into words by the index's own vocabulary."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gongwen.index.planner import cut_run
from gongwen.index.query import Text
from gongwen.nlp.text.normalize import squeeze

FREQUENCY = {
    word: int(count)
    for word, _, count in (
        pair.partition(":")
        for pair in """
        行政:60 复议:20 行政复议:18 案件:40 执法:70 行政执法:50 人员:30 法律:45 顾问:22 法律顾问:20
        制度:60 政府:90 法治:80 法治政府:40 办理:30 工人:4 大会:9 人大:12 代表:20 公开:25 政务:20
        互联网:8 监管:20 的:400 了:150 和:300 是:200 在:120 个:90 年度:9 什么:1 怎么:2 工作:100
        全县:50 群众:20 情况:20 日:3 活动:12
        """.split()
    )
}
TOTAL = 3_000


def frequency(word: str) -> int:
    return FREQUENCY.get(word, 0)


def cut(run: str) -> list[str]:
    return [word.text for word in cut_run(run, frequency, TOTAL)]


CASES: list[tuple[str, str]] = [
    # words of the index, the likeliest cut
    ("行政复议", "行政复议"),
    ("行政复议案件", "行政复议 案件"),
    ("法律顾问制度", "法律顾问 制度"),
    ("行政执法人员", "行政执法 人员"),
    ("法治政府工作", "法治政府 工作"),
    ("工人大会", "工人 大会"),
    ("人大代表", "人大 代表"),
    # each word once
    ("执法执法执法", "执法"),
    ("复议案件复议", "复议 案件"),
    # numbers keep their measure word, decimals, percent sign and groups of thousands
    ("7件", "7件"),
    ("案件7件", "案件 7件"),
    ("办理案件237件", "办理 案件 237件"),
    ("90.72%", "90.72%"),
    ("1,236人", "1,236人"),
    ("办结十七件", "办结 十七件"),
    ("达到百分之九十八", "达到 百分之九十八"),
    ("二〇二〇年工作", "二〇二〇年 工作"),
    ("3.5亿", "3.5亿"),
    ("30余个", "30余个"),
    ("2020年度", "2020年 度"),
    ("2020", "2020"),
    ("案件12,", "案件 12"),
    ("1.办理案件", "1 办理 案件"),
    # what is written with dots and strokes is one word
    ("3·15", "3·15"),
    ("3·15活动", "3·15 活动"),
    ("12·4", "12·4"),
    ("2018-2020", "2018-2020"),
    ("023-85238885", "023-85238885"),
    ("互联网+监管", "互联网 监管"),
    # Latin words
    ("gdp", "gdp"),
    ("open-data", "open-data"),
    ("c++", "c++"),
    ("app工作", "app 工作"),
    # what the index does not know stays together
    ("宇宙飞船", "宇宙飞船"),
    ("宇宙飞船执法", "宇宙飞船 执法"),
    ("执法宇宙飞船", "执法 宇宙飞船"),
    ("执法宇宙案件飞船", "执法 宇宙 案件 飞船"),
    # grammar and questions are left out
    ("法律的顾问", "法律 顾问"),
    ("行政复议和行政执法", "行政复议 行政执法"),
    ("什么是法律顾问", "法律顾问"),
    ("怎么办理行政复议", "办理 行政复议"),
    ("哪些行政执法", "行政执法"),
    ("案件是多少", "案件"),
    ("办理了案件吗", "办理 案件"),
    # … unless there is nothing else
    ("的", "的"),
    ("是的", "是 的"),
    ("什么", "什么"),
    # punctuation separates; alone it stands for itself
    ("执法,案件", "执法 案件"),
    ('"执法"', "执法"),
    ("(执法", "执法"),
    ("《法治政府》", "法治政府"),
    (",", ","),
    ("()", "()"),
    ("---", "---"),
]


@pytest.mark.parametrize(("run", "words"), CASES, ids=[run for run, _ in CASES])
def test_run_is_cut_into(run: str, words: str) -> None:
    assert cut(run) == words.split()


@pytest.mark.parametrize("run", ["行政复议", "复议", "案件7件", "宇宙飞船"])
def test_empty_index_cuts_too(run: str) -> None:
    words = cut_run(run, lambda word: 0, 0)
    assert "".join(word.text for word in words) == run


def test_words_must_end_where_a_latin_word_or_number_ends() -> None:
    assert cut_run("app工作7件", frequency, TOTAL) == (
        Text("app", whole=True),
        Text("工作", whole=True),
        Text("7件", whole=True),
    )


def test_the_commoner_reading_wins() -> None:
    run = "发展中国家"
    likely = {"发展": 50, "中国": 5, "国家": 50, "中": 50, "家": 2, "发展中": 2, "发展中国家": 0}
    other = {"发展": 50, "中国": 90, "国家": 2, "中": 3, "家": 60, "发展中": 2}
    assert [w.text for w in cut_run(run, lambda w: likely.get(w, 0), 500)] == ["发展", "中", "国家"]
    assert [w.text for w in cut_run(run, lambda w: other.get(w, 0), 500)] == ["发展", "中国", "家"]


# -- for any run ----------------------------------------------------------------------------------

UNITS = re.compile(r"[0-9]+(?:\.[0-9]+|,[0-9]{3}(?![0-9]))*|[a-z]+")


def stands(word: str, run: str) -> bool:
    """Say whether ``word`` stands somewhere in ``run`` without cutting a number or Latin word."""
    inside = {i for unit in UNITS.finditer(run) for i in range(unit.start() + 1, unit.end())}
    places = [m.start() for m in re.finditer(f"(?={re.escape(word)})", run)]
    return any(at not in inside and at + len(word) not in inside for at in places)


report_like = st.lists(
    st.sampled_from(
        [*FREQUENCY, *"0123456789.,%/:-·+()《》件年余万ab", "宇宙飞船", "2020年", "3·15"]
    ),
    min_size=1,
    max_size=14,
).map("".join)
anything = st.text(min_size=1, max_size=80).map(squeeze).filter(bool)


@given(report_like | anything)
@settings(deadline=None)
def test_words_are_pieces_of_the_run_in_its_order(run: str) -> None:
    words = cut(run)
    assert words
    assert len(set(words)) == len(words)
    at = 0
    for word in words:
        assert word
        found = run.find(word, at)
        assert found >= 0, f"{word!r} does not stand in {run[at:]!r}"
        at = found + len(word)


@example("5-5.5%")  # 增长5-5.5%
@example("1:1.5")
@example("gdp1,236亿元")
@given(report_like)
@settings(deadline=None)
def test_no_word_cuts_a_number_or_latin_word(run: str) -> None:
    """Else a sentence that holds the run unbroken would not be found by it."""
    assert [word for word in cut(run) if not stands(word, run)] == []


@given(st.lists(st.sampled_from(sorted(FREQUENCY)), min_size=1, max_size=8))
@settings(deadline=None)
def test_known_words_leave_no_character_out_but_grammar(words: list[str]) -> None:
    run = "".join(words)
    kept = "".join(cut(run))
    dropped = set("的了和是在个什么怎么")
    assert set(run) - set(kept) <= dropped


@pytest.mark.parametrize("size", [401, 2_000, 10_000])
def test_long_runs_are_cut_in_reasonable_parts(size: int) -> None:
    words = cut(("行政复议案件7件," * size)[:size])
    assert words == ["行政复议", "案件", "7件"]


@pytest.mark.parametrize("last", ["1234件", "90.72%", "1,236人", "application"])
def test_what_stands_where_a_long_run_is_cut_off_is_not_cut_apart(last: str) -> None:
    for before in range(385, 402):
        run = "法" * before + last
        assert [word for word in cut(run) if not stands(word, run)] == []


def test_words_of_a_run_are_not_without_end() -> None:
    words = cut(",".join(f"{n}件" for n in range(1, 301)))
    assert 1 < len(words) < 100
    assert all(int(b[:-1]) == int(a[:-1]) + 1 for a, b in pairwise(words))
