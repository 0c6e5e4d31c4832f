"""Detect the format of a file by its content and read it with the reader of that format."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from io import BytesIO
from pathlib import PurePosixPath

from ..nlp.document.blocks import Block
from ..nlp.document.page_furniture import without_page_furniture
from ..nlp.errors import ReadError
from ..nlp.validation import CONTROL, LINE_END, UNDECODABLE, clean_line
from .archive import GZIP_SIGNATURE, ZIP_SIGNATURES, Archive
from .base import Blob, Extract, Limits, Reader, unpacked_name
from .damage import inspect

_READERS = {
    "text": "markdown:read",
    "html": "web.html:read",
    "mhtml": "web.html:read_mhtml",
    "docx": "word.docx:read",
    "pdf": "pdf.pdf:read",
    "ofd": "ofd.ofd:read",
    "eml": "mail.body:read",
    "msg": "mail.body:read_outlook",
    "doc": "libreoffice:read",
    "rtf": "libreoffice:read",
    "odt": "libreoffice:read",
    "wordxml": "libreoffice:read",
    "csv": "tables:read",
    "xlsx": "tables:read",
    "jsonl": "tables:read",
    "json": "tables:read",
}
"""The module that reads each format; all other formats are refused."""
_REFUSED = {
    "zip": "a zip archive inside; unpack it first",
    "rar": "a RAR archive; unpack it first",
    "7z": "a 7z archive; unpack it first",
    "gzip": "a gzip file inside; unpack it first",
    "bzip2": "a bzip2 archive; unpack it first",
    "xz": "an xz archive; unpack it first",
    "zstd": "a zstd archive; unpack it first",
    "tar": "a tar archive; unpack it first",
    "image": "an image, not text; recognise its text (OCR) first",
    "encrypted": "encrypted; open it with its password and save it without one",
    "xls": "an old Excel workbook; save it as .xlsx",
    "ppt": "a presentation; save it as .pdf",
    "odf": "an OpenDocument file without text; save a table as .xlsx, slides as .pdf",
    "ole": "a damaged or unknown file of an office program; save it as .docx or .txt again",
}
"""The rest of the error message for each format that is refused."""

_SIGNATURES = (
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, GZIP_SIGNATURE, "gzip"),
    (4, b"1AY&SY", "bzip2"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (257, b"ustar", "tar"),
    (0, b"\x89PNG", "image"),
    (0, b"\xff\xd8\xff", "image"),
    (0, b"GIF8", "image"),
    (0, b"II*\0", "image"),
    (0, b"MM\0*", "image"),
    (4, b"jP  \r\n\x87\n", "image"),
    (8, b"WEBPVP8", "image"),
    (0, b"AT&TFORM", "image"),
    (0, b"{\\rtf", "rtf"),
)
"""Signatures of formats: the offset of the bytes, the bytes, and the format."""
_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = (
    ("EncryptedPackage", "encrypted"),
    ("WordDocument", "doc"),
    ("PowerPoint Document", "ppt"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("__nameid_version1.0", "msg"),
)
"""Streams of OLE compound files and the format that has them, the first match counting.

A Word file may also contain the streams of objects embedded in it, so Word comes before those.
"""

_HEAD_BYTES = 4096
_HTML = re.compile(
    rb"(?>(?:\s+|<\?xml[^>]*>|<!--.*?-->)*)<(?:!doctype html|html|head|body|meta|title|script|style"
    rb"|link|base|table|div|center|font|span|p|h[1-6])\b",
    re.DOTALL,
)
_HTML_ANYWHERE = re.compile(rb"<!doctype html|<html[\s>]")
_TAG = re.compile(rb"<[a-zA-Z][^<>]*>")
_WORD_XML = re.compile(rb'progid="word\.document"|<w:worddocument|<pkg:package')
_MAIL_HEADER = re.compile(rb"\s{0,80}[a-z-]{1,80}:")

_MAIL_FIELDS = frozenset({b"to", b"received", b"message-id"})
"""Fields in the header of a mail, which that of a saved web page does not have."""

_LETTERS = re.compile(r"[^\W\d_]")


def kind_of(data: bytes, name: str) -> str:
    """Return the format of a file, detected by its content; never raises an error.

    The suffix of the name is used where content is ambiguous: ``.csv``, ``.tsv`` and ``.jsonl`` are
    text too, and a web page may lack the usual beginning.

    Args:
        data: the bytes of the file.
        name: the name of the file; only its suffix is used.

    Returns:
        ``text``, ``html``, ``mhtml``, ``docx``, ``pdf``, ``doc``, ``rtf``, ``odt``, ``wordxml``,
        ``csv``, ``xlsx``, ``jsonl``, ``json``, or a format that is refused, such as ``zip`` or
        ``image``.

    Example:
        >>> kind_of(b"%PDF-1.7", "a.txt"), kind_of(b"text,year", "a.csv")
        ('pdf', 'csv')
    """
    for offset, signature, kind in _SIGNATURES:
        if data.startswith(signature, offset):
            return kind
    if data.startswith(ZIP_SIGNATURES):
        try:
            kind = Archive(partial(BytesIO, data), name, Limits()).kind
        except ReadError:
            return "zip"
        return "ppt" if kind == "pptx" else kind
    if data.startswith(_OLE_SIGNATURE):
        if name.lower().endswith(".msg"):
            return "msg"
        streams = (kind for stream, kind in _OLE_STREAMS if stream.encode("utf-16-le") in data)
        return next(streams, "ole")
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"BM") and int.from_bytes(data[2:6], "little") == len(data):
        return "image"
    return _text_format(data, PurePosixPath(unpacked_name(name)).suffix.lower())


def _text_format(data: bytes, suffix: str) -> str:
    """Return the format of a file that has no binary signature."""
    head = (
        data[:_HEAD_BYTES]
        .removeprefix(codecs.BOM_UTF8)
        .strip(b"\xff\xfe")
        .replace(b"\0", b"")
        .lower()
    )
    if _WORD_XML.search(head):
        return "wordxml"
    if suffix == ".eml" or is_mail(head):
        return "eml"
    if _MAIL_HEADER.match(head) and b"mime-version:" in head and b"multipart/related" in head:
        return "mhtml"
    if (suffix != ".md" and _HTML.match(head)) or _HTML_ANYWHERE.search(head[:1024]):
        return "html"
    if suffix in (".html", ".htm", ".shtml") and _TAG.search(data.replace(b"\0", b"")):
        return "html"
    if suffix == ".json":
        return "json"
    if suffix in (".jsonl", ".ndjson") or (head.lstrip()[:1] == b"{" and _is_json_line(data)):
        return "jsonl"
    if head.lstrip()[:1] in (b"[", b"{") and _is_json(data):
        return "json"
    return "csv" if suffix in (".csv", ".tsv") else "text"


def _is_json(data: bytes) -> bool:
    """Return whether a file in UTF-8 is a JSON object, or a list of objects or lists."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) or (
        isinstance(value, list)
        and isinstance(value[:1], list)
        and bool(value)
        and isinstance(value[0], dict | list)
    )


