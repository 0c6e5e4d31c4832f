"""A library of this project among the engines of :mod:`benchmarks.search`, built and asked whole.

The texts are put into its store as ``gongwen add`` puts those of reports, and the index follows the
store. What is left out is what the other engines do not do: reading files, finding sentences in
them, tagging, and figures. A search is that of a user: it takes the text of its hits from the
store, marks what matched, lists near-copies once, and suggests other words where nothing is found.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.search_queries import LIMIT, Cut, Hit, Query, Sentence, typed
from gongwen.nlp.records import Document, Tag
from gongwen.nlp.records import Sentence as Unit

OF_REPORT = 200
"""Sentences of a report."""


def library_cutter(name: str) -> Cut:
    """Return what a new library cuts words with, where only one of jieba and rjieba is installed.

    Args:
        name: ``jieba`` or ``rjieba``.
    """
    segmenter: Any = _segmenter(name)
    cut: Cut = type(segmenter).cut.__get__(segmenter)
    cut("")
    return cut


def _segmenter(name: str) -> Any:
    if name == "jieba":
        sys.modules["rjieba"] = None  # type: ignore[assignment]
    from gongwen.ingest.worker import segmenter

    return segmenter(segmenter("").fingerprint)


def build_library(folder: Path, sentences: Iterable[Sentence], cut: Cut) -> None:
    """Store the sentences in reports of :data:`OF_REPORT`, then index them.

    Args:
        folder: of the new library.
        sentences: with the ids 1, 2, 3 and so on.
        cut: takes the place of the method of the segmenter, to be timed.
    """
    from gongwen.ingest.worker import segmenter
    from gongwen.nlp.topics.taxonomy import Taxonomy
    from gongwen.storage.index_sync import Indexing
    from gongwen.storage.lock import WriterLock
    from gongwen.storage.store import FileContent, NewReport, Store

    chosen: Any = segmenter(segmenter("").fingerprint)
    chosen.cut = cut
    taxonomy = Taxonomy.shipped()
    store = Store(folder, create=True)
    for number, part in enumerate(_parts(sentences)):
        name = f"r{number}"
        tags = [Tag(sentence.topic) for sentence in part]
        report = NewReport(name, name, _document(part), tags)
        store.put(FileContent(name, name, (report,)), taxonomy)
    indexing = Indexing(folder, store, WriterLock(folder))
    indexing.catch_up()
    indexing.close()
    store.close()


def _parts(sentences: Iterable[Sentence]) -> Iterator[list[Sentence]]:
    left = iter(sentences)
    while part := list(islice(left, OF_REPORT)):
        yield part


def _document(part: list[Sentence]) -> Document:
    units, start = [], 0
    for n, sentence in enumerate(part, 1):
        end = start + len(sentence.text)
        units.append(Unit(n, sentence.text, start, end))
        start = end + 1
    text = "\n".join(sentence.text for sentence in part)
    return Document(text, sentences=tuple(units))


class OurLibrary:
    """A library, asked through its public methods."""

    def __init__(self, folder: Path) -> None:
        import gongwen

        self._library = gongwen.open(folder)

    def _search(self, query: Query, **options: Any) -> Any:
        topic = f" topic:{query.topic}" if query.topic else ""
        return self._library.search(typed(query) + topic, **options)

    def find(self, query: Query) -> list[Hit]:
        """Return the best hits."""
        return [_hit(hit) for hit in self._search(query, limit=LIMIT)]

    def count(self, query: Query) -> int:
        """Return how many sentences match as typed: no other words, no fewer words."""
        found = self._search(query, limit=0, synonyms="never")
        return int(found.total) if found.match == "all" else 0

    def by_topic(self, query: Query) -> dict[str, int]:
        """Return the counts of the facet of topics."""
        return dict(self._search(query, limit=0, counts=("topic",)).counts["topic"])

    def ids(self, query: Query) -> list[int]:
        """Return the id of every sentence that matches, each near-copy by itself."""
        return [_hit(hit).id for hit in self._search(query, limit=1_000_000, group=False)]


def _hit(hit: Any) -> Hit:
    return Hit(OF_REPORT * int(hit.report.id[1:]) + hit.n, hit.text)
