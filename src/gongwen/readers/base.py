"""What readers take and give: the bytes of a file, the limits, and the extracted text."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ..nlp.validation import visible

LONGEST_CUT = 2_000
"""Characters of a sentence that are cut into words; the longest that was seen in a report has 300.
Of a longer one all is found, but what stands behind does not weigh in the order of what is found.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may cost; what goes beyond is reported and skipped.

    The largest report that was seen has 60,000 characters, so the limits leave room for a
    thousand times as much, and still end a file that was made to do harm.

    Attributes:
        file_bytes: size of a file, or of one member of an archive.
        unpacked_bytes: what all members of an archive, or of an office file, unpack to.
        members: members of an archive.
        depth: archives inside one another.
        pages: pages of a PDF.
        reports: reports in one file, as in the rows of a table.
        characters: text of one report.
        sentences: units of text of one report.
        seconds: time to read, split and tag one file.
        memory_bytes: memory of the process that reads it.
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
        name: the file as messages show it.
        data: its bytes.
        encoding: the encoding that the user says it has, ``None`` to detect it.
        limits: what reading it may cost.
    """

    name: str
    data: bytes
    encoding: str | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Extract:
    """The text of one report in a file.

    Attributes:
        text: its characters, one paragraph a line, line feeds only; the cells of a row of a table
            stand on one line with tabs between them.
        part: what tells it from other reports of the same file (``row 3``), ``""`` when the file
            is one report.
        said: what the file says of the report outside of its text, by the names of a report:
            ``title``, ``region``, ``year``, ``kind``, ``agency``, ``date``, ``address``.
        notes: what the user should know, each one line: damage and its place, what was left out.
    """

    text: str
    part: str = ""
    said: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


Reader = Callable[[Blob], Iterable[Extract]]
"""Turns the bytes of one kind of file into text.

Raises ``ReadError`` with one line, ``NAME: what is wrong; what to do``, when that is impossible.
"""


_UNDECODED = re.compile("[\udc80-\udcff]")


def shown(name: str) -> str:
    """Return the name of a file as messages show it: on one line, what is unseen escaped.

    A name that the file system holds in GB18030 is shown in its characters.
    """
    if _UNDECODED.search(name):
        with contextlib.suppress(UnicodeError):
            name = os.fsencode(name).decode("gb18030")
    return visible(name, lines=False)
