"""The topic classifier beside what a user would pick instead, on labelled headlines.

``python -m benchmarks.classify [TRAIN TEST] [--only PART]`` prints Markdown tables. TRAIN and TEST
hold a text, a tab and a label a line (.gz is read too); without them ten classes of THUCNews
titles are taken from ``../shared/data/classify``. fastText needs ``pip install '.[bench]'``.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score
from threadpoolctl import threadpool_limits

from benchmarks import active
from benchmarks.contenders import FASTTEXT, Contender, contenders
from benchmarks.peers import Classifier, words
from benchmarks.tables import print_table
from gongwen.nlp import TopicClassifier

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "classify"
SEEDS = (0, 1, 2)
SIZES = (5, 10, 20, 50, 100, 200)
PASSES, STARTS = 3, 5
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
KEYWORDS = {
    "0": "银行 基金 理财 保险 贷款 利率 人民币 投资 债券 黄金",
    "1": "楼盘 房价 楼市 房地产 开发商 户型 住宅 别墅 二手房 购房",
    "2": "股票 股市 A股 大盘 涨停 沪指 上市公司 券商 股份 个股",
    "3": "高考 大学 考研 招生 留学 考试 学生 教师 录取 英语",
    "4": "手机 互联网 软件 电脑 芯片 科学家 数码相机 卫星 机器人 网站",
    "5": "男子 女子 警方 车祸 老人 嫌犯 被捕 杀人 市民 医院",
    "6": "总统 外交部 总理 国务院 选举 议会 政府 部长 大使 会谈",
    "7": "足球 篮球 NBA 比赛 联赛 球队 教练 冠军 进球 奥运",
    "8": "网游 游戏 玩家 公测 内测 副本 魔兽世界 单机游戏 资料片 手游",
    "9": "电影 明星 导演 演员 电视剧 票房 歌手 演唱会 专辑 绯闻",
}
"""Ten words for each class of THUCNews, from the names of the classes alone."""


@dataclass(frozen=True)
class Data:
    """Texts and the label of each."""

    texts: list[str]
    labels: list[str]

    def at(self, indices: Sequence[int]) -> Data:
        """Return the part at ``indices``."""
        return Data([self.texts[i] for i in indices], [self.labels[i] for i in indices])


def macro_f1(truth: Sequence[str], guess: Iterable[str]) -> float:
    """Return the mean F1 of the classes of ``truth``, 0 to 100."""
    return 100 * float(f1_score(truth, list(guess), labels=sorted(set(truth)), average="macro"))


def peers(train: Data, test: Data) -> None:
    """Print how right, fast and large everyone is with all labels."""
    print(
        f"### Peers: all {len(train.texts)} labels\n\n"
        f"One core. Fitting and texts a second (from raw text, median of {PASSES} passes) are CPU\n"
        "time, with modules and dictionaries loaded before; gongwen fits six times, five to\n"
        "calibrate. The first prediction is wall-clock time from the start of a fresh process\n"
        f"that loads the model, median of {STARTS}. fastText: best of {len(FASTTEXT)} settings by\n"
        "macro-F1 on this test set, which is in its favour.\n"
    )
    other = next(i for i, label in enumerate(train.labels) if label != train.labels[0])
    two = train.at([0, other])
    rows: dict[str, list[str]] = {}
    commands: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for contender in contenders(words):
            contender.settings[0]().fit(two.texts, two.labels)  # loads modules and dictionaries
            tried = []
            for make in contender.settings:
                began = time.process_time()
                model = make()
                model.fit(train.texts, train.labels)
                seconds = time.process_time() - began
                guess = list(model.predict(test.texts))
                tried.append((macro_f1(test.labels, guess), model, seconds, guess))
            f1, model, seconds, guess = max(tried, key=lambda one: one[0])
            path = Path(scratch) / str(len(rows))
            model.save(path)
            rows[contender.name] = [
                f"{100 * accuracy_score(test.labels, guess):.2f}",
                f"{f1:.2f}",
                f"{seconds:.2f}",
                f"{_texts_a_second(model, test.texts):,.0f}",
                f"{path.stat().st_size / 1e6:.2f}",
            ]
            program = (
                f"import sys; path, text = sys.argv[1:]; {contender.opening};"
                " print(model.predict([text])[0])"
            )
            commands[contender.name] = [
                sys.executable, "-c", program, str(path), test.texts[0]
            ]  # fmt: skip
        starts = _first_predictions(commands)
    print_table(
        ["", "accuracy", "macro-F1", "fit s", "texts/s", "file MB", "first prediction ms"],
        [[name, *row, f"{starts[name]:.0f}"] for name, row in rows.items()],
    )


def _texts_a_second(model: Classifier, texts: Sequence[str]) -> float:
    seconds = []
    for _ in range(PASSES):
        began = time.process_time()
        model.predict(texts)
        seconds.append(time.process_time() - began)
    return len(texts) / statistics.median(seconds)


def _first_predictions(commands: dict[str, list[str]]) -> dict[str, float]:
    """Return the median milliseconds of each command; they take turns."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(STARTS + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(
                command, check=True, capture_output=True, cwd=ROOT, env=os.environ | ONE_CORE
            )
            if turn:  # the first turn fills the file cache and jieba's own
                taken[name].append(1000 * (time.perf_counter() - began))
    return {name: statistics.median(times) for name, times in taken.items()}


