"""Thousands of odd query strings: each is answered, none with an error of the server.

They are drawn with a seed: a test that fails names the address.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .conftest import Visitor, served, visiting

PATHS = {
    "/search": ("q", "topic", "role", "year", "region", "kind", "report", "county", "agency",
                "sort", "by", "view", "page", "size", "context", "synonyms", "group", "open",
                "from", "to"),
    "/library": ("q", "region", "year", "kind", "level", "agency", "sort", "order", "page"),
    "/counts": ("q", "by", "share", "distinct", "sort", "rows", "topic", "year"),
    "/figures": ("q", "indicator", "unit", "status", "period", "year", "region", "view", "pivot"),
    "/similar": ("report", "n", "elsewhere", "size", "topic"),
    "/search/context": ("report", "n"),
    "/compare": ("before", "after", "only", "topic", "region", "page"),
    "/teach": ("queue", "done", "size", "topic"),
    "/check": ("report", "status", "page"),
    "/reports/wugong-2020/27": ("show", "topic", "role", "checks"),
    "/api/v1/search": ("q", "topic", "year", "limit", "offset", "counts", "synonyms", "copies"),
    "/api/v1/concordance": ("q", "window", "sort", "limit"),
    "/api/v1/words": ("q", "against", "collocates", "ngrams"),
}  # fmt: skip
"""Parameters of addresses; those of searches are drawn most often."""
WEIGHTS = [20, 3, 3, 2, 1, 1, 1, 1, 1, 1, 8, 3, 2]
WORDS = (
    "执法", "行政复议", "法律顾问", "放管服", "xzfy", "topic:执法", "主题:普法", "role:问题",
    "year:2020", "year:2019..2020", "region:甲县", "section:计划", "report:wugong-2020",
    "title:总结", "copies:3", "probability:>0.5", "enforcement", "wugong-2020", "2020", "1", "27",
    "relevance", "kwic", "fail",
)  # fmt: skip
OPERATORS = (
    "AND", "OR", "NOT", "NEAR/3", "NEAR/99999999999", "与", "或", "非", "(", ")", "((", "（", "）",
    '"', "“", "”", "'", "*", "?", "~", "~2", "^", "-", "--", "+", "|", "||", "&", "&&", "!", ":",
    "::", "..", "...", "/", "//", "/.*/", "\\", "[", "]", "{", "}", "<", ">", "=", "@", "#", "%",
    "$", ",", ";", "`", ">=", "..2020", "2020..", "2020..2019", "*执*", "?" * 30, "*" * 30,
)  # fmt: skip
ODD = (
    "\x00", "\x01", "\x1b[2J", "\x7f", "\x85", "\r\n", "\t", "\u00a0", "\u00ad", "\u200b", "\u200d",
    "\u200e", "\u202e", "\u2066", "\u2028", "\ufeff", "\ufffd", "\uffff", "\U0010ffff", "\ue000",
    "\u0301", "e\u0301" * 9, "\u0e33", "\u0130", "\u1e9e", "ﬁ", "①", "㈠", "１２３", "Ａ", "〇",
    "\U00020000", "\U0002f81a", "\U0001f468\u200d\U0001f469", "مرحبا", "שלום", "𝟚𝟘𝟚𝟘",
    "½", "٣", "〡",
)  # fmt: skip
NUMBERS = ("0", "-1", "1", "20", "1e9", "9" * 9, "9" * 40, "0x10", "1_0", "１", "1.5", "nan", "inf")
_LONGEST = 1_200
"""httpx sends no longer addresses than 65,536 characters, 12 for one beyond the first plane."""


def drawn(chance: random.Random) -> str:
    """Return one odd string."""
    kind = chance.random()
    if kind < 0.05:
        return chance.choice(NUMBERS)
    if kind < 0.08:
        return chance.choice((*WORDS, *OPERATORS, *ODD)) * chance.choice((50, 400, 1_500))
    if kind < 0.11:
        return "".join(chance.choice("()\"'（）“”") for _place in range(chance.randint(1, 300)))
    if kind < 0.14:
        points = (chance.randrange(0x11_0000) for _place in range(chance.randint(1, 40)))
        return "".join(chr(one) for one in points if not 0xD800 <= one < 0xE000)
    pools = chance.choices((WORDS, OPERATORS, ODD, NUMBERS), (5, 5, 2, 1), k=chance.randint(1, 9))
    return "".join(chance.choice(one) + chance.choice(("", "", " ")) for one in pools)


def requests(seed: int, count: int) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield paths with their parameters, always the same for a seed."""
    chance = random.Random(seed)
    for _place in range(count):
        path = chance.choices(list(PATHS), WEIGHTS)[0]
        names = chance.choices(PATHS[path], k=chance.choice((1, 1, 1, 2, 3)))
        if "q" in PATHS[path] and chance.random() < 0.7:
            names = ["q", *names]
        yield path, [(name, drawn(chance)[:_LONGEST]) for name in dict.fromkeys(names)]


