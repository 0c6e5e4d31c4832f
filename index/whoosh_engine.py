"""The Whoosh engine: postings in Whoosh, rows beside them in the same order.

Matching never depends on how text was cut into words: every string of a query is looked for in
the rows' text. The words and their postings decide the ranking.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nlp.errors import IndexLostError, LibraryError
from . import bm25
from .engine import Entry, Facet, Found, Retag, Sort
from .plan import filters
from .query import And, Filter, Node, Not, Or, Run, Text
from .rows import Mask, RowData, Rows

FORMAT = 1
_MANIFEST = "manifest.json"
_POSTINGS = "postings"
_ATTEMPTS = 5


class WhooshEngine:
    """An :class:`~gongwen.index.engine.Engine` in ``folder``, which is created when absent.

    The manifest names the rows that belong to the postings. It is written last, so a process
    that dies leaves either the old state or the new; :meth:`feed` puts right what lies between.

    Args:
        folder: where the index lives.
        owner: names the library; the index of another one is not used.

    Raises:
        IndexLostError: the index is damaged, of another format, or another library's.
    """

    def __init__(self, folder: Path, owner: str = "") -> None:
        self._folder = folder
        self._owner = owner
        self._postings_: Any = None
        self._closed = False
        self._manifest, self._rows = self._open()

    def _open(self) -> tuple[dict[str, Any], Rows | None]:
        """Return the manifest and the rows that it names."""
        for attempt in range(1, _ATTEMPTS + 1):
            manifest = self._read_manifest()
            if "rows" not in manifest:
                return manifest, None
            try:
                return manifest, Rows(self._folder / manifest["rows"])
            except (OSError, ValueError, EOFError, KeyError, TypeError) as error:
                # A writer may have replaced the rows since the manifest was read.
                if attempt == _ATTEMPTS:
                    raise self._lost(f"its rows cannot be read ({error})") from None
        raise AssertionError("unreachable")

    def _lost(self, why: str) -> IndexLostError:
        return IndexLostError(f"{self._folder}: {why}; run gongwen reindex")

    def _read_manifest(self) -> dict[str, Any]:
        path = self._folder / _MANIFEST
        if not path.exists():
            return {"format": FORMAT, "generation": 0, "owner": self._owner}
        try:
            manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
            version, owner = manifest["format"], manifest.get("owner", "")
            if version == FORMAT:
                int(manifest["generation"]), Path(manifest["rows"])
                if latest_version(self._folder / _POSTINGS) < int(manifest["postings"]):
                    raise self._lost("its postings are lost")
        except (ValueError, KeyError, TypeError):
            raise self._lost("its manifest is damaged") from None
        if version != FORMAT:
            raise self._lost(f"it has format {version}")
        if owner != self._owner:
            raise self._lost("it belongs to another library")
        return manifest

    @property
    def _postings(self) -> Any:
        # Whoosh is imported and opened only when words are needed: a filter or an exact string
        # is answered from the rows alone.
        self._check_open()
        if self._postings_ is None:
            from .postings import Postings

            self._postings_ = Postings(self._folder / _POSTINGS)
        return self._postings_

    def _check_open(self) -> None:
        if self._closed:
            raise LibraryError(f"{self._folder}: the index was closed; open it again")

    @property
    def generation(self) -> int:
        """The store's generation up to which the index is complete."""
        return int(self._manifest["generation"])

    @property
    def total_words(self) -> int:
        """How many words all sentences hold together."""
        return int(self._manifest.get("words", 0))

    def close(self) -> None:
        """Release every file."""
        if self._rows:
            self._rows.close()
        if self._postings_:
            self._postings_.close()
        self._rows = self._postings_ = None
        self._closed = True

    # -- writing ---------------------------------------------------------------------------

    def feed(self, entries: Iterable[Entry], delete: Iterable[int], generation: int) -> None:
        """Delete, add, and make both visible in one step as ``generation``."""
        self._check_open()
        data = self._rows.load() if self._rows else RowData.empty()
        row_of = {id_: row for row, id_ in enumerate(data.ids) if id_}
        added = RowData.empty()
        postings = self._postings
        numbers = postings.ids()
        unwanted = set(delete)

        def adding() -> Iterator[tuple[int, Sequence[str]]]:
            for entry in entries:
                unwanted.add(entry.id)
                added.add(entry)
                yield entry.id, entry.words

        def gone() -> list[int]:
            # What the rows do not know was added by a process that died before its manifest.
            return [n for n, i in enumerate(numbers) if i and (i in unwanted or i not in row_of)]

        postings.update(adding(), gone)
        self._publish(data, added, row_of, generation)

    def retag(self, changes: Iterable[Retag], generation: int) -> None:
        """Change topics and roles of sentences that are there, in one step as ``generation``."""
        if not self._rows or self._postings.version != self._manifest["postings"]:
            # A process has died between postings and rows: put that right first.
            self.feed((), (), self.generation)
        assert self._rows is not None
        data = self._rows.load()
        row_of = {id_: row for row, id_ in enumerate(data.ids) if id_}
        for change in changes:
            if (row := row_of.get(change.id)) is not None:
                data.topics[row] = change.topics
                data.probability[row] = change.probability
                data.coded["role"][row] = change.role
        self._write(data, generation)

    def _publish(
        self, old: RowData, added: RowData, row_of: dict[int, int], generation: int
    ) -> None:
        """Write the rows in the order of Whoosh's documents, then the manifest that names them."""
        base = len(old.ids)
        where = row_of | {id_: base + row for row, id_ in enumerate(added.ids)}
        rows = (where[id_] if id_ else -1 for id_ in self._postings.ids())
        old.ids += added.ids
        old.text += added.text
        old.lengths += added.lengths
        old.probability += added.probability
        old.topics += added.topics
        for name, column in old.coded.items():
            column += added.coded[name]
        old.reports |= added.reports
        self._write(old.select(rows), generation)

    def _write(self, data: RowData, generation: int) -> None:
        """Write rows and the manifest that names them, and read from them from now on."""
        number = 1
        while (self._folder / (name := f"rows-{generation}-{number}")).exists():
            number += 1
        data.write(self._folder / name)
        manifest = {
            "format": FORMAT,
            "owner": self._owner,
            "generation": generation,
            "rows": name,
            "postings": self._postings.version,
            "sentences": sum(id_ > 0 for id_ in data.ids),
            "words": sum(data.lengths),
        }
        partial = self._folder / (_MANIFEST + ".partial")
        partial.write_text(json.dumps(manifest), "utf-8")
        for path in (*(self._folder / name).iterdir(), partial):
            _sync(path)  # or a power cut leaves a manifest that names empty files
        partial.replace(self._folder / _MANIFEST)
        if self._rows:
            self._rows.close()
        self._manifest, self._rows = manifest, Rows(self._folder / name)
        for stale in self._folder.glob("rows-*"):
            if stale.name != name:
                shutil.rmtree(stale, ignore_errors=True)

    # -- reading ---------------------------------------------------------------------------

    def search(
        self,
        query: Node,
        *,
        limit: int = 20,
        offset: int = 0,
        sort: Sort = "relevance",
        facets: Sequence[Facet] = (),
    ) -> Found:
        """Find the sentences that match ``query``, a planned tree; ties are in order of id."""
        self._check_open()
        if not self._rows:
            return Found([], [], 0, {facet: {} for facet in facets})
        rows = self._rows
        seen: dict[Text, NDArray[np.int64]] = {}
        mask = self._match(query, seen) & rows.live
        matched = np.flatnonzero(mask)
        counts: dict[str, dict[str, int]] = {facet: rows.counts(facet, mask) for facet in facets}
        if not limit or not len(matched):
            return Found([], [], len(matched), counts)
        scores, rank = self._scores(query, seen, matched)
        if any(f.field == "topic" for f in filters(query)) and not scores.any():
            scores = rows.probability[matched].astype(float)  # nothing but topics to rank by
        keys: list[NDArray[Any]] = [rows.ids[matched], -scores, -rank]
        if sort == "year":
            keys.append(-rows.years()[matched])
        order = np.lexsort(keys)[offset : offset + limit]
        return Found(
            rows.ids[matched[order]].tolist(),
            np.round(scores[order], 4).tolist(),
            len(matched),
            counts,
        )

    def count(self, query: Node) -> int:
        """Return how many sentences match ``query``."""
        return self.search(query, limit=0).total

    def frequency(self, word: str) -> int:
        """Return how many sentences hold ``word`` among their words."""
        return int(self._postings.frequency(word)) if self._rows else 0

    def _match(self, node: Node, seen: dict[Text, NDArray[np.int64]]) -> Mask:
        assert self._rows is not None
        size = len(self._rows)
        match node:
            case Text():
                mask = np.zeros(size, bool)
                mask[self._occurrences(node, seen)] = True
                return mask
            case Run(words=words, any=any_):
                masks = (self._match(Or(alternatives), seen) for alternatives in words)
                combine = np.logical_or if any_ else np.logical_and
                return np.asarray(combine.reduce(list(masks)))
            case Filter(field=field, values=values):
                return self._rows.filter(field, values)
            case And(parts=parts):
                mask = np.ones(size, bool)
                for part in parts:
                    mask &= self._match(part, seen)
                return mask
            case Or(parts=parts):
                mask = np.zeros(size, bool)
                for part in parts:
                    mask |= self._match(part, seen)
                return mask
            case Not(part=part):
                return ~self._match(part, seen)

    def _occurrences(self, text: Text, seen: dict[Text, NDArray[np.int64]]) -> NDArray[np.int64]:
        assert self._rows is not None
        if text not in seen:
            seen[text] = self._rows.occurrences(text)
        return seen[text]

    def _scores(
        self, query: Node, seen: dict[Text, NDArray[np.int64]], matched: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return BM25 of the ``matched`` rows, and how many runs each has unbroken."""
        assert self._rows is not None
        rows = self._rows
        size = len(rows)
        total = np.zeros(size)
        rank = np.zeros(size, np.int64)
        lengths = rows.lengths
        norm = bm25.length_norm(lengths, self.total_words, int(rows.live.sum()))
        for leaf, in_run in _positive(query):
            if isinstance(leaf, Run):
                if leaf.words != ((Text(leaf.text, whole=True),),):  # more to it than one word
                    rank[np.unique(self._occurrences(Text(leaf.text), seen))] += 1
                continue
            found = self._occurrences(leaf, seen)
            inside = np.bincount(found, minlength=size).astype(np.float32)
            documents = int(np.count_nonzero(inside))
            as_word = self._as_word(leaf.text) if in_run else inside
            total += bm25.weight(inside, as_word, documents, int(rows.live.sum()), norm)
        lighter = rows.kinds("title", "heading")
        total[lighter] *= bm25.HEADING
        return total[matched], rank[matched]

    def _as_word(self, text: str) -> NDArray[np.float32]:
        """Return how often each row holds ``text`` as a word."""
        assert self._rows is not None
        as_word = np.zeros(len(self._rows), np.float32)
        # Postings of another version belong to other rows; until the index has caught up, the
        # order suffers and nothing else.
        if self._postings.version == self._manifest["postings"]:
            numbers, counts = self._postings.postings(text)
            as_word[numbers] = counts
        return as_word


def latest_version(folder: Path) -> int:
    """Return the version of the newest commit in a folder of postings, -1 without any."""
    found = (re.fullmatch(r"_MAIN_(\d+)\.toc", path.name) for path in folder.glob("_MAIN_*.toc"))
    return max((int(match[1]) for match in found if match), default=-1)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _positive(node: Node, in_run: bool = False) -> Iterable[tuple[Text | Run, bool]]:
    """Yield the strings and runs that a sentence can earn a score by."""
    match node:
        case Text():
            yield node, in_run
        case Run(words=words):
            yield node, True
            for alternatives in words:
                for text in alternatives:
                    yield text, True
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from _positive(part)
        case _:
            return
