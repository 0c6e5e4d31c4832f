"""Questions and the texts that answer them: this engine beside BM25 over words and characters.

``python -m benchmarks.retrieval FOLDER … [--split NAME] [--queries N] [--ways]`` prints a Markdown
table for each folder: ``corpus.jsonl`` (``id``, ``content``, and ``title`` or ``name`` if there),
``queries.tsv`` (qid, split, text) and ``qrels.tsv`` (qid, 0, docid, rel), as they are or with .gz.
bm25s needs ``pip install '.[bench]'``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from benchmarks.peers import words
from benchmarks.search_peers import our_cutter
from benchmarks.tables import print_table
from gongwen.index import scoring as bm25_weights
from gongwen.index.engine import Entry
from gongwen.index.expansion import any_word
from gongwen.index.planner import Planner
from gongwen.index.query import parse_query
from gongwen.index.whoosh_engine import WhooshEngine
from gongwen.nlp.errors import QueryError
from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.text.segmenter import is_word
from gongwen.nlp.topics.taxonomy import Taxonomy

DEPTH = 100
"""Texts that are fetched for a question."""
WAYS = (0, 100, 500, 2000)
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
    """Index the texts, one entry each, and return a search for any of a question's words."""
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
                report="",
                region="",
                year="",
            )

    engine = WhooshEngine(folder)
    engine.feed(entries(), (), 1)
    planner = Planner(engine, Taxonomy.shipped, lambda name: name)

    def search(question: str) -> list[str]:
        try:
            tree = any_word(planner.plan(parse_query(_plain(question))), engine)
        except QueryError:
            return []
        return [texts[id_ - 1].id for id_ in engine.search(tree, limit=DEPTH).ids]

    return search


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


BAGS = {
    "bm25s, jieba words": jieba_words,
    "bm25s, character bigrams": bigrams,
    "bm25s, words and bigrams": both,
}


# -- the comparison ------------------------------------------------------------------------------


def compare(folder: Path, split: str | None, most: int | None, ways: bool) -> None:
    """Print how well everyone answers the questions of ``folder``, and ours in several ``ways``."""
    texts = list(_corpus(folder))
    gains = _gains(folder)
    questions = [(qid, text) for qid, text in _queries(folder, split) if qid in gains][:most]
    if not questions:
        sys.exit(f"{folder}: no question has a relevant text")
    print(f"### {folder.name}: {len(texts):,} texts, {len(questions):,} questions\n")
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        makers: dict[str, Callable[[], Search]] = {
            "gongwen": lambda: ours(texts, Path(scratch) / "index")
        }
        if find_spec("bm25s"):
            for name, bag in BAGS.items():
                makers[name] = lambda bag=bag: bm25(texts, bag)  # type: ignore[misc]
        for name, make in makers.items():
            print(f"{folder.name}: {name}", file=sys.stderr)
            rows.append([name, *_measured(make(), questions, gains)])
    print_table(["", *MEASURES, "ms p50", "ms p95"], rows)
    if ways:
        with tempfile.TemporaryDirectory() as scratch:
            search = ours(texts, Path(scratch) / "index")
            rows = [
                [f"{depth:,}", *_measured(partial(_to_depth, search, depth), questions, gains)]
                for depth in WAYS
            ]
        print("Texts of this engine that the words find and bigrams put in order:\n")
        print_table(["", *MEASURES, "ms p50", "ms p95"], rows)


def _to_depth(search: Search, depth: int, question: str) -> list[str]:
    """Search with bigrams for ``depth`` texts alone."""
    kept, bm25_weights.RERANK_DEPTH = bm25_weights.RERANK_DEPTH, depth
    try:
        return search(question)
    finally:
        bm25_weights.RERANK_DEPTH = kept


def _measured(
    search: Search, questions: Sequence[tuple[str, str]], gains: Mapping[str, Gains]
) -> list[str]:
    search(questions[0][1])  # loads modules and dictionaries
    scores: dict[str, list[float]] = {name: [] for name in MEASURES}
    times = []
    for qid, text in questions:
        began = time.perf_counter()
        found = search(text)
        times.append(1000 * (time.perf_counter() - began))
        for name, measure in MEASURES.items():
            scores[name].append(measure(found, gains[qid]))
    p95 = statistics.quantiles(times, n=20, method="inclusive")[-1] if times[1:] else times[0]
    means = [f"{100 * statistics.mean(of):.2f}" for of in scores.values()]
    return [*means, f"{statistics.median(times):.2f}", f"{p95:.2f}"]


def _corpus(folder: Path) -> Iterator[Text]:
    for line in _lines(folder, "corpus.jsonl"):
        entry = json.loads(line)
        title = entry.get("title") or entry.get("name") or ""
        yield Text(str(entry["id"]), title, entry["content"])


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
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--split", metavar="NAME", help="questions of this split alone")
    parser.add_argument("--queries", type=int, metavar="N", help="the first N questions alone")
    parser.add_argument("--ways", action="store_true", help="with more or fewer bigrams, too")
    options = parser.parse_args()
    if not find_spec("bm25s"):
        print("bm25s is left out: pip install '.[bench]'", file=sys.stderr)
    print(
        f"Every text is one unit, folded for all; titles stand in front of it. {DEPTH} texts are\n"
        "fetched for a question. Measures in %, means over questions that have a relevant text;\n"
        "times from the question as typed to ids.\n"
    )
    for folder in options.folders:
        compare(folder, options.split, options.queries, options.ways)


if __name__ == "__main__":
    main()
