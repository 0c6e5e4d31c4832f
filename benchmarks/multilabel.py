"""The topic classifier on label sets beside what a user would pick instead.

``python -m benchmarks.multilabel`` prints Markdown tables. One set is ``leases.jsonl``, sentences
of invented lease disputes with any number of labels; the other are pairs of THUCNews titles from
``../shared/data/classify`` with the classes of both, skipped where that file is absent.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from benchmarks.classify import DATA, read
from benchmarks.tables import print_table
from gongwen.nlp import TopicClassifier

LEASES = Path(__file__).parent / "leases.jsonl"
LEASE_LABELS = {
    "租金给付": "rent, or a fee for use at its rate: due, paid, reduced or paid back",
    "押金返还": "the deposit: kept, set off or given back",
    "合同解除": "ending the contract before its time, and whether one may",
    "转租": "letting on to a third person, with leave or without",
    "房屋维修": "defects of the premises, and who mends or pays",
    "违约金": "the agreed penalty, a late fee, or its reduction",
    "水电物业费": "water, power, heating and service charges",
    "腾退房屋": "moving out and handing back the premises",
    "装修补偿": "what is paid or taken away of fittings",
    "优先购买权": "the tenant's right to buy first",
    "合同效力": "whether the contract is valid",
    "租赁登记": "registering the lease with the authority",
}
"""The labels of ``leases.jsonl`` and what a sentence with each speaks of."""
PAIRS, FOLDS, SEED = 2000, 5, 0


@dataclass(frozen=True)
class LabelSets:
    """n texts, the labels of each, and the group of each, which folds do not divide."""

    texts: Sequence[str]
    labels: Sequence[Sequence[str]]
    groups: Sequence[str]


class MultiLabelClassifier(Protocol):
    """What both sides of the comparison can do."""

    def fit(
        self,
        X: list[str],  # noqa: N803
        y: list[Sequence[str]],
        groups: list[str],
    ) -> Any:
        """Learn from texts, their labels and their groups."""

    def predict(self, X: list[str]) -> Any:  # noqa: N803
        """Return the labels of each text."""


class OneVsRestSvm:
    """One balanced linear support vector machine a label over TF-IDF of 1 to 3 characters."""

    def fit(
        self,
        X: list[str],  # noqa: N803
        y: list[Sequence[str]],
        groups: list[str],
    ) -> None:
        """Learn from texts and their labels; it has no use for groups."""
        self._binarizer = MultiLabelBinarizer()
        self._pipeline = make_pipeline(
            TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True),
            OneVsRestClassifier(LinearSVC(class_weight="balanced", random_state=0)),
        )
        self._pipeline.fit(X, self._binarizer.fit_transform(y))

    def predict(self, X: list[str]) -> Any:  # noqa: N803
        """Return the labels of each text."""
        return self._binarizer.inverse_transform(self._pipeline.predict(X))


PEER = "char 1-3-gram TF-IDF + LinearSVC, one a label"
CONTENDERS: dict[str, Callable[[], MultiLabelClassifier]] = {
    "gongwen": TopicClassifier,
    "gongwen without vectors": partial(TopicClassifier, meaning=None),
    PEER: OneVsRestSvm,
}


@dataclass(frozen=True)
class Score:
    """How right a contender was on the held-out folds together, and how long it fitted.

    Attributes:
        micro: F1 of all labels in one count, 0 to 100.
        macro: mean F1 of the labels, 0 to 100.
        by_label: (labels,) the F1 of each.
        seconds: CPU time of one fit, mean over folds.
    """

    micro: float
    macro: float
    by_label: NDArray[np.float64]
    seconds: float

    @property
    def mean(self) -> float:
        """The mean of both F1."""
        return (self.micro + self.macro) / 2


def measure(
    make: Callable[[], MultiLabelClassifier], data: LabelSets, labels: Sequence[str]
) -> Score:
    """Return how well a contender gives ``labels`` to groups that it has not seen."""
    binarizer = MultiLabelBinarizer(classes=labels)
    truth = binarizer.fit_transform(data.labels)
    guess = np.zeros_like(truth)
    seconds = []
    for known, held in GroupKFold(FOLDS, shuffle=True, random_state=SEED).split(
        truth, groups=data.groups
    ):
        model = make()
        began = time.process_time()
        model.fit(
            [data.texts[i] for i in known],
            [data.labels[i] for i in known],
            groups=[data.groups[i] for i in known],
        )
        seconds.append(time.process_time() - began)
        guess[held] = binarizer.transform(model.predict([data.texts[i] for i in held]))
    f1 = partial(f1_score, truth, guess, zero_division=0)
    return Score(
        micro=100 * float(f1(average="micro")),
        macro=100 * float(f1(average="macro")),
        by_label=100 * np.asarray(f1(average=None), np.float64),
        seconds=float(np.mean(seconds)),
    )


def compare(title: str, data: LabelSets) -> None:
    """Print the figures of all contenders on ``data``, and the F1 of each label."""
    numbers = [len(one) for one in data.labels]
    sizes = ", ".join(f"{numbers.count(n)} with {n}" for n in sorted(set(numbers)))
    print(
        f"### {title}\n\n{len(data.texts)} texts in {len(set(data.groups))} groups; labels: {sizes}"
        "\n"
    )
    labels = sorted({label for one in data.labels for label in one})
    scores = {name: measure(make, data, labels) for name, make in CONTENDERS.items()}
    peer = scores[PEER]
    print_table(
        ["", "micro-F1", "macro-F1", "mean", "mean, ratio", "fit s", "fit, ratio"],
        [
            [
                name,
                *(f"{value:.1f}" for value in (score.micro, score.macro, score.mean)),
                f"{score.mean / peer.mean:.2f}",
                f"{score.seconds:.2f}",
                f"{score.seconds / peer.seconds:.1f}",
            ]
            for name, score in scores.items()
        ],
    )
    print_table(
        ["F1 of a label", "texts", *scores],
        [
            [
                label,
                str(sum(label in one for one in data.labels)),
                *(f"{score.by_label[i]:.1f}" for score in scores.values()),
            ]
            for i, label in enumerate(labels)
        ],
    )


def leases() -> LabelSets:
    """Return the sentences of lease disputes; a group is a case."""
    rows = [json.loads(line) for line in LEASES.read_text("utf-8").splitlines()]
    return LabelSets(*([row[key] for row in rows] for key in ("text", "labels", "group")))


def title_pairs(path: Path) -> LabelSets:
    """Return pairs of titles with the classes of both; no title is in two pairs."""
    data = read(path)
    drawn = np.random.default_rng(SEED).permutation(len(data.texts))[: 2 * PAIRS]
    pairs = drawn.reshape(-1, 2).tolist()
    return LabelSets(
        ["，".join(data.texts[i] for i in pair) for pair in pairs],
        [sorted({data.labels[i] for i in pair}) for pair in pairs],
        [str(number) for number in range(len(pairs))],
    )


def main() -> None:
    print(
        f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}, "
        + ", ".join(f"{package} {version(package)}" for package in ("numpy", "scikit-learn"))
        + f"\n\nFolds: {FOLDS}, which do not divide groups; F1 in % of all held-out texts together."
        " Fitting is CPU\ntime on one core, mean of folds; gongwen fits again and again, to choose"
        " thresholds and\nparameters.\n"
    )
    titles = DATA / "thucnews-titles-train.tsv.gz"
    with threadpool_limits(1):
        TopicClassifier().fit(["公开", "办案"], [["a"], ["b"]])  # loads modules and vectors
        compare("Sentences of lease disputes", leases())
        if titles.is_file():
            compare("Pairs of THUCNews titles", title_pairs(titles))
        else:
            print(f"pairs of titles skipped: there is no {titles}", file=sys.stderr)


if __name__ == "__main__":
    main()
