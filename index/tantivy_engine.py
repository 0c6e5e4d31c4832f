"""Store and search an index with tantivy, a search library in Rust; needs the extra ``tantivy``.

It serves large libraries: postings, positions and columns are read from mapped files, so a search
costs what it finds, and a small change costs what it changes.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from importlib.util import find_spec
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import tantivy
from numpy.typing import NDArray

from ..nlp.atomic_write import write_whole
from ..nlp.errors import IndexLostError, LibraryError
from .engine import (
    Candidates,
    Capabilities,
    Engine,
    EngineFacet,
    Entry,
    Field,
    Fields,
    Retag,
    Statistics,
)
from .exact_queries import Overlay
from .exact_tokens import Totals, single
from .query import Node
from .tantivy_documents import DocumentMaker, Stored, schema
from .tantivy_files import Files, Manifest, remove
from .tantivy_queries import ids_query
from .tantivy_reader import COMMON_FILE, Reader
from .term_dictionary import TermDictionary

_ATTEMPTS = 5
"""Times that an index is opened, which a writer may just have replaced."""
_PAUSE_SECONDS = 0.02
_PART = 1000
"""Sentences that are written at a time."""
_SMALL = 4 * _PART
"""Sentences up to which one thread writes, into one segment."""
_USUAL_WORDS = 32_000
"""Words of two characters that are found at once. Of the 300 commonest words of 100,000 sentences
they have 98 %; more would find hardly more, and cost time with every sentence."""
_MEMORY, _SMALL_MEMORY, _MOST_THREADS = 64 << 20, 32 << 20, 2
"""Bytes that writing threads share, and their number: they write faster than documents are made."""

_T = TypeVar("_T")


class Writing:
    """A new state of an index that is being written.

    Args:
        folder: the folder of its files, with those of the state before.
        common: words of two characters that are to be found at once.
        large: whether so much is written that several threads are worth it.

    Attributes:
        folder: the same.
        maker: makes the documents.

    Raises:
        OSError: a file cannot be written; all methods raise it too.
    """

    def __init__(self, folder: Path, common: frozenset[str], large: bool) -> None:
        self.folder = folder
        self.maker = DocumentMaker(common)
        threads = min(os.cpu_count() or 1, _MOST_THREADS) if large else 1
        with _writing():
            index = tantivy.Index(schema(), path=str(folder))
            self._writer = index.writer(_MEMORY if large else _SMALL_MEMORY, threads)
        self._schema = index.schema

    def delete(self, ids: Iterable[int]) -> None:
        """Delete sentences that were written before."""
        if (wanted := ids_query(self._schema, ids)) is not None:
            with _writing():
                self._writer.delete_documents_by_query(wanted)

    def add(self, documents: Iterable[tantivy.Document]) -> None:
        """Add documents, all at once: a thread that waits for every single one wakes as often."""
        with _writing():
            for document in documents:
                self._writer.add_document(document)

    def commit(self) -> None:
        """Write what is left, and end."""
        with _writing():
            self._writer.commit()
            self._writer.wait_merging_threads()


@contextmanager
def _writing() -> Iterator[None]:
    """Raise as ``OSError`` how tantivy reports that a file cannot be written."""
    try:
        yield
    except ValueError as error:
        raise OSError(errno.EIO, f"the index cannot be written: {error}") from None


class TantivyEngine(Engine):
    """An :class:`~gongwen.index.engine.Engine` in a folder, which is created when it is missing.

    Args:
        folder: the folder of the index.
        owner: identifier of the library; the index of another library is rejected.
        staged: whether to build a new index in the same folder, which replaces the present one
            when :meth:`publish` is called.

    Raises:
        IndexLostError: the index is damaged, has an unknown format or belongs to another library.
    """

    name = "tantivy"
    capabilities = Capabilities(
        exact=True, texts=True, overlay=True, vocabulary=True, patterns=True, local_files=True
    )

    def __init__(self, folder: Path, owner: str = "", staged: bool = False) -> None:
        self._files = Files(folder, owner, staged)
        self._closed = False
        if staged:
            self._identity: tuple[int, ...] = ()
            self._manifest, self._reader = Manifest.new(owner), None
        else:
            self._manifest, self._reader = self._open()

    def _open(self) -> tuple[Manifest, Reader | None]:
        """Return the manifest and what it names; tried again, as a writer may have replaced it."""
        for attempt in range(1, _ATTEMPTS + 1):
            self._identity = self._files.identity()
            try:
                manifest = self._files.manifest()
                return manifest, self._read(manifest)
            except IndexLostError:
                if attempt == _ATTEMPTS or not self.replaced:
                    raise
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError("unreachable")

    def _read(self, manifest: Manifest) -> Reader | None:
        if not manifest.folder:
            return None
        with self._reading():
            self._files.check_sizes(manifest)
            return Reader(self._files.location / manifest.folder)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Raise what fails inside tantivy as :class:`IndexLostError`."""
        try:
            yield
        except LibraryError:
            raise
        except (OSError, ValueError) as error:
            raise self._files.lost(f"it cannot be read ({error})", error) from None
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # what Rust raises is no Exception
                raise
            raise self._files.lost(f"it cannot be read ({error})") from None

    @contextmanager
    def _opened(self) -> Iterator[Reader | None]:
        """Provide what is opened, ``None`` for an empty index."""
        if self._closed:
            raise LibraryError(f"{self._files.location}: the index was closed; open it again")
        with self._reading():
            yield self._reader

    # -- life ------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """The generation of the store up to which the index is complete, 0 for an empty index."""
        return self._manifest.generation

    @property
    def build(self) -> str:
        """Name of this build of the index."""
        return self._manifest.build

    @property
    def outdated(self) -> bool:
        """Whether an older version wrote the index; such a one is not opened at all."""
        return False

    @property
    def replaced(self) -> bool:
        """Whether the index has been written since this engine opened it."""
        return self._identity != self._files.identity()

    def feed(self, entries: Iterable[Entry], delete: Iterable[int], generation: int) -> None:
        """Delete and add sentences, and make both visible in one step as ``generation``.

        Raises:
            OSError: a file cannot be written; the index is as it was.
            IndexLostError: the index is damaged.
        """
        given = iter(entries)
        first = list(islice(given, _SMALL + 1))
        large = len(first) > _SMALL
        everything = chain(_taken(first), given)
        with self._successor(large) as writing:
            gone: set[int] = set()
            totals = self._manifest.totals.copy()

            def forget(ids: Iterable[int]) -> None:
                wanted = [id_ for id_ in ids if id_ not in gone]
                kept = self._stored(wanted)
                for stored in kept.values():
                    totals.remove(stored.text, len(stored.words))
                gone.update(kept)
                writing.delete(kept)

            for part in _parts(delete):
                forget(part)
            for entries_part in _parts(everything):
                forget(entry.id for entry in entries_part)
                made = [writing.maker.of(entry) for entry in entries_part]
                for _, stored, tokens in made:
                    totals.add(len(stored.words), tokens.characters, tokens.pairs)
                writing.add([document for document, _, _ in made])
            self._put(writing, generation, totals)

    def retag(self, changes: Iterable[Retag], generation: int) -> None:
        """Change topics, role and probability of sentences, in one step as ``generation``."""
        given = list(changes)
        with self._successor(len(given) > _SMALL) as writing:
            for part in _parts({change.id: change for change in given}.values()):
                kept = self._stored([change.id for change in part])
                writing.delete(kept)
                writing.add(
                    [
                        writing.maker.again(change.id, kept[change.id].retagged(change))
                        for change in part
                        if change.id in kept
                    ]
                )
            self._put(writing, generation, self._manifest.totals)

    def _stored(self, ids: Sequence[int]) -> dict[int, Stored]:
        """Return what is kept of those of the sentences that are there."""
        with self._opened() as reader:
            return reader.stored(ids) if reader else {}

    @contextmanager
    def _successor(self, large: bool) -> Iterator[Writing]:
        """Provide what writes a new state, which is removed when the block fails."""
        with self._opened() as reader:
            pass
        try:
            folder = self._files.successor(self._manifest)
        except FileNotFoundError as error:
            raise self._files.lost(f"a file is missing ({error.filename})", error) from None
        try:
            if reader:
                common = reader.common_words()
            else:
                common = _usual_words()
                write_whole(folder / COMMON_FILE, "".join(sorted(common)).encode())
            yield Writing(folder, common, large)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _put(self, writing: Writing, generation: int, totals: Totals) -> None:
        """Make what was written the present state."""
        writing.commit()
        self._manifest = self._files.put(writing.folder, self._manifest, generation, totals)
        self._identity = self._files.identity()
        self._reader = self._read(self._manifest)

    def publish(self) -> None:
        """Replace the present index by the staged one in one step."""
        self._files.publish()
        self._identity = self._files.identity()
        self.tidy()

    def verify(self) -> list[str]:
        """Return a message for each file that differs from what the manifest says."""
        return self._files.damage(self._manifest)

    def leftovers(self) -> list[Path]:
        """Return files and folders that the index does not use; none when it was replaced."""
        return [] if self.replaced else list(self._files.leftovers(self._manifest))

    def tidy(self) -> None:
        """Remove the leftovers. The caller must hold the lock of the library."""
        for path in self.leftovers():
            remove(path)

    def compare(self, entries: Iterable[Entry], all_of_them: bool = True) -> list[str]:
        """Return a message for each sentence that the index knows otherwise."""
        found: list[str] = []
        known = 0
        with self._opened() as reader:
            for part in _parts(entries if reader else ()):
                kept = self._stored([entry.id for entry in part])
                known += len(kept)
                found += (line for entry in part for line in _differences(entry, kept))
            others = self._manifest.statistics.sentences - known
            if all_of_them and reader and others > 0:
                found.append(f"{others} sentences are not in the library")
        return found

    def close(self) -> None:
        """Release the files; the engine cannot be used afterwards."""
        self._reader = None
        self._closed = True

    def overlaid(
        self, removed: Collection[int], changes: Iterable[Retag], generation: int
    ) -> TantivyEngine:
        """Return a view of the index with these changes applied in memory; nothing is written."""
        view = copy(self)
        view._manifest = replace(self._manifest, generation=generation)
        if self._reader:
            before = self._reader.overlay
            gone = before.removed.union(removed)
            now = {**(before.changes or {}), **{change.id: change for change in changes}}
            view._reader = self._reader.overlaid(Overlay(gone, now))
        return view

    # -- matching --------------------------------------------------------------------------------

    def count(self, query: Node) -> int:
        """Return how many sentences match ``query``."""
        with self._opened() as reader:
            return reader.count(query) if reader else 0

    def ids(self, query: Node) -> Iterator[int]:
        """Yield the ids of the sentences that match ``query``, ascending."""
        with self._opened() as reader:
            if reader:
                yield from reader.ids(query)

    def facets(
        self, query: Node, names: Sequence[EngineFacet]
    ) -> dict[EngineFacet, dict[str, int]]:
        """Return how many of the sentences that match ``query`` have each value."""
        with self._opened() as reader:
            return reader.facets(query, names) if reader else {name: {} for name in names}

    def top(self, query: Node, most: int) -> Candidates:
        """Return the best sentences that match ``query`` by their words."""
        with self._opened() as reader:
            if reader:
                return reader.top(query, most)
        return Candidates(np.zeros(0, np.int64), np.zeros(0))

    def fields(self, ids: Sequence[int] | NDArray[np.int64], names: Collection[Field]) -> Fields:
        """Return what is kept of some sentences."""
        with self._opened() as reader:
            return reader.fields(ids, names) if reader else Fields()

    def texts(self, ids: Sequence[int]) -> list[str]:
        """Return the texts of some sentences as they were fed."""
        with self._opened() as reader:
            return reader.texts(ids) if reader else []

    # -- statistics ------------------------------------------------------------------------------

    def statistics(self) -> Statistics:
        """Return what ranking needs to know of all sentences together."""
        return self._manifest.statistics

    def frequency(self, word: str) -> int:
        """Return how many sentences have ``word`` among their words."""
        with self._opened() as reader:
            return reader.frequency(word) if reader else 0

    def word_counts(
        self, words: Sequence[str], ids: Sequence[int] | NDArray[np.int64]
    ) -> NDArray[np.integer[Any]]:
        """Return (words, ids) how often each sentence has each word among its words."""
        with self._opened() as reader:
            if reader:
                return reader.word_counts(words, ids)
        return np.zeros((len(words), 0), np.int32)

    def bigram_frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return (n,) in how many sentences each bigram stands, marks left out."""
        with self._opened() as reader:
            return reader.bigram_frequencies(keys) if reader else np.zeros(len(keys), np.int64)

    def vocabulary(self) -> TermDictionary:
        """Return every word of the index and how many sentences have it."""
        with self._opened() as reader:
            return reader.vocabulary() if reader else TermDictionary.empty()

    def strings(self, pattern: re.Pattern[str], begins: Sequence[Set[str]] = ()) -> Counter[str]:
        """Return the strings in the first sentences that match ``pattern``, and their numbers."""
        with self._opened() as reader:
            return reader.strings(pattern, begins) if reader else Counter()


def _parts(given: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield what is given in lists of :data:`_PART`."""
    iterator = iter(given)
    while part := list(islice(iterator, _PART)):
        yield part


