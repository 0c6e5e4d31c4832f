"""Files to text: what a folder holds, and how bytes become characters."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .nlp.errors import ReadError

SUFFIXES = frozenset({".txt", ".text", ".md"})
"""What is taken from a folder; a file that is named is read whatever its suffix."""

LARGEST_FILE = 64 << 20
"""Bytes of a file; a report has a few hundred thousand."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEGACY = ["gb18030", "big5", "utf_16_le", "utf_16_be"]


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of a file.

    Attributes:
        path: the file.
        sha256: hash of its bytes.
        text: its characters, with line feeds only, without a byte order mark.
    """

    path: Path
    sha256: str
    text: str


def find_files(paths: Iterable[str | Path]) -> Iterator[Path | ReadError]:
    """Yield the files to read under ``paths``, in order, and an error for what cannot be read."""
    for path in map(Path, paths):
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if _is_report(p, path))
            if not found:
                yield ReadError(f"{path}: no reports in this folder; gongwen reads .txt files")
            yield from found
        elif path.exists():
            yield path
        else:
            yield ReadError(f"{path}: no such file or folder")


def _is_report(path: Path, root: Path) -> bool:
    hidden = any(part.startswith((".", "~$")) for part in path.relative_to(root).parts)
    return path.suffix.lower() in SUFFIXES and not hidden and path.is_file()


def read_bytes(path: Path) -> tuple[bytes, str]:
    """Return the bytes of ``path`` and their SHA-256.

    Raises:
        ReadError: the file cannot be read, is empty, or is too large.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise ReadError(f"{path}: larger than {LARGEST_FILE >> 20} MB; split it first")
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror or error})") from None
    if not data.strip():
        raise ReadError(f"{path}: the file is empty")
    return data, hashlib.sha256(data).hexdigest()


def decode(path: Path, data: bytes, encoding: str | None = None) -> str:
    """Return the text in ``data``: as ``encoding`` says, else UTF-8, else as detected.

    Raises:
        ReadError: it is not text, or not in this encoding.
    """
    if encoding:
        try:
            return _clean(data.decode(encoding))
        except LookupError:
            raise ReadError(
                f"{path}: unknown encoding {encoding!r}; try utf-8, gb18030 or big5"
            ) from None
        except UnicodeDecodeError as error:
            raise ReadError(
                f"{path}: not {encoding} (byte {error.start}); try another --encoding"
            ) from None
    for bom, name in _BOMS:
        if data.startswith(bom):
            try:
                return _clean(data.decode(name))
            except UnicodeDecodeError as error:
                raise ReadError(f"{path}: damaged {name} (byte {error.start})") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = _detect(path, data)
    if _looks_binary(text):
        raise ReadError(f"{path}: a binary file, not text; save it as .txt first")
    return _clean(text)


def _detect(path: Path, data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=_LEGACY).best()
    if b"\0" in data and (best is None or _looks_binary(str(best))):
        raise ReadError(f"{path}: a binary file, not text; save it as .txt first")
    if best is None or _looks_binary(str(best)):
        raise ReadError(
            f"{path}: not text in a known encoding; give --encoding, or save it as .txt"
        )
    return str(best)


def _looks_binary(text: str) -> bool:
    sample = text[:8192]
    odd = sum(c < " " and c not in "\t\n\r\f\v" for c in sample)
    return "\0" in sample or odd > len(sample) // 50


def _clean(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def read_text(path: Path, encoding: str | None = None) -> SourceText:
    """Read the text of one file.

    Raises:
        ReadError: it is missing, empty, binary, or in another encoding.
    """
    data, digest = read_bytes(path)
    text = decode(path, data, encoding)
    if not text.strip():
        raise ReadError(f"{path}: the file is empty")
    return SourceText(path, digest, text)
