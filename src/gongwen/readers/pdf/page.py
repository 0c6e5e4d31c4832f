"""Read one page of a PDF with PDFium: its characters, drawn lines, and pictures."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from ctypes import (
    PYFUNCTYPE,
    addressof,
    c_double,
    c_float,
    c_int,
    c_uint,
    c_void_p,
    cast,
    sizeof,
)
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import atan2, hypot, isfinite, pi
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple

from .lines import Glyph, Sheet, Stroke

if TYPE_CHECKING:
    from pypdfium2 import PdfPage, PdfTextPage


Box = tuple[float, float, float, float]
"""Left, bottom, right and top in points, in coordinates of a PDF, where ``y`` increases upwards."""
Matrix = tuple[float, float, float, float, float, float]
"""An affine transformation ``(a, b, c, d, e, f)``: ``x' = ax + cy + e``, ``y' = bx + dy + f``."""


# -- text ------------------------------------------------------------------------------------------

MAX_SKEW = 0.25
"""Largest angle of text to an axis, in radians (14°); beyond it is a watermark or a seal."""
MIN_FONT_SIZE = 0.1
"""Smallest font size, in points; smaller (hidden) text is read with this size."""
_SPACE = 0x20
_HIGH_SURROGATES, _LOW_SURROGATES = range(0xD800, 0xDC00), range(0xDC00, 0xE000)
_SURROGATES = range(_HIGH_SURROGATES.start, _LOW_SURROGATES.stop)
MIN_CHARACTERS = 20
"""Fewest characters of a page that is not a scan; scanning programs may add a page number."""
SCAN_COVERAGE = 0.5
"""Share of a page above which pictures make it a scan."""
MIN_OUTLINES = 200
"""Number of shapes above which a page without text has its text drawn as shapes."""

# Pairs of a radical and the character it looks like, since some fonts map characters to radicals.
# They are from Unicode's EquivalentUnifiedIdeograph.txt; for radicals from U+2F00 on there is a
# compatibility mapping (NFKC).
_RADICALS = (
    "⺁厂⺄乙⺌小⺍小⺎兀⺒巳⺓幺⺜日⺝月⺟母⺠民⺧牛⺩王⺫目⺬示⺮竹⺶羊⺼肉⻁虎⻄西⻅见⻆角⻇角⻉贝⻊足⻋车"
    "⻑長⻒镸⻓长⻔门⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟"
)
_BULLETS = "\uf06c\uf06e\uf075\uf0a7\uf0b7\uf0d8\uf0e8\uf0fc\uf0fe"
"""Bullets in the private use codes of symbol fonts."""


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of one page.

    Attributes:
        sheets: its content by direction of reading, the one with the most characters first.
        unreadable: number of omitted characters for which the font has no Unicode mapping.
        scanned: whether the page is a scan, or has its text drawn as shapes.
    """

    sheets: tuple[Sheet, ...]
    unreadable: int
    scanned: bool


class PlacedCharacter(NamedTuple):
    """A character in coordinates of the PDF, where ``y`` increases upwards.

    Attributes:
        text: the character, ``""`` if it is unreadable.
        quarter: its direction as quarter turns (0 to 3, anticlockwise), or ``_VERTICAL``.
        box: its bounding box.
        origin: its origin on the baseline.
        size: its font size, in points.
    """

    text: str
    quarter: int
    box: Box
    origin: tuple[float, float]
    size: float


_VERTICAL = 4
"""The direction of upright characters in vertical lines, besides the quarter turns 0 to 3."""


@cache
def replacement_characters() -> dict[int, str]:
    """Return the replacements of characters that are peculiar to PDF, by code.

    Example:
        >>> replacement_characters()[ord("⻅")]
        '见'
    """
    table = {ord(a): b for a, b in zip(_RADICALS[::2], _RADICALS[1::2], strict=True)}
    for start, stop in ((0x2F00, 0x2FD6), (0xF900, 0xFB07), (0x2F800, 0x2FA1E)):
        table |= {code: unicodedata.normalize("NFKC", chr(code)) for code in range(start, stop)}
    table |= {ord(bullet): "•" for bullet in _BULLETS}
    table |= dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF), "")
    # PDFium's codes for a hyphen at the end of a line; a space in the private use codes of GBK.
    return table | {0x02: "-", 0xFFFE: "-", 0xAD: "-", 0xE5E5: "\u3000"}


