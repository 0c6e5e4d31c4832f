"""The static vectors: the shipped table is the one that its card describes, and embeds any text."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp.errors import ModelError
from gongwen.nlp.meaning.static_vectors import KIND, Embedder, StaticVectors, keys_of
from gongwen.nlp.topics.model_file import write_model

MODELS = files("gongwen.models")
VECTORS = StaticVectors.shipped()


def test_the_shipped_table_is_the_one_of_its_card() -> None:
    """Making it takes an encoder and half an hour, so it is known by its hash."""
    data = (MODELS / "vectors.npz").read_bytes()
    card = " ".join((MODELS / "vectors.md").read_text("utf-8").split())
    assert re.findall(r"`([0-9a-f]{64})`", card) == [hashlib.sha256(data).hexdigest()]
    assert f"{len(VECTORS)} units" in card and f"{VECTORS.dim} dimensions" in card
    assert f"`{VECTORS.name}`" in card
    assert 2e6 < len(data) < 3.75e6


def test_a_table_is_read_once() -> None:
    assert StaticVectors.shipped() is VECTORS


def test_embeddings_have_length_one() -> None:
    texts = ["办理行政复议案件", "的", "NBA", "习近平", "种植苹果树3000亩"]
    found = VECTORS.embed(texts)
    assert found.shape == (len(texts), VECTORS.dim) and found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "\0", "！？……", "\ud800", "𠮷𠮷", "ʘʘ", "\uf8ff"]
)
def test_a_text_without_a_known_unit_is_zero(text: str) -> None:
    assert not VECTORS.embed([text]).any()
    assert VECTORS.segment(text) == []


def test_no_texts_and_many() -> None:
    assert VECTORS.embed([]).shape == (0, VECTORS.dim)
    texts = [f"第{n}次会议研究法治建设" for n in range(5000)]
    assert np.allclose(VECTORS.embed(texts)[-3:], VECTORS.embed(texts[-3:]), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("办理行政复议案件", "辦理行政復議案件"),
        ("nba总决赛", "ＮＢＡ總決賽"),
        ("依法行政", "依 法\n行　政"),
        ("人民法院", "人民\u200b法院"),
        ("A股上涨", "a股上漲"),
    ],
)
def test_script_width_case_and_spaces_do_not_matter(text: str, same: str) -> None:
    one, other = VECTORS.embed([text, same])
    assert one.any() and (one == other).all()


def test_an_unknown_character_changes_nothing() -> None:
    one, other = VECTORS.embed(["打官司难", "打官司𠮷难"])
    assert (one == other).all()


def test_a_long_text() -> None:
    [found] = VECTORS.embed(["全年办理行政复议案件。" * 10_000])
    [sentence] = VECTORS.embed(["全年办理行政复议案件。"])
    assert np.allclose(found, sentence, atol=1e-4)


@given(
    st.lists(st.text(alphabet="行政复议法院abc １。\n\ud800𠮷長者裏里", max_size=30), max_size=8)
)
def test_a_text_is_embedded_alike_alone_and_among_others(texts: list[str]) -> None:
    found = VECTORS.embed(texts)
    for text, row in zip(texts, found, strict=True):
        [alone] = VECTORS.embed([text])
        assert np.allclose(row, alone, atol=1e-5)
        assert bool(row.any()) == bool(VECTORS.segment(text))


@given(st.text(alphabet="行政复议办理法院全年案件𠮷x", max_size=40))
def test_units_are_longest_matches_in_order(text: str) -> None:
    at = 0
    for unit in VECTORS.segment(text):
        start = text.index(unit, at)
        skipped = text[at:start]
        assert not any(VECTORS.segment(char) for char in skipped)
        for longer in range(len(unit) + 1, 5):
            whole = text[start : start + longer]
            assert len(whole) < longer or VECTORS.segment(whole) != [whole]
        at = start + len(unit)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("打官司", "提起诉讼", "种植果树"),
        ("老百姓看病难", "群众就医不便", "企业上市融资"),
        ("球队夺冠", "足球比赛获胜", "房价上涨"),
        ("警察抓小偷", "公安机关侦破盗窃案件", "举办音乐会"),
        ("教师待遇", "老师的工资", "道路交通"),
    ],
)
def test_like_meanings_are_nearer(text: str, near: str, far: str) -> None:
    [[close, distant]] = VECTORS.similarity([text], [near, far])
    assert close > distant + 0.05
    assert -1 <= distant <= close <= 1


def test_it_is_an_embedder() -> None:
    embedder: Embedder = VECTORS
    assert embedder.dim == VECTORS.embed(["法"]).shape[1] and embedder.name


# -- Files -----------------------------------------------------------------------------------------


def small(tmp_path: Path, **changed: object) -> Path:
    """Write a table of two units, with changes of its metadata and arrays."""
    content: dict[str, object] = {
        "kind": KIND,
        "name": "small",
        "keys": keys_of(["法", "法院"]),
        "vectors": np.array([[1, 0], [3, 4]], np.int8),
        "scales": np.array([1, 0.5], np.float32),
    } | changed
    arrays = {name: value for name, value in content.items() if isinstance(value, np.ndarray)}
    path = tmp_path / "small.npz"
    write_model(path, {k: v for k, v in content.items() if k not in arrays}, arrays)
    return path


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    table = StaticVectors.load(small(tmp_path))
    assert (len(table), table.dim, table.name) == (2, 2, "small")
    assert np.allclose(
        table.embed(["法", "法院", "法法院", "院"]),
        [[1, 0], [0.6, 0.8], [0.7809, 0.6247], [0, 0]],
        atol=1e-4,
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "topics"},
        {"name": 3},
        {"keys": keys_of(["法院", "法"])},
        {"keys": keys_of(["法"])},
        {"keys": np.array([0, 1], np.uint64)},
        {"keys": np.array([1, 2], np.int64)},
        {"vectors": np.zeros((2, 2), np.int16)},
        {"vectors": np.zeros((2, 0), np.int8)},
        {"vectors": np.zeros((2, 5000), np.int8)},
        {"vectors": np.zeros(2, np.int8)},
        {"scales": np.array([1, np.nan], np.float32)},
        {"scales": np.array([1, np.inf], np.float32)},
        {"scales": np.array([1, -1], np.float32)},
        {"scales": np.array([1, 1, 1], np.float32)},
    ],
    ids=str,
)
def test_a_bad_table_is_refused(tmp_path: Path, changed: dict[str, object]) -> None:
    with pytest.raises(ModelError, match=r"^small\.npz: "):
        StaticVectors.load(small(tmp_path, **changed))


def test_a_missing_or_cut_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model file"):
        StaticVectors.load(tmp_path / "none.npz")
    path = small(tmp_path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ModelError, match="damaged"):
        StaticVectors.load(path)


@pytest.mark.parametrize("unit", ["", "中华人民共", "𠮷", "\0"])
def test_what_cannot_be_a_unit(unit: str) -> None:
    with pytest.raises(ValueError, match="cannot be a unit"):
        keys_of([unit])
