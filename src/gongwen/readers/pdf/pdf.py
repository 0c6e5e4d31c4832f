"""Read PDF files: pages to text, without headers, footers and page numbers.

PDFium (pypdfium2) gives the characters with their places, ``layout`` works out what they make. A
report of 35,000 characters takes 0.13 s to get out of PDFium and 0.35 s in all; pdfminer needs
1.2 s and pdfplumber 1.4 s for lines that are not rejoined yet. PDFium must not be called from
several threads at once, and unpacks the content of a page into a multiple of its size: a process
that reads files of strangers needs a limit of its memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from ...nlp.errors import ReadError
from ..base import Blob, Extract
from .headers_footers import without_furniture
from .lines import Page, Row, Sheet, rows_of
from .page import ordinary_characters, read_page
from .reading_order import columns_of, distinct, gutters_of
from .reflow import Block, paragraphs, with_margins
from .ruled_tables import tables_of, with_whole_tables

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument


_NEAR = 6.0
"""Points that the columns of two pages may be off one another."""


def page_of(number: int, sheets: Sequence[Sheet]) -> Page:
    """Return the lines of page ``number``.

    Args:
        number: 1 for the first page of the file.
        sheets: what stands on it by direction of reading, that of most characters first.
    """
    if not sheets:
        return Page(number, 0.0, 0.0, ())
    rows, *aside = [_rows(sheet) for sheet in sheets]
    others = [replace(row, apart=True) for rows in aside for row in rows]
    return Page(number, sheets[0].width, sheets[0].height, tuple(rows), tuple(others))


def _rows(sheet: Sheet) -> list[Row]:
    table_rows, rest = tables_of(sheet)
    return sorted([*table_rows, *rows_of(rest)], key=lambda row: row.base)


def text_of(pages: Sequence[Page]) -> str:
    """Return the text of ``pages``, one paragraph a line."""
    return "\n".join(paragraphs(_blocks(with_whole_tables(without_furniture(pages)))))


def _blocks(pages: Sequence[Page]) -> Iterator[Block]:
    gutters: dict[int, list[float]] = {}
    for page in pages:
        gutters.setdefault(round(page.width), []).extend(gutters_of(page.rows))
    known = {width: distinct(found, _NEAR) for width, found in gutters.items()}
    columns = [list(columns_of(page.rows, known[round(page.width)])) for page in pages]
    measured = with_margins(
        [(page, rows) for page, found in zip(pages, columns, strict=True) for rows in found]
    )
    for page, found in zip(pages, columns, strict=True):
        yield from islice(measured, len(found))
        if page.aside:
            yield Block(page.aside, 0.0, page.width, aside=True)


_OCR = "ocrmypdf -l chi_sim"
_LOCKED = (4, 5)
"""PDFium's ``FPDF_ERR_PASSWORD`` and ``FPDF_ERR_SECURITY``."""


def read(blob: Blob) -> Iterator[Extract]:
    """Yield the text of a PDF.

    Raises:
        ReadError: it is broken, encrypted, a scan without text, or larger than its limits, or the
            library that reads PDFs is missing.
    """
    name, limits = blob.name, blob.limits
    try:
        import pypdfium2
    except ImportError:
        raise ReadError(
            f"{name}: reading PDF files needs pypdfium2: pip install pypdfium2, or save it as .docx"
        ) from None
    try:
        with pypdfium2.PdfDocument(blob.data) as document:
            number_of_pages = len(document)
            if number_of_pages > limits.pages:
                raise ReadError(
                    f"{name}: {number_of_pages} pages, more than {limits.pages}; split it first"
                )
            content = _content(document, name, limits.characters)
    except pypdfium2.PdfiumError as error:
        if error.err_code in _LOCKED:
            raise ReadError(f"{name}: encrypted; save it without a password first") from None
        raise ReadError(f"{name}: not a whole PDF file ({error}); get it again") from None
    text = text_of(content.pages)
    # What is set on pictures of pages is a stamp, or the mark of a scanner's program.
    if not text or len(content.scanned) == number_of_pages:
        raise ReadError(_nothing(name, content, number_of_pages))
    yield Extract(text, notes=tuple(_notes(content, number_of_pages)))


@dataclass(slots=True)
class _Content:
    """What the pages of a file hold.

    Attributes:
        pages: the lines of each page.
        scanned: numbers of the pages that are pictures.
        damaged: numbers of the pages that cannot be read.
        unreadable: numbers of the pages with characters that have no meaning, and how many.
    """

    pages: list[Page] = field(default_factory=list)
    scanned: list[int] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    unreadable: dict[int, int] = field(default_factory=dict)


def _content(document: PdfDocument, name: str, most: int) -> _Content:
    from pypdfium2 import PdfiumError

    content = _Content()
    ordinary = ordinary_characters()
    characters = 0
    for number in range(1, len(document) + 1):
        try:
            page = document[number - 1]
        except PdfiumError:
            content.damaged.append(number)
            continue
        try:
            found = read_page(page, ordinary, most - characters)
        except PdfiumError:
            content.damaged.append(number)
            continue
        finally:
            page.close()
        if found is None:
            raise ReadError(f"{name}: more than {most} characters of text; split it first")
        characters += sum(len(sheet.glyphs) for sheet in found.sheets)
        if found.scanned:
            content.scanned.append(number)
        if found.unreadable:
            content.unreadable[number] = found.unreadable
        content.pages.append(page_of(number, found.sheets))
    return content


def _nothing(name: str, content: _Content, pages: int) -> str:
    if content.scanned:
        return f"{name}: a scan without text; run OCR on it first, for example {_OCR} IN OUT"
    if content.unreadable:
        return (
            f"{name}: its fonts do not say which characters they draw; run OCR on it first, for"
            f" example {_OCR} --force-ocr IN OUT"
        )
    if content.damaged:
        return f"{name}: all {pages} pages are damaged; get it again"
    return f"{name}: no text on any page"


def _notes(content: _Content, pages: int) -> Iterator[str]:
    if content.scanned:
        yield (
            f"{_pages(content.scanned)} of {pages}: a scan without text, left out; to have it too,"
            f" run OCR on the file first, for example {_OCR} --skip-text IN OUT"
        )
    if content.unreadable:
        count = sum(content.unreadable.values())
        yield (
            f"{_pages(list(content.unreadable))} of {pages}: {count} characters left out, the font"
            " does not say which they are"
        )
    if content.damaged:
        yield f"{_pages(content.damaged)} of {pages}: damaged, left out"


def _pages(numbers: Sequence[int]) -> str:
    """Return ``numbers``, which ascend, as a reader counts: pages 1-3, 7."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    word = "page" if len(numbers) == 1 else "pages"
    return f"{word} " + ", ".join("-".join(map(str, run)) for run in runs)
