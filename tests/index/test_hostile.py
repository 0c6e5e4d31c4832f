"""Random and hostile queries: an answer or one clear line, and no more work than is due."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from growth import LINEAR, growth

import gongwen

PIECES = [
    *"执法 复议 法律顾问 法律顧問 ７件 十七件 3·15 90.72% GB/T fazhi xzfy 的 在 一 怎么办".split(),
    "镇办（社区）",
    *("OR", "NOT", "AND", "or", "-", "--", "－", "*", "**", "a*", "法*", "*法", "?", "法?"),
    *(
        '"',
        '""',
        "“",
        "”",
        "「",
        "」",
        "『",
        '"法治',
        "法治”",
        "＂",
        "'",
        "\\",
        "\\d+",
        "[",
        "(",
        "))",
    ),
    *(
        "topic:",
        "topic:执法",
        "topic:无此",
        "role:问题",
        "role:",
        "year:2020",
        "year:x",
        "year:9..1",
    ),
    *(
        "year:..",
        "region:",
        "region:武功县",
        "report:wugong",
        "report:none",
        "kind:title",
        "kind:x",
    ),
    *("：", ":", "topic：执法", 'topic:"行政 执法"', "probability:1", "id:1", "text:法"),
    *(
        "\0",
        "\x1b[31m",
        "\x07",
        "\x7f",
        "\u200b",
        "\u202e",
        "\ufeff",
        "\ud800",
        "\udfff",
        "\r\n",
        "\t",
    ),
    *("😀", "👩‍👩‍👧‍👦", "🇨🇳", "𠮷", "é", "e\u0301", "ß", "İ", "ﬁ", "№", "㎡", "½", "Ⅳ", "①"),
    *("<b>", "&amp;", "<script>", "=1+1", "'; DROP TABLE reports;--", "%s", "{0}", "$(x)", "`x`"),
    *(
        "0",
        "1,236",
        "1.2.3",
        "二〇二〇年",
        "百分之九十八",
        "一百亿",
        "-1",
        "1e9",
        "999999999999999999",
    ),
    "法" * 50,
    "a" * 50,
    "9" * 50,
    "an" * 20,
    "zzzzzzzz",
]
JOINTS = ["", "", " ", " ", "  ", " OR ", " NOT ", " -", "\u3000", "\n"]

Make = Callable[[int], str]


def repeated(unit: str, quote: str = "") -> Make:
    return lambda size: quote + unit * (size // len(unit)) + quote


LONG: dict[str, Make] = {
    "one character": repeated("法"),
    "a word": repeated("执法"),
    "many words": repeated("行政复议 执法 法律顾问 "),
    "many different characters": lambda size: "".join(
        chr(0x4E00 + n % 20_000) for n in range(size)
    ),
    "letters": repeated("a"),
    "syllables": repeated("xian"),
    "digits": repeated("1"),
    "groups of digits": repeated("1,"),
    "numerals": repeated("一"),
    "numbers": repeated("十七件"),
    "percentages": repeated("百分之"),
    "quotes": repeated('"'),
    "pairs of quotes": repeated('"法" '),
    "opening quotes": repeated("“"),
    "dashes": repeated("-"),
    "alternatives": repeated("执法 OR "),
    "exclusions": repeated("-执法 "),
    "filters": repeated("topic:执法 "),
    "colons": repeated("topic:"),
    "wildcards": repeated("*"),
    "words with wildcards": repeated("ab* "),
    "spaces": repeated(" "),
    "an exact string": repeated("执法改革", '"'),
    "brackets": repeated("("),
    "emoji": repeated("😀"),
    "halves of characters": repeated("\ud800"),
    "zeros": repeated("\0"),
    "different words": lambda size: " ".join(
        chr(0x4E00 + n % 997) + chr(0x5E00 + n // 7) for n in range(size // 3)
    ),
    "different alternatives": lambda size: " OR ".join(f"{n}件" for n in range(size // 9)),
    "a long number": repeated("1234567890", '"'),
    "many numerals in quotes": repeated("十七件", '"'),
    "lines": repeated("执法\n"),
}
LONGEST = 25_000
"""Characters of the shorter query of a pair that is compared."""


def drawn(count: int) -> Iterator[str]:
    pick = random.Random(4)
    every = [chr(n) for n in range(0x20, 0x250)] + [chr(n) for n in range(0x4E00, 0x4E80)]
    for n in range(count):
        if n % 5 == 4:  # anything at all
            yield "".join(pick.choices(every, k=pick.randint(1, 30)))
            continue
        query = pick.choice(PIECES)
        for _ in range(pick.randint(0, 5)):
            query += pick.choice(JOINTS) + pick.choice(PIECES)
        yield query


def ask(library: gongwen.Library, query: str, pick: random.Random) -> None:
    """Ask in one of the ways that there are."""
    try:
        results = library.search(
            query,
            limit=pick.choice((0, 5, 50)),
            sort=pick.choice(("relevance", "year")),
            synonyms=pick.choice(("auto", "always", "never")),
            by=pick.choice(("sentence", "sentence", "report")),
            counts=pick.choice(((), ("topic", "role", "year"))),
        )
    except gongwen.GongwenError as error:
        assert str(error) and "\n" not in str(error)
        assert len(str(error)) < 1_000
    else:
        assert len(results) <= results.total
        for hit in results:
            assert all(0 <= start < end <= len(hit.text) for start, end in hit.spans)


@pytest.mark.parametrize("count", [1_500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_any_query_is_answered_or_refused_in_a_line(
    seed_library: gongwen.Library, count: int
) -> None:
    pick = random.Random(5)
    for query in drawn(count):
        ask(seed_library, query, pick)


@pytest.mark.parametrize("make", LONG.values(), ids=LONG)
def test_the_work_is_in_proportion_to_the_query(seed_library: gongwen.Library, make: Make) -> None:
    def work(query: str) -> None:
        ask(seed_library, query, random.Random(6))

    assert growth(work, make, 1_000) <= LINEAR


@pytest.mark.slow
@pytest.mark.parametrize("make", LONG.values(), ids=LONG)
def test_a_million_characters(seed_library: gongwen.Library, make: Make) -> None:
    ask(seed_library, make(1_000_000), random.Random(6))
