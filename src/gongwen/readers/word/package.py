"""Open Word files as packages, zip archives of XML parts, and parse the parts within limits.

The parts are parsed as a stream by expat of the standard library, so memory holds only what a
walker keeps of a part. Elements and attributes are matched by their local names: these are the same
in strict and transitional files (ISO 29500), and without namespace processing expat does not copy
a long namespace into every name.
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

_OLE_SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_ENCODINGS = frozenset({"utf-8", "utf-16", "us-ascii", "iso-8859-1"})
_PIECE_BYTES = 1 << 18
_LONGEST_TAG = 4 << 20
"""Most bytes of a tag or comment, as expat rescans it for every piece; some hold pictures."""
_MAX_DEPTH = 256
_MAX_TAGS = 4_000_000
"""A page of Word's own making has some 1,000, so these are thousands of pages."""
_MAX_NAMES = 20_000
"""Most distinct names of elements and attributes; Word uses about 2,000."""


def value(attributes: Attributes, name: str = "val", default: str = "") -> str:
    """Return the value of the attribute with this name in any namespace.

    Example:
        >>> value({"w:val": "1"})
        '1'
    """
    for key, collected in attributes.items():
        if key.rpartition(":")[2] == name:
            return collected
    return default


def is_on(attributes: Attributes) -> bool:
    """Return whether a boolean property, such as ``<w:vanish/>``, is on.

    Example:
        >>> is_on({}), is_on({"w:val": "0"})
        (True, False)
    """
    return value(attributes) not in ("0", "false", "off")


class Walker:
    """Handles the elements of a part in document order; a base class.

    A subclass defines ``starts`` and ``ends``, which map the local name of an element to the method
    called at its start or end, and ``skipped``. ``path`` has the names of the open elements, after
    an empty first item; the last is the element that a method is called for.
    """

    starts: ClassVar[Mapping[str, Callable[[Any, Attributes], None]]] = {}
    ends: ClassVar[Mapping[str, Callable[[Any], None]]] = {}
    skipped: ClassVar[frozenset[str]] = frozenset()
    """Names of elements that are skipped with everything in them."""

    def __init__(self) -> None:
        self.path = [""]
        self.part = ""
        """The name of the part that is being parsed."""
        self.parser: expat.XMLParserType | None = None
        """Its parser, which knows the place in the part (``CurrentByteIndex``)."""
        self._skipping = 0

    def skip(self) -> None:
        """Skip the content of the element that has just started."""
        self._skipping = len(self.path)

    def start(self, name: str, attributes: Attributes) -> None:
        """Handle the start of an element."""
        name = name.rpartition(":")[2]
        self.path.append(name)
        if self._skipping:
            return
        if name in self.skipped:
            self.skip()
        elif handler := self.starts.get(name):
            handler(self, attributes)

    def end(self, _: str) -> None:
        """Handle the end of the innermost open element."""
        if not self._skipping:
            if handler := self.ends.get(self.path[-1]):
                handler(self)
        elif self._skipping == len(self.path):
            self._skipping = 0
        self.path.pop()

    def text(self, text: str) -> None:
        """Handle text, which may arrive in several pieces."""