def read_page(page: PdfPage, replacements: dict[int, str], max_characters: int) -> PageText | None:
    """Return the text of ``page``, ``None`` when it has too many characters.

    Args:
        page: a page of an open document.
        replacements: the result of :func:`replacement_characters`.
        max_characters: the most characters that it may have.

    Raises:
        PdfiumError: PDFium cannot read the page.
    """
    textpage = page.get_textpage()
    try:
        if textpage.count_chars() > max_characters:
            return None
        found = list(_characters(textpage, replacements))
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
    visible = len("".join("".join([character.text for character in placed]).split()))
    covered = drawing.pictures > SCAN_COVERAGE * (right - left) * (top - bottom)
    outlined = not visible and drawing.shapes > MIN_OUTLINES
    return PageText(
        make_sheets(placed, frame, drawing),
        unreadable=[character.text for character in found].count(""),
        scanned=outlined or (covered and visible < MIN_CHARACTERS),
    )


def make_sheets(
    placed: Sequence[PlacedCharacter], frame: Box, drawing: Drawing
) -> tuple[Sheet, ...]:
    """Return the content of a page by direction of reading, most characters first.

    Args:
        placed: the characters of the page that can be read.
        frame: the box of the page.
        drawing: what is drawn on it.
    """
    by_quarter: defaultdict[int, list[PlacedCharacter]] = defaultdict(list)
    for character in placed:
        by_quarter[character.quarter].append(character)
    if _is_vertical(by_quarter.get(0, ())):
        by_quarter[_VERTICAL] = by_quarter.pop(0)
    groups = sorted(by_quarter.items(), key=lambda item: -len(item[1]))
    return tuple(_make_sheet(quarter, group, frame, drawing) for quarter, group in groups)


class _Style(NamedTuple):
    """How characters of one matrix and font size are set.

    Attributes:
        quarter: their direction as quarter turns (0 to 3, anticlockwise).
        size: their font size on the page, in points.
        level: whether that direction is near an axis; skewed text is left out.
    """

    quarter: int
    size: float
    level: bool


def _style(a: float, b: float, c: float, d: float, font_size: float) -> _Style | None:
    """Return how characters with a text matrix are set, ``None`` if that is no number."""
    size, angle = font_size * hypot(c, d), atan2(b, a)
    if not isfinite(size + angle):
        return None
    quarter = round(angle * 2 / pi)
    level = abs(angle - quarter * pi / 2) <= MAX_SKEW
    return _Style(quarter % 4, max(round(size, 1), MIN_FONT_SIZE), level)


class _TextFunctions:
    """The functions of PDFium that are called for each character of a page.

    They take the address of the page's text, the index of a character, and addresses of what they
    fill. So ctypes converts nothing, which takes longer than most of these functions.
    """

    def __init__(self) -> None:
        import pypdfium2.raw as pdfium  # late: heavy, and optional

        def prototype(name: str, result: Any, *filled: Any) -> Any:
            address = cast(getattr(pdfium, name), c_void_p).value or 0
            return PYFUNCTYPE(result, c_void_p, c_int, *filled)(address)

        self.get_unicode = prototype("FPDFText_GetUnicode", c_uint)
        self.is_generated = prototype("FPDFText_IsGenerated", c_int)
        self.has_no_meaning = prototype("FPDFText_HasUnicodeMapError", c_int)
        self.get_object = prototype("FPDFText_GetTextObject", c_void_p)
        self.get_matrix = prototype("FPDFText_GetMatrix", c_int, c_void_p)
        self.get_font_size = prototype("FPDFText_GetFontSize", c_double)
        self.get_box = prototype("FPDFText_GetLooseCharBox", c_int, c_void_p)
        self.get_origin = prototype("FPDFText_GetCharOrigin", c_int, c_void_p, c_void_p)


@cache
def _text_functions() -> _TextFunctions:
    return _TextFunctions()


