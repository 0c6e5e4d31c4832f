"""The engines of this project beside bare tantivy, SQLite FTS5 and Whoosh, all over the same words.

``python -m benchmarks.engines [--size 100000] [--only tantivy,own-tantivy] [--opensearch ADDRESS]``
prints Markdown tables. Of a cluster the processor time of its nodes is counted too, and the mean of
that over the queries of a kind. Sentences beyond those of
``../shared/data/sentences-100k.txt.gz`` are the same with other numbers and other names of
provinces. All are folded and cut into words once (rjieba), before any clock runs: everybody indexes
the same texts and words, and fetches the texts of its hits from its own index. Needs
``pip install '.[bench]'``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import accumulate, islice
from pathlib import Path
from typing import Any
from zlib import crc32

from benchmarks.engine_peers import Peer, Row, peers, timed
from benchmarks.search_worker import peak
from benchmarks.tables import print_table

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "sentences-100k.txt.gz"
QUERIES = 100
"""Queries of each kind."""
COMMONEST, RAREST = 300, 5
"""A common word is one of so many; a rare one stands in no more of 100,000 than this."""
OF_REPORT = 300
"""Sentences of a report."""
KINDS = {
    "rare": "rare word",
    "common": "common word",
    "on": "string on word borders",
    "off": "string off word borders",
    "absent": "absent string",
    "facet": "common word by topic",
    "count": "count of a common word",
}
_NUMERALS = frozenset("一二三四五六七八九十百千万亿零两半")
_PROVINCES = (
    "北京 天津 河北 山西 辽宁 吉林 上海 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南".split()
)


# -- sentences and queries -----------------------------------------------------------------------


def rows(size: int) -> Iterator[Row]:
    """Yield so many sentences, each cut into words."""
    import rjieba

    from gongwen.nlp.text.normalize import squeeze
    from gongwen.nlp.topics.taxonomy import Taxonomy

    slugs = [topic.slug for topic in Taxonomy.shipped().topics]
    with gzip.open(DATA, "rt", encoding="utf-8", newline="\n") as file:
        lines = [line.rstrip("\r\n").partition("\t")[2] for line in file]
    for at in range(size):
        text = squeeze(_varied(lines[at % len(lines)], at // len(lines)))
        topic = slugs[crc32(text.encode()) % len(slugs)]
        words = [word for word in rjieba.cut_for_search(text) if word.strip()]
        yield Row(at + 1, topic, f"report-{at // OF_REPORT}", text, words)


def _varied(line: str, turn: int) -> str:
    """Return a sentence with other digits and names of provinces at every turn but the first."""
    if not turn:
        return line
    digits = "123456789"
    turned = digits[turn % 9 :] + digits[: turn % 9]
    line = line.translate(str.maketrans(digits, turned))
    for at, name in enumerate(_PROVINCES):
        if name in line:
            return line.replace(name, _PROVINCES[(at + turn) % len(_PROVINCES)])
    return line


def prepare(folder: Path, size: str) -> dict[str, Any]:
    """Write the rows, and the queries drawn from them with what a plain scan finds."""
    made, frequency = 0.0, Counter[str]()
    sample: list[Row] = []
    rng = random.Random(0)
    began = time.process_time()
    with (folder / "rows.tsv").open("w", encoding="utf-8", newline="\n") as file:
        for row in rows(int(size)):
            file.write(row.line() + "\n")
            frequency.update({word for word in row.words if _is_term(word)})
            if rng.random() < 20_000 / int(size):
                sample.append(row)
    made = time.process_time() - began
    scan = _Scan(folder)
    # Sentences that are varied hold the same rare words again.
    rarest = RAREST * max(1, int(size) // 100_000)
    rare = sorted(word for word, count in frequency.items() if count <= rarest)
    common = sorted(word for word, _ in frequency.most_common(COMMONEST))
    queries: dict[str, list[dict[str, Any]]] = {
        "rare": [scan.word(word) for word in rng.sample(rare, QUERIES)],
        "common": [scan.word(word) for word in rng.sample(common, QUERIES)],
        "on": [scan.string(*_exact(rng, sample, False)) for _ in range(QUERIES)],
        "off": [scan.string(*_exact(rng, sample, True)) for _ in range(QUERIES)],
        "absent": [scan.string(*_absent(rng, sample, scan)) for _ in range(QUERIES)],
    }
    queries["facet"] = queries["count"] = queries["common"]
    (folder / "queries.json").write_text(json.dumps(queries, ensure_ascii=False), "utf-8")
    return {"seconds": made, "cut": _cut_rates(sample)}


def _cut_rates(sample: Sequence[Row]) -> dict[str, float]:
    """Return how many sentences a second each segmenter cuts, by processor time."""
    import jieba
    import rjieba

    jieba.initialize()
    rates = {}
    cuts: dict[str, Callable[[str], Any]] = {
        "rjieba": rjieba.cut_for_search,
        "jieba": jieba.lcut_for_search,
    }
    for name, cut in cuts.items():
        began = time.process_time()
        for row in sample[:5000]:
            cut(row.text)
        rates[name] = len(sample[:5000]) / (time.process_time() - began)
    return rates


class _Scan:
    """All sentences in one string, with and without marks."""

    def __init__(self, folder: Path) -> None:
        from gongwen.nlp.text.marks import without_marks

        texts, self.topics = [], []
        for row in read(folder):
            texts.append(row.text)
            self.topics.append(row.topic)
        self._text = "\n".join(texts)
        self._starts = list(accumulate((len(text) + 1 for text in texts), initial=0))
        bare = [without_marks(text) for text in texts]
        self._bare = "\n".join(bare)
        self._bare_starts = list(accumulate((len(text) + 1 for text in bare), initial=0))

    @staticmethod
    def _find(text: str, starts: list[int], string: str) -> list[int]:
        found = []
        at = text.find(string)
        while at >= 0:
            row = bisect_right(starts, at) - 1
            found.append(row)
            at = text.find(string, starts[row + 1])
        return found

    def word(self, word: str) -> dict[str, Any]:
        """Return a query for a word, which no mark divides, with its answer."""
        found = self._find(self._text, self._starts, word)
        topics = Counter(self.topics[row] for row in found)
        return {"string": word, "words": [word], "total": len(found), "topics": topics}

    def string(self, string: str, words: list[str]) -> dict[str, Any]:
        """Return a query for a string, whatever marks stand inside, with its answer."""
        found = self._find(self._bare, self._bare_starts, string)
        return {"string": string, "words": words, "ids": [row + 1 for row in found]}


def _is_term(word: str) -> bool:
    """Return whether a word has ideographs alone, and no numeral, which may not be cut."""
    plain = 2 <= len(word) <= 4 and all("一" <= char <= "鿿" for char in word)
    return plain and _NUMERALS.isdisjoint(word)


def _exact(rng: random.Random, sample: Sequence[Row], across: bool) -> tuple[str, list[str]]:
    """Return a string of ideographs, and its words; ``across`` borders of words or on them."""
    import rjieba

    from gongwen.nlp.text.numerals import find_values

    while True:
        text = rng.choice(sample).text
        start = rng.randrange(len(text))
        string = text[start : start + rng.randint(4, 16)]
        borders = set(accumulate(map(len, rjieba.cut(text)), initial=0))
        on = {start, start + len(string)} <= borders
        plain = len(string) > 3 and all("一" <= char <= "鿿" for char in string)
        if on is not across and plain and not find_values(string):
            return string, list(rjieba.cut_for_search(string))


def _absent(rng: random.Random, sample: Sequence[Row], scan: _Scan) -> tuple[str, list[str]]:
    """Return two words that stand nowhere in this order, and the words."""
    terms = [word for row in rng.sample(list(sample), 50) for word in row.words if _is_term(word)]
    while True:
        words = rng.sample(terms, 2)
        if not scan.string("".join(words), words)["ids"]:
            return "".join(words), words


def read(folder: Path) -> Iterator[Row]:
    """Yield the rows that were prepared."""
    with (folder / "rows.tsv").open(encoding="utf-8", newline="\n") as file:
        yield from map(Row.read, file)


# -- steps, each in a process of its own ---------------------------------------------------------


def build(folder: Path, name: str, address: str) -> dict[str, Any]:
    """Index all rows; one is indexed before elsewhere, which loads modules and dictionaries."""
    peer = peers(address)[name]
    peer.build(folder / f"{name}-warm", islice(read(folder), 1))
    shutil.rmtree(folder / f"{name}-warm", ignore_errors=True)
    reading = -time.process_time()
    for _ in read(folder):
        pass
    reading += time.process_time()
    nodes = -peer.nodes_seconds()
    began, cpu = time.perf_counter(), time.process_time()
    peer.build(folder / name, read(folder))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    cpu += nodes + peer.nodes_seconds()
    return {
        "seconds": seconds - reading,
        "cpu": cpu - reading,
        "size": peer.megabytes(folder / name),
        "memory": peak(),
    }


def search(folder: Path, name: str, address: str) -> dict[str, Any]:
    """Ask every query in one opened index, then compare answers with those of the scan."""
    peer = peers(address)[name]
    asked = peer.open(folder / (peer.like or name))
    queries = json.loads((folder / "queries.json").read_text("utf-8"))
    ask: dict[str, Callable[[dict[str, Any]], Any]] = {
        "rare": lambda query: asked.word(query["string"]),
        "common": lambda query: asked.word(query["string"]),
        "facet": lambda query: asked.facet(query["string"]),
        "count": lambda query: asked.count(query["string"]),
    }
    exact = lambda query: asked.exact(query["string"], query["words"])  # noqa: E731
    ms: dict[str, list[float]] = {}
    for kind in KINDS:
        call = ask.get(kind, exact)
        call(queries[kind][0])  # loads modules and pages
        nodes = -peer.nodes_seconds()
        own = [timed(call, query) for query in queries[kind]]
        share = 1000 * (nodes + peer.nodes_seconds()) / len(own)
        ms[kind] = [one + share for one in own]
    memory = peak()
    recall: dict[str, float] = {}
    for kind in ("on", "off", "absent"):
        shares = []
        for query in queries[kind]:
            wanted = set(query["ids"])
            found = set(asked.found(query["string"], query["words"]))
            shares.append(
                len(found & wanted) / max(1, len(wanted | found)) if wanted else not found
            )
        recall[kind] = statistics.mean(shares)
    for kind in ("rare", "common"):
        same = [asked.count(query["string"]) == query["total"] for query in queries[kind]]
        recall[kind] = statistics.mean(same)
    same = [asked.facet(query["string"]) == query["topics"] for query in queries["facet"]]
    recall["facet"] = statistics.mean(same)
    return {"ms": ms, "recall": recall, "memory": memory}


def add(folder: Path, name: str, address: str) -> dict[str, Any]:
    """Add one sentence five times; everything is opened anew each time."""
    peer = peers(address)[name]
    times = []
    for turn in range(6):
        row = Row(10**8 + turn, "other", "new", f"新增第{turn}号文件", ["新增", "文件"])
        began = time.perf_counter()
        nodes = -peer.nodes_seconds()
        cpu = timed(peer.add, folder / name, row)
        seconds = time.perf_counter() - began
        times.append((1000 * seconds, cpu + 1000 * (nodes + peer.nodes_seconds())))
    walls, cpus = zip(*times[1:], strict=True)
    return {"ms": statistics.median(walls), "cpu": statistics.median(cpus)}


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "prepare": prepare,
    "build": build,
    "search": search,
    "add": add,
}


# -- the whole comparison ------------------------------------------------------------------------


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--only", help="names, parted by commas")
    parser.add_argument("--opensearch", default="", metavar="ADDRESS", help="a cluster beside them")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        name, folder, *rest = options.step
        print(json.dumps(STEPS[name](Path(folder), *rest)))
        return
    address = options.opensearch
    every = peers(address)
    chosen = {name: every[name] for name in (options.only or ",".join(every)).split(",")}
    chosen = {name: peer for name, peer in chosen.items() if find_spec(peer.module)}
    with tempfile.TemporaryDirectory() as scratch:
        prepared = _step("prepare", scratch, str(options.size))
        built: dict[str, dict[str, Any]] = {}
        searched: dict[str, dict[str, Any]] = {}
        added: dict[str, dict[str, Any]] = {}
        for name, peer in chosen.items():
            if not peer.like:
                built[name] = _step("build", scratch, name, address)
            searched[name] = _step("search", scratch, name, address)
        for name in built:
            added[name] = _step("add", scratch, name, address)
    _show(options.size, chosen, prepared["cut"], built, searched, added)


def _step(step: str, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.engines", "--step", step]
    done = subprocess.run(
        [*command, *arguments], cwd=ROOT, env=os.environ, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{step} {' '.join(arguments)} failed:\n{done.stderr}")
    print(f"{step} {' '.join(arguments[1:])}: {done.stdout[:300].strip()}", file=sys.stderr)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _show(
    size: int,
    chosen: dict[str, Peer],
    cut: dict[str, float],
    built: dict[str, dict[str, Any]],
    searched: dict[str, dict[str, Any]],
    added: dict[str, dict[str, Any]],
) -> None:
    print(f"### {size:,} sentences\n")
    head = "indexing|CPU s|s|sentences/CPU s|with rjieba|with jieba|disk MB|peak memory MB|"
    head += "one sentence added, ms|CPU ms"
    lines = []
    for name, one in built.items():
        rates = [size / (one["cpu"] + size / cut[by]) for by in ("rjieba", "jieba")]
        lines.append(
            [
                chosen[name].name,
                f"{one['cpu']:.1f}",
                f"{one['seconds']:.1f}",
                f"{size / one['cpu']:,.0f}",
                *(f"{rate:,.0f}" for rate in rates),
                f"{one['size']:.0f}",
                f"{one['memory']:.0f}",
                f"{added[name]['ms']:.0f}",
                f"{added[name]['cpu']:.0f}",
            ]
        )
    print_table(head.split("|"), lines)
    lines = []
    for name, found in searched.items():
        pairs = [
            f"{statistics.median(times):.2f} / {sorted(times)[len(times) * 95 // 100]:.2f}"
            for times in found["ms"].values()
        ]
        lines.append([chosen[name].name, *pairs, f"{found['memory']:.0f}"])
    print_table([f"CPU ms, p50 / p95 of {QUERIES}", *KINDS.values(), "peak memory MB"], lines)
    kinds = ("rare", "common", "on", "off", "absent", "facet")
    lines = [
        [chosen[name].name, *(f"{found['recall'][kind]:.2f}" for kind in kinds)]
        for name, found in searched.items()
    ]
    print_table(
        ["recall of strings; share of right totals", *(KINDS[kind] for kind in kinds)], lines
    )


if __name__ == "__main__":
    main()
