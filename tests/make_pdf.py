"""PDFs for tests: paragraphs set as an office sets them, with a header and page numbers.

The font is one of the Chinese fonts that a PDF may refer to without holding it. Where lines run
is read from the sizes of its characters, which PDFium takes from a Chinese font of the machine.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count

from PIL import Image
from pypdfium2 import PdfDocument, PdfiumError
from reportlab.lib.pdfencrypt import StandardEncryption
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


@cache
def chinese_font() -> bool:
    """Say whether a font of this machine gives PDFium the sizes of Chinese characters."""
    stream = io.BytesIO()
    canvas = new_canvas(stream)
    canvas.setFont(FONT, 16)
    canvas.drawString(100, 100, "县")
    canvas.save()
    with PdfDocument(stream.getvalue()) as document:
        try:
            left, bottom, right, top = document[0].get_textpage().get_charbox(0)
        except PdfiumError:
            return False
    return right > left and top > bottom


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


def scan_bytes(*texts: str, stamp: str = "") -> bytes:
    """Return a PDF with a picture for each page, or its text where there is one."""
    stream = io.BytesIO()
    canvas = new_canvas(stream)
    for text in texts:
        canvas.setFont(FONT, 16)
        if not text:
            picture = Image.new("L", (60, 84), 255)
            picture.putpixel((30, 40), 0)
            canvas.drawInlineImage(picture, 0, 0, WIDTH, HEIGHT)
        canvas.drawString(90, TOP, text or stamp)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def encrypted_bytes(text: str, password: str) -> bytes:
    """Return a PDF that opens with ``password``."""
    stream = io.BytesIO()
    canvas = new_canvas(stream, encrypt=StandardEncryption(password, ownerPassword="owner"))
    canvas.setFont(FONT, 16)
    canvas.drawString(90, TOP, text)
    canvas.save()
    return stream.getvalue()


def mapped_bytes(meanings: Sequence[str]) -> bytes:
    """Return a PDF whose font says of each of its characters what it means, ``""`` for nothing."""
    entries = "".join(
        f"<{i:04x}> <{meaning.encode('utf-16-be').hex()}>\n"
        for i, meaning in enumerate(meanings, 1)
        if meaning
    )
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /M def\n"
        "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{entries.count('<') // 2} beginbfchar\n{entries}endbfchar endcmap end end"
    )
    codes = "".join(f"{i:04x}" for i in range(1, len(meanings) + 1))
    content = f"BT /F 16 Tf 90 700 Td <{codes}> Tj ET"
    return _file(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 8 0 R"
        "/Resources<</Font<</F 4 0 R>>>>>>",
        "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[5 0 R]"
        "/ToUnicode 7 0 R>>",
        "<</Type/Font/Subtype/CIDFontType2/BaseFont/X/DW 1000/FontDescriptor 6 0 R"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>",
        "<</Type/FontDescriptor/FontName/X/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0"
        "/Ascent 900/Descent -200/CapHeight 700/StemV 80>>",
        f"<</Length {len(cmap)}>>stream\n{cmap}\nendstream",
        f"<</Length {len(content)}>>stream\n{content}\nendstream",
    )


def _file(*objects: str) -> bytes:
    data, places = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj{text}endobj\n".encode("ascii")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"trailer<</Size {size}/Root 1 0 R>>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + f"xref\n0 {size}\n0000000000 65535 f \n{table}{end}".encode("ascii")
