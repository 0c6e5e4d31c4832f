"""Store the posting lists of words in Whoosh, and read its pickles safely.

Whoosh writes, merges and reads posting lists, and nothing else: it neither scores nor keeps
positions or norms. Words are passed to it as they are; its analyzers and jieba's
``ChineseAnalyzer`` are not used, because the latter stores character offsets as positions and
drops single digits.

Whoosh keeps pickles in the files of an index, and a pickle can call any function that it names.
Those of an index name only a few classes, so a file that names anything else, for example one
planted by an attacker, is rejected before anything runs.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import shutil
import struct
import warnings
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from operator import sub
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .posting_pool import PostingList, PostingPool

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
"""Module and name of every class that a pickle of an index may name."""
_RENAMED_MODULES = {"gongwen.index.postings": "gongwen.index.whoosh_postings"}
"""Present names of modules by the names that are in indexes of older versions."""


class _Unpickler(pickle.Unpickler):
    """An unpickler that accepts only the classes of an index."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class that a pickle names, if it is allowed."""
        module = _RENAMED_MODULES.get(module, module)
        if (module, name) not in _ALLOWED_CLASSES:
            raise pickle.UnpicklingError(f"a pickle names {module}.{name}")
        return super().find_class(module, name)


def load(file: BinaryIO) -> Any:
    """Return the object of the next pickle in ``file``.

    Raises:
        pickle.UnpicklingError: it is not a pickle, or names a class that is not allowed.
    """
    return _Unpickler(file).load()


def loads(data: bytes) -> Any:
    """Return the object of the pickle in ``data``; raise the errors of :func:`load`."""
    return _Unpickler(io.BytesIO(data)).load()


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Whoosh 2.7.4 has string escapes that newer Pythons warn of
    from whoosh import columns, fields, formats
    from whoosh import index as whoosh_index
    from whoosh.codec import whoosh3
    from whoosh.codec.whoosh3 import W3Codec
    from whoosh.filedb import structfile

# Replace the three functions with which Whoosh reads pickles from the files of an index.
structfile.load_pickle = load
whoosh3.loads = loads
whoosh_index.pickle = SimpleNamespace(
    loads=loads, dumps=pickle.dumps, PicklingError=pickle.PicklingError
)


class _MappedFile:
    """A file for reading over bytes that are mapped into memory, which it does not copy.

    Whoosh reads the parts of a segment through ``BytesIO``, which copies all of them at once.
    """

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next ``size`` bytes, all that are left when it is negative."""
        end = len(self._data) if size < 0 else self._at + size
        part = bytes(self._data[self._at : end])
        self._at += len(part)
        return part

    def readline(self) -> bytes:
        """Return the bytes up to the next line feed."""
        start = self._at
        while self._at < len(self._data):
            self._at += 1
            if self._data[self._at - 1] == _LINE_FEED:
                break
        return bytes(self._data[start : self._at])

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill a buffer with the next bytes and return how many there were."""
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to an offset from the beginning, the present place or the end."""
        base = (0, self._at, len(self._data))[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Return the present offset."""
        return self._at

    def close(self) -> None:
        """Do nothing: the memory belongs to the segment."""


_LINE_FEED = ord("\n")
structfile.BytesIO = _MappedFile

_POSTINGS_PER_BLOCK = 1024
"""Number of postings in a block; Whoosh's default of 128 takes nearly twice as long for a common
word."""
_FIELD = "words"
_FIELD_NUMBER_SIZE = 2
"""Bytes of a key in front of the word."""
_SLOT, _SIZES, _TERM = struct.Struct("!Iq"), struct.Struct("!ii"), struct.Struct("!BfI")
"""Whoosh's slot of a hash table (hash and offset of an entry), the sizes of the key and value of an
entry, and the beginning of the value: flags, total of the counts, number of documents."""
_BLOCK = struct.Struct("!i")
"""Size of a block in bytes, negative for the last one of a posting list."""
_EXTENT, _TERM_SIZE = struct.Struct("!qi"), struct.calcsize("!BfIBBfII")
"""Offset and size of a posting list, and the size of what is in front of them in the value."""
_FORMAT = formats.Existence()


