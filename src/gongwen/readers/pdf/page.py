"""Read one page of a PDF through PDFium: characters, drawn lines, and pictures."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, hypot, isfinite, pi
from typing import TYPE_CHECKING, Any, NamedTuple

from .lines import Glyph, Sheet, Stroke

if TYPE_CHECKING:
    from pypdfium2 import PdfPage, PdfTextPage


Box = tuple[float, float, float, float]
"""Left, bottom, right and top in the coordinates of a PDF, where ``y`` grows upwards."""
_Matrix = tuple[float, float, float, float, float, float]

_IDENTITY: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_STRAIGHT = 0.7
"""Points that the ends of a line along an axis may be off it."""
_SHORTEST = 4.0
"""Points; what is shorter is a dot of a dotted line or part of a curve."""
_NESTED = 4
"""Drawings inside one another that are followed."""
_LINES = 20_000
"""Lines beyond which a page holds a picture, not tables."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn on a page.

    Attributes:
        lines: the straight lines along the axes, each as the box from one end to the other.
        shapes: how many shapes there are in all.
        pictures: area of all pictures, in square points; scanners cut a page into strips.
    """

    lines: tuple[Box, ...]
    shapes: int
    pictures: float

    @classmethod
    def of(cls, page: PdfPage) -> Drawing:
        """Return what is drawn on ``page``."""
        import pypdfium2.raw as pdfium

        lines: list[Box] = []
        shapes, pictures = 0, 0.0
        for kind, handle, matrix in _objects(page):
            if kind == pdfium.FPDF_PAGEOBJ_PATH and len(lines) < _LINES:
                shapes += 1
                lines.extend(_straight_lines(handle, matrix))
            elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
                pictures += abs(matrix[0] * matrix[3] - matrix[1] * matrix[2])
        return cls(tuple(lines), shapes, pictures)


def _objects(page: PdfPage) -> Iterator[tuple[int, Any, _Matrix]]:
    """Yield kind, handle and placement of all objects but text, those in drawings included."""
    import pypdfium2.raw as pdfium

    raw = page.raw
    waiting: list[tuple[Any, _Matrix, int]] = [
        (pdfium.FPDFPage_GetObject(raw, i), _IDENTITY, 0)
        for i in reversed(range(pdfium.FPDFPage_CountObjects(raw)))
    ]
    placement = pdfium.FS_MATRIX()
    while waiting:
        handle, around, depth = waiting.pop()
        kind = pdfium.FPDFPageObj_GetType(handle)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT or not pdfium.FPDFPageObj_GetMatrix(handle, placement):
            continue
        m = placement
        matrix = _times((m.a, m.b, m.c, m.d, m.e, m.f), around)
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _NESTED:
            count = pdfium.FPDFFormObj_CountObjects(handle)
            waiting.extend(
                (pdfium.FPDFFormObj_GetObject(handle, i), matrix, depth + 1)
                for i in reversed(range(count))
            )
        else:
            yield kind, handle, matrix


def _times(first: _Matrix, then: _Matrix) -> _Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    )


def _straight_lines(path: Any, matrix: _Matrix) -> Iterator[Box]:
    from ctypes import c_float

    import pypdfium2.raw as pdfium

    a, b, c, d, e, f = matrix
    px, py = c_float(), c_float()
    x = y = start_x = start_y = 0.0
    for i in range(min(pdfium.FPDFPath_CountSegments(path), _LINES)):
        segment = pdfium.FPDFPath_GetPathSegment(path, i)
        pdfium.FPDFPathSegment_GetPoint(segment, px, py)
        to_x = a * px.value + c * py.value + e
        to_y = b * px.value + d * py.value + f
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            start_x, start_y = to_x, to_y
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            yield from _along_axis(x, y, to_x, to_y)
            if pdfium.FPDFPathSegment_GetClose(segment):
                yield from _along_axis(to_x, to_y, start_x, start_y)
        x, y = to_x, to_y


def _along_axis(x: float, y: float, to_x: float, to_y: float) -> Iterator[Box]:
    width, height = abs(to_x - x), abs(to_y - y)
    if (
        isfinite(width + height)
        and min(width, height) <= _STRAIGHT
        and max(width, height) >= _SHORTEST
    ):
        yield min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y)


_SKEWED = 0.25
"""Text that leans by more than this angle (14°) is a watermark or a seal, not a line."""
_SMALLEST = 0.1
"""Points; what is set smaller is hidden, and read all the same."""
_SPACE = 0x20
_HIGH, _LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)
_FEW = 20
"""Characters that a scanner's program adds to a page: a number, a stamp."""
_COVERS = 0.5
"""Share of the page that a picture fills when it is the page, scanned."""
_OUTLINES = 200
"""Drawn shapes beyond which a page without text is text that was turned into shapes."""

