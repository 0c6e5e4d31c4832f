"""Postings in Whoosh: the words of every sentence, read without running what a pickle holds.

Only what Whoosh does well is left to it: writing, merging and reading posting lists. It gets our
words as they are (its analyzers and jieba's ``ChineseAnalyzer`` are not used: that one stores
character offsets as positions and drops single digits), keeps neither positions nor norms, and
does not score.

A pickle names the classes and functions that its reading calls. Those of an index are few, so a
file that names another, say one that a stranger has planted, is refused before anything runs.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import shutil
import warnings
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import sub
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

_ALLOWED_CLASSES = frozenset(
    {
        ("builtins", "int"),
        ("collections", "defaultdict"),
        ("gongwen.index.whoosh_postings", "_Words"),
        ("whoosh.codec.whoosh3", "W3Codec"),
        ("whoosh.codec.whoosh3", "W3Segment"),
        ("whoosh.columns", "NumericColumn"),
        ("whoosh.fields", "COLUMN"),
        ("whoosh.fields", "Schema"),
        ("whoosh.formats", "Existence"),
    }
)
_RENAMED_MODULES = {"gongwen.index.postings": "gongwen.index.whoosh_postings"}
"""Modules by the names that they had when an older gongwen wrote the index."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle names, when it is one of the few."""
        module = _RENAMED_MODULES.get(module, module)
        if (module, name) not in _ALLOWED_CLASSES:
            raise pickle.UnpicklingError(f"a pickle names {module}.{name}")
        return super().find_class(module, name)


def load(file: BinaryIO) -> Any:
    """Read the next pickle in ``file``.

    Raises:
        pickle.UnpicklingError: it is none, or names what does not belong in an index.
    """
    return _Unpickler(file).load()


def loads(data: bytes) -> Any:
    """Read the pickle in ``data``; raises like :func:`load`."""
    return _Unpickler(io.BytesIO(data)).load()


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Whoosh 2.7.4 has escapes that newer Pythons warn of
    from whoosh import columns, fields, formats
    from whoosh import index as whoosh_index
    from whoosh.codec import whoosh3
    from whoosh.codec.whoosh3 import W3Codec
    from whoosh.filedb import structfile

# The three places from which Whoosh reads a pickle in the files of an index.
structfile.load_pickle = load
whoosh3.loads = loads
whoosh_index.pickle = SimpleNamespace(
    loads=loads, dumps=pickle.dumps, PicklingError=pickle.PicklingError
)

_POSTINGS_PER_BLOCK = 1024
"""Postings in a block; with Whoosh's 128 reading a common word takes nearly twice as long."""
_FIELD = "words"
_Posting = tuple[str, bytes, int, float, bytes]
_PostingList = tuple[bytes, "array[int]", "array[float]"]


class _Words(fields.FieldType):  # type: ignore[misc]
    """A field of words and their counts; documents bring none, the pool is given them."""

    indexed = True
    stored = False
    scorable = False
    unique = False
    vector = None
    column_type = None
    analyzer = None

    def __init__(self) -> None:
        self.format = formats.Existence()  # the count travels as the posting's weight


def _schema() -> fields.Schema:
    return fields.Schema(words=_Words(), id=fields.COLUMN(columns.NumericColumn("I")))


class _Codec(W3Codec):  # type: ignore[misc]
    """Whoosh's codec, written a list at a time; what it writes any reader of Whoosh's reads."""

    length_stats = False  # it would ask the disk for them at every posting

    def field_writer(self, storage: Any, segment: Any) -> _FieldWriter:
        return _FieldWriter(self, storage, segment)

    def postings_writer(self, dbfile: Any, byteids: bool = False) -> _PostingsWriter:
        return _PostingsWriter(
            dbfile, self._blocklimit, byteids, self._compression, self._inlinelimit
        )

    def new_segment(self, storage: Any, indexname: str) -> Any:
        return W3Codec(self._blocklimit).new_segment(storage, indexname)