def is_mail(head: bytes) -> bool:
    r"""Return whether the first bytes of a file are the header of a mail.

    Example:
        >>> is_mail(b"From: a@b.cn\nTo: c@d.cn\nSubject: x\n\ntext"), is_mail(b"To: you")
        (True, False)
    """
    if not _MAIL_HEADER.match(head.lower()):
        return False
    lines = head.lower().replace(b"\r\n", b"\n").partition(b"\n\n")[0].split(b"\n")
    fields = {line.partition(b":")[0] for line in lines if b":" in line}
    return b"from" in fields and b"subject" in fields and bool(fields & _MAIL_FIELDS)


def _is_json_line(data: bytes) -> bool:
    line = data.removeprefix(codecs.BOM_UTF8).lstrip().partition(b"\n")[0]
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def read(blob: Blob) -> Iterator[Extract]:
    r"""Yield the reports in a file as clean text.

    For every format, line ends are line feeds, and there is no byte order mark, no control
    character except tabs, no lone surrogate, and no replacement character (U+FFFD).

    Raises:
        ReadError: the file is damaged, empty, beyond a limit, or of a format that is not read.

    Example:
        >>> [extract.text for extract in read(Blob("a.txt", b"2023\xc4\xea\r\n"))]
        ['2023年\n']
    """
    kind = kind_of(blob.data, blob.name)
    if kind not in _READERS:
        if kind == "zip":
            Archive(partial(BytesIO, blob.data), blob.name, blob.limits)  # raises the exact error
        raise ReadError(f"{blob.name}: {_REFUSED[kind]}")
    module, _, function = _READERS[kind].partition(":")
    reader: Reader = getattr(import_module(f".{module}", __package__), function)
    empty = True
    try:
        for extract in reader(blob):
            extract = inspect(extract, blob)
            if _LETTERS.search(extract.text):
                empty = False
                yield _clean(extract, blob)
    except (ReadError, MemoryError):
        raise
    except Exception as error:  # an error in a library must not stop the other files
        raise ReadError(
            f"{blob.name}: cannot be read ({type(error).__name__}); save it anew, or as plain text"
        ) from error
    if empty:
        raise ReadError(f"{blob.name}: the file is empty")


def _clean(extract: Extract, blob: Blob) -> Extract:
    """Return the extract with clean text and metadata, and a note about lost characters."""
    text = LINE_END.sub("\n", extract.text)
    if len(text) > blob.limits.characters:
        most = f"{blob.limits.characters:,}"
        raise ReadError(f"{blob.name}: more than {most} characters; split it first")
    notes = [_one_line(note) for note in extract.notes]
    if first := UNDECODABLE.search(text):
        line = text.count("\n", 0, first.start()) + 1
        text, lost = UNDECODABLE.subn("", text)
        what = "1 lost character" if lost == 1 else f"{lost} lost characters, the first"
        notes.append(f"damaged: {what} on line {line}")
    said = {name: kept for name, value in extract.said.items() if (kept := _one_line(value))}
    text, part = CONTROL.sub("", text), _one_line(extract.part)
    blocks = extract.blocks
    if len(text) != len(extract.text):
        blocks = tuple(_moved(blocks, extract.text))
    text, blocks, left_out = without_page_furniture(text, blocks)
    return Extract(text, part, said, (*notes, *left_out), blocks)


def _moved(blocks: Iterable[Block], raw: str) -> Iterator[Block]:
    """Yield ``blocks`` of a raw text with their offsets in the clean one."""
    at = offset = 0
    for block in blocks:
        edges = []
        for edge in (block.start, block.end):
            piece = UNDECODABLE.sub("", LINE_END.sub("\n", raw[at:edge]))
            offset += len(CONTROL.sub("", piece))
            at = edge
            edges.append(offset)
        if edges[0] < edges[1]:
            yield replace(block, start=edges[0], end=edges[1])


def _one_line(text: str) -> str:
    """Return the text on one line, with single spaces."""
    return " ".join(clean_line(text).split())
