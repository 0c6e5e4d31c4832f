"""How characters sound, and what pinyin that somebody types finds in a text."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gongwen.nlp.text.normalize import fold, squeeze
from gongwen.nlp.text.pinyin import beginnings, homophones, pattern, readings

READINGS: dict[str, tuple[str, str]] = {
    "one reading": ("法", "fa"),
    "ü is v": ("旅", "lv"),
    "ü with a vowel behind it": ("略", "lve"),
    "u after j is u": ("局", "ju"),
    "two that are heard": ("重", "zhong chong"),
    "three that are heard": ("行", "xing hang heng"),
    "zhuo of 着力": ("着", "zhe zhao zhu zhuo"),
    "huan of 返还": ("还", "hai huan"),
    "kuai of 会计": ("会", "hui kuai"),
    "ji of 给予": ("给", "gei ji"),
    "none from old books: fu": ("市", "shi"),
    "none from old books: xian": ("省", "sheng xing"),
    "none that is too rare for so common a character: huo": ("和", "he"),
    "Traditional": ("銀", "yin"),
    "a hum is no syllable": ("嗯", ""),
    "Latin": ("a", ""),
    "a digit": ("7", ""),
    "punctuation": ("。", ""),
    "no character": ("", ""),
    "kana": ("の", ""),
}


@pytest.mark.parametrize(("char", "sounds"), READINGS.values(), ids=READINGS.keys())
def test_readings(char: str, sounds: str) -> None:
    assert readings(char) == set(sounds.split())


FOUND: list[tuple[str, str, str]] = [
    # syllable by syllable
    ("fazhi", "法治", "syllables"),
    ("fazhi", "法制", "another word that sounds so"),
    ("xingzhengfuyi", "行政复议", "four syllables"),
    ("yinhang", "银行", "not the first reading"),
    ("tiaojie", "调解", "tiao, and ti'ao'ji'e besides"),
    ("diaoyan", "调研", "diao"),
    ("chongqing", "重庆", "chong"),
    ("zhongdian", "重点", "zhong"),
    ("canjia", "参加", "can"),
    ("kuaiji", "会计", "kuai"),
    ("huiyi", "会议", "hui"),
    ("zhuoli", "着力", "zhuo"),
    ("xianzhu", "显著", "zhu"),
    ("falvguwen", "法律顾问", "lv"),
    ("falüguwen", "法律顾问", "lü"),
    ("lvyou", "旅游", "lv"),
    ("lüyou", "旅游", "lü"),
    ("nvxing", "女性", "nv"),
    ("zhanlve", "战略", "lve"),
    ("zhanlue", "战略", "lue is typed for lve"),
    ("fangguanfu", "放管服", "ng before g"),
    ("fangan", "方案", "fang'an"),
    ("fangan", "反感", "fan'gan"),
    ("xinfang", "信访", "syllables"),
    ("changan", "长安", "chang'an without its apostrophe"),
    ("chang'an", "长安", "the apostrophe"),
    ("chang’an", "长安", "a typographic apostrophe"),
    ("xian", "县", "one syllable"),
    ("xian", "西安", "xi'an without its apostrophe"),
    ("xi'an", "西安", "the apostrophe"),
    ("xianxian", "西安县", "each stretch in its own way"),
    ("an", "案", "one syllable of two letters"),
    ("FaZhi", "法治", "upper case"),
    ("ｆａｚｈｉ", "法治", "full width"),
    # a letter for a character
    ("xzfy", "行政复议", "initials"),
    ("yh", "银行", "initials of a reading that is not the first"),
    ("flgw", "法律顾问", "initials"),
    ("fgf", "放管服", "initials"),
    ("fzzf", "法治政府", "z for zh"),
    ("zhsh", "执行社会", "h stands for itself"),
    ("fg", "法规", "two letters"),
    ("scjg", "市场监管", "s and c for sh and ch"),
    ("an", "", "not initials where there is a syllable: 爱你"),
]


@pytest.mark.parametrize(("letters", "text", "why"), FOUND, ids=[f"{a} {b}" for a, b, _ in FOUND])
def test_letters_find(letters: str, text: str, why: str) -> None:
    found = pattern(letters)
    assert found is not None
    assert text in [match[1] for match in found.finditer(f"在{text}的")] or not text


NOT_FOUND: list[tuple[str, str, str]] = [
    ("fazhi", "法律", "another sound"),
    ("fazhi", "法,治", "not next to each other"),
    ("xi'an", "县", "the apostrophe divides"),
    ("chang'an", "产干", "the apostrophe divides"),
    ("an", "爱你", "syllables go before initials"),
    ("xian", "细案你", "as long as its syllables"),
    ("xzfy", "行政", "a character for each letter"),
    ("xzfy", "信访复议", "another initial"),
    ("fg", "fg", "Latin letters are not what sounds so"),
    ("xian", "省", "省 xian, from an old book"),
]


@pytest.mark.parametrize(
    ("letters", "text", "why"), NOT_FOUND, ids=[f"{a} {b}" for a, b, _ in NOT_FOUND]
)
def test_letters_do_not_find(letters: str, text: str, why: str) -> None:
    found = pattern(letters)
    assert found is not None
    assert text not in [match[1] for match in found.finditer(f"在{text}的")], why


UNREADABLE: list[tuple[str, str]] = [
    ("", "nothing"),
    ("a", "one letter"),
    ("'", "no letter"),
    ("a'", "one letter"),
    ("a" * 41, "more than 40 letters"),
    ("fi", "no syllable, and i begins none"),
    ("video", "v begins none"),
    ("f'g", "initials have no apostrophe"),
    ("xi'qz", "not each part is a syllable"),
    ("fa zhi", "a space"),
    ("fa1", "a digit"),
    ("法治", "characters"),
    ("fazhì", "a tone"),
]


@pytest.mark.parametrize(("letters", "why"), UNREADABLE, ids=[why for _, why in UNREADABLE])
def test_what_cannot_be_read(letters: str, why: str) -> None:
    assert pattern(letters) is None


def test_strings_that_overlap_are_all_found() -> None:
    found = pattern("zz")
    assert found is not None
    assert [match[1] for match in found.finditer("政治制度")] == ["政治", "治制"]


def test_lu_may_be_typed_for_lv() -> None:
    for letters, word in (("lushi", "律师"), ("falugu", "法律顾"), ("luse", "绿色"), ("lu se", "")):
        found = pattern(letters)
        assert bool(word) is bool(found and found.findall(f"在{word}旁"))


def test_where_one_string_begins_as_another_the_longer_is_found() -> None:
    found = pattern("luoe")  # luo'e, lu'o'e
    assert found is not None
    assert [match[1] for match in found.finditer("露哦额,落额")] == ["露哦额", "落额"]


def test_letters_that_can_be_split_in_thousands_of_ways_stay_small() -> None:
    found = pattern("an" * 20)
    assert found is not None
    assert len(found.pattern) < 30_000


def test_homophones() -> None:
    assert {"制", "治", "执", "职"} <= homophones("治")
    assert "法" not in homophones("治")
    assert "醫" not in homophones("一"), "folded characters only"
    assert homophones("a") == {"a"}


def test_the_phrases_of_pypinyin_are_not_loaded() -> None:
    code = (
        "import sys; from gongwen.nlp.text.pinyin import readings;"
        "assert not any(name.startswith('pypinyin') for name in sys.modules);"
        "assert readings('法') == {'fa'};"
        "assert 'pypinyin.phrases_dict' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": "src"})


# -- for any string --------------------------------------------------------------------------------

COMMON = "法治行政复议银会计重庆长安调研旅游西参加点顾问放管服信访工作区县的了一是着力给还都率"


@given(st.lists(st.sampled_from(COMMON), min_size=2, max_size=5).map("".join), st.data())
@example("西安", None)
@settings(deadline=None)
def test_what_is_typed_as_it_is_read_is_found(text: str, data: st.DataObject | None) -> None:
    sounds = [
        data.draw(st.sampled_from(sorted(readings(char)))) if data else min(readings(char))
        for char in text
    ]
    for letters in ("".join(sounds), "'".join(sounds)):
        found = pattern(letters)
        assert found is not None
        assert text in [match[1] for match in found.finditer(text)]


@given(st.text("anghiouexz", min_size=2, max_size=12), st.text(COMMON, max_size=60))
@settings(deadline=None)
def test_what_is_found_is_no_longer_than_the_letters(letters: str, text: str) -> None:
    found = pattern(letters)
    for match in found.finditer(text) if found else ():
        assert 1 <= len(match[1]) <= len(letters)
        assert match[1] == text[match.start() : match.end(1)]


@given(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF))
def test_a_character_sounds_as_its_folded_form(char: str) -> None:
    assert readings(char) == readings(fold(char))
    assert all(sound.isascii() and sound.isalpha() for sound in readings(char))


@pytest.mark.parametrize(
    "letters", ["fazhi", "xian", "xi'an", "xzfy", "fy", "zhanlue", "ganan", "e"]
)
def test_what_sounds_so_begins_as_is_said(seed_text: str, letters: str) -> None:
    expression, begins = pattern(letters), beginnings(letters)
    if expression is None:
        assert begins == ()
        return
    found = expression.findall(squeeze(seed_text) + "西安县改革创新战略敢安")
    assert found
    for string in found:
        for char, allowed in zip(string, begins, strict=False):
            assert char in allowed
        assert len(string) >= len(begins)
