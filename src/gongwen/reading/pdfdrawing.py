"""What is drawn on a page of a PDF: straight lines, and how much of it pictures cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

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