class _FieldWriter(whoosh3.W3FieldWriter):  # type: ignore[misc]
    def add_postings(
        self, schema: fields.Schema, lengths: Any, items: Iterator[_PostingList]
    ) -> None:
        """Write the lists of the pool."""
        self.start_field(_FIELD, schema[_FIELD])
        for word, documents, counts in items:
            self.start_term(word)
            self._postwriter.add_list(documents, counts)
            self.finish_term()
        self.finish_field()


class _PostingsWriter(whoosh3.W3PostingsWriter):  # type: ignore[misc]
    _ids: array[int]
    _weights: array[float]

    def add_list(self, documents: array[int], counts: array[float]) -> None:
        """Add all postings of a word; the last block stays in hand, as Whoosh expects it."""
        for start in range(0, len(documents), self._blocklimit):
            if self._ids:
                self._write_block()
            self._ids = documents[start : start + self._blocklimit]
            self._weights = counts[start : start + self._blocklimit]
            self._maxweight = max(self._weights)

    def _mini_ids(self) -> tuple[int, ...]:
        ids = self._ids
        return (ids[0], *map(sub, ids[1:], ids))

    def _mini_weights(self) -> tuple[float, ...] | float | None:
        first = self._weights[0]
        if self._weights.count(first) < len(self._weights):
            return tuple(self._weights)
        return None if first == 1 else float(first)


class _Pool:
    """The postings of a writer in memory, 8 bytes each, in place of Whoosh's pool of tuples."""

    def __init__(self) -> None:
        self._lists: dict[bytes, tuple[array[int], array[float]]] = {}
        self._lists_by_word: dict[str, tuple[array[int], array[float]]] = {}

    def add_words(self, document: int, words: Sequence[str]) -> None:
        """Add the postings of a document, whose number is higher than those before."""
        known = self._lists_by_word
        for word, count in Counter(words).items():
            found = known.get(word)
            if found is None:
                found = known[word] = self._list(word.encode("utf-8", "replace"))
            found[0].append(document)
            found[1].append(count)

    def add(self, posting: _Posting) -> None:
        """Add a posting of a segment that is merged into the new one; Whoosh calls this."""
        _, word, document, count, _ = posting
        documents, counts = self._list(word)
        documents.append(document)
        counts.append(count)

    def _list(self, word: bytes) -> tuple[array[int], array[float]]:
        found = self._lists.get(word)
        if found is None:
            found = self._lists[word] = (array("I"), array("f"))
        return found

    def iter_postings(self) -> Iterator[_PostingList]:
        """Yield every word with its documents and counts, in order; ours take whole lists."""
        for word in sorted(self._lists):
            yield word, *self._lists[word]

    def cleanup(self) -> None:
        """Let go of everything."""
        self._lists.clear()
        self._lists_by_word.clear()

    cancel = cleanup


