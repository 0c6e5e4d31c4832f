"""Questions and the texts that answer them: this engine beside BM25 over words and characters.

``python -m benchmarks.retrieval FOLDER … [--split NAME] [--queries N] [--ways] [--similar N]
[--before CHECKOUT]`` prints a Markdown table for each folder: ``corpus.jsonl`` (``id``,
``content``, and ``title`` or ``name``, and ``document`` if there), ``queries.tsv`` (qid, split,
text) and ``qrels.tsv`` (qid, 0, docid, rel), as they are or with .gz. ``--similar`` asks for
sentences like one of N sentences of the shared file. ``--before`` asks another checkout the same,
in turn with this one. bm25s needs ``pip install '.[bench]'``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from benchmarks.peers import words
from benchmarks.search_peers import our_cutter
from benchmarks.tables import print_table
from gongwen.index import reranking
from gongwen.index.engine import Entry
from gongwen.index.expansion import any_word
from gongwen.index.planner import Planner
from gongwen.index.query import And, Filter, Node, Not, Run, parse_query
from gongwen.index.whoosh_engine import WhooshEngine
from gongwen.nlp.errors import QueryError
from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.text.segmenter import is_word
from gongwen.nlp.topics.taxonomy import Taxonomy

ROOT = Path(__file__).parents[1]
SENTENCES = ROOT.parent / "shared" / "data" / "sentences-100k.txt.gz"
DEPTH = 100
"""Texts that are fetched for a question."""
LIKE = 200
"""Sentences for which similar ones are looked for."""
PER_DOCUMENT = 200
"""Sentences of the shared file that count as one document; it does not say which is whose."""
WAYS = (0, 100, 200, 500)
"""Texts that the words find and the bigrams put in order, of which --ways compares."""
SEGMENTER = "JiebaSegmenter"

Gains = Mapping[str, float]
Search = Callable[[str], list[str]]


@dataclass(frozen=True)
class Text:
    """A text of the corpus."""

    id: str
    title: str
    content: str
    document: str = ""

    @property
    def joined(self) -> str:
        """Title and content, folded; no word runs from one into the other."""
        return squeeze(f"{self.title}。{self.content}" if self.title else self.content)


# -- measures: of the ids found, best first, and the gain of each relevant id ------------------


def precision_at_1(found: Sequence[str], gains: Gains) -> float:
    """Return 1 when the first text is relevant."""
    return hit(found, gains, 1)


def hit(found: Sequence[str], gains: Gains, k: int) -> float:
    """Return 1 when one of the first ``k`` texts is relevant."""
    return float(any(id_ in gains for id_ in found[:k]))


def recall(found: Sequence[str], gains: Gains, k: int) -> float:
    """Return the share of the relevant texts that are among the first ``k``."""
    return sum(id_ in gains for id_ in found[:k]) / len(gains)


def reciprocal_rank(found: Sequence[str], gains: Gains, k: int) -> float:
    """Return 1 / rank of the first relevant text, 0 when it is not among the first ``k``."""
    return next((1 / rank for rank, id_ in enumerate(found[:k], 1) if id_ in gains), 0.0)


def ndcg(found: Sequence[str], gains: Gains, k: int) -> float:
    """Return the discounted gain of the first ``k`` texts as a share of the best there could be."""
    ideal = sorted(gains.values(), reverse=True)[:k]
    return _discounted(gains.get(id_, 0.0) for id_ in found[:k]) / _discounted(ideal)


def _discounted(gains: Iterable[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


MEASURES: dict[str, Callable[[Sequence[str], Gains], float]] = {
    "P@1": precision_at_1,
    "MRR@3": lambda found, gains: reciprocal_rank(found, gains, 3),
    "MRR@5": lambda found, gains: reciprocal_rank(found, gains, 5),
    "MRR@10": lambda found, gains: reciprocal_rank(found, gains, 10),
    "Hit@5": lambda found, gains: hit(found, gains, 5),
    "Recall@3": lambda found, gains: recall(found, gains, 3),
    "Recall@10": lambda found, gains: recall(found, gains, 10),
    "Recall@100": lambda found, gains: recall(found, gains, 100),
    "nDCG@10": lambda found, gains: ndcg(found, gains, 10),
}


# -- contenders ----------------------------------------------------------------------------------


def ours(texts: Sequence[Text], folder: Path) -> Search:
    """Index the texts, one entry each, and return a search for any of a question's words.

    A question that is a number asks for texts like that one, counted from 1.
    """
    cut = our_cutter(SEGMENTER)

    def entries() -> Iterator[Entry]:
        for number, text in enumerate(texts, 1):
            yield Entry(
                id=number,
                text=text.joined,
                words=list(cut(text.joined)),
                topics=(),
                role="",
                kind="sentence",
                report=text.document,
                region="",
                year="",
            )

    engine = WhooshEngine(folder)
    engine.feed(entries(), (), 1)
    planner = Planner(engine, Taxonomy.shipped, lambda name: name)

    def search(question: str) -> list[str]:
        try:
            if question.isdecimal():
                run = Run(texts[int(question) - 1].joined)
                tree: Node = And((run, Not(Filter("id", (question,)))))
            else:
                tree = parse_query(_plain(question))
            tree = any_word(planner.plan(tree), engine)
        except QueryError:
            return []
        return [texts[id_ - 1].id for id_ in engine.search(tree, limit=DEPTH).ids]

    return search


class Served:
    """The engine of a checkout in a process of its own, which measures its time by itself.

    Args:
        texts: what it indexes.
        checkout: the folder of the project.
    """

    def __init__(self, texts: Sequence[Text], checkout: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "benchmarks.retrieval", "--serve"],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(checkout / "src")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.seconds = 0.0
        self._ask([[t.id, t.title, t.content, t.document] for t in texts])

    def _ask(self, question: object) -> Any:
        assert self._process.stdin and self._process.stdout
        print(json.dumps(question), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())

    def __call__(self, question: str) -> list[str]:
        """Return the ids of the texts found, best first."""
        found: list[str]
        self.seconds, found = self._ask(question)
        return found

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def serve() -> None:
    """Index the texts of the first line, and answer the question of each further one."""
    with tempfile.TemporaryDirectory() as scratch:
        texts = [Text(*text) for text in json.loads(sys.stdin.readline())]
        search = ours(texts, Path(scratch) / "index")
        print("null", flush=True)
        for line in sys.stdin:
            question = json.loads(line)
            began = time.perf_counter()
            found = search(question)
            print(json.dumps([time.perf_counter() - began, found]), flush=True)


def _plain(question: str) -> str:
    """Return the folded question without what is an operator in a query."""
    return re.sub(r'["*]', "", squeeze(question)).lstrip("-")


def bm25(texts: Sequence[Text], tokens: Callable[[str], Iterable[str]]) -> Search:
    """Index the texts with bm25s in its default settings and return its search."""
    import bm25s
    from bm25s.tokenization import Tokenized

    vocabulary: dict[str, int] = {}
    rows = [
        [vocabulary.setdefault(token, len(vocabulary)) for token in tokens(text.joined)]
        for text in texts
    ]
    engine = bm25s.BM25(method="lucene")
    engine.index(Tokenized(ids=rows, vocab=vocabulary), show_progress=False)
    depth = min(DEPTH, len(texts))

    def search(question: str) -> list[str]:
        if question.isdecimal():
            question = texts[int(question) - 1].joined
        asked = [token for token in tokens(squeeze(question)) if token in vocabulary]
        if not asked:
            return []
        numbers, scores = engine.retrieve([asked], k=depth, show_progress=False)
        pairs = zip(numbers[0].tolist(), scores[0].tolist(), strict=True)
        return [texts[number].id for number, score in pairs if score > 0]

    return search


def jieba_words(text: str) -> list[str]:
    """Return the words of folded ``text``, without punctuation."""
    return [word for word in words(text) if is_word(word)]


def bigrams(text: str) -> list[str]:
    """Return neighbouring characters of folded ``text``; a character between marks by itself."""
    found: list[str] = []
    for run in re.findall(r"[^\W_]+", text):
        found += [a + b for a, b in pairwise(run)] or [run]
    return found


def both(text: str) -> list[str]:
    """Return words and bigrams as one bag."""
    return jieba_words(text) + bigrams(text)


WORDS = "bm25s, jieba words"
TIMES = "times bm25s over words"
BAGS = {
    WORDS: jieba_words,
    "bm25s, character bigrams": bigrams,
    "bm25s, words and bigrams": both,
}


# -- the comparison ------------------------------------------------------------------------------


def compare(
    folder: Path, split: str | None, most: int | None, ways: bool, checkouts: Mapping[str, Path]
) -> None:
    """Print how well everyone answers the questions of ``folder``, and ours in several ``ways``."""
    texts = list(_corpus(folder))
    gains = _gains(folder)
    questions = [(qid, text) for qid, text in _queries(folder, split) if qid in gains][:most]
    if not questions:
        sys.exit(f"{folder}: no question has a relevant text")
    print(f"### {folder.name}: {len(texts):,} texts, {len(questions):,} questions\n")
    _print_measured(texts, questions, gains, checkouts)
    if ways:
        with tempfile.TemporaryDirectory() as scratch:
            search = ours(texts, Path(scratch) / "index")
            searches = {f"{depth:,}": partial(_to_depth, search, depth) for depth in WAYS}
            rows = [[n, *r[:-1]] for n, r in _measured(searches, questions, gains).items()]
        print("Texts of this engine that the words find and bigrams put in order:\n")
        print_table(["", *MEASURES, "ms p50", "ms p95"], rows)


def compare_similar(size: int, checkouts: Mapping[str, Path]) -> None:
    """Print how long everyone takes to find the sentences like one, of ``size`` sentences."""
    with gzip.open(SENTENCES, "rt", encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t", 1)[1] for line in islice(file, size)]
    texts = [
        Text(str(number), "", line, f"document {number // PER_DOCUMENT}")
        for number, line in enumerate(lines)
    ]
    step = max(1, len(texts) // LIKE)
    questions = [(str(number), str(number)) for number in range(1, len(texts) + 1, step)]
    print(f"### Like one of {len(texts):,} sentences: {len(questions):,} of them\n")
    _print_measured(texts, questions, {}, checkouts)


def _print_measured(
    texts: Sequence[Text],
    questions: Sequence[tuple[str, str]],
    gains: Mapping[str, Gains],
    checkouts: Mapping[str, Path],
) -> None:
    """Print the table of everyone, asked in turn."""
    served = {}
    for name, checkout in checkouts.items():
        print(f"{len(texts)} texts: {name}", file=sys.stderr)
        served[name] = Served(texts, checkout)
    searches: dict[str, Search] = {**served}
    if find_spec("bm25s"):
        searches |= {name: bm25(texts, bag) for name, bag in BAGS.items()}
    rows = [[name, *row] for name, row in _measured(searches, questions, gains).items()]
    for one in served.values():
        one.close()
    print_table(["", *(MEASURES if gains else ()), "ms p50", "ms p95", TIMES], rows)


def _to_depth(search: Search, depth: int, question: str) -> list[str]:
    """Search with bigrams for ``depth`` texts alone."""
    kept = reranking.RERANK_DEPTH, reranking.RERANK_UNITS
    reranking.RERANK_DEPTH, reranking.RERANK_UNITS = depth, sys.maxsize
    try:
        return search(question)
    finally:
        reranking.RERANK_DEPTH, reranking.RERANK_UNITS = kept


def _measured(
    searches: Mapping[str, Search],
    questions: Sequence[tuple[str, str]],
    gains: Mapping[str, Gains],
) -> dict[str, list[str]]:
    """Ask everyone each question in turn, and return the cells of each row.

    The last cell is the median share of the time that bm25s takes over words.
    """
    scores: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in searches}
    times: dict[str, list[float]] = {name: [] for name in searches}
    for search in searches.values():
        search(questions[0][1])  # loads modules and dictionaries
    for qid, text in questions:
        for name, search in searches.items():
            began = time.perf_counter()
            found = search(text)
            took = time.perf_counter() - began
            times[name].append(1000 * (search.seconds if isinstance(search, Served) else took))
            if qid in gains:
                for title, measure in MEASURES.items():
                    scores[name][title].append(measure(found, gains[qid]))
    cells = {}
    for name, own in times.items():
        p95 = statistics.quantiles(own, n=20, method="inclusive")[-1] if own[1:] else own[0]
        ratios = [a / b for a, b in zip(own, times.get(WORDS, own), strict=True)]
        cells[name] = [
            *(f"{100 * statistics.mean(of):.2f}" for of in scores[name].values()),
            f"{statistics.median(own):.2f}",
            f"{p95:.2f}",
            f"{statistics.median(ratios):.1f}" if WORDS in times else "",
        ]
    return cells


def _corpus(folder: Path) -> Iterator[Text]:
    for line in _lines(folder, "corpus.jsonl"):
        entry = json.loads(line)
        title = entry.get("title") or entry.get("name") or ""
        law = _ARTICLE.sub("", title)
        document = entry.get("document") or (law if law != title else "")
        yield Text(str(entry["id"]), title, entry["content"], document)


_ARTICLE = re.compile(r"第[〇零一二三四五六七八九十百千0-9]+条(之[一二三四五六七八九十]+)?$")
"""The end of a title by which an article is named with its law."""


def _queries(folder: Path, split: str | None) -> Iterator[tuple[str, str]]:
    for line in _lines(folder, "queries.tsv"):
        qid, own, text = line.split("\t", 2)
        if split in (None, own):
            yield qid, text


def _gains(folder: Path) -> dict[str, dict[str, float]]:
    """Return by question the gain of every text that is relevant to it."""
    gains: dict[str, dict[str, float]] = {}
    for line in _lines(folder, "qrels.tsv"):
        qid, _, id_, gain = line.split("\t") if "\t" in line else line.split()
        if float(gain) > 0:
            gains.setdefault(qid, {})[id_] = float(gain)
    return gains


def _lines(folder: Path, name: str) -> Iterator[str]:
    path = folder / name
    opened = open if path.is_file() else gzip.open
    if not path.is_file():
        path = folder / f"{name}.gz"
    with opened(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            if line.strip():
                yield line.rstrip("\r\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--split", metavar="NAME", help="questions of this split alone")
    parser.add_argument("--queries", type=int, metavar="N", help="the first N questions alone")
    parser.add_argument("--ways", action="store_true", help="with more or fewer bigrams, too")
    parser.add_argument("--similar", type=int, metavar="N", help="sentences like one of N, too")
    parser.add_argument("--before", type=Path, metavar="CHECKOUT", help="an earlier version")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    checkouts = {"gongwen": ROOT}
    if options.before:
        checkouts["gongwen before"] = options.before.resolve()
    if not find_spec("bm25s"):
        print("bm25s is left out: pip install '.[bench]'", file=sys.stderr)
    print(
        "Every text is one unit, folded for all; titles stand in front of it. Articles of one law\n"
        f"are one document. {DEPTH} texts are fetched for a question. Measures in %,\n"
        "means over questions that have a relevant text; times from the question as typed to ids,\n"
        "everyone asked in turn.\n"
    )
    for folder in options.folders:
        compare(folder, options.split, options.queries, options.ways, checkouts)
    if options.similar:
        compare_similar(options.similar, checkouts)


if __name__ == "__main__":
    main()
