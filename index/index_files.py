"""Flush the files of an index to disk, verify their checksums, and compare rows with the store."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from .column_writer import ENCODED_COLUMNS
from .columns import Rows
from .engine import Entry

_CHUNK_BYTES = 1 << 20

Checksums = Mapping[str, tuple[int, int]]
"""Size in bytes and CRC-32 by the name of the file, relative to the folder of the index."""


def sync_files(folder: Path, parts: Iterable[str], known: Checksums) -> dict[str, tuple[int, int]]:
    """Flush the files in some folders of an index to the disk and return their checksums.

    Args:
        folder: the folder of the index.
        parts: names of folders in it.
        known: checksums of files that never change; such a file is neither flushed nor read again
            while its size is the same.

    Returns:
        Size in bytes and CRC-32 by the name of the file, relative to ``folder``.

    Raises:
        OSError: a file cannot be read or flushed.
    """
    found = {}
    for part in parts:
        for path in sorted((folder / part).iterdir()):
            if not path.is_file():
                continue
            name, size = f"{part}/{path.name}", path.stat().st_size
            if name in known and known[name][0] == size:
                found[name] = known[name]
            else:
                sync(path)  # else a power cut may leave a manifest that names empty files
                found[name] = (size, checksum(path))
    return found


def find_damage(folder: Path, known: Checksums) -> list[str]:
    """Return a message for each file that is missing or does not match its checksum.

    Args:
        folder: the folder of the index.
        known: expected sizes and checksums.
    """
    found = []
    for name, (size, value) in known.items():
        path = folder / name
        try:
            if path.stat().st_size != size or checksum(path) != value:
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


def latest_version(folder: Path) -> int:
    """Return the number of the newest Whoosh commit in a folder, -1 when there is none."""
    found = (re.fullmatch(r"_MAIN_(\d+)\.toc", path.name) for path in folder.glob("_MAIN_*.toc"))
    return max((int(match[1]) for match in found if match), default=-1)


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


def checksum(path: Path) -> int:
    """Return the CRC-32 of a file, which is read in chunks."""
    value = 0
    with path.open("rb") as file:
        while data := file.read(_CHUNK_BYTES):
            value = zlib.crc32(data, value)
    return value


def compare_rows(rows: Rows, entries: Iterable[Entry], all_of_them: bool = True) -> Iterator[str]:
    """Yield a message for each sentence whose row differs from the expected entry.

    Args:
        rows: the rows of the index.
        entries: the expected sentences; their words are not compared.
        all_of_them: whether ``entries`` are complete, so that any other row is an error.
    """
    row_of = {id_: row for row, id_ in enumerate(rows.ids.tolist()) if id_ > 0}
    columns = {name: rows.column(name).decoded() for name in ENCODED_COLUMNS}
    report_facts = rows.load().reports
    for entry in entries:
        row = row_of.pop(entry.id, None)
        if row is None:
            yield f"sentence {entry.id} of the report {entry.report} is missing"
            continue
        indexed: dict[str, Any] = {name: column[row] for name, column in columns.items()}
        region, year = report_facts.get(indexed["report"], ("", ""))
        indexed |= {"text": _text(rows, row), "region": region, "year": year}
        expected: dict[str, Any] = {name: getattr(entry, name) for name in indexed}
        expected["topics"] = tuple(expected["topics"])
        wrong = [name for name, value in expected.items() if indexed[name] != value]
        if rows.probability[row] != np.float32(entry.probability):
            wrong.append("probability")
        if wrong:
            yield f"{' and '.join(wrong)} of sentence {entry.id} of {entry.report} are others"
    if row_of and all_of_them:
        yield f"{len(row_of)} sentences are not in the library"


def _text(rows: Rows, row: int) -> str:
    """Return the text of a row; a text that cannot be decoded becomes NUL, unlike any sentence."""
    try:
        return rows.string(row)
    except ValueError:
        return "\0"
