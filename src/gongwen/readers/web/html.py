"""Read saved web pages (HTML and MHTML): the main text and its tables, in any encoding."""

from __future__ import annotations

import binascii
import contextlib
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from functools import cache
from itertools import groupby, islice, takewhile

from ...nlp.document.blocks import BlockKind, TextBuilder
from ...nlp.document.page_text import lines_of_page
from ...nlp.document.signature import read_page_fields
from ...nlp.errors import ReadError
from ...nlp.text.dates import date_of
from ...nlp.text.normalize import squeeze
from ...nlp.text.paragraphs import starts_unit
from ..base import Blob, Extract
from ..damage import no_text_reason, seen_in_page
from ..plain_text import Decoded, decode, detect_encoding
from .main_text import (
    WEB_PAGES,
    MainText,
    is_attachment,
    is_edge_boilerplate,
    is_linked,
    is_metadata_row,
    main_text,
)
from .parser import MISSING, Line, Page, TooMuchMarkupError, read_page
from .tag_blocks import kinds, without_default_numbers

_DECLARATION_BYTES = 1 << 14
"""Bytes at the start in which the declaration of the encoding is looked for."""
_DECLARATION = re.compile(
    rb"""<meta\s(?:(?!<meta\s)[^>])*?charset\s*+=\s*+["']?\s*+([\w.:-]+)"""
    rb"""|<\?xml\s(?:(?!<\?xml\s)[^>])*?encoding\s*+=\s*+["']([\w.:-]+)""",
    re.IGNORECASE,
)
_IGNORED_ENCODING = re.compile(
    # Defaults that editors wrote into pages in any encoding, and encodings in which the declaration
    # itself could not be read.
    r"iso-?8859-1|latin-?1|windows-125\d|us-ascii|ascii|utf-?16.*|utf-?32.*|ucs.*|unicode",
    re.IGNORECASE,
)
_MAX_EMBEDDED_PAGES = 3
"""Most embedded pages that are parsed, the largest first."""

_DATE_METAS = "pubdate publishdate publishedtime article:published_time firstpublishedtime".split()
_ADDRESS_METAS = "canonical og:url url".split()
_TITLE_METAS = "articletitle og:title".split()

_TITLE_PARTS = re.compile(r"[_|<>»›]|--|——|(?<=\s)[-–—](?=\s)")
_TITLE_CLASS = re.compile(r"(?<![a-z])(?:title|tit|bt|biaoti|headline|subject)(?![a-z])|title\b")
_SHORTEST_TITLE = 5
_LONGEST_TITLE = 120
_LONGEST_HEAD_TITLE = 500
_SENTENCE_END = re.compile("[。！？]")
_MIN_TITLE_MATCH = 6
_FIRST_LINES = 3
_HEAD_LINES = 8
"""Lines at the start of the text in which its title is looked for."""
_SIGNATURE_LINES = 6
_LONGEST_SIGNATURE = 40


@cache
def _title_words() -> re.Pattern[str]:
    return re.compile(rf"{WEB_PAGES.pattern('title')}|報告|總結")


@cache
def _site_behind() -> re.Pattern[str]:
    """Return the pattern of the name of a site behind the title of its page."""
    return re.compile(
        r"(?:(?<!\s)\s++|(?<![\s—–_|-]))[-—–_|]++\s*[^-—–_|]{2,30}"
        rf"{WEB_PAGES.pattern('site-behind')}\s*$"
    )


@cache
def _site_name() -> re.Pattern[str]:
    """Return the pattern of what a page is called that has no title."""
    w = WEB_PAGES.pattern
    return re.compile(rf"{w('site')}$|{w('untitled')}|^{w('page-name')}$")


def read(blob: Blob) -> Iterator[Extract]:
    r"""Read a saved web page, or a fragment of one.

    Raises:
        ReadError: the page has no text, too many tags, or an unknown encoding, or selectolax is
            not installed.

    Example:
        >>> page = "<title>甲县工作报告</title><p>一年来，工作取得成效。</p>".encode()
        >>> [extract.text for extract in read(Blob("a.html", page))]
        ['甲县工作报告\n\n一年来，工作取得成效。']
    """
    decoded = _decode(blob)
    try:
        page = read_page(decoded.text)
        if _is_source_view(page):
            page = read_page("\n".join(line.text for line in page.lines))
        embedded = sorted(page.embedded, key=len, reverse=True)[:_MAX_EMBEDDED_PAGES]
        texts = [(main_text(p), p) for p in (page, *map(read_page, embedded))]
    except ImportError:
        raise ReadError(f"{blob.name}: {MISSING}") from None
    except TooMuchMarkupError:
        raise ReadError(f"{blob.name}: too large for a web page; save it as .txt") from None
    main, text_page = max(texts, key=lambda pair: sum(len(line.text) for line in pair[0].lines))
    if not main.lines:
        frames = ", ".join(frame for frame in page.frames if frame)
        what = f"; it is in its frames: add {frames}" if frames else ""
        if not frames and (reason := no_text_reason(decoded.text)):
            raise ReadError(f"{blob.name}: {reason}")
        raise ReadError(f"{blob.name}: no text in this page{what}")
    main, of_page = _without_edges(main)
    text = _text(text_page, main, _title(text_page, main), of_page)
    yield Extract(
        text.text,
        said=_metadata(page, main),
        notes=decoded.notes,
        blocks=tuple(text.blocks),
        seen=seen_in_page(decoded.text),
    )


