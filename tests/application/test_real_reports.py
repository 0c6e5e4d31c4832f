"""Thirty-seven real reports, read where they lie; skipped where they are absent."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from oracle import holds

import gongwen
from gongwen.index.query import Text
from gongwen.nlp import parse_document
from gongwen.nlp.records import Document
from gongwen.nlp.text.normalize import squeeze


@pytest.fixture(scope="module")
def documents(shared_reports: list[Path]) -> list[Document]:
    return [parse_document(path.read_text("utf-8")) for path in shared_reports]


def test_sentences_cover_every_report(documents: list[Document]) -> None:
    for document in documents:
        end = 0
        for sentence in document.sentences:
            assert sentence.start >= end
            assert not document.text[end : sentence.start].strip()
            assert document.text[sentence.start : sentence.end] == sentence.text
            end = sentence.end
        assert not document.text[end:].strip()


def test_no_sentence_is_a_whole_page(documents: list[Document]) -> None:
    longest = max((s.text for d in documents for s in d.sentences), key=len)
    assert len(longest) < 500, longest


def test_page_furniture_is_boilerplate(documents: list[Document]) -> None:
    buttons = {"下载", "打印", "全屏", "收藏", "首页", "相关报道：", "分享到微信", "打印本页"}
    found = [(s.text, s.kind) for d in documents for s in d.sentences if s.text in buttons]
    assert len(found) > 50
    assert {kind for _, kind in found} == {"boilerplate"}


def test_no_sentence_of_a_report_is_boilerplate(documents: list[Document]) -> None:
    for document in documents:
        for sentence in document.sentences:
            if sentence.kind == "boilerplate":
                assert len(squeeze(sentence.text)) < 40, sentence.text


def test_adding_again_skips_all_at_once(
    real_library: gongwen.Library, shared_reports: list[Path]
) -> None:
    outcomes = real_library.add(shared_reports)
    assert {outcome.status for outcome in outcomes} == {"unchanged"}


@pytest.mark.parametrize("count", [30, pytest.param(150, marks=pytest.mark.slow)])
def test_exact_strings_agree_with_a_plain_scan(real_library: gongwen.Library, count: int) -> None:
    """Recall and precision of quoted strings against the rule: folded text, no number cut."""
    texts = {
        (s.report, s.n): squeeze(s.text)
        for report in real_library.reports()
        for s in real_library.sentences(report.id)
        if s.kind != "boilerplate"
    }
    chosen = random.Random(2020)
    pool = list(texts.values())
    for _ in range(count):
        text = chosen.choice(pool)
        start = chosen.randrange(len(text))
        needle = text[start : start + chosen.randint(1, 12)].strip()
        if not needle or '"' in needle:
            continue  # a quote inside a quoted string ends it
        quoted = real_library.search(f"“{needle}”", limit=50_000, group=False)
        expected = {place for place, text in texts.items() if holds(text, Text(needle))}
        assert {(hit.report.id, hit.n) for hit in quoted} == expected, needle


def test_counts_by_year_and_region_sum_up(real_library: gongwen.Library) -> None:
    results = real_library.search("粮食", limit=0, counts=["year", "region", "report", "role"])
    assert results.total == sum(results.counts["report"].values())
    assert results.total == sum(results.counts["role"].values())
    assert results.counts["region"]["湖南省"] == real_library.search("粮食", regions=["湖南"]).total


@pytest.mark.parametrize(
    "forms",
    [
        ("8.5%", "８．５％", "百分之八点五"),
        ("2020年", "二〇二〇年", "２０２０年"),
        ('"1981年"', '"一九八一年"', '"一九八一 年"'),
        ("生态文明", "生態文明"),
        ('"“一带一路”"', '"「一带一路」"', '"＂一带一路＂"'),
        ("十二届三中全会", "12届三中全会"),
    ],
    ids=lambda forms: forms[0],
)
def test_every_form_finds_the_same(real_library: gongwen.Library, forms: tuple[str, ...]) -> None:
    found = [real_library.search(form, limit=5_000) for form in forms]
    places = [{hit.place for hit in results} for results in found]
    assert len(places[0]) > 1
    assert all(other == places[0] for other in places)
    assert {results.match for results in found} == {"all"}
    assert all("<mark>" in hit.highlight for results in found for hit in results)


@pytest.mark.parametrize(
    ("letters", "word"),
    [("shengtaiwenming", "生态文明"), ("fangguanfu", "放管服"), ("xczx", "乡村振兴")],
)
def test_letters_find_what_sounds_so(
    real_library: gongwen.Library, letters: str, word: str
) -> None:
    results = real_library.search(letters, limit=5_000)
    literal = real_library.search(f'"{word}"', limit=5_000)
    assert results.match == "pinyin"
    assert literal.total <= results.total
    best = results.hits[: literal.total]
    assert {hit.place for hit in best} == {hit.place for hit in literal}


def test_a_slip_of_the_pen_is_recognised(real_library: gongwen.Library) -> None:
    assert "乡村振兴" in real_library.search("乡村镇兴").suggestions
    assert "营商环境" in real_library.search("营商坏境").suggestions


def test_reports_are_found_by_their_sentences(real_library: gongwen.Library) -> None:
    results = real_library.search("营商环境", by="report", limit=50, counts=["report", "year"])
    assert {r.report.id: r.matches for r in results.reports} == results.counts["report"]
    assert results.total == sum(results.counts["year"].values())
    assert all(1 <= len(r.hits) <= 3 for r in results.reports)
    assert [r.score for r in results.reports] == sorted(r.score for r in results.reports)[::-1]


def test_sentences_like_one_of_another_year(real_library: gongwen.Library) -> None:
    hit = real_library.search('"一带一路" report:2019', limit=1).hits[0]
    results = real_library.similar(hit.report.id, hit.n, years=2017, limit=5)
    assert results.total
    assert {other.year for other in results} == {2017}
    assert "一带一路" in results.hits[0].text
