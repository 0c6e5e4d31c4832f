"""The Whoosh engine: postings in Whoosh, columns beside them in the same order.

Matching never depends on how text was cut into words: every string of a query is looked for in
the rows' text. The words and their postings decide the ranking.
"""

from __future__ import annotations

import errno
import json
import re
import shutil
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..nlp.errors import IndexLostError, LibraryError
from .bigrams import release_memory
from .column_writer import SCAN_LIMIT_ROWS, RowBuilder, RowData
from .columns import Mask, Rows
from .engine import Entry, Facet, Found, FoundReport, Retag, Sort
from .index_files import (
    compare_rows,
    file_identity,
    find_damage,
    latest_version,
    sync,
    sync_files,
    sync_folder,
)
from .matching import Matcher, single_text
from .planner import without_boilerplate
from .query import Node
from .scan import words_in_text
from .scoring import RankedRows, Ranker, ReportRanker

if TYPE_CHECKING:
    from .whoosh_postings import Postings


FORMAT = 2
_MANIFEST = "manifest.json"
_STAGED_MANIFEST = "manifest-next.json"
_NAME_PREFIXES = ("rows-", "postings-", "manifest")
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.02


class WhooshEngine:
    """An :class:`~gongwen.index.engine.Engine` in ``folder``, which is created when absent.

    The manifest names the rows that belong to the postings. It is written last, so a process
    that dies leaves either the old state or the new; :meth:`feed` puts right what lies between.
    Threads may read from one engine. Only one writes, under the lock of the library, and with an
    engine of its own: one whose writing failed is of no further use.

    Args:
        folder: where the index lives.
        owner: names the library; the index of another one is not used.
        scanned: up to so many rows strings are found by scanning all text, beyond by bigrams.
        staged: make a new index in the same folder, which :meth:`publish` puts in the place of
            the one that is there.

    Raises:
        IndexLostError: the index is damaged, of another format, or another library's.
    """

    def __init__(
        self, folder: Path, owner: str = "", scan_limit: int = SCAN_LIMIT_ROWS, staged: bool = False
    ) -> None:
        self._folder = folder
        self._scan_limit = scan_limit
        self._owner = owner
        self._staged = staged
        self._idle: list[Postings] = []  # open readers of postings, each for one thread at a time
        self._closed = False
        self._is_overlay = False
        self._manifest_identity: tuple[int, ...] = ()
        self._manifest, self._rows = (self._new_manifest(), None) if staged else self._open()

    def _open(self) -> tuple[dict[str, Any], Rows | None]:
        """Return the manifest and the rows that it names.

        What fails is tried again: a writer may have replaced the rows since the manifest was read.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            self._manifest_identity = file_identity(self._folder / _MANIFEST)
            try:
                manifest = self._read_manifest()
                return manifest, Rows(self._folder / manifest["rows"]) if manifest["rows"] else None
            except IndexLostError:
                if attempt == _ATTEMPTS:
                    raise
            # SystemError: Python 3.11 parses the heads of arrays in one thread at a time only.
            except (OSError, ValueError, EOFError, LookupError, TypeError, SystemError) as error:
                if attempt == _ATTEMPTS:
                    raise self._lost_error(f"its rows cannot be read ({error})") from None
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError("unreachable")

    def _lost_error(self, why: str) -> IndexLostError:
        return IndexLostError(f"{self._folder}: {why}; run gongwen reindex")

    def _new_manifest(self) -> dict[str, Any]:
        # Postings have a name of their own, for a reader of an index that was replaced must not
        # take those of the next one for those of its rows.
        build = f"postings-{token_hex(4)}"
        return {
            "format": FORMAT, "generation": 0, "owner": self._owner, "build": build, "rows": ""
        }  # fmt: skip

    def _read_manifest(self) -> dict[str, Any]:
        try:
            manifest: dict[str, Any] = json.loads((self._folder / _MANIFEST).read_text("utf-8"))
            version, owner = manifest["format"], manifest.get("owner", "")
            if version == FORMAT:
                int(manifest["generation"]), int(manifest.get("words", 0))
                names = manifest["rows"], manifest["build"]
                if any(Path(name).name != name for name in names):
                    raise ValueError
                if latest_version(self._folder / manifest["build"]) < int(manifest["postings"]):
                    raise self._lost_error("its postings are lost")
        except FileNotFoundError:
            return self._new_manifest()
        except (ValueError, LookupError, TypeError, AttributeError):
            raise self._lost_error("its manifest is damaged") from None
        if version != FORMAT:
            raise self._lost_error(f"it has format {version}")
        if owner != self._owner:
            raise self._lost_error("it belongs to another library")
        return manifest

    @contextmanager
    def _lend_postings(self) -> Iterator[Postings]:
        """Lend an open reader of the postings; Whoosh's are for one thread at a time.

        What Whoosh trips over is reported as an index that is lost; whether its files are damaged,
        or were only replaced, :meth:`verify` says.
        """
        try:
            postings = self._take_postings()
            yield postings
            self._idle.append(postings)
        except (LibraryError, ImportError):
            raise
        except Exception as error:
            raise self._lost_error(
                f"its postings cannot be read ({type(error).__name__})"
            ) from None

    def _take_postings(self) -> Postings:
        # Whoosh is imported and opened only when words are needed: a filter or an exact string
        # is answered from the rows alone.
        self._check_open()
        with suppress(IndexError):
            return self._idle.pop()
        from .whoosh_postings import Postings

        for _ in range(_ATTEMPTS):
            try:
                return Postings(self._folder / self.build, create=not self._rows)
            except FileNotFoundError:  # a writer has just replaced what was about to be read
                if self.replaced:
                    raise
                time.sleep(_PAUSE_SECONDS)
        return Postings(self._folder / self.build, create=not self._rows)

    def _check_open(self) -> None:
        if self._closed:
            raise LibraryError(f"{self._folder}: the index was closed; open it again")

    @property
    def build(self) -> str:
        """Name of this build of the index; one that replaces it has another."""
        return str(self._manifest["build"])

    def verify(self) -> list[str]:
        """Return what is wrong with the files of the index, nothing when they are sound.

        Their sizes and checksums are compared with those in the manifest; of an index that has
        none yet all words are read.
        """
        files = self._manifest.get("files", {})
        found = find_damage(self._folder, files)
        if found and latest_version(self._folder / self.build) > self._manifest["postings"]:
            # A writer is between postings and manifest, or has died there, which the next one
            # puts right; the rows are as they were.
            rows = {name: known for name, known in files.items() if name[:5] == "rows-"}
            found = find_damage(self._folder, rows)
        if not files:
            try:
                for _ in self.vocabulary():
                    pass
            except IndexLostError as error:
                found.append(str(error))
        return found

    @property
    def replaced(self) -> bool:
        """Whether the index was written since this engine has opened it."""
        return self._manifest_identity != file_identity(self._folder / _MANIFEST)

    def compare(self, entries: Iterable[Entry], all_of_them: bool = True) -> list[str]:
        """Return where the rows say otherwise than ``entries``, a line a sentence."""
        self._check_open()
        if not self._rows:
            return []
        try:
            return list(compare_rows(self._rows, entries, all_of_them))
        except (LookupError, ValueError) as error:
            raise self._lost_error(f"its rows cannot be read ({error})") from None

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
        while self._idle:
            self._idle.pop().close()
        self._rows = None
        self._closed = True

    def overlaid(
        self, removed: Collection[int], changes: Iterable[Retag], generation: int
    ) -> WhooshEngine:
        """Return this index as it will be once these changes are fed, to read from; nothing is
        written.

        Args:
            removed: sentences that are gone.
            changes: sentences with new tags.
            generation: the store's generation that the changes lead to; sentences that were added
                until then are not in it.
        """
        view = copy(self)
        view._is_overlay = True
        view._manifest = self._manifest | {"generation": generation}
        view._rows = self._rows and self._rows.overlaid(removed, changes)
        return view

    # -- writing ---------------------------------------------------------------------------

    def feed(self, entries: Iterable[Entry], delete: Iterable[int], generation: int) -> None:
        """Delete, add, and make both visible in one step as ``generation``."""
        self._check_open()
        with self._lend_postings() as postings:
            numbers = postings.ids()
        data = self._rows.load() if self._rows else RowData.of(())
        added = RowBuilder()
        unwanted = set(delete)

        def adding() -> Iterator[tuple[int, Sequence[str]]]:
            for entry in entries:
                unwanted.add(entry.id)
                added.add(entry)
                # What does not stand in the text is no word of it: matching relies on that.
                yield entry.id, list(words_in_text(entry.words, entry.text))

        def gone() -> list[int]:
            # What the rows do not know was added by a process that died before its manifest.
            unknown = ~np.isin(numbers, data.ids)
            unknown |= np.isin(numbers, np.fromiter(unwanted, np.int64, len(unwanted)))
            return np.flatnonzero(unknown & (numbers != 0)).tolist()

        postings = self._take_postings()
        postings.update(adding(), gone)
        # Rows come in the order of Whoosh's documents, then the manifest that names them.
        if added.ids:
            data = data.concat(added.build())
        if self._rows:  # copied by now
            release_memory(self._rows.text.units)
            release_memory(self._rows.digits.units)
        data = data.select(row_positions(postings.ids(), data.ids))
        self._write(data, generation, postings.version)
        self._idle.append(postings)

    def retag(self, changes: Iterable[Retag], generation: int) -> None:
        """Change topics and roles of sentences that are there, in one step as ``generation``."""
        with self._lend_postings() as postings:
            version = postings.version
        if not self._rows or version != self._manifest["postings"]:
            # A process has died between postings and rows: put that right first.
            self.feed((), (), self.generation)
            version = self._manifest["postings"]
        assert self._rows is not None
        data = self._rows.load().retagged(changes)
        self._write(data, generation, version, self._rows.folder)

    def _write(
        self, data: RowData, generation: int, postings: int, bigrams_from: Path | None = None
    ) -> None:
        """Write rows and the manifest that names them, and read from them from now on.

        ``bigrams_from`` is a folder of rows with the same text, whose bigrams are taken over.
        """
        number = 1
        while (self._folder / (name := f"rows-{generation}-{number}")).exists():
            number += 1
        try:
            data.write(self._folder / name, self._scan_limit, bigrams_from)
            rows = Rows(self._folder / name)
        except (ValueError, EOFError) as error:  # NumPy does not notice a disk that is full
            raise OSError(errno.ENOSPC, f"rows were not written whole: {error}") from None
        # Files of postings are never changed once they are written.
        known = {n: f for n, f in self._manifest.get("files", {}).items() if n[:5] != "rows-"}
        manifest = {
            "format": FORMAT,
            "owner": self._owner,
            "build": self.build,
            "generation": generation,
            "rows": name,
            "postings": postings,
            "sentences": int(np.count_nonzero(data.ids)),
            "words": int(data.lengths.sum()),
            "files": sync_files(self._folder, (name, self.build), known),
        }
        target = self._folder / (_STAGED_MANIFEST if self._staged else _MANIFEST)
        partial = self._folder / f"{target.name}.{token_hex(8)}"
        partial.write_text(json.dumps(manifest), "utf-8")
        sync(partial)  # or a power cut leaves a manifest that is empty
        self._manifest_identity = file_identity(partial)
        partial.replace(target)
        sync_folder(self._folder)
        old = self._manifest["rows"]
        self._manifest, self._rows = manifest, rows
        if self._staged:
            if old:
                shutil.rmtree(self._folder / old, ignore_errors=True)
        else:
            self.tidy()

    def publish(self) -> None:
        """Put a staged index in the place of the one that is there, in one step."""
        (self._folder / _STAGED_MANIFEST).replace(self._folder / _MANIFEST)
        sync_folder(self._folder)
        self._staged = False
        self.tidy()

    def leftovers(self) -> list[Path]:
        """Return what belongs to no index any more, as a killed process may have left it."""
        if self.replaced:  # then it may belong to the next one
            return []
        kept = {str(self._manifest["rows"]), self.build, _MANIFEST}
        found = self._folder.iterdir() if self._folder.exists() else ()
        return [p for p in found if p.name not in kept and p.name.startswith(_NAME_PREFIXES)]

    def tidy(self) -> None:
        """Remove the leftovers; only for who holds the lock. Readers that have them open go on."""
        for path in self.leftovers():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()

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
        return Found(
            self._sentence_ids(ranked.rows[page]), _rounded(ranked.scores[page]), total, counts
        )

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
                self._sentence_ids(report.best.rows),
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
    ) -> RankedRows:
        assert self._rows is not None and matcher is not None
        ranker = Ranker(self._rows, matcher, self.total_words)
        preferred = matcher.mask(prefer) if prefer is not None else None
        ranked = ranker.rank(query, np.flatnonzero(mask), preferred)
        if sort == "year":
            latest = np.argsort(-self._rows.years()[ranked.rows], kind="stable")
            return RankedRows(ranked.rows[latest], ranked.scores[latest])
        return ranked

    def postings(self, word: str) -> tuple[NDArray[np.int64], NDArray[np.float32]] | None:
        """Return the rows that hold ``word`` as a word and how often, ``None`` if not known."""
        # Postings of another version belong to other rows; until the index has caught up, the
        # order suffers and nothing else.
        with self._lend_postings() as postings:
            same = postings.version == self._manifest["postings"]
            return postings.postings(word) if same else None

    def _sentence_ids(self, rows: NDArray[np.int64]) -> list[int]:
        assert self._rows is not None
        ids: list[int] = self._rows.ids[rows].tolist()
        return ids

    def count(self, query: Node) -> int:
        """Return how many sentences match ``query``; of one word it is known beforehand."""
        self._check_open()
        spoken = without_boilerplate(query)
        text = single_text(query if spoken is None else spoken)
        if text and self._rows and not self._is_overlay:  # the bigrams of removed rows count
            total = self._rows.document_frequency(text, boilerplate=spoken is None)
            if total is not None:
                return total
        return int(np.count_nonzero(self._match(query)[1]))

    def frequency(self, word: str) -> int:
        """Return how many sentences hold ``word`` among their words."""
        if not self._rows:
            return 0
        with self._lend_postings() as postings:
            return postings.frequency(word)

    def vocabulary(self) -> Iterator[tuple[str, int]]:
        """Yield every word of the index and how many sentences hold it, in no order."""
        if self._rows:
            with self._lend_postings() as postings:
                yield from postings.vocabulary()

    def strings(self, pattern: re.Pattern[str]) -> Counter[str]:
        """Return the strings of the text that match ``pattern``, and how often each stands."""
        self._check_open()
        return self._rows.strings(pattern) if self._rows else Counter()


def row_positions(ids: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each of ``ids`` stands in ``among`` for the last time, -1 for id 0."""
    if not len(ids):
        return ids
    order = np.argsort(among, kind="stable")
    places = order[np.searchsorted(among[order], ids, "right") - 1]
    return np.where(ids > 0, places, -1)


def _rounded(scores: NDArray[np.float64]) -> list[float]:
    rounded: list[float] = np.round(scores, 4).tolist()
    return rounded
