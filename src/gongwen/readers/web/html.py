"""Read saved web pages: the main text and its tables, in any encoding."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile

from ...nlp.document.signature import read_page_fields
from ...nlp.errors import ReadError
from ...nlp.text.dates import date_of
from ...nlp.text.normalize import squeeze
from ...nlp.text.paragraphs import starts_unit
from ..base import Blob, Extract
from ..plain_text import Decoded, decode, detect_encoding
from .main_text import MainText, is_card, is_edge_furniture, main_text
from .parser import Line, Page, TooMuchMarkupError, read_page

_HEAD = 1 << 14
"""Bytes in which a page says its encoding."""
_DECLARED = re.compile(
    rb"""<meta\s(?:(?!<meta\s)[^>])*?charset\s*+=\s*+["']?\s*+([\w.:-]+)"""
    rb"""|<\?xml\s(?:(?!<\?xml\s)[^>])*?encoding\s*+=\s*+["']([\w.:-]+)""",
    re.IGNORECASE,
)
_NOT_BELIEVED = re.compile(
    # What editors wrote into pages in any encoding, and what a head that can be read is not in.
    r"iso-?8859-1|latin-?1|windows-125\d|us-ascii|ascii|utf-?16.*|utf-?32.*|ucs.*|unicode",
    re.IGNORECASE,
)
_MOST_INNER = 3
"""Pages inside of a page that are looked into, the largest first."""

_DATE_METAS = "pubdate publishdate publishedtime article:published_time firstpublishedtime".split()
_ADDRESS_METAS = "canonical og:url url".split()
_TITLE_METAS = "articletitle og:title".split()

_TITLE_PARTS = re.compile(r"[_|<>»›]|--|——|(?<=\s)[-–—](?=\s)")
_SITE_BEHIND = re.compile(
    r"(?:(?<!\s)\s++|(?<![\s—–_|-]))[-—–_|]++\s*[^-—–_|]{2,30}(?:人民政府|网站|门户|网|平台)\s*$"
)
_TITLE_WORDS = re.compile(
    "报告|总结|汇报|要点|方案|通知|意见|公报|年报|规划|计划|情况|办法|公告|通报|决定|報告|總結|公報"
)
_SITE_NAME = re.compile(
    r"(?:人民政府|门户网|政府网|网站|信息网|公开网|信息公开(?:平台|目录|专栏)?|首页)$"
    r"|无标题|untitled|newpage|^(?:正文|详情|内容|文章|信息)(?:页|页面|内容|详情)?$"
)
_TITLE_NAME = re.compile(r"(?<![a-z])(?:title|tit|bt|biaoti|headline|subject)(?![a-z])|title\b")
_SHORTEST_TITLE = 5
_LONGEST_TITLE = 120
_LONGEST_HEAD_TITLE = 500
_ENDS = re.compile("[。！？]")
_SURE_TITLE = 6
_FIRST_LINES = 3
_HEAD_LINES = 8
"""Lines among which the text has its title, when it has it."""
_TAIL_LINES = 6
_LONGEST_SIGNATURE = 40


def read(blob: Blob) -> Iterator[Extract]:
    """Read a saved web page, or a piece of one.

    Raises:
        ReadError: it has no text, more tags than any page of text, or an unknown encoding.
    """
    decoded = _decode(blob)
    try:
        page = read_page(decoded.text)
        if _shows_markup(page):
            page = read_page("\n".join(line.text for line in page.lines))
        inner = sorted(page.inner, key=len, reverse=True)[:_MOST_INNER]
        texts = [(main_text(p), p) for p in (page, *map(read_page, inner))]
    except TooMuchMarkupError:
        raise ReadError(f"{blob.name}: too large for a web page; save it as .txt") from None
    main, of_text = max(texts, key=lambda pair: sum(len(line.text) for line in pair[0].lines))
    if not main.lines:
        frames = ", ".join(frame for frame in page.frames if frame)
        what = f"; it is in its frames: add {frames}" if frames else ""
        raise ReadError(f"{blob.name}: no text in this page{what}")
    title = _title(of_text, main)
    lines = main.lines
    if title and not _holds(lines, title):
        lines = [Line(title, 0, 0), *lines]
    yield Extract(_text_of(lines), said=_said(page, main), notes=decoded.notes)


def _decode(blob: Blob) -> Decoded:
    """Return the page as characters.

    What a page declares is believed where it can be: many were converted without a change of their
    ``meta``, and UTF-8 is never anything else.
    """
    declared = _declared(blob.data)
    if declared and not blob.encoding and detect_encoding(blob.data) != "utf-8":
        with contextlib.suppress(ReadError):
            return decode(blob.data, blob.name, declared)
    return decode(blob.data, blob.name, blob.encoding)