@pytest.fixture(scope="module")
def reader(library_folder: Path) -> Iterator[Visitor]:
    """A visitor of a library that is only read, for all strings."""
    with visiting(library_folder) as made:
        made.get("/api/v1/words?q=执法")  # reads the dictionary of words, once
        yield made


def ask(visitor: Visitor, seed: int, count: int) -> dict[int, int]:
    """Send requests, and return how many were answered with each status."""
    statuses: dict[int, int] = {}
    for path, params in requests(seed, count):
        answer = visitor.get(path, params=params)
        assert answer.status_code < 500, (path, params)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
    return statuses


RAW = (
    "q=%ED%A0%80", "q=%ED%BF%BF%ED%A0%80", "q=%FF%FE", "q=%C0%AF", "q=%F4%90%80%80", "q=%", "q=%zz",
    "q=%00", "q=%0d%0aX:y", "%00=%00", "=", "&&&", "q", "q&q&q", "q=%25%32%35", ";q=1;", "?q=??",
    "q[]=a", "q[a][b]=c", "__proto__=x", "q=" + "%28" * 600, "q=" + "a%20OR%20" * 220 + "b",
    "q=" + "NOT%20" * 300, "q=" + "%22" * 1_001, "q=%28a%2B%29%2B%24", "q=%28.*a%29%7B99%7D",
    "q=" + "%2A%3F" * 400, "q=" + "%E6%89%A7" * 1_999, "q=" + "x" * 16_000, "q=x&" * 3_000 + "q=",
    "&".join(f"topic=t{number}" for number in range(2_000)), "year=..", "year=0..99999999999999",
    "limit=1e400", "offset=-0", "offset=00000000000000000001", "lang=%00", "lang=zh&lang=en",
)  # fmt: skip
"""Query strings as they are on the wire, which no client of HTTP sends by itself."""


def raw_strings(seed: int, count: int) -> Iterator[str]:
    """Yield those, and drawn ones of any bytes, always the same for a seed."""
    yield from RAW
    chance = random.Random(seed)
    for _place in range(count):
        data = chance.randbytes(chance.randint(1, 60))
        escaped = "".join(
            f"%{one:02x}" if one < 0x80 or chance.random() < 0.9 else "%" for one in data
        )
        yield f"q={escaped}"


@pytest.mark.parametrize("count", [60, pytest.param(2_000, marks=pytest.mark.slow)])
def test_raw_query_strings_are_answered_by_the_server(library_folder: Path, count: int) -> None:
    paths = cycle(("/search", "/api/v1/search", "/library", "/figures", "/api/v1/figures"))
    with served(library_folder) as address:
        connection = HTTPConnection(urlsplit(address).netloc)
        for path, query in zip(paths, raw_strings(7, count), strict=False):
            connection.request("GET", f"{path}?{query}")
            answer = connection.getresponse()
            said = answer.read()
            assert answer.status in (200, 303, 400, 404, 414), (path, query, said)
            if path.startswith("/api/") and answer.status >= 400:
                assert set(json.loads(said)["error"]) == {"status", "message", "hint"}
        connection.close()


def test_query_strings_are_answered(reader: Visitor) -> None:
    statuses = ask(reader, 20, 300)
    assert set(statuses) <= {200, 400, 404, 409, 414}
    assert statuses[200] > 50 and statuses[400] > 50  # of both there are many


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_ten_thousand_query_strings_are_answered(reader: Visitor, part: int) -> None:
    statuses = ask(reader, 1_000 + part, 1_000)
    assert set(statuses) <= {200, 400, 404, 409, 414}
