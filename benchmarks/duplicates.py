"""Is a report recognised when it is posted again, and is a copy with other figures kept apart?

``python -m benchmarks.duplicates [DRAWS]`` makes copies of the seed report and of the reports in
``../shared/data/reports`` (see ``benchmarks/copies.py``), compares them and prints Markdown. The
thresholds of ``nlp/duplicates/similarity.py`` were chosen on every other report; the rest is
printed apart.
Traditional characters need ``pip install '.[bench]'``; without it that row is left out.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from random import Random

from benchmarks.copies import (
    EVERYTHING,
    EXCERPTS,
    REPOSTS,
    Maker,
    revisions,
    templates,
    together,
    with_furniture,
    with_related,
)
from benchmarks.tables import print_table
from gongwen.nlp import Document, parse_document
from gongwen.nlp.duplicates.similarity import Similarity, candidates, compare, sketch

ROOT = Path(__file__).parents[1]
REPORTS = ROOT.parent / "shared" / "data" / "reports"
TWICE = "1991-国务院-政府工作报告.txt"
"""This file holds its report twice, so that half of it is all of it: no excerpts are made."""
HALVES = ("chosen on", "checked on")


@dataclass(frozen=True)
class Pair:
    """Two reports that were compared.

    Attributes:
        truth: the verdict that is right; ``revised`` when either may be.
        kind: how the copy was made.
        half: whether the thresholds were chosen on this report, 0, or not, 1.
        plain: what was found without the years and places of the titles.
        titled: the verdict with them.
        share: what the sketches have in common, of the smaller.
        looked_up: whether that makes the pair a candidate.
    """

    truth: str
    kind: str
    half: int
    plain: Similarity
    titled: str
    share: float
    looked_up: bool


@dataclass(frozen=True)
class Side:
    """A report and its sketch."""

    document: Document
    hashes: frozenset[int]


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    folders = [ROOT / "seeds" / "reports", *([REPORTS] if REPORTS.is_dir() else [])]
    files = [file for folder in folders for file in sorted(folder.glob("*.txt"))]
    texts = {file.name: file.read_text("utf-8") for file in files}
    pairs = [*_copies(texts, draws), *_unrelated(texts)]
    print(f"{len(texts)} reports, {len(pairs):,} pairs, {draws} draw(s) of every copy\n")
    _print_kinds(pairs)
    _print_halves(pairs)
    _print_margins(pairs)
    _print_times(list(texts.values()))


def _copies(texts: dict[str, str], draws: int) -> Iterator[Pair]:
    reposts = {k: m for k, m in REPOSTS.items() if k != "Traditional" or find_spec("opencc")}
    for number, (name, text) in enumerate(texts.items()):
        donors = [
            sentence.text
            for other, donor in texts.items()
            if other != name
            for sentence in parse_document(donor).sentences
            if sentence.kind == "sentence"
        ]
        made = templates(donors)
        damaged = {f"{kind}; damaged": together(made[kind], EVERYTHING) for kind in made}
        makers: list[tuple[str, str, Maker | None, Maker]] = [
            *(("same", kind, None, maker) for kind, maker in reposts.items()),
            ("same", "two pages of one site", with_furniture, with_furniture),
            ("same", "two damaged copies", EVERYTHING, with_related),
            *(("similar", kind, None, maker) for kind, maker in (made | damaged).items()),
            *(("revised", kind, None, maker) for kind, maker in revisions(donors).items()),
        ]
        if name != TWICE:
            makers += [("similar", kind, None, maker) for kind, maker in EXCERPTS.items()]
        report = _side(text)
        for truth, kind, left, right in makers:
            for draw in range(draws):
                rng = Random(f"{name} {kind} {draw}")
                one = _side(left(text, rng)) if left else report
                yield _pair(truth, kind, number % 2, one, _side(right(text, rng)))


def _unrelated(texts: dict[str, str]) -> Iterator[Pair]:
    sides = list(map(_side, texts.values()))
    for (i, one), (j, other) in combinations(enumerate(sides), 2):
        if i % 2 == j % 2:
            yield _pair("different", "two reports", i % 2, one, other)


def _side(text: str) -> Side:
    document = parse_document(text)
    return Side(document, frozenset(sketch(document)))


def _pair(truth: str, kind: str, half: int, one: Side, other: Side) -> Pair:
    common, own, size = len(one.hashes & other.hashes), len(one.hashes), len(other.hashes)
    return Pair(
        truth=truth,
        kind=kind,
        half=half,
        plain=compare(_untitled(one.document), _untitled(other.document)),
        titled=compare(one.document, other.document).verdict,
        share=common / min(own, size),
        looked_up=bool(candidates({"other": common}, {"other": size}, own)),
    )


def _untitled(document: Document) -> Document:
    return replace(document, year="", region="")


def _percent(flags: Iterable[bool]) -> str:
    return f"{100 * statistics.mean(flags):.1f}"


def _range(values: Sequence[float]) -> str:
    return f"{min(values):.3f} to {max(values):.3f}"


def _print_kinds(pairs: Sequence[Pair]) -> None:
    rows = []
    for truth, kind in dict.fromkeys((pair.truth, pair.kind) for pair in pairs):
        some = [pair for pair in pairs if pair.kind == kind]
        rows.append(
            [
                truth,
                kind,
                str(len(some)),
                *(_percent(p.plain.verdict == v for p in some) for v in ("same", "similar")),
                *(_percent(p.titled == v for p in some) for v in ("same", "similar")),
                _percent(pair.looked_up for pair in some),
                _range([pair.share for pair in some]),
            ]
        )
    print_table(
        [
            "is",
            "made by",
            "pairs",
            "% called same",
            "similar",
            "same, by title too",
            "similar, by title too",
            "% candidates",
            "share of the sketch",
        ],
        rows,
    )


def _print_halves(pairs: Sequence[Pair]) -> None:
    rows = []
    for half, name in enumerate(HALVES):
        some = [pair for pair in pairs if pair.half == half and pair.truth != "revised"]
        for verdict in ("same", "similar"):
            called = [pair.truth == verdict for pair in some if pair.plain.verdict == verdict]
            meant = [pair for pair in some if pair.truth == verdict]
            rows.append(
                [
                    name,
                    verdict,
                    str(len(meant)),
                    _percent(called),
                    _percent(pair.plain.verdict == verdict for pair in meant),
                    _percent(pair.looked_up for pair in meant),
                ]
            )
    print_table(["reports", "verdict", "pairs", "precision %", "recall %", "candidates %"], rows)


def _print_margins(pairs: Sequence[Pair]) -> None:
    groups = {
        "re-posts": lambda pair: pair.truth == "same",
        "other figures": lambda pair: pair.truth == "similar" and "figure" in pair.kind,
        "other sentences": lambda pair: pair.truth == "similar" and "sentences" in pair.kind,
        "excerpts": lambda pair: pair.kind in EXCERPTS,
        "two reports": lambda pair: pair.truth == "different",
    }
    rows = []
    for half, name in enumerate(HALVES):
        for group, belongs in groups.items():
            some = [pair.plain for pair in pairs if pair.half == half and belongs(pair)]
            rows.append(
                [
                    name,
                    group,
                    _range([like.containment for like in some]),
                    _range([like.length for like in some]),
                    _range([like.rewritten for like in some]),
                    _range([1 - like.figures for like in some]),
                ]
            )
    print_table(["reports", "pairs", "containment", "length", "rewritten", "figures unequal"], rows)


def _print_times(texts: Sequence[str]) -> None:
    documents = [parse_document(text) for text in texts]
    sketching, comparing, sizes = [], [], []
    for document in documents:
        began = time.process_time()
        sizes.append(len(sketch(document)))
        sketched = time.process_time()
        compare(document, document)
        comparing.append(time.process_time() - sketched)
        sketching.append(sketched - began)
    length = statistics.mean(map(len, texts))
    print(
        f"A report of {length:,.0f} characters has {statistics.mean(sizes):.0f} hashes, made in"
        f" {1000 * statistics.mean(sketching):.1f} ms; comparing it with its copy takes"
        f" {1000 * statistics.mean(comparing):.0f} ms (means of {len(texts)})."
    )


if __name__ == "__main__":
    main()