class _Words(fields.FieldType):  # type: ignore[misc]
    """The field of words and their counts; they are added to the pool, not to a document.

    Pickles of indexes name this class, so its name must not change.
    """

    indexed = True
    stored = False
    scorable = False
    unique = False
    vector = None
    column_type = None
    analyzer = None

    def __init__(self) -> None:
        self.format = formats.Existence()  # the count is stored as the weight of the posting


def _schema() -> fields.Schema:
    """Return Whoosh's schema of the index."""
    return fields.Schema(words=_Words(), id=fields.COLUMN(columns.NumericColumn("I")))


class _Codec(W3Codec):  # type: ignore[misc]
    """Whoosh's codec, which writes a whole posting list at a time in Whoosh's own format."""

    length_stats = False  # with them it would read the disk at every posting

    def field_writer(self, storage: Any, segment: Any) -> _FieldWriter:
        """Return the writer of a segment's posting lists; Whoosh calls this."""
        return _FieldWriter(self, storage, segment)

    def postings_writer(self, dbfile: Any, byteids: bool = False) -> _PostingsWriter:
        """Return the writer of one posting list after the other; Whoosh calls this."""
        return _PostingsWriter(
            dbfile, self._blocklimit, byteids, self._compression, self._inlinelimit
        )

    def new_segment(self, storage: Any, indexname: str) -> Any:
        """Return a segment of Whoosh's own codec, so that pickles do not name ours."""
        return W3Codec(self._blocklimit).new_segment(storage, indexname)


class _FieldWriter(whoosh3.W3FieldWriter):  # type: ignore[misc]
    """A field writer that takes the posting lists of a pool."""

    def add_postings(
        self, schema: fields.Schema, lengths: Any, items: Iterator[PostingList]
    ) -> None:
        """Write the posting lists of the pool, which are in the order of their words."""
        self.start_field(_FIELD, schema[_FIELD])
        for word, documents, counts in items:
            self.start_term(word)
            self._postwriter.add_list(documents, counts)
            self.finish_term()
        self.finish_field()


class _PostingsWriter(whoosh3.W3PostingsWriter):  # type: ignore[misc]
    """A writer that takes a whole posting list, and encodes its blocks faster than Whoosh."""

    _ids: array[int]
    _weights: array[float]

    def add_list(self, documents: array[int], counts: array[float]) -> None:
        """Add all postings of a word; Whoosh writes the last block when the term is finished."""
        for start in range(0, len(documents), self._blocklimit):
            if self._ids:
                self._write_block()
            self._ids = documents[start : start + self._blocklimit]
            self._weights = counts[start : start + self._blocklimit]
            self._maxweight = max(self._weights)

    def _mini_ids(self) -> tuple[int, ...]:
        """Return the first document number of the block and the differences between the others."""
        ids = self._ids
        return (ids[0], *map(sub, ids[1:], ids))

    def _mini_weights(self) -> tuple[float, ...] | float | None:
        """Return the counts of the block, one number if all are equal, ``None`` if all are 1."""
        first = self._weights[0]
        if self._weights.count(first) < len(self._weights):
            return tuple(self._weights)
        return None if first == 1 else float(first)


