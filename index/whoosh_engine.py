"""Store and search an index with Whoosh's postings and with columns in the same order of rows.

Matching does not depend on how text was segmented into words: every string of a query is looked
for in the text of the rows. The words and their postings are only used for the ranking.
"""

from __future__ import annotations

import errno
import json
import re
import shutil
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..nlp.errors import IndexLostError, LibraryError
from .bigrams import release_memory
from .column_writer import SCAN_LIMIT_ROWS, RowBuilder, RowData, row_positions
from .columns import (
    Rows,
    advice,
    compare_rows,
    file_identity,
    find_damage,
    latest_version,
    sync,
    sync_files,
    sync_folder,
)
from .engine import Entry, Retag
from .query import Node
from .requests import Axis, Cell, Counted, Elsewhere, Facet, Found, FoundCopies, Grouping, Sort
from .row_primitives import RowPrimitives
from .row_search import RowSearch
from .scan import words_in_text
from .tabulation import tabulate
from .word_list import WordList

if TYPE_CHECKING:
    from .whoosh_postings import Postings


FORMAT = 5
"""Version of the manifest and the column files, and of how numbers are written out in them."""
_READABLE_FORMATS = (2, 3, 4, FORMAT)
"""In 2, 万 and 亿 are not written out; 2 and 3 have no text without marks; up to 4, Ⅳ is no IV and
most radicals are no ideographs. Others are rebuilt."""
_MANIFEST = "manifest.json"
_STAGED_MANIFEST = "manifest-next.json"
_NAME_PREFIXES = ("rows-", "postings-", "manifest")
"""Beginnings of the names of all files and folders of an index."""
_ATTEMPTS = 5  # to open files that a writer may just have replaced
_PAUSE_SECONDS = 0.02


