"""Statistics of words against tables worked by hand, published examples, and real reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import log, log2
from pathlib import Path

import numpy as np
import pytest

import gongwen
from gongwen.nlp.errors import QueryError
from gongwen.nlp.text.segmenter import JiebaSegmenter
from gongwen.research.word_counts import occurrences, word_table
from gongwen.research.word_statistics import (
    Collocate,
    Keyword,
    WordOptions,
    WordTable,
    dispersion,
    log_dice,
    log_likelihood,
    log_ratio,
    significance,
    stop_words,
    terms,
)
from gongwen.research.word_tokens import WordTokens, tokens_of, word_tokens

from .conftest import Command

# -- measures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "words_a", "words_b", "expected"),
    [
        # E1 = E2 = 15
        (20, 10, 1000, 1000, 2 * (20 * log(20 / 15) + 10 * log(10 / 15))),
        # E1 = 2000 * 12 / 3000 = 8, E2 = 4: as frequent in both
        (8, 4, 2000, 1000, 0.0),
        # a frequency of 0 adds nothing; E1 = 5
        (10, 0, 500, 500, 2 * 10 * log(2)),
        (0, 10, 500, 500, 2 * 10 * log(2)),
        # "the swiss" of Dunning (1993), table 2: 110 of 2552 against 111 of 29225
        (
            110, 111, 2552, 29225,
            2 * (110 * log(110 / (2552 * 221 / 31777)) + 111 * log(111 / (29225 * 221 / 31777))),
        ),
        (0, 0, 500, 500, 0.0),
    ],
)  # fmt: skip
def test_log_likelihood(a: int, b: int, words_a: int, words_b: int, expected: float) -> None:
    assert float(log_likelihood(a, b, words_a, words_b)) == pytest.approx(expected)


def test_log_likelihood_of_two_terms_comes_near_that_of_four() -> None:
    """Dunning (1993) gives 270.72 for "the swiss", with the two cells of all other words."""
    n, rest = 31777, 31777 - 221
    others = 2442 * log(2442 / (2552 * rest / n)) + 29114 * log(29114 / (29225 * rest / n))
    assert float(log_likelihood(110, 111, 2552, 29225)) + 2 * others == pytest.approx(
        270.72, abs=0.01
    )


@pytest.mark.parametrize(
    ("a", "b", "words_a", "words_b", "expected"),
    [
        (24, 6, 1000, 1000, 2.0),
        (6, 24, 1000, 1000, -2.0),
        (600, 200, 1_000_000, 1_000_000, log2(3)),  # Hardie (2014): .0006 is 3 times .0002
        (8, 0, 1000, 1000, 4.0),  # 0 counts as 0.5
        (0, 8, 1000, 1000, -4.0),
        (8, 4, 2000, 1000, 0.0),
    ],
)
def test_log_ratio(a: int, b: int, words_a: int, words_b: int, expected: float) -> None:
    assert float(log_ratio(a, b, words_a, words_b)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("g2", "stars"),
    [(0.0, ""), (3.83, ""), (3.84, "*"), (6.63, "**"), (10.83, "***"), (15.13, "****")],
)
def test_significance(g2: float, stars: str) -> None:
    assert significance(g2) == stars


@pytest.mark.parametrize(
    ("together", "word", "collocate", "expected"),
    [
        (300, 300, 300, 14.0),  # always together: the maximum of Rychlý (2008)
        (3, 3000, 3000, 4.034216),
        (6, 3000, 3000, 5.034216),  # twice as often is one point more
        (8, 389, 230, 8.726204),
        (2, 4, 8, 14 + log2(4 / 12)),
    ],
)
def test_log_dice(together: int, word: int, collocate: int, expected: float) -> None:
    assert float(log_dice(together, word, collocate)) == pytest.approx(expected, abs=1e-6)


def spread(counts: list[int], sizes: list[int]) -> float:
    parts = np.flatnonzero(counts)
    found = dispersion(parts, np.zeros(len(parts), int), np.array(counts)[parts], np.array(sizes))
    return float(found[0])


@pytest.mark.parametrize(
    ("counts", "sizes", "expected"),
    [
        # The example of Gries (2008, 2020): five parts, DP = 0.18, DPnorm = 0.18 / (1 - 0.18).
        ([1, 2, 3, 4, 5], [9, 10, 10, 10, 11], 0.18 / 0.82),
        ([3, 3, 3], [10, 10, 10], 0.0),
        ([1, 2], [10, 20], 0.0),
        # (|1 - 0.25| + |0 - 0.75|) / 2 / 0.75: all in the smallest part
        ([4, 0], [10, 30], 1.0),
        ([0, 4], [10, 30], 0.25 / 0.75),
    ],
)
def test_dispersion(counts: list[int], sizes: list[int], expected: float) -> None:
    assert spread(counts, sizes) == pytest.approx(expected)


def test_there_is_no_dispersion_in_one_part() -> None:
    assert np.isnan(spread([3], [10]))


# -- words ---------------------------------------------------------------------------------------


def corpus(*reports: list[str]) -> WordTokens:
    """Return words of made reports: each sentence is words with spaces, ``/`` for a mark."""
    numbers = {"": 0}
    tokens: list[int] = []
    starts, of = [0], []
    for n, sentences in enumerate(reports):
        for sentence in sentences:
            for word in sentence.split():
                tokens.append(numbers.setdefault(word.replace("/", ""), len(numbers)))
            starts.append(len(tokens))
            of.append(n)
    return WordTokens(
        [*numbers], [*numbers], np.array(tokens, np.int32), np.array(starts),
        np.arange(1, len(of) + 1), np.array(of, np.int32), [f"r{n}" for n in range(len(reports))],
    )  # fmt: skip


def everything(tokens: WordTokens) -> np.typing.NDArray[np.bool_]:
    return np.ones(len(tokens.ids), bool)


SMALL = corpus(
    ["甲 乙 甲 /", "甲 / 丙", "乙 丙 丁 戊"],  # 9 words
    ["丙 丙 /", "丁"],  # 3 words
)


def test_frequencies() -> None:
    found = word_table(SMALL, everything(SMALL), WordOptions(stop=False))
    rows = {row.word: row for row in found}
    assert (found.extent.words, found.extent.sentences, found.extent.reports) == (12, 5, 2)
    assert {w: (r.count, r.sentences, r.reports) for w, r in rows.items()} == {
        "甲": (3, 2, 1), "乙": (2, 2, 1), "丙": (4, 3, 2), "丁": (2, 2, 2), "戊": (1, 1, 1),
    }  # fmt: skip
    assert [row.word for row in found][:2] == ["丙", "甲"]
    assert rows["丙"].per_10000 == round(4 / 12 * 10_000, 2)
    # Shares of the reports: 0.75 and 0.25; of 丙 0.5 and 0.5.
    assert rows["丙"].dispersion == round((0.25 + 0.25) / 2 / 0.75, 3)
    assert rows["甲"].dispersion == round(0.25 / 0.75, 3)


def test_keywords() -> None:
    first = SMALL.reports == 0
    found = word_table(SMALL, first, WordOptions(stop=False), ~first)
    rows = {row.word: row for row in found if isinstance(row, Keyword)}
    assert found.reference is not None
    assert (found.extent.words, found.reference.words) == (9, 3)
    # 丙: 2 of 9 and 2 of 3; expected 9 * 4 / 12 = 3 and 3 * 4 / 12 = 1
    assert rows["丙"].g2 == round(2 * (2 * log(2 / 3) + 2 * log(2 / 1)), 2)
    assert rows["丙"].log_ratio == round(log2((2 / 9) / (2 / 3)), 2)
    assert (rows["丙"].direction, rows["丙"].reference_reports) == ("less", 1)
    # 甲: 3 of 9 and 0 of 3; expected 9 * 3 / 12 = 2.25
    assert rows["甲"].g2 == round(2 * 3 * log(3 / 2.25), 2)
    assert rows["甲"].log_ratio == round(log2((3 / 9) / (0.5 / 3)), 2)
    assert [row.direction for row in rows.values()] == ["more"] * 3 + ["less"] * 2
    limited = word_table(SMALL, first, WordOptions(stop=False, limit=1), ~first)
    assert [row.word for row in limited] == ["甲", "丙"]
    assert limited.total == 5
    by_count = word_table(SMALL, first, WordOptions(stop=False, sort="count", limit=1), ~first)
    assert [row.word for row in by_count] == ["甲", "丙"]


@pytest.mark.parametrize(
    ("ngrams", "least", "expected"),
    [
        ((2, 2), 1, {"甲 乙": 1, "乙 甲": 1, "乙 丙": 1, "丙 丁": 1, "丁 戊": 1, "丙 丙": 1}),
        ((2, 3), 1, {
            "甲 乙": 1, "乙 甲": 1, "乙 丙": 1, "丙 丁": 1, "丁 戊": 1, "丙 丙": 1,
            "甲 乙 甲": 1, "乙 丙 丁": 1, "丙 丁 戊": 1,
        }),
        ((4, 9), 1, {"乙 丙 丁 戊": 1}),
        ((2, 2), 2, {}),
        ((1, 1), 3, {"甲": 3, "丙": 4}),
        ((1, 2), 3, {"甲": 3, "丙": 4}),
    ],
)  # fmt: skip
def test_sequences_do_not_cross_marks_and_sentences(
    ngrams: tuple[int, int], least: int, expected: dict[str, int]
) -> None:
    options = WordOptions(stop=False, ngrams=ngrams, min_count=least)
    found = word_table(SMALL, everything(SMALL), options)
    assert {row.word: row.count for row in found} == expected


def test_sequences_count_what_repeats() -> None:
    tokens = corpus(["优化 营商 环境 / 优化 营商 环境"], ["改善 营商 环境"])
    found = word_table(tokens, everything(tokens), WordOptions(ngrams=(2, 3), min_count=2))
    assert {row.word: (row.count, row.sentences, row.reports) for row in found} == {
        "营商 环境": (3, 2, 2),
        "优化 营商": (2, 1, 1),
        "优化 营商 环境": (2, 1, 1),
    }


@pytest.mark.parametrize(
    ("words", "stopped"),
    [
        ("的 和 以及 不 通过", True),
        ("2026 3.5% 1,236 二〇二六 第一 十 两 几十 万亿 百分之", True),
        ("三项 一批 10个 亿元 年 个百分点", True),
        ("改革 十五五 三农 两会 GDP c919 5g 一体化 一流 万众 万无一失 十全十美", False),
    ],
)
def test_words_that_are_left_out(words: str, stopped: bool) -> None:
    listed = words.lower().split()
    assert dict(zip(listed, stop_words(listed).tolist(), strict=True)) == dict.fromkeys(
        listed, stopped
    )


def test_a_sequence_neither_begins_nor_ends_with_such_a_word() -> None:
    tokens = corpus(["改革 和 发展 的 / 2026 改革"])
    found = word_table(tokens, everything(tokens), WordOptions(ngrams=(2, 4), min_count=1))
    assert [row.word for row in found] == ["改革 和 发展"]
    # They count among the words all the same.
    assert found.extent.words == 6


def test_words_of_a_length() -> None:
    tokens = corpus(["优化 营商环境 好"])
    for least, expected in ((1, 3), (2, 2), (3, 1), (5, 0)):
        assert (
            len(word_table(tokens, everything(tokens), WordOptions(min_length=least))) == expected
        )


# -- collocates ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentences", "word", "places"),
    [
        (["优化 营商环境", "营商 环境 好", "环境"], "营商环境", [(1, 2), (2, 4)]),
        (["营商 / 环境"], "营商环境", []),  # a mark between
        (["营商", "环境"], "营商环境", []),  # two sentences
        (["行政复议 行政 复议"], "行政", [(1, 2)]),
        (["甲 甲甲 甲"], "甲甲", [(1, 2)]),
        (["甲 甲 甲"], "甲甲", [(0, 2), (1, 3)]),
        (["甲 乙"], "丙", []),
    ],
)
def test_where_a_word_stands(
    sentences: list[str], word: str, places: list[tuple[int, int]]
) -> None:
    first, ends = occurrences(corpus(sentences), word)
    assert list(zip(first.tolist(), ends.tolist(), strict=True)) == places


def collocates(tokens: WordTokens, word: str, window: int) -> WordTable:
    from gongwen.research.word_counts import collocate_table

    options = WordOptions(stop=False, min_count=1, window=window)
    return collocate_table(tokens, everything(tokens), word, options)


def test_collocates() -> None:
    tokens = corpus(
        ["优化 / 营商 环境 建设", "持续 优化 营商 环境"],
        ["优化 流程", "环境 优化 营商 环境 优化"],
    )
    found = collocates(tokens, "营商环境", 1)
    rows = {row.word: row for row in found if isinstance(row, Collocate)}
    assert found.node_count == 3
    # Marks do not count as words, so the first 优化 is beside the node.
    assert {w: (r.together, r.left, r.right, r.count) for w, r in rows.items()} == {
        "优化": (4, 3, 1, 5), "建设": (1, 0, 1, 1),
    }  # fmt: skip
    assert rows["优化"].log_dice == round(14 + log2(2 * 4 / (3 + 5)), 2)
    assert rows["建设"].log_dice == round(14 + log2(2 * 1 / (3 + 1)), 2)
    wider = {row.word: row.to_dict()["together"] for row in collocates(tokens, "营商环境", 2)}
    assert wider == {"优化": 4, "建设": 1, "持续": 1, "环境": 1}


def test_between_two_occurrences_a_word_counts_once() -> None:
    tokens = corpus(["甲 乙 丙 甲"])
    rows = {row.word: row.to_dict() for row in collocates(tokens, "甲", 5)}
    # 乙 is nearer to the first 甲, 丙 to the second.
    assert (rows["乙"]["left"], rows["乙"]["right"]) == (0, 1)
    assert (rows["丙"]["left"], rows["丙"]["right"]) == (1, 0)


def test_longer_words_that_hold_it_are_named() -> None:
    tokens = corpus(["行政 复议 行政复议 行政复议 依法行政"])
    found = collocates(tokens, "行政", 5)
    assert found.node_count == 1
    assert found.inside == (("行政复议", 2), ("依法行政", 1))


# -- a library -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("提高ＧＤＰ，改善民生。", "提高 ＧＤＰ / 改善 民生 /"),
        ("“放管服”改革 持续深化", "/ 放管服 / 改革 持续 深化"),
        ("", ""),
        ("——", "/"),
    ],
)
def test_a_sentence_is_cut(text: str, words: str) -> None:
    found = tokens_of(text, JiebaSegmenter(["放管服"]))
    assert " ".join(written or "/" for _folded, written in found) == words


@pytest.fixture
def made(tmp_path: Path) -> gongwen.Library:
    texts = {
        "甲县2019年工作总结": "持续优化营商环境。打造一流营商环境，推动高质量发展。GDP增长3%。",
        "乙县2020年工作总结": "严格行政执法。开展行政执法培训，规范行政执法。GDP平稳。",
    }
    for title, text in texts.items():
        (tmp_path / f"{title}.txt").write_text(f"{title}\n{text}\n", "utf-8")
    library = gongwen.open(tmp_path / "library")
    library.add([tmp_path / f"{title}.txt" for title in texts])
    return library


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("环境", [("环境", 2, 2, 1)]),  # inside a longer word
        (["行政执法", "无此词"], [("行政执法", 3, 2, 1), ("无此词", 0, 0, 0)]),
        (["行政", " 行政 ", "GDP"], [("行政", 3, 2, 1), ("GDP", 2, 2, 2)]),
        (["“营商”、环境"], [("“营商”、环境", 2, 2, 1)]),
        (["DP", "营环境"], [("DP", 2, 2, 2), ("营环境", 0, 0, 0)]),
    ],
)  # fmt: skip
def test_chosen_words_count_as_exact_strings_do(
    made: gongwen.Library, only: str | list[str], expected: list[tuple[str, int, int, int]]
) -> None:
    with made:
        found = made.words(only=only)
        rows = [(row.word, row.count, row.sentences, row.reports) for row in found]
        assert sorted(rows) == sorted(expected)
        for row in found:
            assert row.sentences == made.search(f'"{row.word}"', limit=0, synonyms="never").total


def test_chosen_words_of_the_real_reports_are_those_that_a_search_finds(
    real_library: gongwen.Library,
) -> None:
    for row in real_library.words(only=["改革开放", "信访", "依法行政", "双随机一公开"]):
        kinds = ["title", "heading", "sentence"]
        found = real_library.search(f'"{row.word}"', limit=0, kinds=kinds)
        assert row.count >= row.sentences == found.total > 0


def counts(found: WordTable) -> dict[str, int]:
    return {row.word: row.count for row in found}


def test_the_words_of_a_library(made: gongwen.Library) -> None:
    with made:
        whole = counts(made.words())
        assert (whole["营商环境"], whole["行政执法"], whole["GDP"]) == (2, 3, 2)
        assert whole["高质量发展"] == 1  # a term of seeds/vocabulary
        assert counts(made.words("行政执法")) == {
            w: n for w, n in counts(made.words(years=2020)).items()
            if w in ("严格", "行政执法", "开展", "培训", "规范")
        }  # fmt: skip
        assert "3" not in whole and "3" in str(counts(made.words(stop=False)))
        keys = made.words(years=2020, against="rest")
        assert keys.rows[0].word == "行政执法"
        assert made.words(years=2020, against="其余") == keys
        assert made.words(years=2020, against="年份:2019") == keys
        near = made.words(collocates="营商环境", min_count=1)
        assert {"优化", "一流"} <= set(counts(near))
        assert made.words("没有的词").rows == ()
        assert json.loads(json.dumps(keys.to_dict()))["reference"]["reports"] == 1


def test_the_words_follow_the_library(made: gongwen.Library, tmp_path: Path) -> None:
    with made:
        made.words()
        (more := tmp_path / "丙县2021年工作总结.txt").write_text(
            "丙县2021年工作总结\n公证服务。营商环境。\n", "utf-8"
        )
        made.add(more)
        [gone] = [report.id for report in made.reports() if "乙县" in report.title]
        made.remove(gone)
        after = made.words()
        assert "行政执法" not in counts(after)
        assert (counts(after)["营商环境"], after.extent.reports) == (3, 2)
        (made.folder / "index" / "words.npz").unlink()
        assert sorted(after.to_dicts(), key=str) == sorted(made.words().to_dicts(), key=str)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", None])
def test_a_damaged_file_of_words_is_made_anew(made: gongwen.Library, damage: bytes | None) -> None:
    with made:
        before = made.words()
        path = made.folder / "index" / "words.npz"
        good = path.read_bytes()
        path.write_bytes(good[:-200] + b"x" * 200 if damage is None else damage)
        assert made.words() == before
        assert len(path.read_bytes()) == len(good)


def test_arrays_that_do_not_fit_are_not_used(made: gongwen.Library) -> None:
    with made:
        before = made.words()
        path = made.folder / "index" / "words.npz"
        with np.load(path) as file:
            arrays = dict(file)
        for name, wrong in (
            ("tokens", arrays["tokens"] + 1_000_000),
            ("starts", arrays["starts"][::-1]),
            ("ids", arrays["ids"][:-1]),
            ("reports", arrays["reports"] - 5),
            ("words", np.frombuffer(b"[]", np.uint8)),
            ("key", np.frombuffer(b"7", np.uint8)),
        ):
            np.savez(path, **(arrays | {name: wrong}))
            assert made.words() == before, name


def test_a_library_that_is_only_read_keeps_no_file(made: gongwen.Library) -> None:
    with made:
        expected = made.words()
        (made.folder / "index" / "words.npz").unlink()
    with gongwen.open(made.folder, read_only=True) as library:
        assert library.words() == expected
        assert not (made.folder / "index" / "words.npz").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"against": "rest"}, "nothing to compare"),
        ({"years": 2020, "against": "年份:1900"}, "nothing to compare"),
        ({"collocates": "营商环境", "ngrams": 2}, "collocates go without"),
        ({"collocates": "营商环境", "against": "rest"}, "collocates go without"),
        ({"collocates": "营商环境", "only": "环境"}, "collocates go without"),
        ({"only": "环境", "ngrams": 2}, "chosen words go without"),
        ({"only": ["环境", "、"]}, "name the words"),
        ({"collocates": " "}, "name the word"),
        ({"ngrams": (3, 2)}, "sequences have"),
        ({"ngrams": 0}, "sequences have"),
        ({"ngrams": 11}, "sequences have"),
        ({"sort": "g2"}, "sorted by count"),
        ({"sort": "nothing"}, "sort must be"),
        ({"min_length": 0}, "min_length must be"),
        ({"limit": -1}, "limit must be"),
    ],
)
def test_what_cannot_be_asked(
    made: gongwen.Library, arguments: dict[str, object], message: str
) -> None:
    with made, pytest.raises(QueryError, match=message):
        made.words(**arguments)  # type: ignore[arg-type]


# -- the command ---------------------------------------------------------------------------------


@pytest.fixture
def run(made: gongwen.Library, gongwen_in: Callable[[Path], Command]) -> Command:
    made.close()
    return gongwen_in(made.folder)


def test_the_command_prints_tables(run: Command) -> None:
    ran = run("words", "--year", "2020", "--against", "rest", "-n", "2")
    assert ran.code == 0
    assert "行政执法" in ran.out.splitlines()[2]
    assert "compared with" in ran.err
    assert "2 words" not in ran.out
    ran = run("words", "--collocates", "营商环境", "--min-count", "1")
    assert "logDice" in ran.out and "营商环境 stands 2 times as a word" in ran.err
    assert run("words", "没有的词").err.strip() == "nothing found"
    ran = run("words", "--word", "环境", "--word", "信访")
    assert [line.split()[:2] for line in ran.out.splitlines()[2:]] == [["环境", "2"], ["信访", "0"]]


@pytest.mark.parametrize("name", ["w.json", "w.jsonl", "w.csv", "w.xlsx"])
def test_the_command_writes_files(run: Command, tmp_path: Path, name: str) -> None:
    ran = run("words", "--year", "2020", "--against", "rest", "-o", str(tmp_path / name))
    assert ran.code == 0, ran.err
    assert f"words to {tmp_path / name}" in ran.err
    if name.endswith("xlsx"):
        from openpyxl import load_workbook

        rows = list(load_workbook(tmp_path / name).worksheets[0].values)
        assert rows[1][0] == "行政执法"
    else:
        assert "行政执法" in (tmp_path / name).read_text("utf-8")


@pytest.mark.parametrize("typed", ["2-3", "2..3", "2至3", "２－３", "2 - 3"])
def test_sizes_of_sequences(run: Command, typed: str) -> None:
    ran = run("words", "--ngrams", typed, "--min-count", "1", "--format", "json")
    assert {len(row["word"].split()) for row in ran.json()["rows"]} == {2, 3}


@pytest.mark.parametrize(
    "arguments", [("--ngrams", "x"), ("--ngrams", "0"), ("--sort", "x"), ("--window", "0")]
)
def test_bad_options(run: Command, arguments: tuple[str, ...]) -> None:
    assert run("words", *arguments).code != 0


def test_the_words_of_the_real_reports(real_library: gongwen.Library) -> None:
    keys = real_library.words(years=2026, against="年份:1979..1999")
    more = [row.word for row in keys if isinstance(row, Keyword) and row.direction == "more"]
    less = [row.word for row in keys if isinstance(row, Keyword) and row.direction == "less"]
    assert {"高质量发展", "提升", "创新", "绿色", "十五五"} <= set(more[:60])
    assert "新质生产力" in more[:250]
    assert {"社会主义", "国民经济", "治理整顿", "我国"} <= set(less[:60])
    assert keys.reference is not None and keys.reference.reports == 11
    near = real_library.words(collocates="营商环境")
    assert {"法治化", "国际化", "市场化", "优化", "一流"} <= {row.word for row in near.rows[:8]}
    whole = real_library.words(stop=False)
    assert sum(row.count for row in whole) == whole.extent.words
    for row in whole.rows[:200]:
        assert row.count >= row.sentences >= row.reports >= 1
        assert row.dispersion is not None and 0 <= row.dispersion <= 1
    sequences = real_library.words("营商环境", ngrams=(2, 4))
    assert "一流 营商环境" in {row.word for row in sequences}


def test_the_terms_stay_whole(real_library: gongwen.Library) -> None:
    with real_library._store.snapshot():
        tokens = word_tokens(real_library._store, real_library.folder, terms())
    assert {"新质生产力", "乡村全面振兴", "供给侧结构性改革"} <= set(tokens.words)


def test_tables_are_sequences_with_a_short_repr(made: gongwen.Library) -> None:
    with made:
        found = made.words(years=2020, against="rest")
        assert [row.word for row in found[:2]] == [found[0].word, found[1].word]
        assert repr(found).startswith("<WordTable: ")
        assert "行政执法" in found._repr_html_()
        lines = made.concordance("行政执法", sort="left")
        assert [line.place for line in lines[1:]] == [line.place for line in lines][1:]
        assert "<th" in lines._repr_html_() and "搜索词" in lines._repr_html_()


@pytest.mark.parametrize("typed", ["count", "次数", "频次"])
def test_the_order_may_be_named_in_chinese(run: Command, typed: str) -> None:
    ran = run("words", "--against", "年份:2019", "--year", "2020", "--sort", typed, "--no-stop",
              "--format", "json", "-n", "5")  # fmt: skip
    found = [row["count"] for row in ran.json()["rows"] if row["direction"] == "more"]
    assert found == sorted(found, reverse=True)
