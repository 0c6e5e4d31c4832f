"""Store and search an index with Whoosh's postings and with columns in the same order of rows.

Matching does not depend on how text was segmented into words: every string of a query is looked
for in the text of the rows. The words and their postings are only used for the ranking.
"""

from __future__ import annotations

import re
import shutil
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..nlp.errors import IndexLostError, LibraryError
from .array_files import (
    file_identity,
    find_damage,
    release_memory,
    sync_files,
    sync_folder,
)
from .column_writer import RowBuilder
from .columns import Rows, compare_rows
from .engine import Entry, Retag
from .manifest import (
    MANIFEST,
    NO_POSTINGS,
    STAGED_MANIFEST,
    Manifest,
    latest_version,
    lost_error,
)
from .old_rows import read_old_rows
from .query import Node
from .requests import Axis, Cell, Counted, Elsewhere, Facet, Found, FoundCopies, Grouping, Sort
from .row_files import PADDING, TEXTS, RowArrays, RowFiles, is_sparse, rows_of_ids
from .row_primitives import RowPrimitives
from .row_search import RowSearch
from .scan import words_in_text
from .tabulation import tabulate
from .term_dictionary import TermDictionary

if TYPE_CHECKING:
    from .whoosh_postings import Postings


_NAME_PREFIXES = ("rows-", "postings-", "manifest")
"""Beginnings of the names of all files and folders of an index."""
_ATTEMPTS = 5  # to open files that a writer may just have replaced
_PAUSE_SECONDS = 0.02


