"""Words for the index: what jieba cuts, with which terms, and what it leaves alone."""

from __future__ import annotations

import stat
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.nlp.seeds import load_userdict, shipped
from gongwen.nlp.text.normalize import fold
from gongwen.nlp.text.segmenter import JiebaSegmenter, RjiebaSegmenter, is_word, segmenter_for


@pytest.fixture(scope="module")
def terms() -> list[str]:
    return load_userdict(shipped("userdict.txt"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jieba") / "deep" / "cache"


@pytest.fixture(scope="module")
def segmenter(terms: list[str], cache: Path) -> JiebaSegmenter:
    return JiebaSegmenter(terms, cache)


CUTS: dict[str, tuple[str, list[str]]] = {
    "a term of the field stays whole": (
        "推进最多跑一次改革",
        ["推进", "最多", "一次", "最多跑一次", "改革"],
    ),
    "a long word also gives the words in it": ("法律顾问", ["法律", "顾问", "法律顾问"]),
    "numbers are words, single digits too": (
        "办理7件,共237件。",
        ["办理", "7", "件", "共", "237", "件"],
    ),
    "a percentage is one word": ("达到90.72%", ["达到", "90.72%"]),
    "Latin words": ("gb/t 19001", ["gb", "t", "19001"]),
    "punctuation and white space are left out": ("，。“ ”\n", []),
    "empty": ("", []),
}


@pytest.mark.parametrize(("text", "words"), CUTS.values(), ids=CUTS)
def test_cut(segmenter: JiebaSegmenter, text: str, words: list[str]) -> None:
    assert segmenter.cut(fold(text)) == words


@pytest.fixture(scope="module")
def jieba_itself(terms: list[str], cache: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(cache)
    for term in terms:
        tokenizer.add_word(term)
    return tokenizer


def assert_cut_as_by_jieba(segmenter: JiebaSegmenter, jieba_itself: Any, text: str) -> None:
    assert segmenter.split(text) == list(jieba_itself.cut(text))
    assert segmenter.cut(text) == list(filter(is_word, jieba_itself.cut_for_search(text)))


def test_reports_are_cut_as_by_jieba(
    segmenter: JiebaSegmenter, jieba_itself: Any, seed_text: str
) -> None:
    for text in (seed_text, fold(seed_text), seed_text.replace("\n", "\r\n")):
        assert_cut_as_by_jieba(segmenter, jieba_itself, text)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_text_is_cut_as_by_jieba(
    segmenter: JiebaSegmenter, jieba_itself: Any, seed_text: str, data: st.DataObject
) -> None:
    pieces = st.one_of(
        st.text(st.sampled_from(seed_text), max_size=4),
        st.text(st.sampled_from("鼌辵㐀𠮷①Ⅳéaz0.9%+#&_- \t\r\n"), max_size=3),
        st.text(max_size=2),
    )
    text = "".join(data.draw(st.lists(pieces, max_size=12)))
    assert_cut_as_by_jieba(segmenter, jieba_itself, text)


@pytest.mark.parametrize(("text", "words"), CUTS.values(), ids=CUTS)
def test_rjieba_cuts_the_same_words(terms: list[str], text: str, words: list[str]) -> None:
    pytest.importorskip("rjieba")
    assert sorted(RjiebaSegmenter(terms).cut(fold(text))) == sorted(words)


def test_a_library_keeps_its_kind_of_segmenter(monkeypatch: pytest.MonkeyPatch) -> None:
    here = [True]
    monkeypatch.setattr("gongwen.nlp.text.segmenter.has_rjieba", lambda: here[0])
    assert isinstance(segmenter_for("", ()), RjiebaSegmenter)
    assert isinstance(segmenter_for("rjieba-0.2.2+0123456789ab", ()), RjiebaSegmenter)
    assert isinstance(segmenter_for("jieba-0.42.1+0123456789ab", ()), JiebaSegmenter)
    here[0] = False
    assert isinstance(segmenter_for("rjieba-0.2.2+0123456789ab", ()), JiebaSegmenter)
    with pytest.raises(ModuleNotFoundError, match="pip install rjieba"):
        RjiebaSegmenter()


def test_every_term_of_the_dictionary_is_a_word(
    segmenter: JiebaSegmenter, terms: list[str]
) -> None:
    assert [term for term in terms if term not in segmenter.cut(f"推进{term}。")] == []


def test_terms_of_one_segmenter_are_not_those_of_another(
    segmenter: JiebaSegmenter, cache: Path
) -> None:
    assert "最多跑一次" in segmenter.cut("最多跑一次")
    assert "最多跑一次" not in JiebaSegmenter([], cache).cut("最多跑一次")


def test_the_cut_words_stand_in_the_text(segmenter: JiebaSegmenter, seed_text: str) -> None:
    text = fold(seed_text)
    words = segmenter.cut(text)
    assert {word for word in words if word not in text} == set()
    assert {char for char in text if char.isalnum()} <= set("".join(words))


def test_the_fingerprint_names_jieba_and_the_terms(tmp_path: Path) -> None:
    prints = [
        JiebaSegmenter(terms, tmp_path).fingerprint
        for terms in (["放管服"], ["放管服"], ["放管服", "三项制度"], [])
    ]
    assert all(fingerprint.startswith("jieba-0.42.1+") for fingerprint in prints)
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


def test_the_cache_is_private(segmenter: JiebaSegmenter, cache: Path) -> None:
    segmenter.cut("放管服")
    assert any(cache.iterdir())
    if sys.platform != "win32":
        assert stat.S_IMODE(cache.stat().st_mode) == 0o700


def test_jieba_is_loaded_at_the_first_cut_and_silent(cache: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from gongwen.nlp.text.segmenter import JiebaSegmenter\n"
        f"segmenter = JiebaSegmenter(['放管服'], Path({str(cache)!r}))\n"
        "segmenter.fingerprint\n"
        "assert 'jieba' not in sys.modules\n"
        "assert segmenter.cut('放管服') == ['放管服']\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("token", ["法治", "7", "a", "90.72%", "①"])
def test_words(token: str) -> None:
    assert is_word(token)


@pytest.mark.parametrize("token", ["。", "--", " ", "", "👍"])
def test_no_words(token: str) -> None:
    assert not is_word(token)
