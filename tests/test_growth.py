"""Nothing that comes from outside may take work that grows faster than it does.

Work is counted, see ``growth``; no test looks at a clock.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from growth import LINEAR, backtracks, growth, modules, patterns, pumps, unseen
from growthcases import FILES, MARKUP, PIECES, TEXTS, file_reader, read_markup, repeated
from steps import Steps
from working import work_of

from gongwen.figures import comparison
from gongwen.nlp.checking import finding
from gongwen.nlp.document import document_kind, page_lines
from gongwen.nlp.figures import status
from gongwen.nlp.seeds import shipped
from gongwen.nlp.text import numerals, pinyin
from gongwen.research import word_counts
from gongwen.web import page_messages

TRIED_AT_ONE_PLACE = {
    "gongwen.cli.completion._FILTER",
    "gongwen.cli.help_text.value_name",
    "gongwen.cli.settings._line_of",
    "gongwen.cli.settings.change_settings",
    "gongwen.cli.options.report_and_number",
    "gongwen.nlp.checking.changes._went_behind",
    "gongwen.nlp.checking.consistency._NUMBER_CELL",
    "gongwen.nlp.checking.finding.load_splits",
    "gongwen.nlp.document.section_roles._FIRST",
    "gongwen.nlp.figures.context._OUTLINE",
    "gongwen.nlp.figures.mentions._PROMISING",
    "gongwen.nlp.figures.relations._LABEL_AND_NUMBERS",
    "gongwen.nlp.figures.units.load_units",
    "gongwen.nlp.text.numerals._compiled",  # looked for from where the number in front ends
    "gongwen.nlp.validation._FORMULA",
    "gongwen.nlp.topics.taxonomy._read_also",
    "gongwen.nlp.topics.taxonomy._read_labels",
    "gongwen.readers.detect._HTML",
    "gongwen.render.word_comments._EMPTY_ROOT",  # looked for from the last < on
}
"""Patterns that are tried with ``match`` alone, so that what they begin with is read once.