class WhooshEngine(RowPrimitives):
    """An :class:`~gongwen.index.engine.Engine` in ``folder``, which is created when it is missing.

    The manifest names the rows that belong to the postings. It is written last, so a process that
    dies leaves either the old state or the new one; the next :meth:`feed` removes what such a
    process has added. Several threads may read from one engine. Only one thread writes, under the
    lock of the library and with an engine of its own, which must not be used after a failure. The
    protocol describes the methods.

    Args:
        folder: the folder of the index.
        owner: identifier of the library; the index of another library is rejected.
        scan_limit: number of rows up to which strings are found by scanning all text; a larger
            index has row lists of bigrams.
        staged: whether to build a new index in the same folder, which replaces the present one
            when :meth:`publish` is called.

    Raises:
        IndexLostError: the index is damaged, has an unknown format or belongs to another library.
    """

    def __init__(
        self, folder: Path, owner: str = "", scan_limit: int = SCAN_LIMIT_ROWS, staged: bool = False
    ) -> None:
        self._folder = folder
        self._scan_limit = scan_limit
        self._owner = owner
        self._staged = staged
        self._idle: list[Postings] = []  # open readers; each is used by one thread at a time
        self._closed = False
        self._is_overlay = False
        self._manifest_identity: tuple[int, ...] = ()
        self._manifest, self._rows = (self._new_manifest(), None) if staged else self._open()

    def _open(self) -> tuple[dict[str, Any], Rows | None]:
        """Return the manifest and the rows that it names.

        A failed attempt is repeated, because a writer may have replaced the rows after the
        manifest was read.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            self._manifest_identity = file_identity(self._folder / _MANIFEST)
            try:
                manifest = self._read_manifest()
                return manifest, Rows(self._folder / manifest["rows"]) if manifest["rows"] else None
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

    def _lost_error(self, why: str, error: Exception | None = None) -> IndexLostError:
        """Return the error for an index that cannot be used, with the reason."""
        return IndexLostError(f"{self._folder}: {why}; {advice(error or ValueError())}")

    def _new_manifest(self) -> dict[str, Any]:
        # The folder of postings gets a unique name: a reader of an index that was replaced must
        # not combine its rows with the postings of the next index.
        build = f"postings-{token_hex(4)}"
        return {
            "format": FORMAT, "generation": 0, "owner": self._owner, "build": build, "rows": ""
        }  # fmt: skip

    def _read_manifest(self) -> dict[str, Any]:
        """Return the checked manifest, that of an empty index when there is none.

        Raises:
            IndexLostError: the manifest is damaged, or its index cannot be used by this library.
        """
        try:
            manifest: dict[str, Any] = json.loads((self._folder / _MANIFEST).read_text("utf-8"))
            version, owner = manifest["format"], manifest.get("owner", "")
            if version in _READABLE_FORMATS:
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
        if version not in _READABLE_FORMATS:
            raise self._lost_error(f"it has format {version}")
        if owner != self._owner:
            raise self._lost_error("it belongs to another library")
        return manifest

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
        return str(self._manifest["build"])

    def verify(self) -> list[str]:
        """Return a message for each damaged file of the index, none when all are sound.

        Sizes and checksums are compared with those in the manifest. If the manifest has none yet,
        all words are read instead.
        """
        files = self._manifest.get("files", {})
        found = find_damage(self._folder, files)
        if found and latest_version(self._folder / self.build) > self._manifest["postings"]:
            # A writer has written the postings and not yet the manifest, or has died in between,
            # which the next writer corrects; only the rows must be as the manifest says.
            rows = {name: known for name, known in files.items() if name[:5] == "rows-"}
            found = find_damage(self._folder, rows)
        if not files:
            try:
                with self._lend_postings() as postings:
                    for _ in postings.vocabulary():
                        pass
            except IndexLostError as error:
                found.append(str(error))
        return found

    @property
    def outdated(self) -> bool:
        """Whether an older version wrote the index, in which numbers match in fewer ways."""
        return bool(self._manifest["format"] != FORMAT)

    @property
    def replaced(self) -> bool:
        """Whether the index has been written since this engine opened it."""
        return self._manifest_identity != file_identity(self._folder / _MANIFEST)

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
        return int(self._manifest["generation"])

    @property
    def total_words(self) -> int:
        """Number of words in all sentences, with repeats."""
        return int(self._manifest.get("words", 0))

    def close(self) -> None:
        """Close all files; the engine cannot be used afterwards."""
        while self._idle:
            self._idle.pop().close()
        self._rows = None
        self._closed = True

    def overlaid(
        self, removed: Collection[int], changes: Iterable[Retag], generation: int
    ) -> WhooshEngine:
        """Return a view of the index with these changes applied in memory; nothing is written."""
        view = copy(self)
        view._is_overlay = True
        view._manifest = self._manifest | {"generation": generation}
        view._rows = self._rows and self._rows.overlaid(removed, changes)
        return view

    # -- writing -----------------------------------------------------------------------------

    def feed(self, entries: Iterable[Entry], delete: Iterable[int], generation: int) -> None:
        """Delete and add sentences, and make both visible in one step as ``generation``.

        Raises:
            OSError: a file cannot be written; the index is as it was.
            IndexLostError: the index is damaged.
        """
        self._check_open()
        with self._lend_postings() as postings:
            numbers = postings.ids()
        data = self._rows.load() if self._rows else RowData.of(())
        added = RowBuilder()
        unwanted = set(delete)

        def documents() -> Iterator[tuple[int, Sequence[str]]]:
            for entry in entries:
                unwanted.add(entry.id)
                added.add(entry)
                # Matching relies on every word occurring in the text of its row.
                yield entry.id, list(words_in_text(entry.words, entry.text))

        def deleted_documents() -> list[int]:
            # Documents without a row were added by a process that died before writing its manifest.
            unknown = ~np.isin(numbers, data.ids)
            unknown |= np.isin(numbers, np.fromiter(unwanted, np.int64, len(unwanted)))
            return np.flatnonzero(unknown & (numbers != 0)).tolist()

        postings = self._take_postings()
        postings.update(documents(), deleted_documents)
        # Write the rows in the order of Whoosh's documents, then the manifest that names them.
        if added.ids:
            data = data.concat(added.build())
        if self._rows:  # their text has been copied
            release_memory(self._rows.text.units)
            release_memory(self._rows.digits.units)
        data = data.select(row_positions(postings.ids(), data.ids))
        self._write(data, generation, postings.version)
        self._idle.append(postings)

    def retag(self, changes: Iterable[Retag], generation: int) -> None:
        """Change topics and roles of sentences, in one step as ``generation``.

        Unknown ids are ignored.
        """
        with self._lend_postings() as postings:
            version = postings.version
        if not self._rows or version != self._manifest["postings"]:
            # A process died after writing postings and before the manifest: make them agree first.
            self.feed((), (), self.generation)
            version = self._manifest["postings"]
        assert self._rows is not None
        data = self._rows.load().retagged(changes)
        self._write(data, generation, version, self._rows.folder)

    def _write(
        self, data: RowData, generation: int, postings: int, bigrams_from: Path | None = None
    ) -> None:
        """Write rows and the manifest that names them, and switch this engine to them.

        Args:
            data: the rows, in the order of the documents of the postings.
            generation: the generation of the store that they are complete up to.
            postings: the version of the postings that they belong to.
            bigrams_from: a folder of rows with the same text, whose bigram files are copied.
        """
        number = 1
        while (self._folder / (name := f"rows-{generation}-{number}")).exists():
            number += 1
        try:
            data.write(self._folder / name, self._scan_limit, bigrams_from)
            rows = Rows(self._folder / name)
        except (ValueError, EOFError) as error:  # NumPy does not report a full disk
            raise OSError(errno.ENOSPC, f"rows were not written whole: {error}") from None
        # Files of postings never change after they are written.
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
        sync(partial)  # else a power cut may leave an empty manifest
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
        """Replace the present index by the staged one in one step."""
        (self._folder / _STAGED_MANIFEST).replace(self._folder / _MANIFEST)
        sync_folder(self._folder)
        self._staged = False
        self.tidy()

    def leftovers(self) -> list[Path]:
        """Return files and folders that no index uses; a killed process may leave such."""
        if self.replaced:  # then they may belong to the index that replaced this one
            return []
        kept = {str(self._manifest["rows"]), self.build, _MANIFEST}
        found = self._folder.iterdir() if self._folder.exists() else ()
        return [p for p in found if p.name not in kept and p.name.startswith(_NAME_PREFIXES)]

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
        # Postings of another version belong to other rows. Until the index has caught up, only
        # the ranking is affected.
        with self._lend_postings() as postings:
            same = postings.version == self._manifest["postings"]
            return postings.postings(word) if same else None

    def frequency(self, word: str) -> int:
        """Return the number of sentences that have ``word`` among their words."""
        rows = self._rows
        if rows is None:
            return 0
        memory = rows.memory
        found = memory.frequencies.get(word)
        if found is None and not memory.knows_words:
            with self._lend_postings() as postings:
                if len(memory.frequencies) < memory.LOOKUPS:
                    found = memory.frequencies[word] = postings.frequency(word)
                else:
                    memory.frequencies = postings.frequencies()
                    memory.knows_words = True
                    found = memory.frequencies.get(word)
        return found or 0

    def vocabulary(self) -> WordList:
        """Return every word of the index and the number of sentences that have it, in no order."""
        rows = self._rows
        if not rows:
            return WordList({})

        def read() -> WordList:
            with self._lend_postings() as postings:
                rows.memory.frequencies = postings.frequencies()
            rows.memory.knows_words = True
            return WordList(dict(rows.memory.frequencies))

        return rows.memory.once("vocabulary", read)

    def strings(self, pattern: re.Pattern[str]) -> Counter[str]:
        """Return the strings in the text that match ``pattern``, with their number of occurrences.

        Of a large index only the beginning is read.
        """
        self._check_open()
        return self._rows.strings(pattern) if self._rows else Counter()
