"""Define the input and output of readers: the bytes of a file, limits, and extracted text."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from ..nlp.document.blocks import Block
from ..nlp.validation import visible

LONGEST_CUT = 2_000
"""Number of characters at the start of a sentence that are segmented into words.

The longest sentence that was seen in a report has 300. All of a longer sentence is matched by a
search, but words behind this limit do not count for its score.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest sizes, times and counts allowed for one file.

    A file beyond a limit is reported and skipped. The largest report that was seen has 60,000
    characters: the limits allow a thousand times as much, and still stop a malicious file.

    Attributes:
        file_bytes: largest size of a file, or of one member of an archive, in bytes.
        unpacked_bytes: largest size of all members of an archive or office file, unpacked, in
            bytes.
        members: most members of an archive.
        depth: most levels of archives inside archives.
        pages: most pages of a PDF.
        reports: most reports in one file, such as the rows of a table.
        characters: most characters of one report.
        sentences: most sentences of one report.
        seconds: longest time to read, split and tag one file.
        memory_bytes: most memory of the process that reads the file, in bytes.

    Example:
        >>> Limits(pages=10).pages
        10
    """

    file_bytes: int = 64 << 20
    unpacked_bytes: int = 512 << 20
    members: int = 20_000
    depth: int = 2
    pages: int = 5_000
    reports: int = 100_000
    characters: int = 20_000_000
    sentences: int = 500_000
    seconds: float = 120.0
    memory_bytes: int = 2 << 30


@dataclass(frozen=True, slots=True)
class Blob:
    """The bytes of one file, or of one member of an archive.

    Attributes:
        name: the name of the file as displayed in messages.
        data: the content.
        encoding: the character encoding given by the user, ``None`` to detect it.
        limits: the limits for reading it.
    """

    name: str
    data: bytes
    encoding: str | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader saw in a file besides its text, by which a file without its report is told.

    Attributes:
        pictures: how many pictures it has, those of buttons and logos not counted.
        files: links to other documents.
        font: the name of an embedded font that may draw other characters than the text has.
        cut: the tag in which the source of a page ends.
    """

    pictures: int = 0
    files: tuple[str, ...] = ()
    font: str = ""
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Extract:
    r"""The text of one report in a file.

    Attributes:
        text: its characters, one paragraph per line, with ``\n`` as the only line end. A row of a
            table is one line with tabs between the cells.
        part: identifies the report among those of the same file (``row 3``); ``""`` when the file
            is one report.
        said: metadata that the file states outside of the text, by name of the report's field:
            ``title``, ``region``, ``year``, ``kind``, ``agency``, ``date``, ``address``.
        notes: messages for the user, one line each: damage and its place, parts that were omitted.
        blocks: what the file says of parts of the text (:mod:`~gongwen.nlp.document.blocks`),
            ascending and without overlap; none where it says nothing.
        seen: what the file has besides the text; it is not sent between processes.

    Example:
        >>> Extract("一、总体情况", part="row 3", said={"region": "甲县"}).said["region"]
        '甲县'
    """

    text: str
    part: str = ""
    said: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    seen: Seen = field(default_factory=Seen, compare=False)


Reader = Callable[[Blob], Iterable[Extract]]
"""A function that extracts the text from files of one format.

It raises ``ReadError`` with one line, ``NAME: what is wrong; what to do``, when it cannot.
"""

_SURROGATE_ESCAPE = re.compile("[\udc80-\udcff]")


_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,5}")
"""A suffix, and not a dot in the title of a report."""


def unpacked_name(name: str) -> str:
    """Return the name of a file without the ``.gz`` that packing it has added.

    Example:
        >>> unpacked_name("a/甲县2020年总结.txt.gz"), unpacked_name("a.txt")
        ('a/甲县2020年总结.txt', 'a.txt')
    """
    return name[:-3] if name.lower().endswith(".gz") and len(name) > 3 else name


def packed_suffix(name: str) -> str:
    """Return the suffix of what is packed in a gzip file, ``""`` if its name says nothing of it.

    Example:
        >>> packed_suffix("甲县.txt.gz"), packed_suffix("甲县.gz"), packed_suffix("甲县2.0版.gz")
        ('.txt', '', '')
    """
    suffix = PurePath(unpacked_name(name)).suffix
    return suffix.lower() if _SUFFIX.fullmatch(suffix) else ""


def stem_of(name: str) -> str:
    """Return the name of a file without folder, suffix and ``.gz``, from which years are read.

    Args:
        name: its path, or of a member of an archive what :attr:`~.files.Source.name` gives.

    Example:
        >>> stem_of("a/甲县2020年总结.txt.gz"), stem_of("a/甲县.txt"), stem_of("甲县2.0版.gz")
        ('甲县2020年总结', '甲县', '甲县2.0版')
    """
    path = PurePath(re.sub(r"(?i)(?<=\.gz)#.*", "", name))  # without the row of a table
    inner = PurePath(unpacked_name(path.name))
    bare = inner.name != path.name and not packed_suffix(path.name)
    return inner.name if bare else inner.stem


def display_name(name: str) -> str:
    r"""Return the name of a file for messages: one line, with invisible characters escaped.

    A name that is stored as GB18030 bytes, and therefore holds lone surrogates, is decoded.

    Example:
        >>> display_name("a\nb.txt")
        'a\\nb.txt'
    """
    if _SURROGATE_ESCAPE.search(name):
        with contextlib.suppress(UnicodeError):
            name = os.fsencode(name).decode("gb18030")
    return visible(name, lines=False)


def number_ranges(numbers: Sequence[int], most: int | None = None) -> str:
    """Return ascending numbers as text.

    Args:
        numbers: of lines or pages.
        most: most runs that are written, ``None`` for all.

    Example:
        >>> number_ranges([1, 2, 3, 7])
        '1-3, 7'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    shown = ["-".join(map(str, run)) for run in runs[:most]]
    return ", ".join([*shown, *(["…"] if len(shown) < len(runs) else [])])