class Postings:
    """The posting lists of words, by document number.

    Documents are numbered in the order in which they were added. The numbers change when segments
    are merged; :attr:`ids` has the present ones.

    Args:
        folder: the folder of Whoosh's files.
        create: whether to create them when they are missing.
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
        """Open a reader of the newest commit."""
        self._version = int(self._index.latest_generation())
        self._reader = self._index.reader()
        self._alive_of: dict[Any, NDArray[np.bool_]] = {}
        self.__dict__.pop("ids", None)
        # A reader of an index without documents has no words.
        self._segments = [
            (leaf, base, leaf._terms) for leaf, base in self._leaves() if hasattr(leaf, "_terms")
        ]

    def close(self) -> None:
        """Close all files."""
        self._reader.close()
        self._index.close()

    @property
    def version(self) -> int:
        """Number of the commit that is being read; it grows with every commit."""
        return self._version

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """(documents,) the id of each document number, deleted ones included."""
        parts = [np.zeros(0, np.int64)]
        for leaf, _ in self._leaves():
            found = np.zeros(leaf.doc_count_all(), np.int64)
            if len(found):
                column = leaf.column_reader("id", translate=False)
                # Reading the whole column is twenty times as fast as one number at a time.
                stored = column._dbfile.get(column._basepos, column._count * 4)
                found[: column._count] = np.frombuffer(bytes(stored), ">u4")
            parts.append(found)
        return np.concatenate(parts)

    def alive_among(self, documents: NDArray[np.int64]) -> list[int]:
        """Return those of the documents that are not deleted."""
        alive = [self._alive(leaf) for leaf, _ in self._leaves()]
        found: list[int] = documents[np.concatenate(alive)[documents]].tolist()
        return found

    def _leaves(self) -> list[tuple[Any, int]]:
        """Return the reader of each segment and the number of its first document."""
        return list(self._reader.leaf_readers())

    def update(
        self, add: Iterable[tuple[int, Sequence[str]]], delete: Callable[[], Iterable[int]]
    ) -> dict[str, int]:
        """Add and delete documents in one commit.

        Args:
            add: id and words of each document to add.
            delete: returns the numbers of documents to delete, as they were before this call. It
                is called after all documents have been added.

        Returns:
            The number of added documents that contain each word.
        """
        self._tidy()
        # The caller holds the lock of the library; Whoosh's own lock would outlive an interruption.
        writer = self._index.writer(codec=_Codec(blocklimit=_POSTINGS_PER_BLOCK), _lk=False)
        writer.pool = pool = PostingPool()
        try:
            for id_, words in add:
                pool.add_words(writer.docnum, words)
                writer.add_document(id=id_)
            for number in delete():
                writer.delete_document(number)
            added = pool.frequencies()
        except BaseException:
            with contextlib.suppress(Exception):  # report the first error, not one of the cleanup
                writer.cancel()
            raise
        writer.commit()
        # Open a new reader: a refreshed one would return documents from before a merge.
        self._reader.close()
        self._open_reader()
        return added

    def _tidy(self) -> None:
        """Remove the files that a killed or interrupted writer left."""
        for path in self._folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif ".toc." in path.name or path.name.endswith("LOCK"):
                with contextlib.suppress(OSError):
                    path.unlink()

    def postings(self, word: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the numbers of the documents that contain ``word``, and its count in each."""
        key = word.encode("utf-8", "replace")
        numbers: list[NDArray[np.int64]] = []
        counts: list[NDArray[np.float32]] = []
        for leaf, base, terms in self._segments:
            for ids, weights in _blocks(terms, key):
                if leaf.has_deletions():
                    kept = self._alive(leaf)[ids]
                    ids, weights = ids[kept], weights[kept]
                numbers.append(ids + base)
                counts.append(weights)
        if not numbers:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        return np.concatenate(numbers), np.concatenate(counts)

    def _alive(self, leaf: Any) -> NDArray[np.bool_]:
        """Return for each document of a segment whether it is not deleted."""
        if leaf not in self._alive_of:
            alive = np.ones(leaf.doc_count_all(), bool)
            if leaf.has_deletions():
                alive[list(leaf.segment().deleted_docs())] = False
            self._alive_of[leaf] = alive
        return self._alive_of[leaf]


