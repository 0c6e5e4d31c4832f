"""Read zip archives without trust: their members, and the bytes of one of them.

The directory of an archive says what each member unpacks to. More than that is never unpacked, so
a limit on what the directory says is a limit on what is done.
"""

from __future__ import annotations

import contextlib
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import SEEK_CUR
from typing import BinaryIO

from ..nlp.errors import ReadError
from .base import Limits, shown
from .plain_text import detect

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
"""How a zip archive begins; the second is that of an empty one."""

_BLOCK = 1 << 16
_ENTRY = 256
"""Bytes of an entry of the directory: 46, its path, and the times that some systems add."""
_UTF8_NAME = 0x800
_ENCRYPTED = 1
_NAMES = ("utf-8", "gb18030", "cp950", "big5hkscs")
_OFFICE = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument."


class Archive:
    """A zip archive; no file stays open.

    Args:
        open_file: opens its bytes.
        name: the archive as messages show it.
        limits: how many members it may have, and how large each may be.

    Raises:
        ReadError: it is not a zip archive, damaged, or has too many members.
    """

    def __init__(self, open_file: Callable[[], BinaryIO], name: str, limits: Limits) -> None:
        self._open, self._name, self._limits = open_file, name, limits
        self._infos = _named(self._directory())

    @property
    def paths(self) -> list[str]:
        """The paths of its files, sorted."""
        return sorted(path for path in self._infos if not path.endswith("/"))

    @property
    def kind(self) -> str:
        """``docx``, ``xlsx``, ``pptx``, ``odt``, ``odf``, ``ofd``, or ``zip`` for anything else."""
        if "[Content_Types].xml" in self._infos:
            for folder, kind in _OFFICE.items():
                if any(path.startswith(folder) for path in self._infos):
                    return kind
        if "OFD.xml" in self._infos:
            return "ofd"
        mimetype = self._infos.get("mimetype")
        if mimetype and mimetype.file_size < _BLOCK:
            said = b"".join(self.blocks("mimetype"))
            if said.startswith(_OPEN_DOCUMENT):
                return "odt" if said[len(_OPEN_DOCUMENT) :].startswith(b"text") else "odf"
        return "zip"

    def size(self, path: str) -> int:
        """Return how many bytes a member unpacks to at most."""
        return self._info(path).file_size

    def read(self, path: str) -> bytes:
        """Return the bytes of a member.

        Raises:
            ReadError: it is too large, encrypted, packed in a rare way, or damaged.
        """
        if self.size(path) > self._limits.file_bytes:
            megabytes = self._limits.file_bytes >> 20
            raise self._error(path, f"larger than {megabytes} MB; split it first")
        return b"".join(self.blocks(path))

    def blocks(self, path: str) -> Iterator[bytes]:
        """Yield the bytes of a member in blocks of at most 64 KB.

        Raises:
            ReadError: it is encrypted, packed in a rare way, or damaged.
        """
        info = self._info(path)
        if info.flag_bits & _ENCRYPTED:
            raise self._error(path, "encrypted; unpack it first")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self._error(path, "packed in a way that gongwen does not read; unpack it first")
        # Packed bytes that unpack to nothing would cost time without end.
        sound = info.compress_size <= 2 * info.file_size + _BLOCK
        size = checksum = 0
        try:
            for block in self._unpacked(info) if sound else ():
                size += len(block)
                if size > info.file_size:
                    break
                checksum = zlib.crc32(block, checksum)
                yield block
        except (OSError, OverflowError, ValueError, struct.error, zlib.error):
            sound = False
        if not sound or size != info.file_size or checksum != info.CRC:
            raise self._error(path, "damaged in the archive; get it again")

    def _unpacked(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        with self._open() as file:
            file.seek(info.header_offset)
            file.seek(sum(struct.unpack("<26xHH", file.read(30))), SEEK_CUR)
            left = info.compress_size
            inflater = zlib.decompressobj(-15) if info.compress_type else None
            packed = b""
            while left or inflater:
                if not packed:
                    packed = file.read(min(left, _BLOCK))
                    left = left - len(packed) if packed else 0
                if not inflater:
                    yield packed
                    packed = b""
                    continue
                block = inflater.decompress(packed, _BLOCK)
                packed = inflater.unconsumed_tail
                yield block
                if inflater.eof or not (block or packed or left):
                    return

    def check(self) -> dict[str, int]:
        """Unpack every member, keep nothing, and return how many ``<`` each has.

        What other libraries are to open is checked first, since they trust what it says of itself.
        The marks bound the elements that they make of it, where bytes alone would not.

        Raises:
            ReadError: it is too large, encrypted, packed in a rare way, or damaged.
        """
        if sum(map(self.size, self.paths)) > self._limits.unpacked_bytes:
            megabytes = self._limits.unpacked_bytes >> 20
            raise ReadError(f"{self._name}: unpacks to more than {megabytes} MB; split it first")
        return {path: sum(b.count(b"<") for b in self.blocks(path)) for path in self.paths}

    def _info(self, path: str) -> zipfile.ZipInfo:
        if path not in self._infos:
            raise self._error(path, "not in the archive")
        return self._infos[path]

    def _error(self, path: str, problem: str) -> ReadError:
        return ReadError(f"{self._name}!/{shown(path)}: {problem}")

    def _directory(self) -> list[zipfile.ZipInfo]:
        most = self._limits.members
        too_many = ReadError(f"{self._name}: more than {most} files in it; unpack it first")
        try:
            with self._open() as file:
                bounded = _Bounded(file, most * _ENTRY, too_many)
                infos = zipfile.ZipFile(bounded).infolist()
        except ReadError:
            raise
        except Exception:  # whatever zipfile stumbles over
            raise ReadError(
                f"{self._name}: damaged, not a whole zip archive or office file; get it again"
            ) from None
        if len(infos) > most:
            raise too_many
        return infos


class _Bounded:
    """A file of which no more than ``most`` bytes are read at once; zipfile has no limit itself."""

    def __init__(self, file: BinaryIO, most: int, error: ReadError) -> None:
        self._file, self._most, self._error = file, most, error
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1, /) -> bytes:
        if size > self._most:
            raise self._error
        return self._file.read(size)


def _named(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Return the members by path; of two with one path the last counts, as when unpacking.

    Paths that are not marked as UTF-8 are in the encoding of the system that packed them, and
    zipfile takes them for that of the first PC.
    """
    paths = [info.orig_filename.partition("\0")[0] for info in infos]
    raw = [
        b"" if info.flag_bits & _UTF8_NAME else path.encode("cp437")
        for info, path in zip(infos, paths, strict=True)
    ]
    found = detect(b"\n".join(raw))
    encoding = found if found in _NAMES else "gb18030"
    named = {}
    for info, path, other in zip(infos, paths, raw, strict=True):
        with contextlib.suppress(UnicodeDecodeError):
            path = other.decode(encoding) or path
        named[path.replace("\\", "/")] = info
    return named