def _text(page: Page, main: MainText, title: str, of_page: Set[int]) -> TextBuilder:
    """Return the text of the report with its blocks.

    Args:
        page: the page.
        main: its main text.
        title: its title, which the text may lack.
        of_page: the identities of the lines in it that are of the page.
    """
    found = kinds(page, main.lines)
    lines = without_default_numbers(main.lines, found)
    text = TextBuilder()
    if title and not _contains_title(lines, title):
        text.add(title)
    parts: list[tuple[list[str], BlockKind | None, int, Line]] = []
    for n, (line, (kind, level)) in enumerate(zip(lines, found, strict=True)):
        if id(main.lines[n]) in of_page:
            kind, level = "furniture", 0
        if (
            parts
            and line.soft
            and kind == "heading"
            and parts[-1][1:3] == (kind, level)
            and parts[-1][3].owner == line.owner
        ):
            parts[-1][0].append(line.text)
        else:
            parts.append(([line.text], kind, level, line))
    in_head = True
    for n, (pieces, kind, level, line) in enumerate(parts):
        whole = "".join(pieces)
        in_head &= n < _HEAD_LINES and not _SENTENCE_END.search(whole)
        if level in (1, 2) and in_head and _reads_like_title(whole):
            kind, level = "title", 0
        text.add("\n".join(pieces), kind, level, apart=not line.soft)
    return text


def _without_edges(main: MainText) -> tuple[MainText, Set[int]]:
    """Return the main text without the lines of the page above and below its report.

    What is of the page shows among all visible lines: within the main text the label above a value
    and the heading of a list of news may be missing.

    Returns:
        The main text, and the identities of the lines within it that are of the page.
    """
    visible = main.visible
    linked = [is_linked(line) for line in visible]
    found = lines_of_page([line.text for line in visible], linked)
    of_page = {id(visible[n]) for n in found if not is_attachment(visible[n].text)}
    own = [n for n, line in enumerate(main.lines) if id(line) not in of_page]
    if not own:
        return main, frozenset()
    first, last = own[0], own[-1] + 1
    return main._replace(
        lines=main.lines[first:last],
        above=[*main.above, *main.lines[:first]],
        below=[*main.below, *main.lines[last:]],
    ), of_page


def _decode(blob: Blob) -> Decoded:
    """Decode the page by the encoding it declares, else by the detected one.

    The declaration is ignored if the bytes are valid UTF-8 or do not fit it, since many pages were
    converted without a change of their ``meta`` element.
    """
    declared = _declared(blob.data)
    if declared and not blob.encoding and detect_encoding(blob.data) != "utf-8":
        with contextlib.suppress(ReadError):
            return decode(blob.data, blob.name, declared)
    return decode(blob.data, blob.name, blob.encoding)


def _declared(data: bytes) -> str:
    """Return the encoding that the page declares, ``""`` if there is none that can be trusted."""
    match = _DECLARATION.search(data, 0, _DECLARATION_BYTES)
    name = (match[1] or match[2]).decode("ascii", "ignore") if match else ""
    return "" if _IGNORED_ENCODING.fullmatch(name) else name


def _is_source_view(page: Page) -> bool:
    """Return whether the page is a browser's view of the source of another page."""
    return any(element.name in ("viewsource", "line-content") for element in page.elements)


def _contains_title(lines: Sequence[Line], title: str) -> bool:
    """Return whether the text begins with its title, or most of it, possibly over several lines."""
    squeezed = squeeze(title)
    opening = takewhile(lambda line: not _SENTENCE_END.search(line.text), lines[:_HEAD_LINES])
    head = [squeeze(line.text) for line in opening]
    return squeezed in "".join(head) or any(
        len(line) >= _MIN_TITLE_MATCH and line in squeezed for line in head[:_FIRST_LINES]
    )


def _title(page: Page, main: MainText) -> str:
    """Return the title of the report, ``""`` if the page states none or the text contains one.

    The first choice is a line above the text that matches the title in the head of the page, then
    a line that is marked as a title or worded like one, then the title in the head.
    """
    head_title = _head_title(page)
    squeezed = squeeze(head_title)
    above = [line for line in reversed(_join_blocks(main.above)) if _may_be_title(line.text)]
    for line in above:
        line_text = squeeze(line.text)
        if squeezed and (
            squeezed in line_text or (line_text in squeezed and 2 * len(line_text) > len(squeezed))
        ):
            return line.text.strip()
    if head_title and _contains_title(main.lines, head_title):
        return head_title
    if any(_reads_like_title(line.text) for line in main.lines[:_FIRST_LINES]):
        return ""
    marked_titles = (line for line in above if _is_marked_title(page, line))
    worded_titles = (line for line in above if _reads_like_title(line.text))
    found = next(marked_titles, None) or next(worded_titles, None)
    return found.text.strip() if found else head_title