def _declared(data: bytes) -> str:
    match = _DECLARED.search(data, 0, _HEAD)
    name = (match[1] or match[2]).decode("ascii", "ignore") if match else ""
    return "" if _NOT_BELIEVED.fullmatch(name) else name


def _shows_markup(page: Page) -> bool:
    """Say whether the page is a browser's view of the source of another."""
    return any(element.name in ("viewsource", "line-content") for element in page.elements)


def _text_of(lines: Sequence[Line]) -> str:
    """Return the lines as text, paragraphs apart from each other.

    Lines that ``<br>`` parts may be one paragraph that was broken, so they stay next to each other.
    """
    text = "".join(("\n" if line.soft else "\n\n") + line.text for line in lines)
    return text.strip("\n")


def _holds(lines: Sequence[Line], title: str) -> bool:
    """Say whether the text has its title, or most of it; it may be broken over some lines."""
    bare = squeeze(title)
    unended = takewhile(lambda line: not _ENDS.search(line.text), lines[:_HEAD_LINES])
    head = [squeeze(line.text) for line in unended]
    return bare in "".join(head) or any(
        len(line) >= _SURE_TITLE and line in bare for line in head[:_FIRST_LINES]
    )


def _title(page: Page, main: MainText) -> str:
    """Return the title of the report, ``""`` when the page does not say it or the text has one.

    It is the line above the text that the head of the page names, else one that is marked as a
    title or reads like one, else what the head names.
    """
    named = _named_title(page)
    bare = squeeze(named)
    above = [line for line in reversed(_joined(main.above)) if _may_be_title(line.text)]
    for line in above:
        shown = squeeze(line.text)
        if bare and (bare in shown or (shown in bare and 2 * len(shown) > len(bare))):
            return line.text.strip()
    if named and _holds(main.lines, named):
        return named
    if any(_reads_like_title(line.text) for line in main.lines[:_FIRST_LINES]):
        return ""
    marked = (line for line in above if _is_marked_title(page, line))
    worded = (line for line in above if _reads_like_title(line.text))
    found = next(marked, None) or next(worded, None)
    return found.text.strip() if found else named


def _is_marked_title(page: Page, line: Line) -> bool:
    element = page.elements[line.owner]
    return element.tag in ("h1", "h2") or bool(_TITLE_NAME.search(element.name))


def _reads_like_title(text: str) -> bool:
    return (
        len(text.strip()) >= _SURE_TITLE
        and bool(_TITLE_WORDS.search(text))
        and _may_be_title(text)
        and not starts_unit(text.strip())
    )


def _named_title(page: Page) -> str:
    """Return what the head of the page names as its title, without the name of the site."""
    parts = [page.metas.get(name, "") for name in _TITLE_METAS]
    without_site = _SITE_BEHIND.sub("", page.title[:_LONGEST_HEAD_TITLE])
    of_browser = [part.strip() for part in _TITLE_PARTS.split(without_site)]
    parts += [part for part in of_browser if _TITLE_WORDS.search(part)]
    parts += sorted(of_browser, key=len, reverse=True)
    return next(filter(_may_be_title, map(str.strip, parts)), "")


def _may_be_title(text: str) -> bool:
    bare = squeeze(text)
    return (
        _SHORTEST_TITLE <= len(bare) <= _LONGEST_TITLE
        and not _SITE_NAME.search(bare)
        and not is_edge_furniture(text)
        and not is_card(text)
        and bare[-1] not in ";,:"
        and not _ENDS.search(text)
    )


def _joined(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with those of one block in one: a title that was broken."""
    joined: list[Line] = []
    for _, block in groupby(lines, lambda line: line.owner):
        first, *others = block
        joined.append(first._replace(text="".join(line.text for line in (first, *others))))
    return joined


def _said(page: Page, main: MainText) -> dict[str, str]:
    metas = page.metas
    around = [line.text for line in (*main.above, *main.below)]
    said: dict[str, str] = {}
    addresses = (page.address, *(metas.get(name, "") for name in _ADDRESS_METAS))
    if address := next((a for a in addresses if a.startswith(("http://", "https://"))), ""):
        said["address"] = address
    # The day on which it was signed stands in the report itself and counts more.
    signed = any(
        len(line.text) < _LONGEST_SIGNATURE and date_of(line.text)
        for line in main.lines[-_TAIL_LINES:]
    )
    dates = (date_of(metas.get(name, "")) for name in _DATE_METAS)
    if not signed and (date := next(filter(None, dates), "") or read_page_fields(around).date):
        said["date"] = date
    return said
