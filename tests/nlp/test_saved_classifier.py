"""Model files of the classifier: what is saved is loaded, older files are read, others refused."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gongwen.nlp import TopicClassifier
from gongwen.nlp.errors import ModelError, ParameterError
from gongwen.nlp.topics.model_file import FORMAT, read_model, write_model

TEXTS = [
    *(f"开展行政执法检查{n}次,评查执法案卷{n}份。" for n in range(8)),
    *(f"办理行政复议案件{n}件,其中维持{n}件。" for n in range(8)),
    *(f"主动公开政府信息{n}条,依申请公开{n}件。" for n in range(8)),
]
TOPICS = ["enforcement"] * 8 + ["reconsideration"] * 8 + ["open-government"] * 8
OLD_FORMAT = Path(__file__).parents[1] / "data" / "format-1.npz"


@pytest.fixture(scope="module")
def small() -> TopicClassifier:
    return TopicClassifier(meaning=None).fit(TEXTS, TOPICS)


# What is saved is loaded.

LABELS: dict[str, list[Any]] = {
    "text": ["甲", "乙", "丙"],
    "integers": [-5, 3, 10**12],
    "whole numbers": [1.0, 2.0, 3.0],
    "truth values": [False, True, True],
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("form", ["single", "sets"])
def test_labels_of_all_kinds(labels: list[Any], form: str, tmp_path: Path) -> None:
    y = [label for label in labels for _ in range(8)]
    sets = [(label,) for label in y]
    model = TopicClassifier(meaning=None).fit(TEXTS, y if form == "single" else sets)
    model.save(tmp_path / "my.model")
    loaded = TopicClassifier.load(tmp_path / "my.model")
    assert loaded.classes_.tolist() == model.classes_.tolist()
    assert loaded.classes_.dtype == model.classes_.dtype
    assert loaded.multilabel_ is (form == "sets")
    assert loaded.predict(TEXTS).tolist() == model.predict(TEXTS).tolist()
    np.testing.assert_allclose(loaded.predict_proba(TEXTS), model.predict_proba(TEXTS), atol=5e-3)


def test_a_classifier_of_a_matrix_gives_a_matrix_again(tmp_path: Path) -> None:
    matrix = np.eye(3, dtype=int)[np.repeat([0, 1, 2], 8)]
    TopicClassifier(meaning=None).fit(TEXTS, matrix).save(tmp_path / "my.model")
    found = TopicClassifier.load(tmp_path / "my.model").predict(TEXTS)
    np.testing.assert_array_equal(found, matrix)


PARAMETERS: dict[str, dict[str, Any]] = {
    "those given": {"C": 0.5, "bayes": 0.25, "heading_weight": 0.4, "folds": 3},
    "those to choose": {"C": None, "bayes": None},
    "balanced weights": {"class_weight": "balanced"},
    "weights by label": {"class_weight": {1: 2.0, 2: 0.5}},
    "keywords": {"keywords": {1: ["执法"], 2: ["复议"], 3: []}},
    "words": {"features": "word"},
}


@pytest.mark.parametrize("params", PARAMETERS.values(), ids=PARAMETERS)
def test_parameters(params: dict[str, Any], tmp_path: Path) -> None:
    y = np.repeat([1, 2, 3], 8)
    model = TopicClassifier(**{"meaning": None, **params}).fit(TEXTS, y)
    model.save(tmp_path / "my.model")
    loaded = TopicClassifier.load(tmp_path / "my.model")
    assert loaded.get_params() == model.get_params()
    assert (loaded.C_, loaded.bayes_) == (model.C_, model.bayes_)
    assert loaded.predict(TEXTS).tolist() == y.tolist()
    assert loaded.fit(TEXTS, y).predict(TEXTS).tolist() == y.tolist()


def test_numbers_and_collections_of_other_libraries(tmp_path: Path) -> None:
    model = TopicClassifier(
        C=np.float32(1), bayes=np.float64(0.5), folds=np.int64(3), meaning=None,  # type: ignore[arg-type]
        keywords={np.int64(3): ("执法",), np.int64(7): np.array(["复议"])},
        class_weight={np.int64(3): np.float32(2)},
    )  # fmt: skip
    model.fit(TEXTS[:16], np.repeat([3, 7], 8)).save(tmp_path / "my.model")
    loaded = TopicClassifier.load(tmp_path / "my.model")
    assert loaded.get_params() == {
        "features": "char", "C": 1.0, "bayes": 0.5, "heading_weight": 0.2, "folds": 3,
        "keywords": {3: ["执法"], 7: ["复议"]}, "meaning": None, "class_weight": {3: 2.0},
    }  # fmt: skip


def test_what_was_measured_and_dropped(tmp_path: Path) -> None:
    keywords = {"enforcement": ["执法", "公开政府信息"], "oversight": ["审计"]}
    texts = [*TEXTS, *(f"{place}主动公开政府信息" for place in ("城关", "北坡", "河口", "南屏"))]
    topics = [*TOPICS, *["open-government"] * 4]
    model = TopicClassifier(keywords=keywords, meaning=None).fit(texts, topics)
    model.save(tmp_path / "my.model")
    loaded = TopicClassifier.load(tmp_path / "my.model")
    assert loaded.dropped_keywords_ == model.dropped_keywords_ == {"enforcement": ("公开政府信息",)}
    assert loaded.measured_.tolist() == model.measured_.tolist()
    assert not loaded.measured_[loaded.classes_ == "oversight"].any()
    assert loaded.also_thresholds_.tolist() == model.also_thresholds_.tolist()
    assert loaded.temperature_ == model.temperature_


def test_saved_again_it_is_the_same_file(small: TopicClassifier, tmp_path: Path) -> None:
    one, two = tmp_path / "one.model", str(tmp_path / "two.model")
    small.save(one, note="法治")
    TopicClassifier.load(str(one)).save(two, note="法治")
    assert Path(two).read_bytes() == one.read_bytes()


def test_the_same_labels_give_the_same_file(tmp_path: Path) -> None:
    paths = [tmp_path / "one.model", tmp_path / "two.model"]
    for path in paths:
        TopicClassifier(meaning=None).fit(TEXTS, TOPICS).save(path, note="法治")
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_file_keeps_what_is_said_of_it(small: TopicClassifier, tmp_path: Path) -> None:
    small.save(tmp_path / "my.model", labels=24, files=["我的.jsonl"])
    meta, _ = read_model(tmp_path / "my.model", {})
    assert meta["meta"] == {"labels": 24, "files": ["我的.jsonl"]}
    assert TopicClassifier.load(tmp_path / "my.model").meta_ == meta["meta"]


def test_what_cannot_be_kept_is_refused(small: TopicClassifier, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="give texts, numbers, lists and objects"):
        small.save(tmp_path / "my.model", by=object())
    assert not (tmp_path / "my.model").exists()


# Files of format 1.


def test_a_file_of_format_1_is_read(tmp_path: Path) -> None:
    meta, _ = read_model(OLD_FORMAT, {})
    model = TopicClassifier.load(OLD_FORMAT)
    assert meta["format"] == 1
    assert model.classes_.tolist() == meta["classes"]
    assert (model.C_, model.bayes_) == (meta["params"]["C"], meta["params"]["bayes"])
    assert (model.meaning_, model.multilabel_) == ("", False)
    assert set(model.also_thresholds_.tolist()) == {meta["also_threshold"]}
    assert model.measured_.all()
    assert {tag.topic for tag in model.predict_topics(["执法检查", "复议案件"])} <= set(
        meta["classes"]
    )
    model.save(tmp_path / "new.model")
    assert read_model(tmp_path / "new.model", {})[0]["format"] == FORMAT
    again = TopicClassifier.load(tmp_path / "new.model")
    for tag, before in zip(again.predict_topics(TEXTS), model.predict_topics(TEXTS), strict=True):
        assert (tag.topic, tag.also) == (before.topic, before.also)
        assert tag.probability == pytest.approx(before.probability, abs=1e-3)  # weights are rounded
    assert again.get_params() == model.get_params()


# What is refused.

Change = Callable[[dict[str, Any], dict[str, np.ndarray[Any, Any]]], object]
SHAPES = {"keys": ("u", 1), "idf": ("f", 1), "coef": ("f", 2), "intercept": ("f", 1)}
DAMAGE: dict[str, Change] = {
    "of another kind": lambda meta, _: meta.update(kind="synonyms"),
    "no parameters": lambda meta, _: meta.pop("params"),
    "a parameter too many": lambda meta, _: meta["params"].update(max_depth=3),
    "a parameter too few": lambda meta, _: meta["params"].pop("class_weight"),
    "parameters as a list": lambda meta, _: meta.update(params=[1.0, 0.3]),
    "unknown features": lambda meta, _: meta["params"].update(features="bytes"),
    "unknown vectors": lambda meta, _: meta["params"].update(meaning="bert"),
    "half a fold": lambda meta, _: meta["params"].update(folds=2.5),
    "C of 0": lambda meta, _: meta["params"].update(C=0),
    "keywords as text": lambda meta, _: meta["params"].update(keywords=[["a", "甲"]]),
    "keywords by topic": lambda meta, _: meta["params"].update(keywords={"a": ["甲"]}),
    "keywords of a list": lambda meta, _: meta["params"].update(keywords=[[["a"], ["甲"]]]),
    "class weights below 0": lambda meta, _: meta["params"].update(class_weight=[["a", -1]]),
    "unknown class weights": lambda meta, _: meta["params"].update(class_weight="equal"),
    "no topics": lambda meta, _: meta.pop("classes"),
    "fewer topics": lambda meta, _: meta["classes"].pop(),
    "a topic twice": lambda meta, _: meta.update(classes=["a", "a", "b"]),
    "topics of two kinds": lambda meta, _: meta.update(classes=["a", "b", 3]),
    "topics as text": lambda meta, _: meta.update(classes="enforcement"),
    "topics as a number": lambda meta, _: meta.update(classes=3),
    "topics as null": lambda meta, _: meta.update(classes=None),
    "topics in topics": lambda meta, _: meta.update(classes=[[t] for t in meta["classes"]]),
    "a topic of NaN": lambda meta, _: meta.update(classes=[1.0, 2.0, math.nan]),
    "no temperature": lambda meta, _: meta.pop("temperature"),
    "temperature as text": lambda meta, _: meta.update(temperature="warm"),
    "a temperature of 0": lambda meta, _: meta.update(temperature=0),
    "no thresholds": lambda meta, _: meta.pop("thresholds"),
    "a threshold too few": lambda meta, _: meta["thresholds"].pop(),
    "a threshold of NaN": lambda meta, _: meta.update(thresholds=[0.1, 0.2, math.nan]),
    "a threshold as a list": lambda meta, _: meta.update(thresholds=[[0], 0, 0]),
    "thresholds as a number": lambda meta, _: meta.update(thresholds=0.1),
    "an offset as text": lambda meta, _: meta.update(offset="far"),
    "measured as a number": lambda meta, _: meta.update(measured=3),
    "measured topics as text": lambda meta, _: meta.update(measured=["yes"] * 3),
    "one measured topic": lambda meta, _: meta.update(measured=[True]),
    "nothing chosen": lambda meta, _: meta.pop("chosen"),
    "a chosen C of 0": lambda meta, _: meta["chosen"].update(C=0),
    "vectors that have no weights": lambda meta, _: meta.update(meaning="table-1"),
    "vectors as a number": lambda meta, _: meta.update(meaning=1),
    "sets where there were none": lambda meta, _: meta.update(multilabel=True),
    "dropped keywords as text": lambda meta, _: meta.update(dropped_keywords=["甲"]),
    "no metadata": lambda meta, _: meta.pop("meta"),
    "fewer n-grams": lambda _, arrays: arrays.update(keys=arrays["keys"][:-1]),
    "n-grams in disorder": lambda _, arrays: arrays.update(keys=arrays["keys"][::-1]),
    "fewer weights": lambda _, arrays: arrays.update(coef=arrays["coef"][:-1]),
    "fewer columns": lambda _, arrays: arrays.update(coef=arrays["coef"][:, :3]),
    "weights in a row": lambda _, arrays: arrays.update(coef=arrays["coef"].ravel()),
    "a weight of NaN": lambda _, arrays: arrays.update(coef=arrays["coef"] * np.nan),
    "fewer frequencies": lambda _, arrays: arrays.update(idf=arrays["idf"][:-1]),
    "fewer intercepts": lambda _, arrays: arrays.update(intercept=arrays["intercept"][:-1]),
    "n-grams as fractions": lambda _, arrays: arrays.update(keys=arrays["keys"].astype(float)),
    "no weights": lambda _, arrays: arrays.pop("coef"),
}


@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE)
def test_a_model_that_does_not_fit_together(
    small: TopicClassifier, tmp_path: Path, change: Change
) -> None:
    path = tmp_path / "my.model"
    small.save(path)
    meta, arrays = read_model(path, SHAPES)
    change(meta, arrays)
    write_model(path, meta, arrays)
    with pytest.raises(ModelError, match=r"my\.model: ") as caught:
        TopicClassifier.load(path)
    assert "\n" not in str(caught.value)


OLD_DAMAGE: dict[str, Callable[[dict[str, Any]], object]] = {
    "threshold as a list": lambda meta: meta.update(also_threshold=[0]),
    "no threshold": lambda meta: meta.pop("also_threshold"),
    "no parameters": lambda meta: meta.pop("params"),
    "keywords as a list": lambda meta: meta["params"].update(keywords=["甲"]),
    "topics as a number": lambda meta: meta.update(classes=3),
}


@pytest.mark.parametrize("change", OLD_DAMAGE.values(), ids=OLD_DAMAGE)
def test_a_damaged_file_of_format_1(tmp_path: Path, change: Callable[[Any], object]) -> None:
    with zipfile.ZipFile(OLD_FORMAT) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    meta = json.loads(members["meta.json"])
    change(meta)
    with zipfile.ZipFile(tmp_path / "old.model", "w") as archive:
        for name, content in (members | {"meta.json": json.dumps(meta).encode()}).items():
            archive.writestr(name, content)
    with pytest.raises(ModelError, match=r"old\.model: ") as caught:
        TopicClassifier.load(tmp_path / "old.model")
    assert "\n" not in str(caught.value)


def test_a_model_of_a_newer_format(small: TopicClassifier, tmp_path: Path) -> None:
    small.save(tmp_path / "my.model")
    with zipfile.ZipFile(tmp_path / "my.model") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["meta.json"] = json.dumps({"format": FORMAT + 1}).encode()
    with zipfile.ZipFile(tmp_path / "newer.model", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ModelError, match="update gongwen"):
        TopicClassifier.load(tmp_path / "newer.model")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_model_cut_short(small: TopicClassifier, tmp_path: Path, share: float) -> None:
    path = tmp_path / "my.model"
    small.save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(ModelError, match=r"my\.model"):
        TopicClassifier.load(path)


def test_a_damaged_model(small: TopicClassifier, tmp_path: Path) -> None:
    path = tmp_path / "my.model"
    small.save(path)
    whole, right = path.read_bytes(), TopicClassifier.load(path).predict_topics(TEXTS)
    noticed = 0
    for at in range(0, len(whole) - 20, 40):
        path.write_bytes(whole[:at] + bytes(20) + whole[at + 20 :])
        try:
            assert TopicClassifier.load(path).predict_topics(TEXTS) == right
        except ModelError as error:
            assert str(error).startswith("my.model: ")
            noticed += 1
    assert noticed > len(whole) / 40 * 0.8


def test_a_missing_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"my\.model: no such model file"):
        TopicClassifier.load(tmp_path / "my.model")