class WhooshEngine(RowPrimitives):
    """An :class:`~gongwen.index.engine.Engine` in ``folder``, which is created when it is missing.

    Rows and postings are only added to: a feed writes what it is given, and marks what is removed.
    The manifest says how many rows there are and to which postings they belong. It is written last,
    so a process that dies leaves either the old state or the new one; the next :meth:`feed` takes
    the place of what such a process has added. Several threads may read from one engine. Only one
    thread writes, under the lock of the library and with an engine of its own, which must not be
    used after a failure. The protocol describes the methods.

    Args:
        folder: the folder of the index.
        owner: identifier of the library; the index of another library is rejected.
        staged: whether to build a new index in the same folder, which replaces the present one
            when :meth:`publish` is called.

    Raises:
        IndexLostError: the index is damaged, has an unknown format or belongs to another library.
    """

    def __init__(self, folder: Path, owner: str = "", staged: bool = False) -> None:
        self._folder = folder
        self._owner = owner
        self._staged = staged
        self._idle: list[Postings] = []  # open readers; each is used by one thread at a time
        self._closed = False
        self._is_overlay = False
        self._manifest_identity: tuple[int, ...] = ()
        self._files: RowFiles | None = None
        self._arrays: RowArrays | None = None
        if staged:
            self._manifest = Manifest.new(owner)
        else:
            self._manifest, self._files, self._arrays = self._open()

    def _open(self) -> tuple[Manifest, RowFiles | None, RowArrays | None]:
        """Return the manifest, the files of rows that it names, and the rows.

        A failed attempt is repeated, because a writer may have replaced the rows after the
        manifest was read.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            self._manifest_identity = file_identity(self._folder / MANIFEST)
            try:
                manifest = Manifest.read(self._folder, self._owner)
                if not manifest.rows:
                    return manifest, None, None
                if manifest.is_old:
                    return manifest, None, read_old_rows(self._folder / manifest.rows)
                files = RowFiles.of_manifest(self._folder, manifest.rows)
                return manifest, files, files.read()
            except IndexLostError:
                if attempt == _ATTEMPTS:
                    raise
            # NumPy's parsing of array headers raises SystemError on Python 3.11 when threads run it
            # at the same time.
            except (OSError, ValueError, EOFError, LookupError, TypeError, SystemError) as error:
                if attempt == _ATTEMPTS:
                    raise self._lost_error(f"its rows cannot be read ({error})", error) from None
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError("unreachable")

    @cached_property
    def _rows(self) -> Rows | None:
        """The rows, whose columns are read when they are needed; ``None`` when there are none."""
        return Rows(self._arrays) if self._arrays else None

    def _lost_error(self, why: str, error: Exception | None = None) -> IndexLostError:
        """Return the error for an index that cannot be used, with the reason."""
        return lost_error(self._folder, why, error)

    @contextmanager
    def _lend_postings(self) -> Iterator[Postings]:
        """Provide an open reader of the postings; one reader serves one thread at a time.

        Any error inside Whoosh is raised as :class:`IndexLostError`; :meth:`verify` then tells
        whether files are damaged or were only replaced.
        """
        try:
            postings = self._take_postings()
            yield postings
            self._idle.append(postings)
        except (LibraryError, ImportError):
            raise
        except Exception as error:
            raise self._lost_error(
                f"its postings cannot be read ({type(error).__name__})", error
            ) from None

    def _take_postings(self) -> Postings:
        """Return an idle reader of the postings, or open a new one."""
        self._check_open()
        with suppress(IndexError):
            return self._idle.pop()
        # late: Whoosh is heavy, and a filter or an exact string is answered from the rows alone
        from .whoosh_postings import Postings

        for _ in range(_ATTEMPTS):
            try:
                return Postings(self._folder / self.build, create=not self._rows)
            except FileNotFoundError:  # a writer may just have replaced the folder
                if self.replaced:
                    raise
                time.sleep(_PAUSE_SECONDS)
        return Postings(self._folder / self.build, create=not self._rows)

    def _check_open(self) -> None:
        """Raise LibraryError if the engine was closed."""
        if self._closed:
            raise LibraryError(f"{self._folder}: the index was closed; open it again")

    @property
    def build(self) -> str:
        """Name of the folder of postings, which is different for every build of the index."""
        return self._manifest.build

    def verify(self) -> list[str]:
        """Return a message for each damaged file of the index, none when all are sound.

        Sizes and checksums are compared with those in the manifest.
        """
        rows: dict[str, Any] = {}
        if self._files:
            folder = self._files.folder.name
            rows = {f"{folder}/{name}": known for name, known in self._files.extents.items()}
        files = dict(self._manifest.files) | rows
        padding = dict.fromkeys(TEXTS, len(PADDING))
        found = find_damage(self._folder, files, padding)
        if found and latest_version(self._folder / self.build) > self._manifest.postings:
            # A writer has written the postings and not yet the manifest, or has died in between,
            # which the next writer corrects; only the rows must be as the manifest says.
            rows |= {name: known for name, known in files.items() if name[:5] == "rows-"}
            found = find_damage(self._folder, rows, padding)
        return found

    @property
    def outdated(self) -> bool:
        """Whether an older version wrote the index, in which numbers match in fewer ways."""
        return self._manifest.is_old

    @property
    def replaced(self) -> bool:
        """Whether the index has been written since this engine opened it."""
        return self._manifest_identity != file_identity(self._folder / MANIFEST)

    def compare(self, entries: Iterable[Entry], all_of_them: bool = True) -> list[str]:
        """Return a message for each sentence whose row differs from the expected entry."""
        self._check_open()
        if not self._rows:
            return []
        try:
            return list(compare_rows(self._rows, entries, all_of_them))
        except (LookupError, ValueError) as error:
            raise self._lost_error(f"its rows cannot be read ({error})", error) from None

    @property
    def generation(self) -> int:
        """The generation of the store up to which the index is complete, 0 for an empty index."""
        return self._manifest.generation

    @property
    def total_words(self) -> int:
        """Number of words in all sentences, with repeats."""
        return self._manifest.words

    def close(self) -> None:
        """Close all files; the engine cannot be used afterwards."""
        while self._idle:
            self._idle.pop().close()
        self._arrays = self.__dict__["_rows"] = None
        self._closed = True

    def overlaid(
        self, removed: Collection[int], changes: Iterable[Retag], generation: int
    ) -> WhooshEngine:
        """Return a view of the index with these changes applied in memory; nothing is written."""
        view = copy(self)
        view._is_overlay = True
        view._manifest = replace(self._manifest, generation=generation)
        view.__dict__["_rows"] = self._rows and self._rows.overlaid(removed, changes)
        return view

    # -- writing -----------------------------------------------------------------------------

    def feed(self, entries: Iterable[Entry], delete: Iterable[int], generation: int) -> None:
        """Delete and add sentences, and make both visible in one step as ``generation``.

        Raises:
            OSError: a file cannot be written; the index is as it was.
            IndexLostError: the index is damaged.
        """
        self._check_open()
        version = self._manifest.postings
        unwanted = set(delete)
        added = RowBuilder()
        words: dict[str, int] = {}
        pending = iter(entries)
        first = next(pending, None)
        is_stale = latest_version(self._folder / self.build) != version
        known = self._arrays
        if first is not None or is_stale:
            with self._lend_postings():
                pass  # a damaged index is said before anything is written
            serial = self._files.next_serial if self._files else 0

            def documents() -> Iterator[tuple[int, Sequence[str]]]:
                for number, entry in enumerate(chain([first], pending), serial):
                    if entry is None:
                        return
                    unwanted.add(entry.id)
                    added.add(entry)
                    # Matching relies on every word occurring in the text of its row.
                    yield number, list(words_in_text(entry.words, entry.text))

            postings = self._take_postings()
            serials = postings.ids

            def stale_documents() -> list[int]:
                # Those without a row were added by a process that died before writing its manifest,
                # or are of rows that were removed before the others were copied.
                kept = known.serials if known else serials[:0]
                at = np.minimum(np.searchsorted(kept, serials), len(kept) - 1)
                lost = kept[at] != serials if len(kept) else np.ones(len(serials), bool)
                return postings.alive_among(np.flatnonzero(lost))

            words = postings.update(documents(), stale_documents)
            version = postings.version
            self._idle.append(postings)
        removed = None
        if known:
            removed = rows_of_ids(known.ids, unwanted)
            removed = removed[~known.dead[removed]]
        self._write_rows(added, removed, words, generation, version)

    def _write_rows(
        self,
        added: RowBuilder,
        removed: NDArray[np.int64] | None,
        words: Mapping[str, int],
        generation: int,
        postings: int,
    ) -> None:
        """Write rows and the manifest that names them.

        Args:
            added: the rows to add.
            removed: the rows to remove; ``None`` when there are no rows.
            words: number of added rows that hold each word.
            generation: the generation of the store that the index will be complete up to.
            postings: the version of the postings that the rows belong to.
        """
        data = added.build() if added.ids else None
        total = self.total_words + (int(data.lengths.sum()) if data else 0)
        files, known = self._files, self._arrays
        if data or (removed is not None and len(removed)):
            files = files or RowFiles.create(self._folder)
            gone = removed if removed is not None else np.zeros(0, np.int64)
            if known:
                total -= int(known.lengths[gone].sum())
            files = files.changed(known, data, gone, words)
            if known:
                release_memory(known.text.units)
            dead = (int(np.count_nonzero(known.dead)) if known else 0) + len(gone)
            if is_sparse(dead, (len(known) if known else 0) + len(data.ids if data else ())):
                files = files.compacted(files.read())
        self._write(files, generation, postings, total)

    def retag(self, changes: Iterable[Retag], generation: int) -> None:
        """Change topics and roles of sentences, in one step as ``generation``.

        Unknown ids are ignored.
        """
        self._check_open()
        files = self._files
        if files and self._arrays:
            files = files.retagged(self._arrays, changes)
        else:
            for _ in changes:
                pass
        self._write(files, generation, self._manifest.postings, self.total_words)

    def _write(self, files: RowFiles | None, generation: int, postings: int, words: int) -> None:
        """Write the manifest that names the rows, and switch this engine to them.

        Args:
            files: the files of the rows.
            generation: the generation of the store that they are complete up to.
            postings: the version of the postings that they belong to.
            words: number of words in all rows, with repeats.
        """
        arrays = files.read() if files else None
        # Files of postings never change after they are written.
        known = self._manifest.files
        manifest = Manifest(
            owner=self._owner,
            build=self.build,
            generation=generation,
            postings=postings,
            rows=files.manifest() if files else None,
            words=words,
            files=sync_files(self._folder, self.build, known) if postings >= 0 else {},
        )
        if files:
            sync_folder(files.folder)
        name = STAGED_MANIFEST if self._staged else MANIFEST
        self._manifest_identity = manifest.write(self._folder, name)
        self._manifest, self._files, self._arrays = manifest, files, arrays
        self.__dict__.pop("_rows", None)
        if not self._staged:
            self.tidy()

    def publish(self) -> None:
        """Replace the present index by the staged one in one step."""
        (self._folder / STAGED_MANIFEST).replace(self._folder / MANIFEST)
        sync_folder(self._folder)
        self._staged = False
        self.tidy()

    def leftovers(self) -> list[Path]:
        """Return files and folders that no index uses; a killed process may leave such."""
        if self.replaced:  # then they may belong to the index that replaced this one
            return []
        kept = {self.build, MANIFEST}
        inside: list[Path] = []
        if self._files:
            kept.add(self._files.folder.name)
            inside = [p for p in self._files.folder.iterdir() if p.name not in self._files.extents]
        elif self._arrays:
            kept.add(str(self._manifest.rows))
        found = self._folder.iterdir() if self._folder.exists() else ()
        others = [p for p in found if p.name not in kept and p.name.startswith(_NAME_PREFIXES)]
        return [*others, *inside]

    def tidy(self) -> None:
        """Remove the leftovers. The caller must hold the lock of the library.

        Readers that have the files open can go on reading them.
        """
        for path in self.leftovers():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()

    # -- reading -----------------------------------------------------------------------------

    def search(
        self,
        query: Node,
        *,
        limit: int = 20,
        offset: int = 0,
        sort: Sort = "relevance",
        facets: Sequence[Facet] = (),
        prefer: Node | None = None,
        exact: Node | None = None,
        group: Grouping = "",
        copies: bool = False,
    ) -> Found:
        """Find the sentences that match ``query``; a limit of 0 only counts them."""
        return self._row_search().sentences(
            query, limit, offset, sort, facets, prefer, exact, group, copies
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
        exact: Node | None = None,
        group: Grouping = "",
        copies: bool = False,
    ) -> Found:
        """Find the reports with sentences that match ``query``, and the best sentences of each."""
        return self._row_search().reports(
            query, limit, offset, best, sort, facets, prefer, exact, group, copies
        )

    def copies(self, query: Node, *, limit: int = 20) -> FoundCopies | None:
        """Find the near-copies among the sentences that match, in two reports or more."""
        return self._row_search().copies(query, limit)

    def elsewhere(self, query: Node, among: Node, most: int = 3) -> dict[int, Elsewhere] | None:
        """Return where the text of the sentences that match ``query`` stands ``among`` others."""
        return self._row_search().elsewhere(query, among, most)

    def count(self, query: Node) -> int:
        """Return the number of sentences that match ``query``, without ranking them."""
        return self._row_search().count(query)

    def tabulate(
        self, queries: Sequence[Node], axes: Sequence[Axis]
    ) -> list[Mapping[Cell, Counted]]:
        """Return the number of sentences that match each query, by all axes at once."""
        self._check_open()
        return tabulate(self._rows, self, queries, axes)

    def _row_search(self) -> RowSearch:
        self._check_open()
        return RowSearch(self._rows, self, self.total_words, self._is_overlay)

    def postings(self, word: str) -> tuple[NDArray[np.int64], NDArray[np.float32]] | None:
        """Return the rows that have ``word`` as a word, and its number of occurrences in each.

        Return ``None`` when the postings do not belong to the rows of this engine.
        """
        if self._rows is None or self._manifest.postings == NO_POSTINGS:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        # Postings of another version belong to other rows. Until the index has caught up, only
        # the ranking is affected.
        with self._lend_postings() as postings:
            if postings.version != self._manifest.postings:
                return None
            numbers, counts = postings.postings(word)
            serials = postings.ids[numbers]
        rows = self._rows.rows_of_serials(serials)
        kept = rows >= 0
        rows, counts = rows[kept], counts[kept]
        if len(rows) > 1 and (np.diff(rows) < 0).any():  # segments were merged
            order = np.argsort(rows)
            rows, counts = rows[order], counts[order]
        return rows, counts

    def frequency(self, word: str) -> int:
        """Return the number of sentences that have ``word`` among their words."""
        return self._rows.arrays.terms.frequency(word) if self._rows else 0

    def vocabulary(self) -> TermDictionary:
        """Return every word of the index and the number of sentences that have it."""
        return self._rows.arrays.terms if self._rows else TermDictionary.empty()

    def strings(self, pattern: re.Pattern[str], begins: Sequence[Set[str]] = ()) -> Counter[str]:
        """Return the strings in the text that match ``pattern``, with their number of occurrences.

        Of a large index only the beginning is read.
        """
        self._check_open()
        return self._rows.strings(pattern, begins) if self._rows else Counter()
