"""What synonym and dictionary files may hold, and those that ship."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongwen.nlp.errors import GongwenError, ReadError, SeedError
from gongwen.nlp.seeds import load_synonyms, load_userdict, shipped
from gongwen.nlp.text.normalize import fold


def write(folder: Path, name: str, source: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return path


# Synonyms.


def test_the_shipped_synonyms() -> None:
    synonyms = load_synonyms([shipped("synonyms.toml")])
    assert "行政复议" in synonyms.of("复议")
    assert "简政放权" in synonyms.of("放管服")
    assert synonyms.of("政府律师") == ("法律顾问", "顾问律师", "公职律师")
    assert synonyms.of("没有这个词") == ()


def test_synonyms_go_both_ways_and_over_files(tmp_path: Path) -> None:
    mine = write(tmp_path, "a.toml", 'groups = [["法庭", "法院"], ["法院", "审判机关", "法庭"]]')
    more = write(tmp_path, "b.toml", 'groups = [["法官", "审判员"]]')
    synonyms = load_synonyms([mine, more])
    assert synonyms.of("法院") == ("法庭", "审判机关")
    assert synonyms.of("法庭") == ("法院", "审判机关")
    assert synonyms.of("审判机关") == ("法院", "法庭")
    assert synonyms.of("法官") == ("审判员",)
    assert len(synonyms) == 5


@pytest.mark.parametrize("word", ["複議", " 复 议 ", "复\u00a0议"])
def test_synonyms_are_found_folded(word: str) -> None:
    assert load_synonyms([shipped("synonyms.toml")]).of(word) == ("行政复议",)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("行政复议和信访", ["行政复议", "信访"]),
        ("复议复议", ["复议", "复议"]),
        ("信访与行政复议", ["信访", "行政复议"]),
        ("放管服改革", ["放管服改革"]),
        ("粮食产量", []),
        ("", []),
    ],
)
def test_words_with_synonyms_in_a_run_longer_ones_first(run: str, words: list[str]) -> None:
    assert load_synonyms([shipped("synonyms.toml")]).words_in(run) == words


def test_a_synonym_file_may_be_empty_or_begin_with_a_mark(tmp_path: Path) -> None:
    assert len(load_synonyms([write(tmp_path, "a.toml", "")])) == 0
    assert len(load_synonyms([write(tmp_path, "b.toml", '\ufeffgroups = [["法院", "法庭"]]')])) == 2


BAD_SYNONYMS: dict[str, tuple[str, int]] = {
    "not TOML": ('groups = [\n  ["法院", "法庭"],\n  法官\n]', 3),
    "one word": ('groups = [\n  ["法院", "法庭"],\n  ["法官"],\n]', 3),
    "one word, behind a comment": ('groups = [\n  # 法院\n  ["法院", "法庭"],\n  ["法官"],\n]', 4),
    "one word, all in one line": ('groups = [["法院", "法庭"], ["法官"]]', 1),
    "no word": ("groups = [\n  [],\n]", 2),
    "a blank word": ('groups = [\n  ["法院", " "],\n]', 2),
    "a number": ('groups = [\n  ["法院", 3],\n]', 2),
    "groups is text": ('groups = "法院"', 0),
    "groups is a number": ("groups = 3", 0),
}


@pytest.mark.parametrize(("source", "line"), BAD_SYNONYMS.values(), ids=BAD_SYNONYMS)
def test_a_bad_synonym_group_is_reported_with_its_place(
    tmp_path: Path, source: str, line: int
) -> None:
    with pytest.raises(SeedError) as caught:
        load_synonyms([write(tmp_path, "mine.toml", source)])
    assert str(caught.value).startswith(f"mine.toml:{line}: " if line else "mine.toml")
    assert "\n" not in str(caught.value)


def test_a_synonym_file_that_cannot_be_read(tmp_path: Path) -> None:
    coded = write(tmp_path, "mine.toml", 'groups = [["法院", "法庭"]]'.encode("gbk"))
    for path in (coded, tmp_path / "missing.toml"):
        with pytest.raises(GongwenError, match=path.name):
            load_synonyms([path])


# The user dictionary.


def test_the_shipped_dictionary_is_in_compared_form() -> None:
    terms = load_userdict(shipped("userdict.txt"))
    assert {"放管服", "最多跑一次", "法律顾问"} <= set(terms)
    assert [term for term in terms if term != fold(term)] == []


def test_a_dictionary_keeps_its_order(tmp_path: Path) -> None:
    path = write(tmp_path, "mine.txt", f"\ufeff# 词\r\n放管服\r\n\r\n 三项制度 \r\n{'长' * 20}\r\n")
    assert load_userdict(path) == ["放管服", "三项制度", "长" * 20]


BAD_TERMS: dict[str, tuple[str, int]] = {
    "white space": ("# 词\n放 管服", 2),
    "a frequency": ("放管服 5", 1),
    "a no-break space": ("放\u00a0管服", 1),
    "too long": ("放管服\n" + "长" * 21, 2),
    "twice": ("放管服\n\n放管服", 3),
}


@pytest.mark.parametrize(("source", "line"), BAD_TERMS.values(), ids=BAD_TERMS)
def test_a_bad_term_is_reported_with_its_place(tmp_path: Path, source: str, line: int) -> None:
    with pytest.raises(SeedError) as caught:
        load_userdict(write(tmp_path, "mine.txt", source))
    assert str(caught.value).startswith(f"mine.txt:{line}: ")


def test_a_dictionary_that_cannot_be_read(tmp_path: Path) -> None:
    coded = write(tmp_path, "mine.txt", "放管服".encode("gbk"))
    for path in (coded, tmp_path / "missing.txt"):
        with pytest.raises(ReadError, match=path.name):
            load_userdict(path)
