"""The seed report, searched: what each query of the query language finds in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import gongwen

REGULATIONS = [30, 31, 33]
INTERNET_PLUS = [18, 19, 21]


@pytest.mark.parametrize(
    ("query", "numbers", "why"),
    [
        ("放管服", [13], "stands in the heading of section 二 only"),
        ("复议", [42, 43, 44, 45], "also inside 行政复议"),
        ('"行政规范性文件"', REGULATIONS, "not the sentences with 规范性文件 alone"),
        ("“行政规范性文件”", REGULATIONS, "Chinese quotes"),
        ("「行政规范性文件」", REGULATIONS, "corner brackets"),
        ("７件", [33, 49, 59], "7件 and not 237件"),
        ("7件", [33, 49, 59], "the same, half-width"),
        ('"37件"', [], "inside 237件"),
        ("90.72%", [16], "a decimal"),
        ("９０．７２％", [16], "full-width"),
        ('"72%"', [], "begins inside a number"),
        ("法律顧問", [25, 26, 27, 28, 47, 86, 87], "Traditional"),
        ("行政復議", [43, 44, 45], "Traditional"),
        ("3·15", [67], "U+2022 in the text"),
        ("3•15", [67], "as it stands"),
        ("12·4", [67], "the other day"),
        ("谁执法谁普法", [66], "a comma stands between in the text"),
        ('"谁执法谁普法"', [66], "exact: the comma is skipped"),
        ('="谁执法谁普法"', [], "exact with the marks as typed: the comma is missing"),
        ('"谁执法,谁普法"', [66], "exact"),
        ('"谁执法，谁普法"', [66], "exact, full-width comma"),
        ("“互联网+监管”", INTERNET_PLUS, "quoted with the text's own quotes"),
        ("互联网＋监管", INTERNET_PLUS, "full-width plus"),
        ("镇办（社区）", [31, 36, 51], "brackets are text; the report has half-width ones"),
        ('"镇办(社区)"', [31, 36, 51], "exact"),
        ("行政应诉 OR 行政诉讼", [46, 47, 48, 49], "either"),
        ("矛盾 纠纷", [50, 52], "both, apart or not"),
        ("矛盾纠纷", [52], "one word, and it does not stand in 50"),
        ("执法改革", [35, 36], "a run means all of its words"),
        ('"执法改革"', [36], "exact: unbroken"),
        ("role:问题", [76, 77, 78, 79, 80, 81], "the paragraph has no heading"),
        ("role:problem", [76, 77, 78, 79, 80, 81], "slug"),
        ("role：问题", [76, 77, 78, 79, 80, 81], "full-width colon"),
        ("三项制度 role:问题", [81], "words and a filter"),
        ("三项制度 -示范", [81, 88], "excluded"),
        ("三项制度 NOT 示范", [81, 88], "excluded"),
        ("法律顾问 topic:执法", [27], "a further topic counts"),
        ("复议 year:2018..2021", [42, 43, 44, 45], "span of years"),
        ("复议 year:2021..", [], "open span"),
        ("复议 region:武功", [42, 43, 44, 45], "part of a region"),
        ("复议 report:wugong", [42, 43, 44, 45], "part of a report's id"),
        ("kind:boilerplate", [90], "only when asked for"),
        ("kind:title", [1], "the title is a unit"),
        ("蔡国强", [75], "a name that is in no dictionary"),
        ("023-85238885", [], "the footer is not searched"),
        ('"未闭合', [], "an unclosed quote is text"),
        ("GB/T 19001", [], "nothing"),
    ],
)
def test_seed_report(
    seed_library: gongwen.Library, query: str, numbers: list[int], why: str
) -> None:
    results = seed_library.search(query, limit=100)
    exact = results.hits if results.match == "all" else ()
    assert sorted(hit.n for hit in exact) == numbers, why


def test_执法_not_三项制度(seed_library: gongwen.Library, seed_text: str) -> None:  # noqa: N802
    found = {hit.n for hit in seed_library.search("执法 NOT 三项制度", limit=100)}
    with_word = {s.n for s in seed_library.sentences("wugong-2020") if "执法" in s.text}
    excluded = {s.n for s in seed_library.sentences("wugong-2020") if "三项制度" in s.text}
    assert found == with_word - excluded
    assert found and excluded


@pytest.mark.parametrize("query", ["", " ", "*", "**", '""', "“”", "OR", "NOT", "- -", "\t\n"])
def test_a_query_for_nothing_says_so(seed_library: gongwen.Library, query: str) -> None:
    if query == "- -":
        assert seed_library.search(query).total >= 0  # a dash is text like any other
        return
    with pytest.raises(gongwen.QueryError, match="nothing to search for"):
        seed_library.search(query)


@pytest.mark.parametrize(
    "query",
    ["法治" * 5000, "法" * 10_000, "a" * 10_000, "1" * 10_000, "( " * 5000, '"' * 9_999,
     "法 " * 5000, "-" * 10_000, "OR " * 3333, "topic:" * 1600, "*" * 9_999 + "法",
     "\0\x1b[31m法治", "😀👍🏽", "<b>&amp;"],
    ids=lambda query: query[:6].strip(),
)  # fmt: skip
def test_odd_queries_are_answered_in_order(seed_library: gongwen.Library, query: str) -> None:
    try:
        seed_library.search(query, counts=["topic"])
    except gongwen.GongwenError as error:
        assert "\n" not in str(error)


def test_the_footer_is_boilerplate_in_no_topic(seed_library: gongwen.Library) -> None:
    footer = seed_library.sentences("wugong-2020")[-1]
    assert (footer.kind, footer.topic, footer.also) == ("boilerplate", "", ())
    assert "023-85238885" in footer.text
    assert not seed_library.search("联系电话").total
    topics = seed_library.taxonomy.topics.slugs
    assert seed_library.search(topics=topics).total == 89


def test_unbroken_runs_come_first(seed_library: gongwen.Library) -> None:
    assert [hit.n for hit in seed_library.search("执法改革")] == [36, 35]


def test_counts_are_over_all_matches_and_agree_with_the_filter(
    seed_library: gongwen.Library,
) -> None:
    results = seed_library.search("执法", limit=1, counts=["topic", "role", "kind"])
    assert len(results) == 1 < results.total
    assert sum(results.counts["role"].values()) == results.total
    for topic, count in results.counts["topic"].items():
        assert seed_library.search("执法", topics=[topic]).total == count


def test_pages_do_not_overlap_and_leave_nothing_out(seed_library: gongwen.Library) -> None:
    whole = [hit.n for hit in seed_library.search("执法", limit=100)]
    pages = [
        hit.n
        for offset in range(0, len(whole), 4)
        for hit in seed_library.search("执法", limit=4, offset=offset)
    ]
    assert pages == whole


def test_widening_says_how_far(seed_library: gongwen.Library) -> None:
    assert seed_library.search("打黑除恶").match == "synonym"
    assert [hit.n for hit in seed_library.search("打黑除恶")] == [68]
    assert seed_library.search("打黑除恶", synonyms="never").match == "any"
    assert not seed_library.search('"打黑除恶"').total
    loose = seed_library.search("律师怎么办理火星移民")
    assert loose.match == "any"
    assert all("律师" in hit.text or "办理" in hit.text for hit in loose)
    assert seed_library.search("复议", synonyms="always").match == "synonym"


def test_filters_as_arguments(seed_library: gongwen.Library) -> None:
    assert [h.n for h in seed_library.search("法律顾问", topics=["行政执法"])] == [27]
    assert [h.n for h in seed_library.search("法律顾问", roles=["下一步"])] == [86, 87]
    for years in (2020, "2020", (2018, 2021), (None, 2020), (2020, None), "2018..2021"):
        assert seed_library.search("复议", years=years).total == 4
    assert not seed_library.search("复议", years=(2021, None)).total


def test_context_gives_the_neighbours(seed_library: gongwen.Library) -> None:
    [hit] = seed_library.search("放管服", context=1)
    assert hit.before[0].startswith("研究制定《武功县2020年")
    assert hit.after == ("一是加强行政审批制度改革。",)


def test_a_hit_has_the_names_of_its_json(seed_library: gongwen.Library) -> None:
    [hit] = seed_library.search("放管服")
    for name, value in hit.to_dict().items():
        mine = hit.report.id if name == "report" else getattr(hit, name)
        assert (list(mine) if isinstance(mine, tuple) else mine) == value
    assert hit.place == "wugong-2020:13"
    # Region and year stand in the title, and the hit itself is the heading.
    assert hit.citation == "《武功县2020年法治政府建设工作总结》，第13句，wugong-2020.txt"


MARKED = [
    "深化“放管服”改革，企业开办更快。",
    "推动「放管服」改革向乡镇延伸。",
    "巩固放管服改革的成果。",
    "贯彻国发〔2021〕5号文件。",
    "对照国发[2021]5号自查。",
    "对照国发【2021】5号整改。",
    "完成2016-2020年普法总结，编码为7。",
    "总结2016—2020年的普法工作。",
    "回顾2016～2020年立法。",
    "依照《行政复议法》规定办理。",
    "学习〈行政复议法〉规定的程序。",
    "纪念12·4宪法日。",
    "纪念12•4宪法日。",
    "到二○三五年基本建成。",
    "分为二、三两类。",
    "免费服务0—6岁儿童1200万人。",
]


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gongwen.Library]:
    folder = tmp_path_factory.mktemp("marked")
    (folder / "marked.txt").write_text("\n".join(["某县工作总结", *MARKED]) + "\n", "utf-8")
    with gongwen.open(folder / "library") as library:
        library.add(folder / "marked.txt")
        yield library


@pytest.mark.parametrize(
    ("typed", "as_typed", "others"),
    [
        ("“放管服”改革", [0], [1, 2]),
        ("「放管服」改革", [1], [0, 2]),
        ("放管服改革", [2], [0, 1]),
        ("国发〔2021〕5号", [3], [4, 5]),
        ("国发［２０２１］5号", [4], [3, 5]),  # width does not count
        ("国发【2021】5号", [5], [3, 4]),
        ("国发（2021）5号", [], [3, 4, 5]),
        ("2016－2020年", [6], [7, 8]),
        ("2016—2020年", [7], [6, 8]),
        ("2016~2020年", [8], [6, 7]),
        ("《行政复议法》规定", [9], [10]),
        ("12·4", [11], [12]),
        ("12•4", [12], [11]),
        ("二，三", [], [14]),
        ("二、三", [14], []),
        ("0万人", [], []),
    ],
)
def test_marks_as_typed(
    marked: gongwen.Library, typed: str, as_typed: list[int], others: list[int]
) -> None:
    """They stand first, and alone when they are asked for."""
    quotes = "『』" if "「" not in typed else "＂＂"
    string = quotes[0] + typed + quotes[1]

    def found(query: str, verbatim: bool = False) -> list[int]:
        hits = marked.search(query, group=False, limit=100, verbatim=verbatim)
        return [MARKED.index(hit.text) for hit in hits]

    by_rank = found(string)
    assert by_rank[: len(as_typed)] == as_typed
    assert sorted(by_rank[len(as_typed) :]) == others
    assert found(f"={string}") == found(f"＝{string}") == found(string, True) == as_typed
    assert sorted(found(f"{string} NOT ={string}")) == others