# What some fonts give for a character that looks like a radical. These are the pairs of Unicode's
# EquivalentUnifiedIdeograph.txt; the radicals from U+2F00 have a compatibility mapping.
_RADICALS = (
    "⺁厂⺄乙⺌小⺍小⺎兀⺒巳⺓幺⺜日⺝月⺟母⺠民⺧牛⺩王⺫目⺬示⺮竹⺶羊⺼肉⻁虎⻄西⻅见⻆角⻇角⻉贝⻊足⻋车"
    "⻑長⻒镸⻓长⻔门⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟"
)
_BULLETS = "\uf06c\uf06e\uf075\uf0a7\uf0b7\uf0d8\uf0e8\uf0fc\uf0fe"
"""Signs before items, in the private codes of symbol fonts."""


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of one page.

    Attributes:
        sheets: what stands on it, by direction of reading, that of most characters first.
        unreadable: characters of which the font does not say what they mean; they are left out.
        scanned: the page is a picture.
    """

    sheets: tuple[Sheet, ...]
    unreadable: int
    scanned: bool


class _Placed(NamedTuple):
    """A character in the coordinates of the file, where ``y`` grows upwards."""

    text: str
    quarter: int
    box: Box
    origin: tuple[float, float]
    size: float


_VERTICAL = 4
"""The quarter turn (0 to 3, anticlockwise) of a character, or this in lines that run down."""


def ordinary_characters() -> dict[int, str]:
    """Return what to read for each character that only a PDF has, to be used with ``translate``."""
    table = {ord(a): b for a, b in zip(_RADICALS[::2], _RADICALS[1::2], strict=True)}
    for start, stop in ((0x2F00, 0x2FD6), (0xF900, 0xFB07), (0x2F800, 0x2FA1E)):
        table |= {code: unicodedata.normalize("NFKC", chr(code)) for code in range(start, stop)}
    table |= {ord(bullet): "•" for bullet in _BULLETS}
    table |= dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF), "")
    # PDFium's signs for a hyphen at the end of a line; a space in the private codes of GBK.
    return table | {0x02: "-", 0xFFFE: "-", 0xAD: "-", 0xE5E5: "\u3000"}


def read_page(page: PdfPage, ordinary: dict[int, str], most: int) -> PageText | None:
    """Return what stands on ``page``, ``None`` when that is too much.

    Args:
        page: a page of an open document.
        ordinary: what :func:`ordinary_characters` returns.
        most: how many characters it may have.

    Raises:
        PdfiumError: PDFium cannot read the page.
    """
    textpage = page.get_textpage()
    try:
        if textpage.count_chars() > most:
            return None
        found = list(_characters(textpage, ordinary))
    finally:
        textpage.close()
    left, bottom, right, top = frame = page.get_bbox()
    placed = [
        character
        for character in found
        if character.text
        and left <= character.origin[0] <= right
        and bottom <= character.origin[1] <= top
    ]
    drawing = Drawing.of(page)
    visible = sum(not character.text.isspace() for character in placed)
    covered = drawing.pictures > _COVERS * (right - left) * (top - bottom)
    outlined = not visible and drawing.shapes > _OUTLINES
    by_quarter: dict[int, list[_Placed]] = {}
    for character in placed:
        by_quarter.setdefault(character.quarter, []).append(character)
    if _runs_down(by_quarter.get(0, ())):
        by_quarter[_VERTICAL] = by_quarter.pop(0)
    groups = sorted(by_quarter.items(), key=lambda item: -len(item[1]))
    return PageText(
        tuple(_sheet(quarter, group, frame, drawing) for quarter, group in groups),
        unreadable=sum(not character.text for character in found),
        scanned=outlined or (covered and visible < _FEW),
    )


def _characters(textpage: PdfTextPage, ordinary: dict[int, str]) -> Iterator[_Placed]:
    from ctypes import c_double

    import pypdfium2.raw as pdfium

    x, y, matrix, box = c_double(), c_double(), pdfium.FS_MATRIX(), pdfium.FS_RECTF()
    raw = textpage.raw
    seen: dict[tuple[int, float, float], int] = {}
    high = 0  # the first half of a character beyond U+FFFF
    spaced = False  # PDFium found a gap before this character
    for i in range(textpage.count_chars()):
        code = pdfium.FPDFText_GetUnicode(raw, i)
        if code in _HIGH:
            high = code
            continue
        if code in _LOW and high:
            code = 0x10000 + (high - _HIGH.start) * len(_LOW) + code - _LOW.start
        high = 0
        if pdfium.FPDFText_IsGenerated(raw, i) == 1:
            spaced = code == _SPACE
            continue
        pdfium.FPDFText_GetMatrix(raw, i, matrix)
        pdfium.FPDFText_GetLooseCharBox(raw, i, box)
        pdfium.FPDFText_GetCharOrigin(raw, i, x, y)
        size = pdfium.FPDFText_GetFontSize(raw, i) * hypot(matrix.c, matrix.d)
        angle = atan2(matrix.b, matrix.a)
        if not isfinite(size + angle + box.left + box.bottom + box.right + box.top):
            continue
        # Set twice at one place, to look bold; the two f of a ligature follow one another.
        before = seen.setdefault((code, round(x.value, 1), round(y.value, 1)), i)
        quarter = round(angle * 2 / pi)
        if before < i - 1 or abs(angle - quarter * pi / 2) > _SKEWED:
            continue
        known = not pdfium.FPDFText_HasUnicodeMapError(raw, i)
        meaning = _meaning(code, ordinary) if known else ("",)
        for text in (" ", *meaning) if spaced else meaning:
            yield _Placed(
                text,
                quarter % 4,
                (box.left, box.bottom, box.right, box.top),
                (x.value, y.value),
                max(round(size, 1), _SMALLEST),
            )
        spaced = False


def _meaning(code: int, ordinary: dict[int, str]) -> str | tuple[str]:
    """Return the ordinary characters for ``code``, one empty string when it has no meaning."""
    if code in ordinary:
        return ordinary[code]
    if code in (0x09, 0x0A, 0x0D):
        return " "
    if code >= 0x110000 or code == 0xFFFD or unicodedata.category(chr(code)) in ("Cc", "Cs", "Co"):
        return ("",)
    return chr(code)


def _runs_down(placed: Sequence[_Placed]) -> bool:
    """Say whether upright characters follow one another downwards, in vertical lines."""
    across = down = 0
    for a, b in pairwise(placed):
        dx, dy = b.origin[0] - a.origin[0], a.origin[1] - b.origin[1]
        across += abs(dy) < 0.3 * a.size and dx > 0
        down += abs(dx) < 0.3 * a.size and 0.5 * a.size < dy < 2.5 * a.size
    return down > across


def _sheet(quarter: int, placed: Sequence[_Placed], frame: Box, drawing: Drawing) -> Sheet:
    turn = 3 if quarter == _VERTICAL else quarter
    glyphs = []
    for text, _, box, origin, size in placed:
        left, top, right, bottom = _turned(box, turn, frame)
        base = (top + bottom) / 2 if quarter == _VERTICAL else _turned(origin * 2, turn, frame)[1]
        glyphs.append(Glyph(text, left, right, base, size))
    _, _, width, height = _turned(frame, turn, frame)
    lines = tuple(Stroke(*_turned(line, turn, frame)) for line in drawing.lines)
    return Sheet(width, height, tuple(glyphs), lines)


def _turned(box: Box, turn: int, frame: Box) -> Box:
    """Return left, top, right and bottom of ``box``, as one sees it who reads along the text."""
    left, bottom, right, top = box
    x0, y0, x1, y1 = frame
    if turn == 0:
        return left - x0, y1 - top, right - x0, y1 - bottom
    if turn == 1:
        return bottom - y0, left - x0, top - y0, right - x0
    if turn == 2:
        return x1 - right, bottom - y0, x1 - left, top - y0
    return y1 - top, x1 - right, y1 - bottom, x1 - left