How long a match takes is seen all the same.
"""

MADE_WHILE_RUNNING: dict[str, Callable[[], list[str]]] = {
    "gongwen.cli.help_text.help_of": lambda: [r"(?<=[\[ ])default: "],
    "gongwen.cli.settings._line_of": lambda: [r"\s*[\[\"']*lang\b"],
    "gongwen.cli.settings.change_settings": lambda: [r"\s*[\"']?lang[\"']?\s*="],
    "gongwen.figures.comparison._doubts": lambda: [
        rf"{comparison._WORDS.pattern('against')}(?!2020年|上年)"
    ],
    "gongwen.figures.comparison._pattern": lambda: [
        comparison._WORDS.pattern(group) for group in comparison._WORDS.groups
    ],
    "gongwen.nlp.figures.status._any": lambda: [
        status._any(group).pattern for group in status._STATUS.groups
    ],
    "gongwen.render.figure_texts.with_qualifier": lambda: ["多[十百千万亿]"],
    "gongwen.index.expansion._heard": lambda: ["[法发][制治]"],
    "gongwen.index.text_rows.strings": lambda: ["^(?:[法发][制治])"],
    "gongwen.nlp.checking.finding.words": lambda: [
        finding.CHECKS.pattern(group) for group in finding.CHECKS.groups
    ],
    "gongwen.nlp.checking.finding._split": lambda: [
        side.pattern for split in finding.splits() for side in split.sides
    ],
    "gongwen.nlp.document.document_kind.__init__": lambda: [
        pattern.pattern
        for rules in [document_kind.load_kinds(shipped("kinds.toml"))]
        for pattern in (rules._ends, rules._further)
    ],
    "gongwen.nlp.text.numerals._compiled": lambda: [
        value for value in vars(numerals).values() if isinstance(value, str) and "[" in value
    ],
    "gongwen.nlp.document.page_lines._field": lambda: [
        page_lines._field(group).pattern
        for group in ("title-labels", "issuer-labels", "source-labels")
    ],
    "gongwen.nlp.document.page_lines.date_label": lambda: [
        page_lines.date_label(group).pattern for group in ("signed-labels", "published-labels")
    ],
    "gongwen.nlp.text.pinyin.pattern": lambda: [
        found.pattern for word in ("fazhi", "xian", "xzfy") if (found := pinyin.pattern(word))
    ],
    "gongwen.nlp.topics.taxonomy._read_labels": lambda: [r"\s*\[\[\s*[\"']?topic[\"']?\s*\]\]"],
    "gongwen.research.word_counts.whole_word": lambda: [
        word_counts.whole_word(word).pattern for word in ("法治政府", "100", "5G", "2024年1")
    ],
    "gongwen.web.page_messages._commands": lambda: [page_messages._commands().pattern],
}
"""Functions that put a pattern together while the program runs, and such as they make."""


def superlinear(most: int, seed: int) -> list[str]:
    """Return the patterns of the package that go back and forth, with what shows it."""
    found = every_pattern()
    assert len(found) > 300
    return [
        f"{place}: {make.__doc__}"
        for pattern, place in found.items()
        for make in pumps(pattern, seed, most)
        if backtracks(pattern, make, at_start=place in TRIED_AT_ONE_PLACE)
    ]


def every_pattern() -> dict[re.Pattern[Any], str]:
    found = patterns()
    for place, made in MADE_WHILE_RUNNING.items():
        found |= {re.compile(pattern): place for pattern in made()}
    return found


def test_no_pattern_goes_back_and_forth() -> None:
    assert superlinear(most=4, seed=12) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_no_pattern_goes_back_and_forth_on_more_strings(seed: int) -> None:
    assert superlinear(most=60, seed=seed) == []


def test_no_pattern_is_made_unseen() -> None:
    assert set(unseen()) == set(MADE_WHILE_RUNNING)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\s+$",
        r"关于[^,，。；]*$",
        r"[a-z0-9][a-z0-9.,·/:&'#%+~-]*$",
        r"占[^,;:。]*?(?:全|总|所有)",
        r".*(?:部|署|银行)$",
        r"(?:打印|关闭|[大中小:|\[\] ])+$",
        r"[\u4e00-\u9fff\d]+个[\u4e00-\u9fff]{1,8}、$",
        r"\d+分之[一二三]",
        r"《[^》]*》",
        r"(?:一|一一)+二",
        r"[^,]*年",
    ],
)
def test_a_pattern_that_goes_back_and_forth_is_found(pattern: str) -> None:
    compiled = re.compile(pattern)
    assert any(backtracks(compiled, make) for make in pumps(compiled, seed=12, most=40))


@pytest.mark.parametrize("pattern", [r"\s+", r"[^,]+", r"(?:一|二)+三?", r"a{1,40}b", r"\d{4}年"])
def test_a_pattern_that_goes_forward_is_not(pattern: str) -> None:
    compiled = re.compile(pattern)
    makers = pumps(compiled, seed=12, most=40)
    assert makers and not any(backtracks(compiled, make) for make in makers)


def test_the_steps_are_of_what_the_engine_finds() -> None:
    for pattern, place in every_pattern().items():
        steps = Steps(pattern)
        for make in pumps(pattern, seed=3, most=4):
            for text in (make(1), make(20)):
                wanted = [found.span() for found in pattern.finditer(text)]
                assert list(steps.spans(text)) == wanted, (place, text)


def looks_back(text: str) -> None:
    for end in range(len(text)):
        [None for char in text[:end] if char == "b"]


def searches_on(text: str) -> None:
    for start in range(len(text)):
        numerals._CHINESE.search(text, start)


def matches_on(text: str) -> None:
    for start in range(len(text)):
        numerals._THOUSANDS_COMMA.match(text, start)


def counts_pairs(text: str) -> None:
    sum(one == other for one in text for other in text)


@pytest.mark.parametrize("work", [looks_back, searches_on, counts_pairs])
def test_work_that_is_quadratic_is_found(work: Callable[[str], None]) -> None:
    assert growth(work, repeated("a"), 100) > LINEAR


def test_work_that_is_linear_is_not() -> None:
    assert growth(matches_on, repeated("a"), 100) <= LINEAR
    assert growth(sorted, repeated("ba"), 100) <= LINEAR


def test_the_same_work_gives_the_same_count() -> None:
    def count() -> int:
        return work_of(TEXTS["check"][0], "办理案件12件。" * 20, modules())

    count()  # loads what is needed
    assert count() == count() > 1000


def _too_fast(name: str, pieces: list[str]) -> dict[str, float]:
    work, size = TEXTS[name]
    measured = {each: growth(work, repeated(each), size) for each in pieces}
    return {each: times for each, times in measured.items() if times > LINEAR}


@pytest.mark.parametrize("name", TEXTS)
def test_the_work_is_in_proportion_to_the_text(name: str) -> None:
    assert _too_fast(name, random.Random(name).sample(PIECES, 3)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXTS)
def test_the_work_is_in_proportion_to_any_text(name: str) -> None:
    chosen = random.Random(name)
    mixed = ["".join(chosen.choices(PIECES, k=chosen.randint(2, 4))) for _ in range(100)]
    assert _too_fast(name, PIECES + mixed) == {}


@pytest.mark.parametrize("piece", MARKUP)
def test_the_work_is_in_proportion_to_the_markup(piece: str) -> None:
    assert growth(read_markup, repeated(piece), 1000) <= LINEAR


@pytest.mark.parametrize("name", FILES)
def test_the_work_is_in_proportion_to_the_file(name: str) -> None:
    of, make = FILES[name]
    assert growth(file_reader(of), make, 500) <= LINEAR