def _is_marked_title(page: Page, line: Line) -> bool:
    element = page.elements[line.owner]
    return element.tag in ("h1", "h2") or bool(_TITLE_CLASS.search(element.name))


def _reads_like_title(text: str) -> bool:
    return (
        len(text.strip()) >= _MIN_TITLE_MATCH
        and bool(_title_words().search(text))
        and _may_be_title(text)
        and not starts_unit(text.strip())
    )


def _head_title(page: Page) -> str:
    """Return the title in the head of the page, without the name of the site."""
    parts = [page.metas.get(name, "") for name in _TITLE_METAS]
    without_site = _site_behind().sub("", page.title[:_LONGEST_HEAD_TITLE])
    title_parts = [part.strip() for part in _TITLE_PARTS.split(without_site)]
    parts += [part for part in title_parts if _title_words().search(part)]
    parts += sorted(title_parts, key=len, reverse=True)
    return next(filter(_may_be_title, map(str.strip, parts)), "")


def _may_be_title(text: str) -> bool:
    squeezed = squeeze(text)
    return (
        _SHORTEST_TITLE <= len(squeezed) <= _LONGEST_TITLE
        and not _site_name().search(squeezed)
        and not is_edge_boilerplate(text)
        and not is_metadata_row(text)
        and squeezed[-1] not in ";,:"
        and not _SENTENCE_END.search(text)
    )


def _join_blocks(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with those of one block joined, since a title may be broken over lines."""
    joined: list[Line] = []
    for _, block in groupby(lines, lambda line: line.owner):
        first, *others = block
        joined.append(first._replace(text="".join(line.text for line in (first, *others))))
    return joined


def _metadata(page: Page, main: MainText) -> dict[str, str]:
    """Return the ``address`` and ``date`` that the page states outside of the main text."""
    metas = page.metas
    around = [line.text for line in (*main.above, *main.below)]
    metadata: dict[str, str] = {}
    addresses = (page.address, *(metas.get(name, "") for name in _ADDRESS_METAS))
    if address := next((a for a in addresses if a.startswith(("http://", "https://"))), ""):
        metadata["address"] = address
    # A date of signature in the report itself takes precedence.
    signed = any(
        len(line.text) < _LONGEST_SIGNATURE and date_of(line.text)
        for line in main.lines[-_SIGNATURE_LINES:]
    )
    dates = (date_of(metas.get(name, "")) for name in _DATE_METAS)
    if not signed and (date := next(filter(None, dates), "") or read_page_fields(around).date):
        metadata["date"] = date
    return metadata


_BOUNDARY = re.compile(rb"^--[^\r\n]+", re.MULTILINE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_HEADER_BYTES = 8192
"""Most bytes of the headers of a part.

Python's parser is given no more, since it needs a minute and gigabytes of memory for 30 MB of them.
"""
_MAX_PARTS = 10_000


def read_mhtml(blob: Blob) -> Iterator[Extract]:
    """Read the first HTML page in an MHTML file.

    Raises:
        ReadError: the file contains no page, or the page cannot be read.
    """
    for boundary in islice(_BOUNDARY.finditer(blob.data), _MAX_PARTS):
        blank_line = _BLANK_LINE.search(blob.data, boundary.end(), boundary.end() + _HEADER_BYTES)
        if not blank_line:
            continue
        headers = message_from_bytes(blob.data[boundary.end() : blank_line.start()].lstrip())
        if headers.get_content_type() == "text/html":
            end = blob.data.find(b"\n" + boundary[0].rstrip(), blank_line.end())
            body = blob.data[blank_line.end() : end if end >= 0 else len(blob.data)]
            try:
                page = replace(
                    blob, data=_decode_body(body, str(headers["Content-Transfer-Encoding"]))
                )
            except binascii.Error:
                raise ReadError(f"{blob.name}: the page in it is damaged; save it again") from None
            address = _address(headers, message_from_bytes(blob.data[:_HEADER_BYTES]))
            metadata = {"address": address} if address else {}
            for extract in read(page):
                yield replace(extract, said={**metadata, **extract.said})
            return
    raise ReadError(f"{blob.name}: no page in this saved web page; save it as .html")


def _decode_body(body: bytes, encoding: str) -> bytes:
    """Decode a body by its Content-Transfer-Encoding."""
    match encoding.strip().lower():
        case "base64":
            return binascii.a2b_base64(body + b"==")  # padding, since the end may be cut off
        case "quoted-printable":
            return binascii.a2b_qp(body)
        case _:
            return body


def _address(*candidates: Message) -> str:
    """Return the web address of the page by the first header that states it, else ``""``."""
    for headers in candidates:
        for header in ("Content-Location", "Snapshot-Content-Location"):
            address = str(headers.get(header, ""))
            if address.startswith(("http://", "https://")):
                return address
    return ""
