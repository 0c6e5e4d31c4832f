"""Read documents that are embedded in a Word file as parts of its text (``altChunk``)."""

from __future__ import annotations

from dataclasses import replace

from ...nlp.errors import ReadError
from ..base import Blob, Extract
from ..detect import kind_of, read
from .package import Package

LEFT_OUT = "an embedded document was left out"
_KINDS = frozenset({"text", "html", "mhtml", "docx"})
"""Formats that are read; others need LibreOffice, or are no text of a document."""
_MAX_EMBEDDED = 200
"""Most embedded documents of a file, each of which may be unpacked to the limit."""


class Embedded:
    r"""Reads the documents that a part of a Word file embeds.

    Word takes their text into the document when it is saved the next time. Programs that make
    documents of web pages leave that to Word.

    Args:
        package: the file.
        main: the part that embeds them.
        blob: the bytes of the file.

    Example:
        ``Embedded(package, "word/document.xml", blob)("rId4").text`` -> ``"一、总体情况\n…"``
    """

    def __init__(self, package: Package, main: str, blob: Blob) -> None:
        self._package, self._main, self._blob = package, main, blob
        self._remaining = _MAX_EMBEDDED

    def __call__(self, relationship: str) -> Extract:
        """Return the text of the document that a relationship leads to.

        A document that cannot be read gives no text and a note that says why.

        Args:
            relationship: the id of the relationship.
        """
        self._remaining -= 1
        if self._remaining < 0:
            return Extract("", notes=(f"{LEFT_OUT}: more than {_MAX_EMBEDDED} of them",))
        try:
            return self._read(relationship)
        except ReadError as error:
            problem = str(error).removeprefix(f"{self._blob.name}!/")
            return Extract("", notes=(f"{LEFT_OUT}: {problem}",))

    def _read(self, relationship: str) -> Extract:
        found = self._package.embedded(self._main, relationship)
        if found is None:
            return Extract("", notes=(LEFT_OUT,))
        part, data = found
        depth = self._blob.limits.depth - 1
        if depth < 0:
            return Extract("", notes=(f"{LEFT_OUT}: too many levels",))
        if (kind := kind_of(data, part)) not in _KINDS:
            problem = f"{LEFT_OUT} ({part}, {kind}); open the file in Word and save it again"
            return Extract("", notes=(problem,))
        limits = replace(self._blob.limits, depth=depth)
        extracts = list(read(Blob(f"{self._blob.name}!/{part}", data, limits=limits)))
        return Extract(
            "\n".join(extract.text for extract in extracts),
            blocks=extracts[0].blocks if len(extracts) == 1 else (),
            notes=tuple(note for extract in extracts for note in extract.notes),
        )
