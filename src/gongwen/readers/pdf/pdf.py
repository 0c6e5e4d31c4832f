"""Read PDF files: extract the text of pages without headers, footers and page numbers.

PDFium (pypdfium2) provides the characters with their positions; the other modules of this folder
reconstruct lines, columns, tables and paragraphs from them. A report of 35,000 characters takes
0.1 s in PDFium and 0.2 s in all; pdfminer needs 1.2 s and pdfplumber 1.4 s for lines that are not
joined yet. PDFium must not be called from several threads at once. It unpacks the content of a page
to a multiple of its size, so a process that reads untrusted files needs a limit on its memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from ...nlp.document.blocks import TextBuilder
from ...nlp.errors import ReadError
from ..base import Blob, Extract, number_ranges
from .headers_footers import remove_headers_footers
from .line_numbers import find_line_numbers, remove_line_numbers
from .lines import Glyph, Page, Row, Sheet, group_lines, make_rows
from .page import read_page, replacement_characters
from .reading_order import find_gutters, group_centers, split_columns
from .reflow import Block, join_paragraphs, measure_margins
from .ruled_tables import extract_tables, join_split_tables
from .watermarks import remove_repeated, without_watermarks

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument


_OCR_COMMAND = "ocrmypdf -l chi_sim"
_ENCRYPTED_ERRORS = (4, 5)
"""Error codes of PDFium for encrypted files: ``FPDF_ERR_PASSWORD`` and ``FPDF_ERR_SECURITY``."""


def read(blob: Blob) -> Iterator[Extract]:
    r"""Yield the text of a PDF as one extract.

    Raises:
        ReadError: the file is damaged, encrypted, a scan without text, or beyond a limit, or
            pypdfium2 is not installed.

    Example:
        ``next(iter(read(Blob("a.pdf", data)))).text`` -> ``"甲县工作报告\n一、总体情况\n…"``
    """
    name, limits = blob.name, blob.limits
    try:
        import pypdfium2  # late: heavy, and optional
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
            content = _read_pages(document, name, limits.characters)
    except pypdfium2.PdfiumError as error:
        if error.err_code in _ENCRYPTED_ERRORS:
            raise ReadError(f"{name}: encrypted; save it without a password first") from None
        raise ReadError(f"{name}: not a whole PDF file ({error}); get it again") from None
    story = compose(content.pages)
    # If all pages are scans, text on them is only a stamp or the mark of a scanning program.
    if not story.text or len(content.scanned) == number_of_pages:
        raise ReadError(_no_text_message(name, content, number_of_pages))
    notes = tuple(_notes(content, number_of_pages))
    yield Extract(story.text, notes=notes, blocks=tuple(story.blocks))


@dataclass(slots=True)
class _Content:
    """The content of the pages of a file.

    Attributes:
        pages: the lines of each page.
        scanned: numbers of the pages that are scans.
        damaged: numbers of the pages that cannot be read.
        unreadable: for each number of a page with unreadable characters, how many it has.
    """

    pages: list[Page] = field(default_factory=list)
    scanned: list[int] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    unreadable: dict[int, int] = field(default_factory=dict)


def _read_pages(document: PdfDocument, name: str, max_characters: int) -> _Content:
    """Read all pages of a document, with at most ``max_characters`` characters."""
    from pypdfium2 import PdfiumError  # late: heavy, and optional

    content = _Content()
    replacements = replacement_characters()
    characters = 0
    for number in range(1, len(document) + 1):
        try:
            page = document[number - 1]
        except PdfiumError:
            content.damaged.append(number)
            continue
        try:
            found = read_page(page, replacements, max_characters - characters)
        except PdfiumError:
            content.damaged.append(number)
            continue
        finally:
            page.close()
        if found is None:
            raise ReadError(
                f"{name}: more than {max_characters} characters of text; split it first"
            )
        characters += sum(len(sheet.glyphs) for sheet in found.sheets)
        if found.scanned:
            content.scanned.append(number)
        if found.unreadable:
            content.unreadable[number] = found.unreadable
        content.pages.append(layout_page(number, found.sheets))
    return content


def _no_text_message(name: str, content: _Content, pages: int) -> str:
    """Return the error message for a file without text."""
    if content.scanned:
        return (
            f"{name}: a scan without text; run OCR on it first, for example {_OCR_COMMAND} IN OUT"
        )
    if content.unreadable:
        return (
            f"{name}: its fonts do not say which characters they draw; run OCR on it first, for"
            f" example {_OCR_COMMAND} --force-ocr IN OUT"
        )
    if content.damaged:
        return f"{name}: all {pages} pages are damaged; get it again"
    return f"{name}: no text on any page"


def _notes(content: _Content, pages: int) -> Iterator[str]:
    """Yield notes for the user about pages that were omitted or damaged."""
    if content.scanned:
        yield (
            f"{page_ranges(content.scanned)} of {pages}: a scan without text, left out; to have it"
            f" too, run OCR on the file first, for example {_OCR_COMMAND} --skip-text IN OUT"
        )
    if content.unreadable:
        count = sum(content.unreadable.values())
        yield (
            f"{page_ranges(list(content.unreadable))} of {pages}: {count} characters left out, the"
            " font does not say which they are"
        )
    if content.damaged:
        yield f"{page_ranges(content.damaged)} of {pages}: damaged, left out"


def page_ranges(numbers: Sequence[int]) -> str:
    """Return ascending numbers of pages as text.

    Example:
        >>> page_ranges([1, 2, 3, 7])
        'pages 1-3, 7'
    """
    word = "page" if len(numbers) == 1 else "pages"
    return f"{word} {number_ranges(numbers)}"


# -- layout of pages -------------------------------------------------------------------------------

_MAX_GUTTER_SHIFT = 6.0
"""Largest difference between the gutters of two pages that count as the same, in points."""


def layout_page(number: int, sheets: Sequence[Sheet]) -> Page:
    """Return the lines of a page.

    Args:
        number: the number of the page, from 1.
        sheets: its content by direction of reading, the one with the most characters first.
    """
    if not sheets:
        return Page(number, 0.0, 0.0, ())
    sheet, marks = without_watermarks(sheets[0])
    lines = group_lines(sheet.glyphs)
    unnumbered, numbering = find_line_numbers(sheet, lines)
    if numbering:
        rest = tuple(_make_rows(unnumbered, group_lines(unnumbered.glyphs)))
        rows, rest = (rest, ()) if numbering.certain else (tuple(_make_rows(sheet, lines)), rest)
    else:
        rows, rest = tuple(_make_rows(sheet, lines)), ()
    aside = [
        replace(row, standalone=True)
        for one in sheets[1:]
        for row in _make_rows(one, group_lines(one.glyphs))
    ]
    return Page(number, sheet.width, sheet.height, rows, tuple(aside), marks, numbering, rest)


def _make_rows(sheet: Sheet, lines: Sequence[Sequence[Glyph]]) -> list[Row]:
    """Return the rows of tables and the lines of a page, from top to bottom.

    Args:
        sheet: the content of the page.
        lines: its characters by lines, those of tables too.
    """
    table_rows, rest = extract_tables(sheet)
    if len(rest) < len(sheet.glyphs):
        lines = group_lines(rest)
    return sorted([*table_rows, *make_rows(lines)], key=lambda row: row.baseline)


def compose(pages: Sequence[Page]) -> TextBuilder:
    """Return the text of ``pages``, one paragraph per line, with its blocks.

    Paragraphs that the layout does not show to be whole have no block.
    """
    builder = TextBuilder()
    spoken = remove_headers_footers(remove_repeated(remove_line_numbers(pages)))
    for paragraph in join_paragraphs(_make_blocks(join_split_tables(spoken))):
        builder.add(paragraph.text, paragraph.kind)
    return builder


def text_of(pages: Sequence[Page]) -> str:
    """Return the text of ``pages``, one paragraph per line."""
    return compose(pages).text


def _make_blocks(pages: Sequence[Page]) -> Iterator[Block]:
    """Yield the columns of all pages in reading order, with their margins."""
    gutters: dict[int, list[float]] = {}
    for page in pages:
        gutters.setdefault(round(page.width), []).extend(find_gutters(page.rows))
    known_gutters = {
        width: group_centers(found, _MAX_GUTTER_SHIFT) for width, found in gutters.items()
    }
    columns = [list(split_columns(page.rows, known_gutters[round(page.width)])) for page in pages]
    measured = measure_margins(
        [(page, *column) for page, found in zip(pages, columns, strict=True) for column in found]
    )
    for page, found in zip(pages, columns, strict=True):
        yield from islice(measured, len(found))
        if page.aside:
            yield Block(page.aside, 0.0, page.width, aside=True)