class Package:
    """The parts of a Word file.

    Args:
        blob: the file.

    Raises:
        ReadError: the file is encrypted, damaged, not a zip archive, or beyond a limit.
    """

    def __init__(self, blob: Blob) -> None:
        self._name = blob.name
        self._remaining_tags = _MAX_TAGS
        if blob.data.startswith(_OLE_SIGNATURE):
            encrypted = _ENCRYPTED_STREAM in blob.data
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
        """Return the name of the part that ``part`` refers to as its ``kind``, ``""`` for none.

        Args:
            part: the name of a part, ``""`` for the package itself.
            kind: last segment of the type of the relationship: ``officeDocument``, ``styles``.

        Example:
            ``package.related("word/document.xml", "styles")`` -> ``"word/styles.xml"``
        """
        return self._target(part, lambda found: found.targets.get(kind, ""))

    def embedded(self, part: str, relationship: str) -> tuple[str, bytes] | None:
        """Return the name and content of what ``part`` embeds, ``None`` for nothing inside.

        Args:
            part: the name of a part.
            relationship: the id of the relationship of the embedded part.

        Raises:
            ReadError: the part is damaged, or beyond a limit.
        """
        target = self._target(part, lambda found: found.by_id.get(relationship, ""))
        path = self._paths.get(target.lower())
        return (path, self._archive.read(path)) if path else None

    def _target(self, part: str, choose: Callable[[_Relationships], str]) -> str:
        """Return the name of the part to which a relationship of ``part`` leads, ``""`` for none.

        Args:
            part: the name of a part, ``""`` for the package itself.
            choose: returns the target of one of the relationships.
        """
        folder, name = posixpath.split(part)
        relationships = f"{folder}/_rels/{name}.rels".lstrip("/")
        if relationships.lower() not in self._paths:
            return ""
        collected = _Relationships()
        self.walk(relationships, collected)
        target = choose(collected)
        return posixpath.normpath(posixpath.join("/", folder, target))[1:] if target else ""

    def walk(self, part: str, walker: Walker) -> None:
        """Parse a part and call ``walker`` for every element and text.

        Raises:
            ReadError: the part is missing, damaged, or beyond a limit.
        """
        if part.lower() not in self._paths:
            raise self._damaged(f"{part} is missing")
        parser = expat.ParserCreate()
        walker.part, walker.parser = part, parser
        parser.buffer_text = True
        parser.StartElementHandler = walker.start
        parser.EndElementHandler = walker.end
        parser.CharacterDataHandler = walker.text
        parser.XmlDeclHandler = self._check_encoding
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        fed = 0
        for piece in _join_blocks(self._archive.blocks(self._paths[part.lower()])):
            self._remaining_tags -= piece.count(b"<")
            if self._remaining_tags < 0 or len(walker.path) > _MAX_DEPTH:
                raise self._suspicious("too many elements")
            self._feed(parser, part, piece)
            fed += len(piece)
            if fed - parser.CurrentByteIndex > _LONGEST_TAG or len(parser.intern) > _MAX_NAMES:
                raise self._suspicious("a tag that never ends, or too many different ones")
        self._feed(parser, part, b"", last=True)

    def _feed(
        self, parser: expat.XMLParserType, part: str, piece: bytes, *, last: bool = False
    ) -> None:
        """Parse a piece of a part; turn an error of expat into a ``ReadError``."""
        try:
            parser.Parse(piece, last)
        except expat.ExpatError as error:
            place = f"line {error.lineno}, column {error.offset + 1}"
            raise self._damaged(f"{part}, {place}: {expat.ErrorString(error.code)}") from None

    def _check_encoding(self, _: str, encoding: str | None, __: int) -> None:
        if encoding and encoding.lower() not in _ENCODINGS:
            raise self._damaged("XML in an encoding that Word does not use")

    def _refuse_doctype(self, *_: object) -> None:
        raise self._suspicious("a document type with entities")

    def _error(self, problem: str) -> ReadError:
        return ReadError(f"{self._name}: {problem}")

    def _damaged(self, what: str) -> ReadError:
        return self._error(f"damaged ({what}); open it in Word and save it again")

    def _suspicious(self, what: str) -> ReadError:
        return self._error(f"{what}, as Word never writes it; save its text as .txt")


def _join_blocks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the blocks joined to pieces of at least ``_PIECE_BYTES``, except the last."""
    piece = bytearray()
    for block in blocks:
        piece += block
        if len(piece) >= _PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


class _Relationships(Walker):
    """Collects the targets of the relationships of a part, by kind and by id."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}
        self.by_id: dict[str, str] = {}

    def _relationship(self, attributes: Attributes) -> None:
        if value(attributes, "TargetMode") != "External":
            kind = value(attributes, "Type").rpartition("/")[2]
            self.targets.setdefault(kind, value(attributes, "Target"))
            self.by_id[value(attributes, "Id")] = value(attributes, "Target")

    starts: ClassVar[Mapping[str, Callable[[Any, Attributes], None]]] = {
        "Relationship": _relationship
    }
