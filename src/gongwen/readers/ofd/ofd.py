"""Read OFD files, the national format of fixed pages (GB/T 33190-2016 版式文档).

An OFD file is a zip archive of XML: ``OFD.xml`` names documents, each names its pages, and a page
has text objects with the place of every character. Annotations, signatures and seals are in parts
of their own, which are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ...nlp.errors import ReadError
from ...nlp.text.dates import date_of
from ..base import Blob, Extract
from ..pdf.lines import Page
from ..pdf.page import replacement_characters
from ..pdf.pdf import compose, layout_page, page_ranges
from ..stated import unstated
from .page_objects import PageWalker, TooLongError
from .structure import Body, DamagedPartError, OfdPackage, Outline, Rectangle

_A4: Rectangle = (0.0, 0.0, 595.3, 841.9)
_AS_PDF = "save it as .pdf in an OFD viewer and run OCR on that, for example ocrmypdf -l chi_sim"
_PROGRAM_TITLE = re.compile(
    r"(?i)untitled|无标题|未命名|新建|文档\s*\d*$|document\s*\d*$|microsoft|wps|\.\w{2,5}$|^报告$"
)
"""Titles that a program has made up, and names of files."""
_SHORTEST_TITLE = 6
_OFFICE = re.compile(r"[\u4e00-\u9fff]{2,30}(?:局|厅|委员会|办公室|政府|委|院|部|中心|管委会|办)")


def read(blob: Blob) -> Iterator[Extract]:
    r"""Yield the text of each document in an OFD file.

    Raises:
        ReadError: the file is damaged, encrypted, without text, or beyond a limit.

    Example:
        ``next(iter(read(Blob("a.ofd", data)))).text`` -> ``"甲县工作报告\n一、总体情况\n…"``
    """
    package = OfdPackage(blob)
    bodies = package.bodies()
    if len(bodies) > blob.limits.reports:
        raise ReadError(f"{blob.name}: more than {blob.limits.reports} documents; split it first")
    remaining = _Remaining(blob.limits.pages, blob.limits.characters)
    problems: list[ReadError] = []
    for number, body in enumerate(bodies, 1):
        part = f"document {number}" if len(bodies) > 1 else ""
        try:
            yield _extract(blob, package, body, part, remaining)
        except NoTextError as error:
            problems.append(error)
        except DamagedPartError as error:
            problems.append(error)
    if len(problems) == len(bodies):
        raise problems[0]
    if problems:
        others = "; ".join(str(problem).removeprefix(f"{blob.name}: ") for problem in problems)
        raise ReadError(f"{blob.name}: {len(problems)} of {len(bodies)} documents: {others}")


class NoTextError(ReadError):
    """Raised for a document without text."""


@dataclass(slots=True)
class _Remaining:
    """The pages and characters that are still allowed."""

    pages: int
    characters: int


@dataclass(slots=True)
class _Content:
    """The pages of a document, and the numbers of those that cannot be read."""

    pages: list[Page] = field(default_factory=list)
    scanned: list[int] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    unreadable: dict[int, int] = field(default_factory=dict)


def _extract(
    blob: Blob, package: OfdPackage, body: Body, part: str, remaining: _Remaining
) -> Extract:
    """Return the text of one document."""
    outline = Outline()
    package.walk(body.root, outline)
    count = len(outline.pages)
    if count > remaining.pages:
        raise ReadError(f"{blob.name}: {count} pages, more than {remaining.pages}; split it first")
    remaining.pages -= count
    content = _read_pages(blob, package, body, outline, remaining)
    story = compose(content.pages)
    if not story.text or len(content.scanned) == count:
        raise NoTextError(f"{blob.name}: {_no_text(content, count)}")
    notes = list(_notes(content, count))
    if outline.has_attachments:
        notes.append("files attached to this document were left out; save them and add them too")
    said = unstated(story.text, said_of(body.said))
    return Extract(story.text, part, said, tuple(notes), tuple(story.blocks))


def _read_pages(
    blob: Blob, package: OfdPackage, body: Body, outline: Outline, remaining: _Remaining
) -> _Content:
    """Read the pages of a document in their order."""
    content = _Content()
    replacements = replacement_characters()
    for number, location in enumerate(outline.pages, 1):
        walker = PageWalker(outline.box or _A4, replacements, remaining.characters)
        try:
            _walk_page(package, body, outline, location, walker)
        except TooLongError:
            most = f"{blob.limits.characters:,}"
            raise ReadError(f"{blob.name}: more than {most} characters; split it first") from None
        except DamagedPartError:
            content.damaged.append(number)
            continue
        page = walker.page()
        remaining.characters = walker.remaining
        if page.scanned:
            content.scanned.append(number)
        if page.unreadable:
            content.unreadable[number] = page.unreadable
        content.pages.append(layout_page(number, page.sheets))
    return content


def _walk_page(
    package: OfdPackage, body: Body, outline: Outline, location: str, walker: PageWalker
) -> None:
    """Walk the content of a page, and then that of its templates and composite objects."""
    package.walk(package.resolve(body.root, location), walker)
    for template in dict.fromkeys(walker.templates):
        if template in outline.templates:
            package.walk(package.resolve(body.root, outline.templates[template]), walker.again())
    resources = [package.resolve(body.root, place) for place in outline.resources]
    for unit, matrix in walker.composite_units():
        for part in filter(package.has, resources):
            package.walk(part, walker.again(unit, matrix))


# -- what is said of it ----------------------------------------------------------------------------


def said_of(properties: Mapping[str, str]) -> dict[str, str]:
    """Return the properties of a document that say something of the report, by its fields.

    The title is often the name of a file or of a program, and the author the name of a user.

    Example:
        >>> said_of({"Title": "甲县2020年工作报告", "Author": "admin"})
        {'title': '甲县2020年工作报告'}
    """
    said = {}
    title = properties.get("Title", "")
    if len(title) >= _SHORTEST_TITLE and not _PROGRAM_TITLE.search(title):
        said["title"] = title
    author = properties.get("Author", "")
    if _OFFICE.fullmatch(author):
        said["agency"] = author
    if date := date_of(properties.get("CreationDate", "")[:10]):
        said["date"] = date
    return said


# -- messages --------------------------------------------------------------------------------------


def _no_text(content: _Content, pages: int) -> str:
    """Return what is wrong with a document without text, and what to do."""
    if content.scanned:
        return f"a scan, or text drawn as pictures; {_AS_PDF}"
    if content.unreadable:
        return f"its text is drawn by numbers of glyphs that name no characters; {_AS_PDF}"
    if content.damaged:
        return f"all {pages} pages are missing or damaged; get it again"
    return "no text on any page"


def _notes(content: _Content, pages: int) -> Iterator[str]:
    """Yield notes for the user about pages that were left out."""
    if content.scanned:
        yield (
            f"{page_ranges(content.scanned)} of {pages}: a scan or pictures without text, left out;"
            f" to have it too, {_AS_PDF}"
        )
    if content.unreadable:
        count = sum(content.unreadable.values())
        yield (
            f"{page_ranges(list(content.unreadable))} of {pages}: {count} characters left out, the"
            f" file has only the numbers of their glyphs; to have them too, {_AS_PDF}"
        )
    if content.damaged:
        yield f"{page_ranges(content.damaged)} of {pages}: missing or damaged, left out"