def curve(train: Data, test: Data) -> None:
    """Print macro-F1 by the number of labels."""
    print(
        f"### Learning curve: macro-F1 by labels a class, mean of {len(SEEDS)} draws\n\n"
        f"fastText: best of {len(FASTTEXT)} settings for each size by this mean itself, in its"
        " favour.\n"
    )
    compared = contenders(cache(words))
    labels = np.array(train.labels)
    smallest = min(int((labels == label).sum()) for label in set(train.labels))
    rows = []
    for size in SIZES:
        if size <= smallest:
            draws = [train.at(draw(labels, size, seed)) for seed in SEEDS]
            means = [_best_mean(contender, draws, test) for contender in compared]
            rows.append([str(size), *(f"{mean:.1f}" for mean in means)])
    print_table(["labels a class", *(contender.name for contender in compared)], rows)


def draw(labels: NDArray[np.str_], size: int, seed: int) -> list[int]:
    """Return ``size`` indices of each label; a larger draw holds the smaller ones of its seed."""
    rng = np.random.default_rng(seed)
    parts = [rng.permutation(np.flatnonzero(labels == label))[:size] for label in np.unique(labels)]
    drawn: list[int] = np.concatenate(parts).tolist()
    return drawn


def _best_mean(contender: Contender, draws: Sequence[Data], test: Data) -> float:
    """Return the mean macro-F1 over ``draws`` in the best setting."""
    means = []
    for make in contender.settings:
        scores = []
        for draw in draws:
            model = make()
            model.fit(draw.texts, draw.labels)
            scores.append(macro_f1(test.labels, model.predict(test.texts)))
        means.append(statistics.mean(scores))
    return max(means)


def keywords(train: Data, test: Data) -> None:
    """Print how far ten keywords a class lead without any label."""
    if set(test.labels) != set(KEYWORDS):
        print("Keywords only: skipped, the keywords are those of the ten classes of THUCNews.\n")
        return
    lists = {label: listed.split() for label, listed in KEYWORDS.items()}
    print(
        "### Keywords only: no labels, 10 keywords a class\n\n"
        "Each keyword is a training text. Counting gives the class with the most keywords in the\n"
        f"text, the first of equals. fastText: best of {len(FASTTEXT)} settings on this test set."
        " gongwen with\n"
        f"texts also learns from the {len(train.texts)} training texts without their labels.\n"
    )
    texts = Data(
        [keyword for listed in lists.values() for keyword in listed],
        [label for label, listed in lists.items() for _ in listed],
    )
    counted = [
        max(lists, key=lambda label: sum(word in text for word in lists[label]))
        for text in test.texts
    ]
    taught = TopicClassifier(keywords=lists).fit(train.texts, [None] * len(train.texts))
    rows = [
        ["gongwen, with texts", f"{macro_f1(test.labels, taught.predict(test.texts)):.1f}"],
        ["counting keywords", f"{macro_f1(test.labels, counted):.1f}"],
    ]
    for contender in contenders(cache(words)):
        rows.append([contender.name, f"{_best_mean(contender, [texts], test):.1f}"])
    print_table(["", "macro-F1"], rows)


