"""Read the members of untrusted zip archives within limits.

The directory of an archive declares the unpacked size of each member. No more than the declared
size is ever unpacked, so checking the declared sizes against the limits bounds the actual work.
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
from .base import Limits, display_name
from .plain_text import detect_encoding

ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
"""The first bytes of a zip archive; the second value is that of an empty archive."""

_BLOCK_BYTES = 1 << 16
_DIRECTORY_ENTRY_BYTES = 256
"""Bytes allowed per entry of the directory: 46, its path, and the times that some systems add."""
_UTF8_PATH_FLAG = 0x800
_ENCRYPTED_FLAG = 1
_PATH_ENCODINGS = ("utf-8", "gb18030", "cp950", "big5hkscs")
_OFFICE_FOLDERS = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_OPEN_DOCUMENT_MIMETYPE = b"application/vnd.oasis.opendocument."


GZIP_SIGNATURE = b"\x1f\x8b"
"""The first bytes of a gzip file."""
_GZIP_WINDOW = 31
"""What tells zlib that data has the header and the checksum of gzip."""


def gunzip(data: bytes, name: str, limits: Limits) -> bytes:
    """Return the content of a gzip file, of all of its parts when there are several.

    Args:
        data: the bytes of the file.
        name: its name, for messages.
        limits: the largest size of the content.

    Raises:
        ReadError: the file is damaged, cut off, or larger than the limit when it is unpacked; no
            more than the limit is ever unpacked.

    Example:
        >>> import gzip
        >>> gunzip(gzip.compress("办案12件".encode()), "a.txt.gz", Limits()).decode()
        '办案12件'
    """
    content = bytearray()
    most = limits.file_bytes
    while data:
        inflater = zlib.decompressobj(_GZIP_WINDOW)
        try:
            while not inflater.eof:
                block = inflater.decompress(data, min(_BLOCK_BYTES, most + 1 - len(content)))
                data = inflater.unconsumed_tail
                content += block
                if len(content) > most:
                    raise ReadError(f"{name}: unpacks to more than {most >> 20} MB; split it first")
                if not block and not data and not inflater.eof:
                    raise zlib.error("the end is missing")
        except zlib.error:
            raise ReadError(f"{name}: damaged, not a whole gzip file; get it again") from None
        data = inflater.unused_data.lstrip(b"\0")  # blocks of tapes are filled up with zeros
    return bytes(content)


class Archive:
    """A zip archive, which is opened for each operation and never kept open.

    Args:
        open_file: opens the bytes of the archive.
        name: the name of the archive as displayed in messages.
        limits: the most members, and the largest size of each and of all of them.

    Raises:
        ReadError: the file is not a zip archive, is damaged, or has too many members.

    Example:
        ``Archive(partial(BytesIO, data), "a.zip", Limits()).paths`` -> ``["1.txt", "b/2.txt"]``
    """

    def __init__(self, open_file: Callable[[], BinaryIO], name: str, limits: Limits) -> None:
        self._open, self._name, self._limits = open_file, name, limits
        self._infos = _members_by_path(self._directory())

    @property
    def paths(self) -> list[str]:
        """The paths of the members that are files, sorted."""
        return sorted(path for path in self._infos if not path.endswith("/"))

    @property
    def kind(self) -> str:
        """The format: ``docx``, ``xlsx``, ``pptx``, ``odt``, ``odf``, ``ofd``, else ``zip``."""
        if "[Content_Types].xml" in self._infos:
            for folder, kind in _OFFICE_FOLDERS.items():
                if any(path.startswith(folder) for path in self._infos):
                    return kind
        if "OFD.xml" in self._infos:
            return "ofd"
        mimetype = self._infos.get("mimetype")
        if mimetype and mimetype.file_size < _BLOCK_BYTES:
            content = b"".join(self.blocks("mimetype"))
            if content.startswith(_OPEN_DOCUMENT_MIMETYPE):
                is_text = content.startswith(b"text", len(_OPEN_DOCUMENT_MIMETYPE))
                return "odt" if is_text else "odf"
        return "zip"

    def size(self, path: str) -> int:
        """Return the declared unpacked size of a member in bytes, which is never exceeded."""
        return self._info(path).file_size

    def is_encrypted(self, path: str) -> bool:
        """Return whether a member can only be unpacked with a password."""
        return bool(self._info(path).flag_bits & _ENCRYPTED_FLAG)

    def read(self, path: str) -> bytes:
        """Return the unpacked bytes of a member.

        Raises:
            ReadError: the member is missing, too large, encrypted, damaged, or its compression
                method is not supported.
        """
        if self.size(path) > self._limits.file_bytes:
            megabytes = self._limits.file_bytes >> 20
            raise self._error(path, f"larger than {megabytes} MB; split it first")
        return b"".join(self.blocks(path))

    def blocks(self, path: str) -> Iterator[bytes]:
        """Yield the unpacked bytes of a member in blocks of at most 64 KB.

        Raises:
            ReadError: the member is missing, encrypted, damaged, or its compression method is not
                supported.
        """
        info = self._info(path)
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise self._error(path, "encrypted; unpack it first")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self._error(path, "packed in a way that gongwen does not read; unpack it first")
        # Packed data that is far larger than what it unpacks to would cost unbounded time.
        valid = info.compress_size <= 2 * info.file_size + _BLOCK_BYTES
        size = checksum = 0
        try:
            for block in self._unpack(info) if valid else ():
                size += len(block)
                if size > info.file_size:
                    break
                checksum = zlib.crc32(block, checksum)
                yield block
        except (OSError, OverflowError, ValueError, struct.error, zlib.error):
            valid = False
        if not valid or size != info.file_size or checksum != info.CRC:
            raise self._error(path, "damaged in the archive; get it again")

    def _unpack(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield the unpacked bytes of a member, without checking its size and checksum."""
        with self._open() as file:
            file.seek(info.header_offset)
            file.seek(sum(struct.unpack("<26xHH", file.read(30))), SEEK_CUR)
            remaining = info.compress_size
            inflater = zlib.decompressobj(-15) if info.compress_type else None
            packed = b""
            while remaining or inflater:
                if not packed:
                    packed = file.read(min(remaining, _BLOCK_BYTES))
                    remaining = remaining - len(packed) if packed else 0
                if not inflater:
                    yield packed
                    packed = b""
                    continue
                block = inflater.decompress(packed, _BLOCK_BYTES)
                packed = inflater.unconsumed_tail
                yield block
                if inflater.eof or not (block or packed or remaining):
                    return

    def check(self) -> dict[str, int]:
        """Verify every member by unpacking it, and return the number of ``<`` in each by path.

        An archive is verified before another library opens it, since libraries trust the sizes
        that it declares. The number of ``<`` bounds the XML elements that such a library creates,
        which the size in bytes does not.

        Raises:
            ReadError: the archive is too large, or a member is encrypted, damaged, or compressed
                by a method that is not supported.
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
        return ReadError(f"{self._name}!/{display_name(path)}: {problem}")

    def _directory(self) -> list[zipfile.ZipInfo]:
        """Return the entries of the directory of the archive, within the limit on members."""
        max_members = self._limits.members
        too_many = ReadError(f"{self._name}: more than {max_members} files in it; unpack it first")
        try:
            with self._open() as file:
                bounded_file = _BoundedFile(file, max_members * _DIRECTORY_ENTRY_BYTES, too_many)
                infos = zipfile.ZipFile(bounded_file).infolist()
        except ReadError:
            raise
        except Exception:  # zipfile raises many types of errors for damaged files
            raise ReadError(
                f"{self._name}: damaged, not a whole zip archive or office file; get it again"
            ) from None
        if len(infos) > max_members:
            raise too_many
        return infos


class _BoundedFile:
    """Wraps a file and refuses reads of more than ``max_bytes``, since zipfile has no limit."""

    def __init__(self, file: BinaryIO, max_bytes: int, error: ReadError) -> None:
        self._file, self._max_bytes, self._error = file, max_bytes, error
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1, /) -> bytes:
        if size > self._max_bytes:
            raise self._error
        return self._file.read(size)


def _members_by_path(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Return the members by path; the last one with a path wins, as it does when unpacking.

    Paths that are not marked as UTF-8 are in the encoding of the system that packed them, while
    zipfile decodes them as code page 437.
    """
    paths = [info.orig_filename.partition("\0")[0] for info in infos]
    raw = [
        b"" if info.flag_bits & _UTF8_PATH_FLAG else path.encode("cp437")
        for info, path in zip(infos, paths, strict=True)
    ]
    found = detect_encoding(b"\n".join(raw))
    encoding = found if found in _PATH_ENCODINGS else "gb18030"
    members = {}
    for info, path, other in zip(infos, paths, raw, strict=True):
        with contextlib.suppress(UnicodeDecodeError):
            path = other.decode(encoding) or path
        members[path.replace("\\", "/")] = info
    return members