class Postings:
    """Posting lists of words, by document number.

    Document numbers follow the order in which documents were added; they change when segments
    are merged, and :meth:`ids` says which document has which number now.

    Args:
        folder: where they are.
        create: make them when there are none.
    """

    def __init__(self, folder: Path, create: bool = True) -> None:
        self._folder = folder
        if not create or whoosh_index.exists_in(str(folder)):
            self._index = whoosh_index.open_dir(str(folder))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            self._index = whoosh_index.create_in(str(folder), _schema())
        self._open_reader()

    def _open_reader(self) -> None:
        self._version = int(self._index.latest_generation())
        self._reader = self._index.reader()

    def close(self) -> None:
        """Release the files."""
        self._reader.close()
        self._index.close()

    @property
    def version(self) -> int:
        """The commit that is being read, a number that grows with every one."""
        return self._version

    def ids(self) -> NDArray[np.int64]:
        """Return the id of every document by its number, 0 for a deleted one."""
        parts = [np.zeros(0, np.int64)]
        for leaf, _ in self._leaves():
            found = np.zeros(leaf.doc_count_all(), np.int64)
            if len(found):
                column = leaf.column_reader("id", translate=False)
                # Its own way asks for every number by itself, twenty times as long.
                stored = column._dbfile.get(column._basepos, column._count * 4)
                found[: column._count] = np.frombuffer(bytes(stored), ">u4")
            if leaf.has_deletions():
                alive = np.fromiter(leaf.all_doc_ids(), np.int64)
                kept = np.zeros_like(found)
                kept[alive] = found[alive]
                found = kept
            parts.append(found)
        return np.concatenate(parts)

    def _leaves(self) -> list[tuple[Any, int]]:
        return list(self._reader.leaf_readers())

    def update(
        self, add: Iterable[tuple[int, Sequence[str]]], delete: Callable[[], Iterable[int]]
    ) -> None:
        """Add documents as ``(id, words)``, delete those of the numbers in ``delete()``, commit.

        ``delete`` is called when all is added; its numbers are those of before.
        """
        self._tidy()
        # The lock of the library is held: Whoosh's own would outlive an interruption.
        writer = self._index.writer(codec=_Codec(blocklimit=_POSTINGS_PER_BLOCK), _lk=False)
        writer.pool = pool = _Pool()
        try:
            for id_, words in add:
                pool.add_words(writer.docnum, words)
                writer.add_document(id=id_)
            for number in delete():
                writer.delete_document(number)
        except BaseException:
            with contextlib.suppress(Exception):  # the first error is the one that matters
                writer.cancel()
            raise
        writer.commit()
        # A reader that is refreshed returns documents of before a merge: open a new one.
        self._reader.close()
        self._open_reader()

    def _tidy(self) -> None:
        """Remove what a writer that died or was interrupted has left beside its commits."""
        for path in self._folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif ".toc." in path.name or path.name.endswith("LOCK"):
                with contextlib.suppress(OSError):
                    path.unlink()

    def frequency(self, word: str) -> int:
        """Return how many documents hold ``word``."""
        term = (_FIELD, word.encode("utf-8", "replace"))
        return int(sum(leaf.doc_frequency(*term) for leaf, _ in self._leaves() if term in leaf))

    def vocabulary(self) -> Iterator[tuple[str, int]]:
        """Yield every word and how many documents hold it; a segment at a time, with repeats."""
        for leaf, _ in self._leaves():
            for (_, word), info in leaf._terms.items():  # the public way looks each up once more
                yield word.decode("utf-8"), info.doc_frequency()

    def postings(self, word: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the numbers of the documents that hold ``word``, and how often each does."""
        term = (_FIELD, word.encode("utf-8", "replace"))
        numbers: list[NDArray[np.int64]] = []
        counts: list[NDArray[np.float32]] = []
        for leaf, base in self._leaves():
            if term in leaf:
                for ids, weights in _blocks(leaf.postings(*term)):
                    numbers.append(ids + base)
                    counts.append(weights)
        if not numbers:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        return np.concatenate(numbers), np.concatenate(counts)


def _blocks(matcher: Any) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Yield document numbers and counts, a block at a time where the matcher has blocks.

    A block holds the steps from number to number; Whoosh would add them up one by one.
    """
    if not hasattr(matcher, "_next_block"):  # a matcher that wraps another to skip deleted ones
        while matcher.is_active():
            yield np.array([matcher.id()], np.int64), np.array([matcher.weight()], np.float32)
            matcher.next()
        return
    while matcher.is_active():
        matcher._read_data()
        steps, weights, _ = matcher._data
        # An array takes in a tuple three times as fast as NumPy does.
        ids = np.cumsum(np.frombuffer(array("I", steps), np.uint32), dtype=np.int64)
        if isinstance(weights, tuple):
            yield ids, np.frombuffer(array("f", weights), np.float32)
        else:  # none stands for ones, a single one for all
            yield ids, np.full(len(ids), 1 if weights is None else weights, np.float32)
        matcher._next_block()