def _characters(textpage: PdfTextPage, replacements: dict[int, str]) -> Iterator[PlacedCharacter]:
    """Yield the characters of a page, without duplicates and skewed text.

    Each call of PDFium takes longer than what is done with its answer, so none is made whose answer
    is known: only white space and control characters are generated, and all characters of a text
    object have one style. Each character of a page is decoded once.
    """
    call = _text_functions()
    get_unicode, get_object, has_no_meaning = call.get_unicode, call.get_object, call.has_no_meaning
    get_box, get_origin = call.get_box, call.get_origin
    matrix, box, point = (c_float * 6)(), (c_float * 4)(), (c_double * 2)()
    box_at, x_at, y_at = addressof(box), addressof(point), addressof(point) + sizeof(c_double)
    page = cast(textpage.raw, c_void_p).value
    last_object: int | None = None
    style: _Style | None = None
    seen: dict[tuple[int, int, int], int] = {}
    decoded: dict[int, str | tuple[str]] = {}
    high_surrogate = 0  # the first surrogate of a character beyond U+FFFF
    space_before = False  # whether PDFium found a space before this character
    for i in range(textpage.count_chars()):
        code = get_unicode(page, i)
        if code in _SURROGATES:
            if code in _HIGH_SURROGATES:
                high_surrogate = code
                continue
            if high_surrogate:
                high = high_surrogate - _HIGH_SURROGATES.start
                code += 0x10000 + high * len(_LOW_SURROGATES) - _LOW_SURROGATES.start
        high_surrogate = 0
        if code <= _SPACE and call.is_generated(page, i) == 1:
            space_before = code == _SPACE
            continue
        text_object = get_object(page, i)
        if text_object is None or text_object != last_object:
            call.get_matrix(page, i, addressof(matrix))
            a, b, c, d, _, _ = matrix
            style = _style(a, b, c, d, call.get_font_size(page, i))
            last_object = text_object
        get_box(page, i, box_at)
        get_origin(page, i, x_at, y_at)
        left, top, right, bottom = _FLOATS(box)
        if not style or not isfinite(left + bottom + right + top):
            continue
        quarter, size, level = style
        origin = across, up = _DOUBLES(point)
        # Drawn twice in one place, to look bold; the two f of a ligature are adjacent instead.
        first = seen.setdefault((code, round(across * 10), round(up * 10)), i)
        if first < i - 1 or not level:
            continue
        if has_no_meaning(page, i):
            texts: str | tuple[str] = ("",)
        else:
            if code not in decoded:
                decoded[code] = decode_character(code, replacements)
            texts = decoded[code]
        place = left, bottom, right, top
        for text in (" ", *texts) if space_before else texts:
            yield PlacedCharacter(text, quarter, place, origin, size)
        space_before = False


_FLOATS, _DOUBLES = Struct("=4f").unpack, Struct("=2d").unpack
"""Read what PDFium has filled: the sides of a box (``FS_RECTF``) and a point."""


def decode_character(code: int, replacements: dict[int, str]) -> str | tuple[str]:
    """Return the characters for ``code``, a tuple with an empty string when it has no meaning."""
    if code in replacements:
        return replacements[code]
    if code in (0x09, 0x0A, 0x0D):
        return " "
    if code >= 0x110000 or code == 0xFFFD or unicodedata.category(chr(code)) in ("Cc", "Cs", "Co"):
        return ("",)
    return chr(code)


def _is_vertical(placed: Sequence[PlacedCharacter]) -> bool:
    """Return whether upright characters follow one another downwards, in vertical lines."""
    across = down = 0
    for (_, _, _, (x, y), size), (_, _, _, (next_x, next_y), _) in pairwise(placed):
        dx, dy = next_x - x, y - next_y
        if abs(dy) < 0.3 * size:
            across += dx > 0
        elif abs(dx) < 0.3 * size:
            down += 0.5 * size < dy < 2.5 * size
    return down > across


def _make_sheet(
    quarter: int, placed: Sequence[PlacedCharacter], frame: Box, drawing: Drawing
) -> Sheet:
    """Return the characters of one direction, and all lines, in coordinates of reading."""
    turn = 3 if quarter == _VERTICAL else quarter
    x0, _, _, y1 = frame
    if turn == 0:  # nearly all pages: as below, without a call for each character
        glyphs = [
            Glyph(text, left - x0, right - x0, y1 - y, size)
            for text, _, (left, _, right, _), (_, y), size in placed
        ]
    else:
        glyphs = []
        for text, _, box, origin, size in placed:
            left, top, right, bottom = _rotated(box, turn, frame)
            baseline = (
                (top + bottom) / 2 if quarter == _VERTICAL else _rotated(origin * 2, turn, frame)[1]
            )
            glyphs.append(Glyph(text, left, right, baseline, size))
    _, _, width, height = _rotated(frame, turn, frame)
    lines = tuple(Stroke(*_rotated(line, turn, frame)) for line in drawing.lines)
    return Sheet(width, height, tuple(glyphs), lines)


