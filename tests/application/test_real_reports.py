"""Thirty-seven real reports, read where they lie; skipped where they are absent."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from oracle import holds

import gongwen
from gongwen.index.query import Text
from gongwen.nlp import parse_document
from gongwen.nlp.fold import squeeze
from gongwen.nlp.records import Document


@pytest.fixture(scope="module")
def documents(shared_reports: list[Path]) -> list[Document]:
    return [parse_document(path.read_text("utf-8")) for path in shared_reports]


@pytest.fixture(scope="module")
def real_library(
    shared_reports: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[gongwen.Library]:
    with gongwen.open(tmp_path_factory.mktemp("real") / "library") as library:
        outcomes = library.add(shared_reports)
        assert [outcome.status for outcome in outcomes] == ["added"] * 37
        yield library


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


def test_exact_strings_agree_with_a_plain_scan(real_library: gongwen.Library) -> None:
    """Recall and precision of quoted strings against the rule: folded text, no number cut."""
    texts = {
        (s.report, s.n): squeeze(s.text)
        for report in real_library.reports()
        for s in real_library.sentences(report.id)
        if s.kind != "boilerplate"
    }
    chosen = random.Random(2020)
    pool = list(texts.values())
    for _ in range(150):
        text = chosen.choice(pool)
        start = chosen.randrange(len(text))
        needle = text[start : start + chosen.randint(1, 12)].strip()
        if not needle or '"' in needle:
            continue  # a quote inside a quoted string ends it
        quoted = real_library.search(f"“{needle}”", limit=50_000)
        expected = {place for place, text in texts.items() if holds(text, Text(needle))}
        assert {(hit.report.id, hit.n) for hit in quoted} == expected, needle


def test_counts_by_year_and_region_sum_up(real_library: gongwen.Library) -> None:
    results = real_library.search("粮食", limit=0, counts=["year", "region", "report", "role"])
    assert results.total == sum(results.counts["report"].values())
    assert results.total == sum(results.counts["role"].values())
    assert results.counts["region"]["湖南省"] == real_library.search("粮食", regions=["湖南"]).total
