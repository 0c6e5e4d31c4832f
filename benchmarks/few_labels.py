"""What names, keywords and texts without a label add to a few labels a class.

``python -m benchmarks.few_labels`` prints Markdown tables. It needs the titles of THUCNews in
``../shared/data/classify``, and is skipped where they are absent.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from sklearn.metrics import accuracy_score
from threadpoolctl import threadpool_limits

from benchmarks.classify import DATA, KEYWORDS, SEEDS, Data, draw, read
from benchmarks.peers import char_svm
from benchmarks.tables import print_table
from gongwen.nlp import TopicClassifier

SIZES = (5, 10, 20, 50)
UNLABELLED, TESTED = 2000, 2000
NAMES = dict(
    zip("0123456789", "财经 房产 股票 教育 科技 社会 时政 体育 游戏 娱乐".split(), strict=True)
)
"""The names of the classes of THUCNews."""
PEER, BASE = "char 1-2-gram TF-IDF + LinearSVC", "labels"
Keywords = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Help:
    """What is given beside labels.

    Attributes:
        keywords: by class, ``None`` for none.
        texts: whether there are texts without a label.
    """

    keywords: Keywords | None
    texts: bool


AS_KEYWORDS: Keywords = {label: [name] for label, name in NAMES.items()}
TEN_WORDS: Keywords = {label: listed.split() for label, listed in KEYWORDS.items()}
HELPS = {
    BASE: Help(None, False),
    "and names": Help(AS_KEYWORDS, False),
    "and texts": Help(None, True),
    "and names and texts": Help(AS_KEYWORDS, True),
    "and keywords": Help(TEN_WORDS, False),
    "and keywords and texts": Help(TEN_WORDS, True),
}


def accuracies(labelled: Data, texts: Sequence[str], test: Data) -> dict[str, float]:
    """Return the accuracy in % of the peer and of each help, with the labels of one draw."""

    def score(guess: Sequence[str]) -> float:
        return 100 * float(accuracy_score(test.labels, guess))

    peer = char_svm().fit(labelled.texts, labelled.labels)
    found = {PEER: score(peer.predict(test.texts))}
    for name, given in HELPS.items():
        more = list(texts) if given.texts else []
        model = TopicClassifier(keywords=given.keywords)
        model.fit([*labelled.texts, *more], [*labelled.labels, *[None] * len(more)])
        found[name] = score(model.predict(test.texts).tolist())
    return found


def compare(train: Data, test: Data) -> None:
    """Print accuracies by labels a class, and what each help adds or costs at worst."""
    labels = np.array(train.labels)
    rows: list[list[str]] = []
    means: list[dict[str, float]] = []
    added: dict[str, list[float]] = {name: [] for name in HELPS if name != BASE}
    for size in SIZES:
        found = []
        for seed in SEEDS:
            known = draw(labels, size, seed)
            left = np.setdiff1d(np.arange(len(labels)), known)
            chosen = np.random.default_rng(seed).choice(left, UNLABELLED, replace=False).tolist()
            found.append(accuracies(train.at(known), train.at(chosen).texts, test))
        means.append({name: statistics.mean(one[name] for one in found) for name in found[0]})
        rows.append([str(size), *(f"{mean:.1f}" for mean in means[-1].values())])
        for name, differences in added.items():
            differences += [one[name] - one[BASE] for one in found]
    print_table(["labels a class", *means[0]], rows)
    print("Points added to the labels, least of the means and least of the draws:\n")
    print_table(
        ["", "mean of draws, least", "one draw, least"],
        [
            [name, f"{min(one[name] - one[BASE] for one in means):+.1f}", f"{min(points):+.1f}"]
            for name, points in added.items()
        ],
    )


def main() -> None:
    files = [DATA / f"thucnews-titles-{part}.tsv.gz" for part in ("train", "test")]
    absent = [str(path) for path in files if not path.is_file()]
    if absent:
        print(f"skipped: there is no {' and no '.join(absent)}")
        return
    train, test = map(read, files)
    tested = np.random.default_rng(0).choice(len(test.texts), TESTED, replace=False).tolist()
    print(
        f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}, "
        + ", ".join(f"{package} {version(package)}" for package in ("numpy", "scikit-learn"))
        + f"\n\nAccuracy in % on {TESTED} titles of the test file, mean of {len(SEEDS)} draws."
        " Names are the names\nof the classes, one keyword each; keywords are ten words a class;"
        f" texts are {UNLABELLED} titles\nwithout a label.\n"
    )
    began = time.process_time()
    with threadpool_limits(1):
        compare(train, test.at(tested))
    print(f"Took {time.process_time() - began:.0f} s of CPU.")


if __name__ == "__main__":
    main()