def _taken(given: list[_T]) -> Iterator[_T]:
    """Yield what is in a list and leave it empty, so that nothing is kept longer than needed."""
    given.reverse()
    while given:
        yield given.pop()


def _usual_words() -> frozenset[str]:
    """Return the usual words of two ideographs of jieba's dictionary, none when it is not there.

    They are found at once, without a phrase; which words they are changes no result.
    """
    spec = find_spec("jieba")
    path = Path(spec.origin).with_name("dict.txt") if spec and spec.origin else None
    if path is None or not path.exists():
        return frozenset()
    words = re.findall("^([一-鿿]{2}) ([0-9]+)", path.read_text("utf-8"), re.MULTILINE)
    words.sort(key=lambda word: (-int(word[1]), word[0]))
    return frozenset(word for word, _ in words[:_USUAL_WORDS])


def _differences(entry: Entry, kept: Mapping[int, Stored]) -> Iterator[str]:
    """Yield a line when the index knows a sentence otherwise than it should."""
    stored = kept.get(entry.id)
    if stored is None:
        yield f"sentence {entry.id} of the report {entry.report} is missing"
        return
    wrong = [name for name in _COMPARED if getattr(stored, name) != getattr(entry, name)]
    if stored.topics != tuple(entry.topics):
        wrong.append("topics")
    if single(stored.probability) != single(entry.probability):
        wrong.append("probability")
    if wrong:
        yield f"{' and '.join(wrong)} of sentence {entry.id} of {entry.report} are others"


_COMPARED = ("role", "kind", "report", "heading", "text", "region", "year")
