"""The conventions of scikit-learn: parameters, weights, meta-estimators, and its own checks."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import sklearn
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import check_is_fitted

from gongwen.nlp import TopicClassifier
from gongwen.nlp.errors import ParameterError, SampleError, TrainingError

PATTERNS = {
    "enforcement": [
        "查处违法案件{}件",
        "行政处罚{}起",
        "执法检查{}次",
        "罚没款项{}万元",
        "责令改正{}家",
    ],
    "publicity": [
        "普法宣传{}场",
        "发放宣传册{}份",
        "法治讲座{}期",
        "宪法周活动{}项",
        "送法进校{}次",
    ],
    "review": ["受理复议{}件", "复议纠错{}起", "行政应诉{}案", "负责人出庭{}次", "复议调解{}宗"],
}
TEXTS = [p.format(n) for n in range(2) for patterns in PATTERNS.values() for p in patterns]
TOPICS = np.array([t for _ in range(2) for t, ps in PATTERNS.items() for _ in ps])
CODES = np.searchsorted(sorted(PATTERNS), TOPICS)
NEW = ["查处案件9件", "法治讲座4期", "复议调解6件"]


def made(**params: Any) -> TopicClassifier:
    """A classifier by characters only, which needs no table of vectors."""
    return TopicClassifier(**{"meaning": None, "folds": 2, **params})


# Parameters.


def test_parameters() -> None:
    model = TopicClassifier(C=2.0, heading_weight=0.5, folds=3)
    others = {
        "features": "char", "bayes": None, "keywords": None, "meaning": "auto",
        "class_weight": None,
    }  # fmt: skip
    assert model.get_params() == {"C": 2.0, "heading_weight": 0.5, "folds": 3, **others}
    assert model.set_params(C=0.5, folds=4) is model
    assert model.get_params() == {"C": 0.5, "heading_weight": 0.5, "folds": 4, **others}
    with pytest.raises(ValueError, match="max_depth"):
        model.set_params(max_depth=3)


def test_the_constructor_stores_parameters_and_nothing_else() -> None:
    keywords = {"a": ["甲"]}
    model = TopicClassifier(keywords=keywords)
    assert model.keywords is keywords
    assert vars(model).keys() == model.get_params().keys()


WRONG_PARAMETERS: dict[str, dict[str, Any]] = {
    "C of 0": {"C": 0},
    "C below 0": {"C": -1},
    "C as text": {"C": "1"},
    "C as a truth value": {"C": True},
    "C of NaN": {"C": float("nan")},
    "bayes below 0": {"bayes": -0.1},
    "bayes without bound": {"bayes": float("inf")},
    "no heading weight": {"heading_weight": None},
    "half a fold": {"folds": 2.5},
    "folds below 0": {"folds": -1},
    "folds as text": {"folds": "3"},
    "folds as a truth value": {"folds": True},
    "too many folds": {"folds": 1001},
    "unknown features": {"features": "bytes"},
    "no features": {"features": None},
    "unknown vectors": {"meaning": "bert"},
    "keywords in a list": {"keywords": ["甲"]},
    "keywords of a topic as text": {"keywords": {"a": "甲乙"}},
    "keywords of a topic as a number": {"keywords": {"a": 3}},
    "a keyword that is no text": {"keywords": {"a": [3]}},
    "unknown class weights": {"class_weight": "equal"},
    "class weights in a list": {"class_weight": [1, 2, 3]},
    "a class weight of an unknown label": {"class_weight": {"nope": 2.0}},
    "a class weight below 0": {"class_weight": {"review": -1}},
    "a class weight as text": {"class_weight": {"review": "2"}},
}


@pytest.mark.parametrize("params", WRONG_PARAMETERS.values(), ids=WRONG_PARAMETERS)
def test_a_wrong_parameter_is_named_when_fitting(params: dict[str, Any]) -> None:
    with pytest.raises(ParameterError) as caught:
        made(**params).fit(TEXTS, TOPICS)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)
    assert next(iter(params)).split("_")[0] in str(caught.value)


def test_clone_copies_the_parameters_only() -> None:
    fitted = made(C=1.5, keywords={"review": ["复议"]}).fit(TEXTS, TOPICS)
    copied = clone(fitted)
    assert copied.get_params() == fitted.get_params()
    assert not hasattr(copied, "classes_")


def test_fitting_changes_no_parameter_and_no_data() -> None:
    texts, topics = list(TEXTS), TOPICS.copy()
    model = made(keywords={"review": ["复议"]}, class_weight="balanced")
    before = pickle.dumps(model.get_params())
    assert model.fit(texts, topics) is model
    assert pickle.dumps(model.get_params()) == before
    assert texts == TEXTS
    assert (topics == TOPICS).all()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_predicts_the_same(copied: Any) -> None:
    fitted = made().fit(TEXTS, TOPICS)
    np.testing.assert_array_equal(copied(fitted).predict_proba(NEW), fitted.predict_proba(NEW))


def test_before_fitting() -> None:
    model = made()
    calls = (
        model.predict, model.predict_proba, model.predict_topics, model.decision_function,
        model.predict_indicator, model.topic_scores, lambda texts: model.score(texts, ["a"] * 3),
        lambda texts: model.explain(texts[0]), lambda _: model.feature_names(), model.save,
    )  # fmt: skip
    for call in calls:
        with pytest.raises(NotFittedError, match="call fit or load first"):
            call(NEW)
    with pytest.raises(NotFittedError):
        check_is_fitted(model)
    check_is_fitted(model.fit(TEXTS, TOPICS))
    check_is_fitted(TopicClassifier.shipped())


# Samples.

COLUMN = np.array(TEXTS, dtype=object).reshape(-1, 1)
WRONG_SAMPLES: dict[str, Any] = {
    "one text": "查处案件",
    "bytes": b"abc",
    "nothing": None,
    "a number": 3,
    "a set": set(NEW),
    "a mapping": {"查处案件": 1},
    "None among texts": ["查处案件", None],
    "NaN among texts": ["查处案件", float("nan")],
    "a number among texts": ["查处案件", 5],
    "bytes among texts": ["查处案件", b"abc"],
    "lists of words": [["查处", "案件"]],
    "an array among texts": ["查处案件", np.array(["甲", "乙"])],
    "numbers": np.ones((3, 2)),
    "a column of numbers": np.ones((3, 1)),
    "two columns": np.array([["甲", "乙"]]),
    "a single value": np.array("甲"),
    "a sparse matrix": scipy.sparse.csr_matrix(np.ones((3, 1))),
}


@pytest.mark.parametrize("method", ["fit", "predict", "predict_proba", "predict_topics"])
@pytest.mark.parametrize("samples", WRONG_SAMPLES.values(), ids=WRONG_SAMPLES)
def test_what_is_no_list_of_texts(samples: Any, method: str, fitted: TopicClassifier) -> None:
    with pytest.raises(SampleError) as caught:
        if method == "fit":
            made().fit(samples, TOPICS)
        else:
            getattr(fitted, method)(samples)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)


def test_the_message_names_the_sample(fitted: TopicClassifier) -> None:
    with pytest.raises(SampleError, match="sample 2 is NaN, not text; leave it out"):
        fitted.predict(["甲", "乙", float("nan")])


@pytest.fixture(scope="module")
def fitted() -> TopicClassifier:
    return made().fit(TEXTS, TOPICS)


@pytest.mark.parametrize(
    "samples",
    [tuple(TEXTS), np.array(TEXTS), np.array(TEXTS, dtype=object), COLUMN, (t for t in TEXTS)],
    ids=["tuple", "array", "objects", "column", "generator"],
)
def test_forms_of_texts(samples: Any, fitted: TopicClassifier) -> None:
    model = made().fit(samples, TOPICS)
    np.testing.assert_array_equal(model.predict_proba(NEW), fitted.predict_proba(NEW))


def test_texts_in_tables_of_pandas(fitted: TopicClassifier) -> None:
    pandas = pytest.importorskip("pandas")
    series = pandas.Series(TEXTS, index=range(50, 50 + len(TEXTS)))
    groups = pandas.Series(["甲", "乙", "丙"] * 10, index=series.index)
    for samples in (series, series.astype("string"), series.to_frame("text")):
        topics = pandas.Series(TOPICS, index=series.index)
        model = made().fit(samples, topics)
        np.testing.assert_array_equal(model.predict_proba(NEW), fitted.predict_proba(NEW))
        made().fit(samples, topics, groups=groups, sample_weight=pandas.Series([1.0] * 30))
    with pytest.raises(SampleError, match="30 by 2"):
        made().fit(pandas.DataFrame({"one": TEXTS, "two": TEXTS}), TOPICS)
    for missing in (pandas.NA, pandas.NaT, None):
        with pytest.raises(SampleError, match="sample 1 is"):
            fitted.predict(pandas.Series(["甲", missing], dtype=object))


# Weights.


def most_apart(one: TopicClassifier, other: TopicClassifier) -> float:
    """The largest difference between probabilities of two classifiers."""
    texts = [*NEW, *TEXTS, "", "甲乙"]
    return float(np.abs(one.predict_proba(texts) - other.predict_proba(texts)).max())


def test_weights_of_one_change_nothing(fitted: TopicClassifier) -> None:
    for weights in (np.ones(30), [1] * 30, np.ones(30, bool), 1):
        model = made().fit(TEXTS, TOPICS, sample_weight=weights)
        assert most_apart(model, fitted) == 0


@pytest.mark.parametrize("folds", [0, 3])
def test_a_sentence_of_weight_0_is_as_if_it_were_not_there(folds: int) -> None:
    weights = np.ones(30)
    weights[::4] = 0
    kept = np.flatnonzero(weights)
    model = made(folds=folds).fit(TEXTS, TOPICS, sample_weight=weights)
    without = made(folds=folds).fit([TEXTS[i] for i in kept], TOPICS[kept])
    assert most_apart(model, without) < 1e-6


@pytest.mark.parametrize("params", [{"folds": 0}, {"folds": 0, "bayes": 0}, {"C": 2.0, "bayes": 1}])
def test_a_whole_weight_is_a_repetition(params: dict[str, Any]) -> None:
    times = np.arange(30) % 3 + 1
    repeated = [text for text, n in zip(TEXTS, times, strict=True) for _ in range(n)]
    one = made(**params).fit(repeated, np.repeat(TOPICS, times))
    other = made(**params).fit(TEXTS, TOPICS, sample_weight=times)
    # A repeated sentence is a near-copy of itself, so only the calibration tells them apart.
    assert (one.predict(NEW) == other.predict(NEW)).all()
    np.testing.assert_allclose(one.topic_scores(NEW), other.topic_scores(NEW), atol=1e-3)
    if not params.get("folds", 2):
        assert most_apart(one, other) < 1e-4


def test_weights_have_an_effect() -> None:
    heavy = np.where(TOPICS == "review", 20.0, 0.05)
    model = made().fit(TEXTS, TOPICS, sample_weight=heavy)
    assert model.predict(["案件"]).tolist() == ["review"]


WRONG_WEIGHTS: dict[str, Any] = {
    "too few": [1.0] * 3,
    "below 0": [-1.0] * 30,
    "NaN": [float("nan")] * 30,
    "without bound": [float("inf")] * 30,
    "all 0": [0.0] * 30,
    "a matrix": np.ones((30, 2)),
    "text": ["a"] * 30,
    "numbers as text": ["1"] * 30,
    "None": [None] * 30,
    "rows of different lengths": [[1.0], *[[1.0, 2.0]] * 29],
}


@pytest.mark.parametrize("weights", WRONG_WEIGHTS.values(), ids=WRONG_WEIGHTS)
def test_weights_that_are_none(weights: Any) -> None:
    with pytest.raises(TrainingError, match="weight") as caught:
        made().fit(TEXTS, TOPICS, sample_weight=weights)
    assert "\n" not in str(caught.value)


def test_balanced_weights_of_balanced_labels_change_nothing(fitted: TopicClassifier) -> None:
    assert most_apart(made(class_weight="balanced").fit(TEXTS, TOPICS), fitted) < 1e-6


def test_balanced_weights_help_the_rare() -> None:
    kept = [i for i in range(30) if TOPICS[i] != "review" or i < 13]
    texts, topics = [TEXTS[i] for i in kept], TOPICS[kept]
    scores = [
        made(class_weight=weights, folds=0).fit(texts, topics).topic_scores(["复议调解6件"])[0, 2]
        for weights in (None, "balanced")
    ]
    assert scores[1] > scores[0]


@pytest.mark.parametrize(
    "labels", [TOPICS, CODES, CODES.astype(float)], ids=["text", "int", "float"]
)
def test_class_weights_are_weights_of_the_sentences(labels: np.ndarray[Any, Any]) -> None:
    by_class = {label: 1.0 + i for i, label in enumerate(np.unique(labels).tolist())}
    one = made(class_weight=by_class).fit(TEXTS, labels)
    other = made().fit(TEXTS, labels, sample_weight=[by_class[label] for label in labels.tolist()])
    assert most_apart(one, other) == 0


def test_class_weights_of_sets() -> None:
    sets = [("a", "b") if topic == "review" else ("a",) for topic in TOPICS]
    heavy = made(class_weight={"b": 9}, folds=0).fit(TEXTS, sets).topic_scores(NEW)
    plain = made(folds=0).fit(TEXTS, sets).topic_scores(NEW)
    balanced = made(class_weight="balanced", folds=0).fit(TEXTS, sets).topic_scores(NEW)
    assert np.abs(heavy - plain).max() > 1e-3
    np.testing.assert_array_equal(balanced, plain)


def test_score_takes_weights(fitted: TopicClassifier) -> None:
    topics = ["enforcement", "review", "publicity"]
    assert fitted.score(NEW, topics) == pytest.approx(1 / 3)
    assert fitted.score(NEW, topics, sample_weight=[2.0, 1.0, 0.0]) == pytest.approx(2 / 3)
    with pytest.raises(TrainingError, match="one weight each"):
        fitted.score(NEW, topics, sample_weight=[1.0])


# Scores and names.


def test_the_decision_function_of_two_topics_is_one_column() -> None:
    two = CODES > 0
    model = made().fit(TEXTS, two)
    found, scores = model.decision_function(NEW), model.topic_scores(NEW)
    assert (found.shape, scores.shape, model.predict_proba(NEW).shape) == ((3,), (3, 2), (3, 2))
    np.testing.assert_array_equal(found, scores[:, 1] - scores[:, 0])
    assert ((found > 0) == model.predict(NEW)).all()
    likely = 1 / (1 + np.exp(-model.temperature_ * found))
    np.testing.assert_allclose(model.predict_proba(NEW)[:, 1], likely, atol=1e-6)


def test_the_decision_function_of_more_topics_and_of_sets() -> None:
    assert made().fit(TEXTS, TOPICS).decision_function(NEW).shape == (3, 3)
    sets = [("a",) if topic == "review" else ("a", "b") for topic in TOPICS]
    assert made().fit(TEXTS, sets).decision_function(NEW).shape == (3, 2)


def test_feature_names() -> None:
    samples = ["执法", "复议"]
    names = made(folds=0).fit(samples, ["a", "b"]).feature_names()
    assert names == ["复", "执", "法", "议", "⊢复", "⊢执", "复议", "执法", "法⊣", "议⊣"]
    both = made(folds=0, features="both").fit(samples, ["a", "b"])
    assert len(set(both.feature_names())) == len(both.feature_names())
    assert sum(name.startswith("word ") for name in both.feature_names()) == 2


# Meta-estimators.


@pytest.mark.parametrize("voting", ["soft", "hard"])
@pytest.mark.parametrize("labels", [TOPICS, CODES], ids=["text", "int"])
def test_voting(voting: str, labels: np.ndarray[Any, Any]) -> None:
    voters = [("a", made()), ("b", made(C=0.5))]
    found = VotingClassifier(voters, voting=voting).fit(TEXTS, labels).predict(NEW)
    assert found.tolist() == [labels[0], labels[5], labels[10]]


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize("ensemble", [True, False])
def test_calibration(method: str, ensemble: bool) -> None:
    model = CalibratedClassifierCV(made(folds=0), method=method, cv=2, ensemble=ensemble)
    probabilities = model.fit(TEXTS, CODES, sample_weight=np.ones(30)).predict_proba(NEW)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_search_and_cross_validation() -> None:
    search = GridSearchCV(
        made(folds=0), {"C": [0.5, 2.0], "bayes": [0, 0.5]}, cv=2, error_score="raise"
    )
    assert search.fit(TEXTS, TOPICS).best_score_ == 1.0
    grouped = GridSearchCV(made(), {"C": [0.5, 2.0]}, cv=GroupKFold(2), scoring="neg_log_loss")
    assert grouped.fit(TEXTS, CODES, groups=[i // 15 for i in range(30)]).best_score_ > -1
    assert cross_val_score(made(), TEXTS, TOPICS, cv=2, error_score="raise").tolist() == [1.0, 1.0]
    found = cross_val_predict(made(folds=0), TEXTS, TOPICS, cv=2, method="predict_proba")
    assert found.shape == (30, 3)


def test_pipeline_and_stacking() -> None:
    strip = FunctionTransformer(lambda texts: [text.strip() for text in texts])
    pipeline = make_pipeline(strip, made()).set_params(topicclassifier__C=1.0)
    assert clone(pipeline).fit(TEXTS, TOPICS).predict([" 查处案件 "]).tolist() == ["enforcement"]
    assert "TopicClassifier" in pipeline._repr_html_()
    stack = StackingClassifier([("a", made(folds=0)), ("b", made(folds=0, bayes=0))], cv=2)
    assert stack.fit(TEXTS, TOPICS).predict(NEW).tolist() == sorted(PATTERNS)


def test_one_against_the_rest() -> None:
    # OneVsOneClassifier makes an array of numbers of X, and so takes no texts at all.
    model = OneVsRestClassifier(made(folds=0)).fit(np.array(TEXTS, dtype=object), TOPICS)
    assert model.predict(np.array(NEW, dtype=object)).tolist() == sorted(PATTERNS)


def test_several_outputs() -> None:
    outputs = np.c_[CODES > 0, CODES > 1].astype(int)
    found = MultiOutputClassifier(made(folds=0)).fit(COLUMN, outputs).predict(COLUMN)
    assert (found == outputs).mean() > 0.9


def test_routing_of_metadata() -> None:
    with sklearn.config_context(enable_metadata_routing=True):
        model = made(folds=0).set_fit_request(sample_weight=True, groups=False)
        model.set_score_request(sample_weight=True)
        weights = np.ones(30)
        found = cross_val_score(
            model, TEXTS, TOPICS, cv=2, params={"sample_weight": weights}, error_score="raise"
        )
        assert found.tolist() == [1.0, 1.0]
        assert clone(model).get_metadata_routing().fit.requests["sample_weight"] is True
    with pytest.raises(ParameterError, match=r"it has groups, also, sample_weight$"):
        made().set_fit_request(weights=True)


def test_a_column_of_labels_is_taken_with_a_warning(fitted: TopicClassifier) -> None:
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed"):
        model = made().fit(TEXTS, TOPICS.reshape(-1, 1))
    assert most_apart(model, fitted) == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made().fit(TEXTS, TOPICS)


# The checks of scikit-learn, over rows of numbers that are written as texts.


def written(estimator: Any, rows: Any, reset: bool) -> list[str]:
    """Each cell as two characters of its size, one finer than the other; texts stay as they are."""
    if isinstance(rows, list) and rows and isinstance(rows[0], str):
        return rows
    from sklearn.utils.validation import validate_data  # late: since scikit-learn 1.6

    cells = validate_data(estimator, rows, reset=reset, dtype=np.float64)
    fine = np.clip(np.floor(cells * 3) + 20, 0, 39).astype(int)
    coarse = np.clip(np.floor(cells) + 50, 40, 79).astype(int)
    blocks = 0x4E00 + 80 * np.arange(cells.shape[1])
    codes = np.stack([blocks + fine, blocks + coarse], axis=2).reshape(len(cells), -1)
    return ["".join(map(chr, row)) for row in codes.tolist()]


class OfNumbers(TopicClassifier):
    """The classifier over rows of numbers, as the checks of scikit-learn give them."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> OfNumbers:  # type: ignore[override]  # noqa: N803
        return super().fit(written(self, X, reset=True), y, sample_weight=sample_weight)

    def topic_scores(self, X: Any) -> Any:  # noqa: N803
        self._check_fitted()
        return super().topic_scores(written(self, X, reset=False))

    def predict_indicator(self, X: Any) -> Any:  # noqa: N803
        self._check_fitted()
        return super().predict_indicator(written(self, X, reset=False))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
        self._check_fitted()
        return super().score(written(self, X, reset=False), y, sample_weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.string = True, False
        return tags


with_tags = pytest.mark.skipif(
    tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 6),
    reason="before scikit-learn 1.6 an estimator cannot say what its checks should leave out",
)

NOT_MET = {
    "check_sample_weight_equivalence_on_dense_data": (
        "it wants seven digits of scores, and liblinear stops at four; a whole weight is compared"
        " with repetition above"
    ),
}
"""Checks of scikit-learn that no classifier by liblinear meets, and why."""


@with_tags
def test_the_checks_of_scikit_learn_for_text() -> None:
    assert is_classifier(made())
    tags = sklearn.utils.get_tags(made())
    assert (tags.input_tags.string, tags.input_tags.two_d_array) == (True, False)
    assert tags.classifier_tags.multi_label
    assert tags.target_tags.required
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # With these tags all checks that fit an estimator are left out: they give it numbers.
        check_estimator(made())


@with_tags
def test_the_checks_of_scikit_learn_over_numbers_written_as_text() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: Sequence[dict[str, Any]] = check_estimator(
            OfNumbers(meaning=None), expected_failed_checks=NOT_MET, on_skip=None, on_fail=None
        )
    failed = {result["check_name"] for result in found if result["status"] == "failed"}
    assert failed == set()
    assert sum(result["status"] == "passed" for result in found) >= 60
