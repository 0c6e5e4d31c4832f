"""Read one page of an OFD file: its characters with their places, drawn lines, and pictures.

The result has the form of a page of a PDF, so that lines, columns, tables and paragraphs are made
by the same code. OFD measures in millimetres, downwards; here are points, upwards as in a PDF.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import atan2, hypot, isfinite, pi
from typing import ClassVar, Self

from ...nlp.errors import ReadError
from ..pdf.lines import is_wide
from ..pdf.page import (
    IDENTITY,
    MAX_LINES,
    MAX_SKEW,
    MIN_CHARACTERS,
    MIN_FONT_SIZE,
    MIN_OUTLINES,
    SCAN_COVERAGE,
    Box,
    Drawing,
    Matrix,
    PageText,
    PlacedCharacter,
    along_axis,
    decode_character,
    make_sheets,
    times,
)
from ..word.package import Attributes, value
from .structure import Rectangle, TextWalker, numbers, rectangle

_MM = 72 / 25.4
_DEFAULT_SIZE = 3.7
"""Font size of text that states none, in millimetres (10.5 points)."""
_ADVANCES = (("MWmw@%&", 0.95), ("fijlrtI.,:;!'|()[]{} ", 0.35), ("ABCDEFGHJKLNOPQRSTUVXYZ", 0.75))
_MAX_ADVANCE = 1.1
"""Largest distance of two origins, in em, at which the first character fills the space between."""
_OTHER_ADVANCE = 0.58
"""Widths of Latin characters, in em; the file has only the distances of their origins."""
_MAX_REPEATED = 100_000
"""Most distances that one group ``g n d`` stands for."""
_MAX_UNITS = 200
"""Most composite objects and templates of a page; a composite object may contain itself."""
_PATH_NUMBERS = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}
"""How many numbers follow each command of a path; the last two are the end point."""


@dataclass(slots=True)
class _Code:
    """The characters of one ``TextCode`` and where they stand, in millimetres of their object."""

    x: float
    y: float
    across: Sequence[float] | None
    down: Sequence[float] | None


@dataclass(slots=True)
class _TextObject:
    """A ``TextObject`` that is being read.

    Attributes:
        matrix: from its coordinates to those of the page, in millimetres.
        size: its font size, in millimetres.
        stretch: the width of its characters relative to their height.
        turned: quarter turns of its direction of reading, clockwise.
        visible: whether it is drawn.
        codes: the texts and their places.
        glyphs: how many glyphs it draws by their numbers in the font.
    """

    matrix: Matrix
    size: float
    stretch: float = 1.0
    turned: int = 0
    visible: bool = True
    codes: list[tuple[_Code, str]] = field(default_factory=list)
    glyphs: int = 0


class PageWalker(TextWalker):
    """Collects the content of a page, and of the templates under it.

    Args:
        box: the size of the page, if it states no other.
        replacements: characters to be replaced, by their code.
        max_characters: the most characters that the page may have.

    Attributes:
        templates: ids of the templates of the page.
        remaining: how many characters are still allowed.
    """

    skipped: ClassVar[frozenset[str]] = frozenset({"Actions", "Clips", "Annot", "Appearance"})

    def __init__(self, box: Rectangle, replacements: dict[int, str], max_characters: int) -> None:
        super().__init__()
        self.box = box
        self.templates: list[str] = []
        self.remaining = max_characters
        self._units: list[tuple[str, Matrix]] = []
        """Composite objects that are not yet read: the id of what they draw, and where."""
        self._units_left = _MAX_UNITS
        self._only = ""
        """The id of the unit that is read of a part with several, ``""`` for a page."""
        self._is_first = True
        self._pictures = 0.0
        self._shapes = 0
        self._lines: list[Box] = []
        self._replacements = replacements
        self._placed: list[PlacedCharacter] = []
        self._unreadable = 0
        self._seen: set[tuple[str, float, float]] = set()
        self._object: _TextObject | None = None
        self._code: _Code | None = None
        self._text: list[str] = []
        self._path: Matrix | None = None
        self._base: Matrix = IDENTITY
        """From the coordinates of what is being walked to those of the page, in millimetres."""

    # -- the page --

    def again(self, unit: str = "", base: Matrix = IDENTITY) -> Self:
        """Return this walker, ready to read more content of the same page.

        Args:
            unit: the id of the composite unit to be read of the next part, ``""`` for a template.
            base: from the coordinates of that content to those of the page, in millimetres.
        """
        self._only, self._base, self._is_first = unit, base, False
        return self

    def composite_units(self) -> Iterator[tuple[str, Matrix]]:
        """Yield the composite objects of the page, also those met while the others are read."""
        while self._units:
            yield self._units.pop()

    def _begin_unit(self, attributes: Attributes) -> None:
        if value(attributes, "ID") != self._only:
            self.skip()

    def _template(self, attributes: Attributes) -> None:
        if self._is_first and len(self.templates) < _MAX_UNITS:
            self.templates.append(value(attributes, "TemplateID"))

    def _end_box(self) -> None:
        if self._is_first and self.path[-2] == "Area" and self.path[-3] == "Page":
            self.box = rectangle(self.taken()) or self.box

    def _placement(self, attributes: Attributes) -> Matrix:
        """Return the transformation of an object into coordinates of the page."""
        left, top = (numbers(value(attributes, "Boundary"), 2) or [0.0, 0.0])[:2]
        found = numbers(value(attributes, "CTM"), 6) or IDENTITY
        a, b, c, d, e, f = found[:6]
        return times((a, b, c, d, e + left, f + top), self._base)

    # -- text --

    def _begin_object(self, attributes: Attributes) -> None:
        size = numbers(value(attributes, "Size")) or [_DEFAULT_SIZE]
        stretch = numbers(value(attributes, "HScale")) or [1.0]
        turned = numbers(value(attributes, "ReadDirection")) or [0.0]
        self._object = _TextObject(
            self._placement(attributes),
            size[0],
            stretch[0] if stretch[0] > 0 else 1.0,
            round(turned[0] / 90) % 4,
            value(attributes, "Visible") not in ("false", "0"),
        )

    def _begin_code(self, attributes: Attributes) -> None:
        if self._object is None:
            return
        last = self._object.codes[-1][0] if self._object.codes else _Code(0.0, 0.0, None, None)
        x = numbers(value(attributes, "X")) or [last.x]
        y = numbers(value(attributes, "Y")) or [last.y]
        across, down = value(attributes, "DeltaX"), value(attributes, "DeltaY")
        self._text = []
        self._code = _Code(
            x[0],
            y[0],
            distances(across) if across.strip() else None,
            distances(down) if down.strip() else None,
        )

    def text(self, text: str) -> None:
        """Keep text of the innermost element; that of ``TextCode`` with its white space."""
        if self._code is not None and self.path[-1] == "TextCode":
            self.remaining -= len(text)
            if self.remaining < 0:
                raise TooLongError
            self._text.append(text)
        elif self.path[-1] in ("AbbreviatedData", "PhysicalBox"):
            self.collected.append(text)

    def _end_code(self) -> None:
        if self._object is not None and self._code is not None:
            # XML's white space around the text is that of the printed source, not of the page.
            self._object.codes.append((self._code, "".join(self._text).strip("\t\r\n")))
        self._code = None

    def _glyphs(self, attributes: Attributes) -> None:
        if self._object is not None:
            count = numbers(value(attributes, "GlyphCount")) or [1.0]
            self._object.glyphs += max(0, min(int(count[0]), _MAX_REPEATED))

    def _end_object(self) -> None:
        found, self._object = self._object, None
        if found is None or not found.visible:
            return
        for code, text in found.codes:
            self._place(found, code, text)
        if not any(text.strip() for _, text in found.codes):
            self._unreadable += found.glyphs

    def _place(self, of: _TextObject, code: _Code, text: str) -> None:
        """Place the characters of one ``TextCode`` on the page."""
        a, b, c, d, _, _ = of.matrix
        size = of.size * hypot(c, d) * _MM
        angle = atan2(b, a) + of.turned * pi / 2
        if not isfinite(size + angle) or size <= 0:
            return
        quarter = round(angle * 2 / pi)
        if abs(angle - quarter * pi / 2) > MAX_SKEW:
            return  # a watermark or a seal
        size = max(round(size, 1), MIN_FONT_SIZE)
        upright = of.turned == 0
        for character, x, y, advance in self._steps(of, code, text, vertical=not upright):
            decoded = decode_character(ord(character), self._replacements)
            if decoded == ("",):
                self._unreadable += 1
                continue
            place = self._on_page(of.matrix, x, y)
            # Drawn twice in one place, to look bold.
            key = (character, round(place[0], 1), round(place[1], 1))
            if key in self._seen:
                continue
            self._seen.add(key)
            box = self._box(of, x, y, advance, angle)
            for one in decoded:
                self._placed.append(PlacedCharacter(one, -quarter % 4, box, place, size))

    def _steps(
        self, of: _TextObject, code: _Code, text: str, vertical: bool
    ) -> Iterator[tuple[str, float, float, float]]:
        """Yield the characters with their origins and widths, in millimetres of the object."""
        x, y = code.x, code.y
        across, down = code.across, code.down
        spaced = " " not in text
        for i, character in enumerate(text):
            width = _advance(character) * of.size * of.stretch
            following = text[i + 1 : i + 2]
            if across and i < len(across) and width < across[i] <= _MAX_ADVANCE * of.size:
                # Programs that write no spaces leave gaps between words, not within numbers.
                is_gap = spaced and character.isalpha() and following.isalpha()
                width = width if is_gap and across[i] > across[i - 1] * 1.2 else across[i]
            step_x = across[i] if across and i < len(across) else None
            step_y = down[i] if down and i < len(down) else None
            yield character, x, y, width
            if step_x is None and step_y is None:
                step_x, step_y = (0.0, width) if vertical or (down and not across) else (width, 0.0)
            x += step_x or 0.0
            y += step_y or 0.0

    def _box(self, of: _TextObject, x: float, y: float, width: float, angle: float) -> Box:
        """Return the box of a character in coordinates of a PDF."""
        corners = [(x, y + 0.12 * of.size), (x + width, y - 0.88 * of.size)]
        if of.turned:  # the character itself is turned too
            corners = [(x - 0.12 * of.size, y), (x + 0.88 * of.size, y + width)]
        (ax, ay), (bx, by) = (self._on_page(of.matrix, *corner) for corner in corners)
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)

    def _on_page(self, matrix: Matrix, x: float, y: float) -> tuple[float, float]:
        """Return a point in coordinates of a PDF, from the lower left corner of the page."""
        a, b, c, d, e, f = matrix
        left, top, _, height = self.box
        return (a * x + c * y + e) * _MM - left, height + top - (b * x + d * y + f) * _MM

    # -- drawings --

    def _image(self, attributes: Attributes) -> None:
        box = rectangle(value(attributes, "Boundary"))
        if box and value(attributes, "Visible") not in ("false", "0"):
            self._pictures += box[2] * box[3]

    def _begin_path(self, attributes: Attributes) -> None:
        self._path = None
        if value(attributes, "Visible") not in ("false", "0"):
            self._shapes += 1
            self._path = self._placement(attributes)

    def _end_data(self) -> None:
        if self._path is None or self.path[-2] != "PathObject" or len(self._lines) >= MAX_LINES:
            return
        points = (
            (self._on_page(self._path, *start), self._on_page(self._path, *end))
            for start, end in _segments("".join(self.collected))
        )
        for (ax, ay), (bx, by) in points:
            self._lines.extend(along_axis(ax, ay, bx, by))
            if len(self._lines) >= MAX_LINES:
                return

    def _composite(self, attributes: Attributes) -> None:
        if self._units_left:
            self._units_left -= 1
            self._units.append((value(attributes, "ResourceID"), self._placement(attributes)))

    # -- the result --

    def page(self) -> PageText:
        """Return what was collected."""
        _, _, width, height = self.box
        frame = (0.0, 0.0, width, height)
        placed = [
            c
            for c in _widened(self._placed)
            if 0 <= c.origin[0] <= width and 0 <= c.origin[1] <= height
        ]
        visible = sum(not c.text.isspace() for c in placed)
        covered = self._pictures > SCAN_COVERAGE * width * height
        outlined = not visible and not self._unreadable and self._shapes > MIN_OUTLINES
        drawing = Drawing(tuple(self._lines), self._shapes, self._pictures)
        return PageText(
            make_sheets(placed, frame, drawing),
            unreadable=self._unreadable,
            scanned=outlined or (covered and visible < MIN_CHARACTERS),
        )

    starts: ClassVar = {
        "Template": _template,
        "CompositeGraphicUnit": _begin_unit,
        "TextObject": _begin_object,
        "TextCode": _begin_code,
        "CGTransform": _glyphs,
        "ImageObject": _image,
        "PathObject": _begin_path,
        "CompositeObject": _composite,
    }
    ends: ClassVar = {
        "PhysicalBox": _end_box,
        "TextCode": _end_code,
        "TextObject": _end_object,
        "AbbreviatedData": _end_data,
    }


class TooLongError(ReadError):
    """Raised for a page with more characters than are allowed."""


def _widened(placed: Sequence[PlacedCharacter]) -> Iterator[PlacedCharacter]:
    """Yield the characters, digits as wide as the space before the next one where that is small.

    Some programs place every character by itself, digits as far apart as Chinese characters.
    """
    for one, following in pairwise(placed):
        step = following.box[0] - one.box[2]
        if (
            one.quarter == following.quarter == 0
            and not (one.text.isalpha() and following.text.isalpha() and one.text.isascii())
            and abs(one.origin[1] - following.origin[1]) < 0.1 * one.size
            and step > 0
            and following.box[0] - one.box[0] <= _MAX_ADVANCE * one.size
        ):
            left, bottom, _, top = one.box
            one = one._replace(box=(left, bottom, following.box[0], top))
        yield one
    yield from placed[-1:]


def distances(text: str) -> list[float]:
    """Return the distances between characters that an attribute ``DeltaX`` lists.

    ``g n d`` stands for ``n`` times the distance ``d``.

    Example:
        >>> distances("g 3 5 7")
        [5.0, 5.0, 5.0, 7.0]
    """
    parts = iter(text.split())
    found: list[float] = []
    for part in parts:
        if part != "g":
            found += numbers(part)
            continue
        count, distance = numbers(next(parts, "")), numbers(next(parts, ""))
        if count and distance:
            room = max(0, _MAX_REPEATED - len(found))
            found += distance[:1] * max(0, min(int(count[0]), room))
    return found


def _advance(character: str) -> float:
    """Return the width of a character, in em."""
    if is_wide(character) or ord(character) > 0x2E7F:
        return 1.0
    return next((width for of, width in _ADVANCES if character in of), _OTHER_ADVANCE)


_Point = tuple[float, float]


def _segments(data: str) -> Iterator[tuple[_Point, _Point]]:
    """Yield the straight lines of a path, in millimetres of its object.

    Example:
        >>> list(_segments("M 0 0 L 10 0"))
        [((0.0, 0.0), (10.0, 0.0))]
    """
    parts = data.split()
    place = start = (0.0, 0.0)
    i = 0
    while i < len(parts):
        command = parts[i]
        count = _PATH_NUMBERS.get(command)
        if count is None:
            i += 1
            continue
        end = place
        if count:
            found = numbers(" ".join(parts[i + 1 : i + 1 + count]), count)
            if not found:
                return
            end = (found[-2], found[-1])
        if command in "SM":
            start = end
        elif command == "L":
            yield place, end
        elif command == "C":
            yield place, start
            end = start
        place = end
        i += 1 + count
