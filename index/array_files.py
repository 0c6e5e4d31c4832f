"""Keep arrays in files: logs, to which items are only ever added, and states, written anew.

A log holds the items of one array in their order. Whoever knows how many items there were maps
them into memory, and is not disturbed while another process adds more behind them. A state holds
several small arrays in one file, which never changes. Which items of which files belong together
is said in a manifest (:mod:`~gongwen.index.whoosh_engine`), which is written last; what a process
that died has added behind the items of the manifest is overwritten by the next.
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from operator import index
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_CHUNK_BYTES = 1 << 20
_ALIGNMENT = 8
"""Bytes of which the offset of an array in a state is a multiple."""


_LONGEST_NAME = 100


class Extent(NamedTuple):
    """How much of a file belongs to an index.

    Attributes:
        bytes: number of bytes from the beginning.
        crc: CRC-32 of them.
    """

    bytes: int = 0
    crc: int = 0

    @classmethod
    def of(cls, part: Sequence[Any]) -> Extent:
        """Return the extent that a part of a manifest says.

        Raises:
            ValueError, TypeError: it is not such a part.
        """
        size, crc = map(index, part)
        if not 0 <= size < 1 << 62:
            raise ValueError("an extent has no size")
        return cls(size, crc)


def is_file_name(name: str) -> bool:
    """Return whether this is a name of a file or folder that does not lead out of the index."""
    plain = name.isascii() and name.isprintable() and len(name) < _LONGEST_NAME
    return plain and Path(name).name == name not in ("", "..")


def append(path: Path, items: NDArray[Any] | bytes, known: Extent, padding: bytes = b"") -> Extent:
    """Add items to a log behind the known ones and flush them to the disk.

    Args:
        path: the log; it is created if nothing of it is known.
        items: (n,) array of the log's type, or encoded text.
        known: what belongs to the log; bytes behind it are overwritten.
        padding: bytes to write behind the items, which do not belong to the log.

    Returns:
        What belongs to the log now.

    Raises:
        OSError: the file cannot be written.
    """
    data = items if isinstance(items, bytes) else items.tobytes()
    if not len(data) and path.exists():
        return known
    path.touch()
    with path.open("r+b") as file:
        file.seek(known.bytes)
        file.write(data)
        file.write(padding)
        file.flush()
        os.fsync(file.fileno())
    return Extent(known.bytes + len(data), zlib.crc32(data, known.crc))


def map_log(path: Path, type_: Any, extent: Extent, padding: int = 0) -> NDArray[Any]:
    """Return the items of a log, mapped into memory and read-only.

    Args:
        path: the log.
        type_: NumPy's type of an item.
        extent: what belongs to the log.
        padding: bytes behind the items to return too.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is shorter than its extent.
    """
    size = extent.bytes + padding
    if not size:
        return np.zeros(0, type_)
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < size:
            raise ValueError(f"{path.name} is too short")
        mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
    return np.frombuffer(mapped, type_)


class Records:
    """The records of a log, of which columns are read when they are asked for.

    Unlike memory that is mapped, what was passed over on the way to a column does not stay in
    memory. The file stays open, so that it may be removed meanwhile.

    Args:
        path: the log.
        type_: NumPy's type of a record.
        extent: what belongs to the log.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is shorter than its extent.
    """

    def __init__(self, path: Path, type_: np.dtype[Any], extent: Extent) -> None:
        self._type = type_
        self._size = extent.bytes // type_.itemsize
        self._file = path.open("rb", buffering=0) if self._size else None
        self._lock = Lock()  # threads share the place in the file
        if self._file and os.fstat(self._file.fileno()).st_size < extent.bytes:
            raise ValueError(f"{path.name} is too short")

    def __len__(self) -> int:
        return self._size

    def column(self, name: str) -> NDArray[Any]:
        """Return (records,) values of one field in memory."""
        values = np.empty(self._size, self._type[name])
        for start, part in self._parts():
            values[start : start + len(part)] = part[name]
        return values

    def all(self) -> NDArray[Any]:
        """Return all records in memory."""
        records = np.empty(self._size, self._type)
        for start, part in self._parts():
            records[start : start + len(part)] = part
        return records

    def _parts(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yield the index of the first record of each part, and its records."""
        step = max(1, _CHUNK_BYTES // self._type.itemsize)
        for start in range(0, self._size, step):
            assert self._file
            count = min(step, self._size - start)
            size = count * self._type.itemsize
            with self._lock:
                self._file.seek(start * self._type.itemsize)
                data = self._file.read(size)
            yield start, np.frombuffer(data, self._type, count)


def write_state(path: Path, arrays: Mapping[str, NDArray[Any]]) -> Extent:
    """Write arrays to a new file and flush it to the disk.

    The file begins with a line of JSON that names type and number of items of each array.

    Raises:
        OSError: the file cannot be written.
    """
    head = {name: [array.dtype.str, len(array)] for name, array in arrays.items()}
    line = json.dumps(head).encode("ascii") + b"\n"
    parts: list[Any] = [line.rjust(-(-len(line) // _ALIGNMENT) * _ALIGNMENT)]
    for array in arrays.values():
        data = array.tobytes()
        parts += data, bytes(-len(data) % _ALIGNMENT)
    size = crc = 0
    with path.open("wb") as file:
        for part in parts:
            file.write(part)
            size, crc = size + len(part), zlib.crc32(part, crc)
        file.flush()
        os.fsync(file.fileno())
    return Extent(size, crc)


def read_state(path: Path, extent: Extent) -> dict[str, NDArray[Any]]:
    """Return the arrays of a state, mapped into memory and read-only.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is damaged.
    """
    data = map_log(path, np.uint8, extent)
    line = data[: int(np.argmax(data == ord("\n"))) + 1] if len(data) else data
    arrays, at = {}, len(line)
    for name, (type_, count) in json.loads(bytes(line)).items():
        size = np.dtype(type_).itemsize * count
        if at + size > len(data):
            raise ValueError(f"{path.name} is too short")
        arrays[name] = data[at : at + size].view(type_)
        at += -(-size // _ALIGNMENT) * _ALIGNMENT
    return arrays


def release_memory(mapped: NDArray[Any]) -> None:
    """Tell the system that the memory of a mapped array may be reused; the file stays complete.

    An array that is not mapped is left alone.
    """
    base: Any = mapped
    while base is not None and not isinstance(base, mmap.mmap):
        base = base.obj if isinstance(base, memoryview) else getattr(base, "base", None)
    if base is not None and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


# -- the files of an index -------------------------------------------------------------------------

Checksums = Mapping[str, Sequence[int]]
"""Bytes and CRC-32 of each file that belong to an index, by its name relative to the folder."""


def sync_files(folder: Path, part: str, known: Checksums) -> dict[str, Extent]:
    """Flush the files of one folder of an index to the disk and return their checksums.

    Args:
        folder: the folder of the index.
        part: name of a folder in it.
        known: checksums of files that never change; such a file is neither flushed nor read again
            while its size is the same.

    Returns:
        Checksums by the name of the file, relative to ``folder``.

    Raises:
        OSError: a file cannot be read or flushed.
    """
    found = {}
    for path in sorted((folder / part).iterdir()):
        if not path.is_file():
            continue
        name, size = f"{part}/{path.name}", path.stat().st_size
        if name in known and known[name][0] == size:
            found[name] = Extent(*known[name])
        else:
            sync(path)  # else a power cut may leave a manifest that names empty files
            found[name] = Extent(size, checksum(path, size))
    return found


def find_damage(folder: Path, known: Checksums, padding: Mapping[str, int]) -> list[str]:
    """Return a message for each file that is missing or does not match its checksum.

    Args:
        folder: the folder of the index.
        known: expected sizes and checksums.
        padding: number of bytes that must stand behind them, by the name of the file; what they
            are does not matter, a process that died may have overwritten them.
    """
    found = []
    for name, (size, value) in known.items():
        path = folder / name
        try:
            end = path.stat().st_size
            if end < size + padding.get(path.name, 0) or checksum(path, size) != value:
                found.append(f"{path}: damaged; run gongwen reindex")
        except OSError as error:
            found.append(f"{path}: cannot be read ({error.strerror}); {advice(error)}")
    return found


def advice(error: Exception) -> str:
    """Return what to do about an index that an error kept from being read or written.

    A file that is not permitted or that the disk does not give is not mended by a new index.
    """
    if isinstance(error, OSError) and error.errno and not isinstance(error, FileNotFoundError):
        return "see to the disk and to the permissions of the folder"
    return "run gongwen reindex"


def sync(path: Path) -> None:
    """Flush a file to the disk.

    Raises:
        OSError: the file cannot be opened or flushed.
    """
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk, where the operating system can do so."""
    with suppress(OSError, AttributeError):  # Windows cannot open a folder
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def file_identity(path: Path) -> tuple[int, ...]:
    """Return a value that changes when another file takes this path.

    Returns:
        Modification time in nanoseconds, inode and size in bytes; ``()`` when there is no file.
    """
    try:
        known = path.stat()
    except OSError:
        return ()
    return known.st_mtime_ns, known.st_ino, known.st_size


def checksum(path: Path, size: int) -> int:
    """Return the CRC-32 of the first ``size`` bytes of a file, which is read in chunks."""
    value = 0
    with path.open("rb") as file:
        while size > 0 and (data := file.read(min(size, _CHUNK_BYTES))):
            value = zlib.crc32(data, value)
            size -= len(data)
    return value
