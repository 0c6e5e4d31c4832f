"""Open Word files as packages: a zip of XML parts, read so that no file can do harm.

The standard library is enough: expat calls back for every element, so that memory holds what was
kept of a part and never the part. Elements are known by their names without the namespace: these
are the same in files of ISO 29500 strict and transitional, and expat does not multiply a long
namespace with every name that is in it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from io import BytesIO
from typing import Any, ClassVar
from xml.parsers import expat

from ...nlp.errors import ReadError
from ..archive import Archive
from ..base import Blob

Attributes = Mapping[str, str]

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ENCODINGS = frozenset({"utf-8", "utf-16", "us-ascii", "iso-8859-1"})
_PIECE = 1 << 18
_LONGEST_TAG = 4 << 20
"""Bytes of one tag or comment, which expat reads again with every piece; pictures lie in some."""
_DEEPEST = 256
_MOST_TAGS = 4_000_000
"""A page of Word's own making has some 1,000, so these are thousands of pages."""
_MOST_NAMES = 20_000
"""Different names of elements and attributes; Word knows some 2,000."""


def value(attributes: Attributes, name: str = "val", default: str = "") -> str:
    """Return the attribute with this name in any namespace."""
    for key, found in attributes.items():
        if key.rpartition(":")[2] == name:
            return found
    return default


def is_on(attributes: Attributes) -> bool:
    """Say whether a property that is on or off (``<w:vanish/>``) is on."""
    return value(attributes) not in ("0", "false", "off")


class Walker:
    """What is done with the elements of a part, in their order.

    A subclass says it in three tables. ``path`` holds the names of the open elements, above an
    empty one; the last is the one that a method is called for.
    """

    starts: ClassVar[Mapping[str, Callable[[Any, Attributes], None]]] = {}
    ends: ClassVar[Mapping[str, Callable[[Any], None]]] = {}
    skipped: ClassVar[frozenset[str]] = frozenset()
    """Elements that are left out with all that is in them."""

    def __init__(self) -> None:
        self.path = [""]
        self._skipping = 0

    def skip(self) -> None:
        """Leave out what is in the element that has just begun."""
        self._skipping = len(self.path)

    def start(self, name: str, attributes: Attributes) -> None:
        """Take the beginning of an element."""
        name = name.rpartition(":")[2]
        self.path.append(name)
        if self._skipping:
            return
        if name in self.skipped:
            self.skip()
        elif handler := self.starts.get(name):
            handler(self, attributes)

    def end(self, _: str) -> None:
        """Take the end of the element that began last."""
        if not self._skipping:
            if handler := self.ends.get(self.path[-1]):
                handler(self)
        elif self._skipping == len(self.path):
            self._skipping = 0
        self.path.pop()

    def text(self, text: str) -> None:
        """Take text; it may come in pieces."""


class Package:
    """The parts of a Word file.

    Args:
        blob: the file.

    Raises:
        ReadError: it is encrypted, damaged, no zip, or goes beyond a limit.
    """

    def __init__(self, blob: Blob) -> None:
        self._name = blob.name
        self._tags = _MOST_TAGS
        if blob.data.startswith(_OLE):
            encrypted = _ENCRYPTED in blob.data
            raise self._error(
                "encrypted; remove the password in Word and save it again"
                if encrypted
                else "an old Word file (.doc); save it as .docx"
            )
        self._archive = Archive(partial(BytesIO, blob.data), blob.name, blob.limits)
        paths = self._archive.paths
        if sum(map(self._archive.size, paths)) > blob.limits.unpacked_bytes:
            megabytes = blob.limits.unpacked_bytes >> 20
            raise self._error(f"unpacks to more than {megabytes} MB; save its text as .txt")
        self._paths = {path.lower(): path for path in paths}

    def related(self, part: str, kind: str) -> str:
        """Return the name of the part that ``part`` names as its ``kind``, ``""`` without one.

        Args:
            part: a part, ``""`` for the package itself.
            kind: last step of the relationship's type: ``officeDocument``, ``styles``.
        """
        folder, name = posixpath.split(part)
        relations = f"{folder}/_rels/{name}.rels".lstrip("/")
        if relations.lower() not in self._paths:
            return ""
        found = _Relations()
        self.walk(relations, found)
        target = found.targets.get(kind, "")
        return posixpath.normpath(posixpath.join("/", folder, target))[1:] if target else ""

    def walk(self, part: str, walker: Walker) -> None:
        """Let ``walker`` see every element of a part.

        Raises:
            ReadError: the part is missing or damaged, or goes beyond a limit.
        """
        if part.lower() not in self._paths:
            raise self._damaged(f"{part} is missing")
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = walker.start
        parser.EndElementHandler = walker.end
        parser.CharacterDataHandler = walker.text
        parser.XmlDeclHandler = self._check_encoding
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        fed = 0
        for piece in _joined(self._archive.blocks(self._paths[part.lower()])):
            self._tags -= piece.count(b"<")
            if self._tags < 0 or len(walker.path) > _DEEPEST:
                raise self._harmful("too many elements")
            self._feed(parser, part, piece)
            fed += len(piece)
            if fed - parser.CurrentByteIndex > _LONGEST_TAG or len(parser.intern) > _MOST_NAMES:
                raise self._harmful("a tag that never ends, or too many different ones")
        self._feed(parser, part, b"", last=True)

    def _feed(
        self, parser: expat.XMLParserType, part: str, piece: bytes, *, last: bool = False
    ) -> None:
        try:
            parser.Parse(piece, last)
        except expat.ExpatError as error:
            place = f"line {error.lineno}, column {error.offset + 1}"
            raise self._damaged(f"{part}, {place}: {expat.ErrorString(error.code)}") from None

    def _check_encoding(self, _: str, encoding: str | None, __: int) -> None:
        if encoding and encoding.lower() not in _ENCODINGS:
            raise self._damaged("XML in an encoding that Word does not use")

    def _refuse_doctype(self, *_: object) -> None:
        raise self._harmful("a document type with entities")

    def _error(self, problem: str) -> ReadError:
        return ReadError(f"{self._name}: {problem}")

    def _damaged(self, what: str) -> ReadError:
        return self._error(f"damaged ({what}); open it in Word and save it again")

    def _harmful(self, what: str) -> ReadError:
        return self._error(f"{what}, as Word never writes it; save its text as .txt")


def _joined(blocks: Iterable[bytes]) -> Iterator[bytes]:
    piece = bytearray()
    for block in blocks:
        piece += block
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


class _Relations(Walker):
    """The other parts that a part names."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}

    def _relationship(self, attributes: Attributes) -> None:
        if value(attributes, "TargetMode") != "External":
            kind = value(attributes, "Type").rpartition("/")[2]
            self.targets.setdefault(kind, value(attributes, "Target"))

    starts: ClassVar[Mapping[str, Callable[[Any, Attributes], None]]] = {
        "Relationship": _relationship
    }