def _find(terms: Any, word: bytes) -> tuple[Any, int, int] | None:
    """Return where the entry of ``word`` in the file of a segment's words is, if there is one.

    It reads Whoosh's hash table as :class:`whoosh.filedb.filetables.HashReader` does, in a fraction
    of the time: planning a question asks for a hundred strings, most of which are no words.

    Args:
        terms: Whoosh's reader of the words of a segment, whose file is mapped into memory.
        word: the word in UTF-8.

    Returns:
        The bytes of the file, and where in them the entry's value begins and ends.
    """
    table = terms._tindex
    buffer = table.dbfile._buf
    key = terms._keycoder(_FIELD, word)
    hashed = table.hashfn(key)
    start, slots = table.tables[hashed & 255]
    for step in range(slots):
        slot = start + ((hashed >> 8) + step) % slots * _SLOT.size
        other, at = _SLOT.unpack_from(buffer, slot)
        if not at:
            return None
        if other == hashed:
            size, value_size = _SIZES.unpack_from(buffer, at)
            end = at + _SIZES.size + size
            if bytes(buffer[at + _SIZES.size : end]) == key:
                return buffer, end, end + value_size
    return None


def _blocks(terms: Any, word: bytes) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Yield the numbers of the documents of a segment that contain ``word``, and its counts.

    They come a block at a time; deleted documents are among them. A block stores the differences
    between document numbers, which NumPy sums faster than Whoosh.
    """
    if not hasattr(terms._tindex.dbfile, "_buf"):
        if (_FIELD, word) not in terms:
            return
        matcher = terms.matcher(_FIELD, word, _FORMAT)
        while not hasattr(matcher, "_next_block") and matcher.is_active():
            yield np.array([matcher.id()], np.int64), np.array([matcher.weight()], np.float32)
            matcher.next()
    else:
        if not (found := _find(terms, word)):
            return
        buffer, at, end = found
        if _TERM.unpack_from(buffer, at)[0]:  # the few documents are in the entry itself
            ids, weights, _ = loads(bytes(buffer[at + _TERM_SIZE : end]))
            yield np.array(ids, np.int64), np.array(weights, np.float32)
            return
        start, _ = _EXTENT.unpack_from(buffer, at + _TERM_SIZE)
        for steps, weights in _read_blocks(terms._postfile._buf, start):
            yield _arrays(steps, weights)
        return
    while matcher.is_active():
        matcher._read_data()
        yield _arrays(*matcher._data[:2])
        matcher._next_block()


def _read_blocks(buffer: memoryview, start: int) -> Iterator[tuple[Any, Any]]:
    """Yield what the blocks of a posting list hold: steps between documents, and counts.

    It reads them as :class:`whoosh.codec.whoosh3.W3LeafMatcher` does, in half of the time.

    Args:
        buffer: the file of postings, mapped into memory.
        start: the offset of the posting list in it.
    """
    if bytes(buffer[start : start + 4]) != whoosh3.WHOOSH3_HEADER_MAGIC:
        raise ValueError("no posting list begins here")
    at, more = start + 4, True
    while more:
        [size] = _BLOCK.unpack_from(buffer, at)
        more, end = size > 0, at + _BLOCK.size + abs(size)  # the size of the last one is negative
        block = io.BytesIO(buffer[at + _BLOCK.size : end])
        is_compressed = load(block)[3]
        data = block.read()
        steps, weights, _ = loads(zlib.decompress(data) if is_compressed else data)
        yield steps, weights
        at = end


def _arrays(steps: Any, weights: Any) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return document numbers and counts of a block from what it holds."""
    # Converting a tuple by way of an array is three times as fast as by NumPy alone.
    ids = np.cumsum(np.frombuffer(array("I", steps), np.uint32), dtype=np.int64)
    if isinstance(weights, tuple):
        return ids, np.frombuffer(array("f", weights), np.float32)
    # None means that all are 1, a number that all are equal to it.
    return ids, np.full(len(ids), 1 if weights is None else weights, np.float32)
