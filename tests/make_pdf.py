"""PDFs for tests: paragraphs set as an office sets them, with a header and page numbers.

The font is one of the Chinese fonts that a PDF may refer to without holding it, so that no font
file is needed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from itertools import count

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT = "STSong-Light"
WIDTH, HEIGHT = 595.0, 842.0
TOP, BOTTOM = 770.0, 90.0
_NEVER_FIRST = "，。、；：？！”’）》】〕」』…,.;:?!)%·"
_NEVER_LAST = "“‘（《【〔「『("
_UNIT = re.compile(
    rf"[{re.escape(_NEVER_LAST)}]*(?:[0-9A-Za-z]+|.)[{re.escape(_NEVER_FIRST)}]*", re.DOTALL
)
"""What is not broken at the end of a line."""


def new_canvas(stream: io.BytesIO, **options: object) -> Canvas:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    return Canvas(stream, pagesize=(WIDTH, HEIGHT), **options)


def wrapped(text: str, size: float, width: float, indent: float) -> Iterator[tuple[float, str]]:
    """Yield the indent and the text of each line; none begins with a closing mark."""
    line, used = "", indent
    for unit in _UNIT.findall(text):
        wide = pdfmetrics.stringWidth(unit, FONT, size)
        if line and used + wide > width:
            yield indent, line
            line, used, indent = "", 0.0, 0.0
        line, used = line + unit, used + wide
    yield indent, line


def pdf_bytes(
    lines: Sequence[str],
    *,
    header: str = "",
    numbers: bool = True,
    font_size: float = 16,
    chars_per_line: int = 28,
    number: str = "— {} —",
    indent: int = 2,
    columns: int = 1,
) -> bytes:
    """Return a PDF with one paragraph for each of ``lines``, its first line indented."""
    stream = io.BytesIO()
    canvas = new_canvas(stream)
    gutter = 2 * font_size
    width = (font_size * chars_per_line - gutter * (columns - 1)) / columns
    left = (WIDTH - font_size * chars_per_line) / 2
    pages = count(1)
    column, y = 0, TOP

    def furnish() -> None:
        page = next(pages)
        canvas.setFont(FONT, 9)
        if header:
            canvas.drawCentredString(WIDTH / 2, TOP + 36, header)
        if numbers:
            canvas.drawCentredString(WIDTH / 2, BOTTOM - 40, number.format(page))
        canvas.setFont(FONT, font_size)

    furnish()
    for paragraph in lines:
        for shift, line in wrapped(paragraph, font_size, width, indent * font_size):
            if y < BOTTOM:
                column, y = column + 1, TOP
                if column == columns:
                    column = 0
                    canvas.showPage()
                    furnish()
            canvas.drawString(left + column * (width + gutter) + shift, y, line)
            y -= font_size * 1.75
    canvas.save()
    return stream.getvalue()
