"""Open OFD files (GB/T 33190): the documents in them, their pages, and the places of parts."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ...nlp.errors import ReadError, quoted
from ..base import Blob
from ..word.package import Attributes, Package, Walker, value

_ENCRYPTION_PARTS = frozenset({"encryptions.xml", "decryptseed.dat"})
"""Parts of a package whose other parts are encrypted (GM/T 0099)."""
_MAIN_PART = "OFD.xml"
_ENCODINGS = frozenset({"utf-8", "utf-16", "us-ascii", "iso-8859-1"})
"""Encodings that expat decodes."""
_MM = 72 / 25.4
"""Points in a millimetre, which is the unit of OFD."""

Rectangle = tuple[float, float, float, float]
"""Left, top, width and height, in points; ``y`` increases downwards."""


class DamagedPartError(ReadError):
    """Raised for a part that is missing or no XML; the other parts may be whole."""


def numbers(text: str, count: int = 0) -> list[float]:
    """Return the numbers of an attribute; nothing when one of them is none or is missing.

    Args:
        text: numbers separated by white space.
        count: how many there must be at least, 0 for any number.

    Example:
        >>> numbers("0 0 210 297", 4), numbers("0 x")
        ([0.0, 0.0, 210.0, 297.0], [])
    """
    try:
        found = [float(part) for part in text.split()]
    except ValueError:
        return []
    finite = all(-1e9 < number < 1e9 for number in found)
    return found if finite and len(found) >= count else []


def rectangle(text: str) -> Rectangle | None:
    """Return a box that is written in millimetres, in points; ``None`` when it is none.

    Example:
        >>> rectangle("0 0 25.4 12.7")
        (0.0, 0.0, 72.0, 36.0)
    """
    found = numbers(text, 4)
    if not found or found[2] <= 0 or found[3] <= 0:
        return None
    left, top, width, height = (number * _MM for number in found[:4])
    return left, top, width, height


@dataclass(frozen=True, slots=True)
class Body:
    """One document of a file.

    Attributes:
        root: the part with its pages.
        said: what the file says of it, by the name of the element: ``Title``, ``Author``.
    """

    root: str
    said: Mapping[str, str] = field(default_factory=dict)


class OfdPackage(Package):
    """The parts of an OFD file.

    Args:
        blob: the file.

    Raises:
        ReadError: the file is encrypted, damaged, not a zip archive, or beyond a limit.
    """

    def __init__(self, blob: Blob) -> None:
        super().__init__(blob)
        encrypted = any(p.rpartition("/")[2] in _ENCRYPTION_PARTS for p in self._paths)
        if encrypted or any(self._archive.is_encrypted(p) for p in self._paths.values()):
            raise self._error("encrypted; save it without a password first")

    def bodies(self) -> list[Body]:
        """Return the documents of the file.

        Raises:
            ReadError: the list of documents is damaged, or names none.
        """
        listed = _Bodies()
        self.walk(_MAIN_PART, listed)
        found = []
        for root, said, version in listed.found:
            part = self.resolve(_MAIN_PART, root)
            if version and self.has(place := self.resolve(_MAIN_PART, version)):
                current = _Bodies()
                self.walk(place, current)
                part = self.resolve(place, current.root) if current.root else part
            found.append(Body(part, said))
        if not found:
            raise self._damaged(f"{_MAIN_PART} names no document")
        return found

    def has(self, part: str) -> bool:
        """Return whether the file has a part of this name."""
        return part.lower() in self._paths

    def resolve(self, base: str, location: str) -> str:
        """Return the name of the part at ``location``, written in the part ``base``.

        Some programs write locations from the root of the package without a leading slash.

        Example:
            ``package.resolve("Doc_0/Document.xml", "Pages/Page_0/Content.xml")`` ->
            ``"Doc_0/Pages/Page_0/Content.xml"``
        """
        location = location.strip().replace("\\", "/")
        near = posixpath.normpath(posixpath.join("/", posixpath.dirname(base), location))[1:]
        if self.has(near):
            return near
        from_root = posixpath.normpath(posixpath.join("/", location))[1:]
        return from_root if self.has(from_root) else near

    def _damaged(self, what: str) -> ReadError:
        return DamagedPartError(
            f"{self._name}: damaged ({what}); get it again, or save it as .pdf in an OFD viewer"
        )

    def _check_encoding(self, _: str, encoding: str | None, __: int) -> None:
        if encoding and encoding.lower() not in _ENCODINGS:
            raise self._damaged(f"XML in {quoted(encoding)}, not in UTF-8")

    def _suspicious(self, what: str) -> ReadError:
        return self._error(f"{what}, as no OFD program writes it; save it as .pdf")


class TextWalker(Walker):
    """A walker that collects the text of elements without children; a base class."""

    def __init__(self) -> None:
        super().__init__()
        self.collected: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        """Handle the start of an element."""
        self.collected.clear()
        super().start(name, attributes)

    def text(self, text: str) -> None:
        """Keep text of the innermost element."""
        self.collected.append(text)

    def taken(self) -> str:
        """Return the text of the element that ends."""
        return "".join(self.collected).strip()


class _Bodies(TextWalker):
    """Collects the documents of ``OFD.xml``, or the root of one version of a document."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], str]] = []
        self.root = ""
        self._said: dict[str, str] = {}
        self._version = ""

    def _begin_body(self, _: Attributes) -> None:
        self.root, self._version, self._said = "", "", {}

    def _end_body(self) -> None:
        if self.root:
            self.found.append((self.root, self._said, self._version))

    def _end_root(self) -> None:
        self.root = self.taken()

    def _end_info(self) -> None:
        if self.path[-2] == "DocInfo":
            self._said[self.path[-1]] = self.taken()

    def _begin_version(self, attributes: Attributes) -> None:
        if value(attributes, "Current") in ("true", "1"):
            self._version = value(attributes, "BaseLoc")

    starts: ClassVar[Mapping[str, Any]] = {"DocBody": _begin_body, "Version": _begin_version}
    ends: ClassVar[Mapping[str, Any]] = {"DocBody": _end_body, "DocRoot": _end_root} | (
        dict.fromkeys(("Title", "Author", "CreationDate", "Subject"), _end_info)
    )


class Outline(TextWalker):
    """Collects what ``Document.xml`` says: the pages, the templates of pages, and their size.

    Attributes:
        pages: for each page, where its content is.
        templates: where the content of each template is, by its id.
        resources: where the resources of the document are.
        box: the size of the pages that state none.
        has_attachments: whether files are attached to the document.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[str] = []
        self.templates: dict[str, str] = {}
        self.resources: list[str] = []
        self.box: Rectangle | None = None
        self.has_attachments = False

    def _page(self, attributes: Attributes) -> None:
        if self.path[-2] == "Pages":
            self.pages.append(value(attributes, "BaseLoc"))

    def _template(self, attributes: Attributes) -> None:
        self.templates[value(attributes, "ID")] = value(attributes, "BaseLoc")

    def _end_box(self) -> None:
        self.box = rectangle(self.taken()) or self.box

    def _end_resource(self) -> None:
        self.resources.append(self.taken())

    def _attachments(self, _: Attributes) -> None:
        self.has_attachments = True

    starts: ClassVar[Mapping[str, Any]] = {
        "Page": _page,
        "TemplatePage": _template,
        "Attachments": _attachments,
    }
    ends: ClassVar[Mapping[str, Any]] = {
        "PhysicalBox": _end_box,
        "PublicRes": _end_resource,
        "DocumentRes": _end_resource,
    }