def choosing(train: Data, test: Data) -> None:
    """Print how many labels active learning saves."""
    for self_training in (True, False):
        how = "with" if self_training else "without"
        print(
            f"### Active learning, {how} self-training: macro-F1 by labels, mean of {len(SEEDS)}"
            " draws\n\n"
            f"The start is {active.START_A_CLASS} labels a class drawn at random, or as many texts"
            " by k-means\n"
            f"without a look at labels; then {active.BATCH} labels at a time from the"
            f" {len(train.texts)} texts."
        )
        if self_training:
            print("Every fit learns from all texts, those without a label by self-training.")
        print()
        curves = active.compare(
            (train.texts, train.labels),
            lambda model: macro_f1(test.labels, model.predict(test.texts)),
            SEEDS,
            self_training=self_training,
        )
        _print_curves(curves)


def _print_curves(curves: dict[str, tuple[list[int], list[float]]]) -> None:
    base, *others = curves
    counts = curves[base][0]
    shown = [*range(0, len(counts) - 1, 3), len(counts) - 1]
    print_table(
        ["labels", *curves],
        [[str(counts[i]), *(f"{scores[i]:.1f}" for _, scores in curves.values())] for i in shown],
    )
    low = max(scores[0] for _, scores in curves.values())
    high = min(max(scores) for _, scores in curves.values())
    levels = [level for level in (*range(0, 100, 5), high) if low < level <= high]
    rows = []
    for level in levels:
        at_random = active.labels_needed(*curves[base], level)
        row = [f"{level:.1f}", f"{at_random:.0f}"]
        for other in others:
            count = active.labels_needed(*curves[other], level)
            row += [f"{count:.0f}", f"{round(100 * (1 - count / at_random))} %"]
        rows.append(row)
    print("Labels needed to reach a macro-F1 (linear between batches) and the share saved:\n")
    print_table(["macro-F1", base, *(cell for other in others for cell in (other, "saved"))], rows)


PARTS = {"peers": peers, "curve": curve, "keywords": keywords, "active": choosing}


def read(path: Path) -> Data:
    """Read a text, a tab and a label a line."""
    opened = gzip.open if path.suffix == ".gz" else open
    data = Data([], [])
    with opened(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            text, tab, label = line.rstrip("\r\n").rpartition("\t")
            if not tab:
                sys.exit(f"{path}:{number}: no tab between text and label")
            data.texts.append(text)
            data.labels.append(label)
    return data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="TRAIN TEST")
    parser.add_argument("--only", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    options = parser.parse_args()
    files = options.files or [DATA / f"thucnews-titles-{part}.tsv.gz" for part in ("train", "test")]
    if len(files) != 2:
        parser.error("give both TRAIN and TEST, or neither")
    absent = [str(path) for path in files if not path.is_file()]
    if absent:
        message = f"skipped: there is no {' and no '.join(absent)}"
        if options.files:
            sys.exit(message)
        print(message)
        return
    train, test = map(read, files)
    fork = packages_distributions().get("fasttext", [])
    if not fork:
        print("fastText is left out: pip install '.[bench]'", file=sys.stderr)
    packages = ["numpy", "scikit-learn", "jieba", *fork[:1]]
    print(
        f"{len(train.texts)} texts to train, {len(test.texts)} to test,"
        f" {len(set(train.labels))} classes; {os.cpu_count()} CPUs, {platform.machine()},"
        f" Python {platform.python_version()}, "
        + ", ".join(f"{package} {version(package)}" for package in packages)
        + "\n"
    )
    began = time.perf_counter()
    with threadpool_limits(1):
        for name, part in PARTS.items():
            if options.only in (None, name):
                part(train, test)
    print(f"took {time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