def _rotated(box: Box, turn: int, frame: Box) -> Box:
    """Return left, top, right and bottom of ``box`` in coordinates along the direction of reading.

    Args:
        box: a box in coordinates of the PDF.
        turn: quarter turns of the text, 0 to 3, anticlockwise.
        frame: the box of the page.
    """
    left, bottom, right, top = box
    x0, y0, x1, y1 = frame
    if turn == 0:
        return left - x0, y1 - top, right - x0, y1 - bottom
    if turn == 1:
        return bottom - y0, left - x0, top - y0, right - x0
    if turn == 2:
        return x1 - right, bottom - y0, x1 - left, top - y0
    return y1 - top, x1 - right, y1 - bottom, x1 - left


# -- drawings --------------------------------------------------------------------------------------

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_MAX_DEVIATION = 0.7
"""Largest deviation, in points, of a line from the direction of an axis."""
_MIN_LINE_LENGTH = 4.0
"""Smallest length of a line, in points; shorter ones are dots or parts of curves."""
_MAX_FORM_DEPTH = 4
"""Most levels of nested form objects that are examined."""
MAX_LINES = 20_000
"""Most lines of a page; a page with more contains a picture, not tables."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The lines, shapes and pictures that are drawn on a page.

    Attributes:
        lines: the horizontal and vertical lines, each as the box from one end to the other.
        shapes: the number of all paths, up to the limit on lines.
        pictures: the total area of all pictures, in square points. The total is needed since
            scanners divide a page into strips.
    """

    lines: tuple[Box, ...]
    shapes: int
    pictures: float

    @classmethod
    def of(cls, page: PdfPage) -> Drawing:
        """Return the drawing of ``page``."""
        import pypdfium2.raw as pdfium  # late: heavy, and optional

        lines: list[Box] = []
        shapes, pictures = 0, 0.0
        for kind, handle, matrix in _objects(page):
            if kind == pdfium.FPDF_PAGEOBJ_PATH and len(lines) < MAX_LINES:
                shapes += 1
                lines.extend(_straight_lines(handle, matrix))
            elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
                pictures += abs(matrix[0] * matrix[3] - matrix[1] * matrix[2])
        return cls(tuple(lines), shapes, pictures)


def _objects(page: PdfPage) -> Iterator[tuple[int, Any, Matrix]]:
    """Yield type, handle and matrix of all objects except text, including nested ones."""
    import pypdfium2.raw as pdfium  # late: heavy, and optional

    raw = page.raw
    pending: list[tuple[Any, Matrix, int]] = [
        (pdfium.FPDFPage_GetObject(raw, i), IDENTITY, 0)
        for i in reversed(range(pdfium.FPDFPage_CountObjects(raw)))
    ]
    placement = pdfium.FS_MATRIX()
    while pending:
        handle, outer_matrix, depth = pending.pop()
        kind = pdfium.FPDFPageObj_GetType(handle)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT or not pdfium.FPDFPageObj_GetMatrix(handle, placement):
            continue
        m = placement
        matrix = times((m.a, m.b, m.c, m.d, m.e, m.f), outer_matrix)
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _MAX_FORM_DEPTH:
            count = pdfium.FPDFFormObj_CountObjects(handle)
            pending.extend(
                (pdfium.FPDFFormObj_GetObject(handle, i), matrix, depth + 1)
                for i in reversed(range(count))
            )
        else:
            yield kind, handle, matrix


def times(first: Matrix, then: Matrix) -> Matrix:
    """Return the transformation that applies ``first`` and then ``then``."""
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


def _straight_lines(path: Any, matrix: Matrix) -> Iterator[Box]:
    """Yield the horizontal and vertical lines of a path."""
    import pypdfium2.raw as pdfium  # late: heavy, and optional

    a, b, c, d, e, f = matrix
    px, py = c_float(), c_float()
    x = y = start_x = start_y = 0.0
    for i in range(min(pdfium.FPDFPath_CountSegments(path), MAX_LINES)):
        segment = pdfium.FPDFPath_GetPathSegment(path, i)
        pdfium.FPDFPathSegment_GetPoint(segment, px, py)
        to_x = a * px.value + c * py.value + e
        to_y = b * px.value + d * py.value + f
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            start_x, start_y = to_x, to_y
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            yield from along_axis(x, y, to_x, to_y)
            if pdfium.FPDFPathSegment_GetClose(segment):
                yield from along_axis(to_x, to_y, start_x, start_y)
        x, y = to_x, to_y


def along_axis(x: float, y: float, to_x: float, to_y: float) -> Iterator[Box]:
    """Yield the line between two points if it is horizontal or vertical and long enough."""
    width, height = abs(to_x - x), abs(to_y - y)
    if (
        isfinite(width + height)
        and min(width, height) <= _MAX_DEVIATION
        and max(width, height) >= _MIN_LINE_LENGTH
    ):
        yield min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y)
