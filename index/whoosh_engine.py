"""The Whoosh engine: postings in Whoosh, rows beside them in the same order.

Matching never depends on how text was cut into words: every string of a query is looked for in
the rows' text. The words and their postings decide the ranking.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nlp.errors import IndexLostError, LibraryError
from .engine import Entry, Facet, Found, FoundReport, Retag, Sort
from .grams import give_back
from .matching import Matcher, lone_text
from .plan import without_boilerplate
from .query import Node
from .ranking import Ranked, Ranker
from .reportranking import ReportRanker
from .rowdata import SCANNED_ROWS, RowBuilder, RowData
from .rows import Mask, Rows
from .standing import standing

FORMAT = 2
_MANIFEST = "manifest.json"
_ATTEMPTS = 5


class WhooshEngine:
    """An :class:`~gongwen.index.engine.Engine` in ``folder``, which is created when absent.

    The manifest names the rows that belong to the postings. It is written last, so a process
    that dies leaves either the old state or the new; :meth:`feed` puts right what lies between.

    Args:
        folder: where the index lives.
        owner: names the library; the index of another one is not used.
        scanned: up to so many rows strings are found by scanning all text, beyond by bigrams.

    Raises:
        IndexLostError: the index is damaged, of another format, or another library's.
    """

    def __init__(self, folder: Path, owner: str = "", scanned: int = SCANNED_ROWS) -> None:
        self._folder = folder
        self._scanned = scanned
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
        try:
            manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
            version, owner = manifest["format"], manifest.get("owner", "")
            if version == FORMAT:
                int(manifest["generation"]), Path(manifest["rows"])
                if latest_version(self._folder / manifest["build"]) < int(manifest["postings"]):
                    raise self._lost("its postings are lost")
        except FileNotFoundError:  # none yet, or another process is just replacing the index
            # A name of its own, for a reader of an index that was thrown away must not take the
            # postings of the next one for those of its rows.
            build = f"postings-{token_hex(4)}"
            return {"format": FORMAT, "generation": 0, "owner": self._owner, "build": build}
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
            with self._reading():
                from .postings import Postings

                new = "rows" not in self._manifest
                self._postings_ = Postings(self._folder / self.build, create=new)
        return self._postings_

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Whatever Whoosh trips over in a damaged file is an index that is lost."""
        try:
            yield
        except (LibraryError, ImportError):
            raise
        except Exception as error:
            raise self._lost(f"its postings cannot be read ({type(error).__name__})") from None

    def _check_open(self) -> None:
        if self._closed:
            raise LibraryError(f"{self._folder}: the index was closed; open it again")

    @property
    def build(self) -> str:
        """Name of this build of the index; one that replaces it has another."""
        return str(self._manifest["build"])

    def check(self) -> None:
        """Read all words; raise IndexLostError when they cannot be read."""
        for _ in self.vocabulary():
            pass

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
        if self._postings_:
            self._postings_.close()
        self._rows = self._postings_ = None
        self._closed = True

    # -- writing ---------------------------------------------------------------------------

    def feed(self, entries: Iterable[Entry], delete: Iterable[int], generation: int) -> None:
        """Delete, add, and make both visible in one step as ``generation``."""
        self._check_open()
        data = self._rows.load() if self._rows else RowData.of(())
        added = RowBuilder()
        postings = self._postings
        numbers = postings.ids()
        unwanted = set(delete)

        def adding() -> Iterator[tuple[int, Sequence[str]]]:
            for entry in entries:
                unwanted.add(entry.id)
                added.add(entry)
                # What does not stand in the text is no word of it: matching relies on that.
                yield entry.id, list(standing(entry.words, entry.text))

        def gone() -> list[int]:
            # What the rows do not know was added by a process that died before its manifest.
            unknown = ~np.isin(numbers, data.ids)
            unknown |= np.isin(numbers, np.fromiter(unwanted, np.int64, len(unwanted)))
            return np.flatnonzero(unknown & (numbers != 0)).tolist()

        postings.update(adding(), gone)
        # Rows come in the order of Whoosh's documents, then the manifest that names them.
        if added.ids:
            data = data.plus(added.finished())
        if self._rows:  # copied by now
            give_back(self._rows.text.units)
            give_back(self._rows.digits.units)
        self._write(data.select(places_of(postings.ids(), data.ids)), generation)

    def retag(self, changes: Iterable[Retag], generation: int) -> None:
        """Change topics and roles of sentences that are there, in one step as ``generation``."""
        if not self._rows or self._postings.version != self._manifest["postings"]:
            # A process has died between postings and rows: put that right first.
            self.feed((), (), self.generation)
        assert self._rows is not None
        self._write(self._rows.load().retagged(changes), generation, self._rows.folder)

    def _write(self, data: RowData, generation: int, like: Path | None = None) -> None:
        """Write rows and the manifest that names them, and read from them from now on.

        ``like`` is a folder of rows with the same text, whose bigrams are taken over.
        """
        number = 1
        while (self._folder / (name := f"rows-{generation}-{number}")).exists():
            number += 1
        data.write(self._folder / name, self._scanned, like)
        manifest = {
            "format": FORMAT,
            "owner": self._owner,
            "build": self.build,
            "generation": generation,
            "rows": name,
            "postings": self._postings.version,
            "sentences": int(np.count_nonzero(data.ids)),
            "words": int(data.lengths.sum()),
        }
        partial = self._folder / (_MANIFEST + ".partial")
        partial.write_text(json.dumps(manifest), "utf-8")
        written = [*(self._folder / name).iterdir(), *(self._folder / self.build).iterdir()]
        for path in (*written, partial):
            _sync(path)  # or a power cut leaves a manifest that names empty files
        partial.replace(self._folder / _MANIFEST)
        self._manifest, self._rows = manifest, Rows(self._folder / name)
        for stale in (*self._folder.glob("rows-*"), *self._folder.glob("postings-*")):
            if stale.name not in (name, self.build):
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
        prefer: Node | None = None,
    ) -> Found:
        """Find the sentences that match ``query``, a planned tree; ties are in order of id."""
        if not limit and not facets:
            return Found([], [], self.count(query))
        matcher, mask, counts = self._match(query, facets)
        total = int(np.count_nonzero(mask))
        if not limit or not total:
            return Found([], [], total, counts)
        ranked = self._rank(matcher, query, mask, sort, prefer)
        page = slice(offset, offset + limit)
        return Found(self._ids(ranked.rows[page]), _rounded(ranked.scores[page]), total, counts)

    def search_reports(
        self,
        query: Node,
        *,
        limit: int = 20,
        offset: int = 0,
        best: int = 3,
        sort: Sort = "relevance",
        facets: Sequence[Facet] = (),
        prefer: Node | None = None,
    ) -> Found:
        """Find the reports with sentences that match ``query``, and the best sentences of each."""
        matcher, mask, counts = self._match(query, facets)
        total = int(np.count_nonzero(mask))
        if not total:
            return Found([], [], 0, counts)
        assert self._rows is not None
        ranked = self._rank(matcher, query, mask, "relevance", prefer)
        reports = ReportRanker(self._rows, best).rank(ranked, sort)
        found = [
            FoundReport(
                report.id,
                round(report.score, 4),
                report.matches,
                self._ids(report.best.rows),
                _rounded(report.best.scores),
            )
            for report in reports[offset : offset + limit]
        ]
        return Found(
            [id_ for report in found for id_ in report.ids],
            [score for report in found for score in report.scores],
            total,
            counts,
            found,
            len(reports),
        )

    def _match(
        self, query: Node, facets: Sequence[Facet] = ()
    ) -> tuple[Matcher | None, Mask, dict[str, dict[str, int]]]:
        """Return what matched the strings, the rows that match, and their counts by facet."""
        self._check_open()
        if not self._rows:
            return None, np.zeros(0, bool), {facet: {} for facet in facets}
        rows = self._rows
        matcher = Matcher(rows, self)
        mask = matcher.mask(query) & rows.live
        return matcher, mask, {facet: rows.counts(facet, mask) for facet in facets}

    def _rank(
        self, matcher: Matcher | None, query: Node, mask: Mask, sort: Sort, prefer: Node | None
    ) -> Ranked:
        assert self._rows is not None and matcher is not None
        ranker = Ranker(self._rows, matcher, self.total_words)
        preferred = matcher.mask(prefer) if prefer is not None else None
        ranked = ranker.rank(query, np.flatnonzero(mask), preferred)
        if sort == "year":
            latest = np.argsort(-self._rows.years()[ranked.rows], kind="stable")
            return Ranked(ranked.rows[latest], ranked.scores[latest])
        return ranked

    def postings(self, word: str) -> tuple[NDArray[np.int64], NDArray[np.float32]] | None:
        """Return the rows that hold ``word`` as a word and how often, ``None`` if not known."""
        # Postings of another version belong to other rows; until the index has caught up, the
        # order suffers and nothing else.
        if self._postings.version != self._manifest["postings"]:
            return None
        with self._reading():
            found: tuple[NDArray[np.int64], NDArray[np.float32]] = self._postings.postings(word)
        return found

    def _ids(self, rows: NDArray[np.int64]) -> list[int]:
        assert self._rows is not None
        ids: list[int] = self._rows.ids[rows].tolist()
        return ids

    def count(self, query: Node) -> int:
        """Return how many sentences match ``query``; of one word it is known beforehand."""
        self._check_open()
        spoken = without_boilerplate(query)
        text = lone_text(query if spoken is None else spoken)
        if text and self._rows:
            total = self._rows.document_frequency(text, boilerplate=spoken is None)
            if total is not None:
                return total
        return int(np.count_nonzero(self._match(query)[1]))

    def frequency(self, word: str) -> int:
        """Return how many sentences hold ``word`` among their words."""
        with self._reading():
            return int(self._postings.frequency(word)) if self._rows else 0

    def vocabulary(self) -> Iterator[tuple[str, int]]:
        """Yield every word of the index and how many sentences hold it, in no order."""
        with self._reading():
            if self._rows:
                yield from self._postings.vocabulary()

    def strings(self, pattern: re.Pattern[str]) -> Counter[str]:
        """Return the strings of the text that match ``pattern``, and how often each stands."""
        self._check_open()
        return self._rows.strings(pattern) if self._rows else Counter()


def places_of(ids: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each of ``ids`` stands in ``among`` for the last time, -1 for id 0."""
    if not len(ids):
        return ids
    order = np.argsort(among, kind="stable")
    places = order[np.searchsorted(among[order], ids, "right") - 1]
    return np.where(ids > 0, places, -1)


def _rounded(scores: NDArray[np.float64]) -> list[float]:
    rounded: list[float] = np.round(scores, 4).tolist()
    return rounded


def latest_version(folder: Path) -> int:
    """Return the version of the newest commit in a folder of postings, -1 without any."""
    found = (re.fullmatch(r"_MAIN_(\d+)\.toc", path.name) for path in folder.glob("_MAIN_*.toc"))
    return max((int(match[1]) for match in found if match), default=-1)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
