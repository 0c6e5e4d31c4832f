"""Ten thousand random and hostile queries: an answer or one clear line, each within a second."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

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

LONG = {
    "one character": "法" * 1_000_000,
    "a word": "执法" * 500_000,
    "many words": "行政复议 执法 法律顾问 " * 70_000,
    "many different characters": "".join(chr(0x4E00 + n % 20_000) for n in range(1_000_000)),
    "letters": "a" * 1_000_000,
    "syllables": "xian" * 250_000,
    "digits": "1" * 1_000_000,
    "groups of digits": "1," * 500_000,
    "numerals": "一" * 1_000_000,
    "numbers": "十七件" * 333_000,
    "percentages": "百分之" * 333_000,
    "quotes": '"' * 1_000_000,
    "pairs of quotes": '"法" ' * 250_000,
    "opening quotes": "“" * 1_000_000,
    "dashes": "-" * 1_000_000,
    "alternatives": "执法 OR " * 150_000,
    "exclusions": "-执法 " * 250_000,
    "filters": "topic:执法 " * 110_000,
    "colons": "topic:" * 160_000,
    "wildcards": "*" * 1_000_000,
    "words with wildcards": "ab* " * 250_000,
    "spaces": " " * 1_000_000,
    "an exact string": '"' + "执法改革" * 250_000 + '"',
    "brackets": "(" * 1_000_000,
    "emoji": "😀" * 1_000_000,
    "halves of characters": "\ud800" * 1_000_000,
    "zeros": "\0" * 1_000_000,
    "different words": " ".join(
        chr(0x4E00 + n % 997) + chr(0x5E00 + n // 7) for n in range(30_000)
    ),
    "different alternatives": " OR ".join(f"{n}件" for n in range(20_000)),
    "a long number": '"' + "1234567890" * 10_000 + '"',
    "many numerals in quotes": '"' + "十七件" * 33_000 + '"',
    "lines": "执法\n" * 330_000,
}


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


def ask(library: gongwen.Library, query: str, pick: random.Random) -> float:
    """Ask in one of the ways that there are, and return the seconds of work that it took."""
    began = time.process_time()
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
    return time.process_time() - began


def test_ten_thousand_queries(seed_library: gongwen.Library) -> None:
    pick = random.Random(5)
    slow = [
        (query, seconds)
        for query in drawn(10_000)
        if (seconds := ask(seed_library, query, pick)) > 1
    ]
    assert slow == []


@pytest.mark.parametrize("query", LONG.values(), ids=LONG)
def test_a_million_characters(seed_library: gongwen.Library, query: str) -> None:
    assert ask(seed_library, query, random.Random(6)) < 1
    assert ask(seed_library, query[:1000], random.Random(7)) < 1
