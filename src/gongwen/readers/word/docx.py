"""Read Word files (DOCX): paragraphs with their automatic numbers, tables, text boxes and notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from ...nlp.document.blocks import BlockKind, TextBuilder, paragraphs_with_blocks
from ...nlp.errors import ReadError
from ..base import Blob, Extract, Seen
from .embedded import LEFT_OUT, Embedded
from .numbering import Numbering, Styles, number, outline_level, symbol, symbols
from .package import Attributes, Package, Walker, is_on, value
from .story_lines import Line, LineCollector, Row, join_titles, mark_contents_head, split_lines

_CHARACTER_REPLACEMENTS = str.maketrans(
    {"\n": " ", "\r": " ", "\x85": " ", "\u2028": "\n", "\u2029": "\n", "\xad": ""}
)
"""Replacements: line ends in the XML are spaces, and a soft hyphen is invisible."""
_OMITTED_PARTS = {
    "chart": "a chart was left out",
    "relIds": "a diagram (SmartArt) was left out",
}
"""Notes for elements that refer to other parts, which are not read."""
_LONGEST_PAGE_NUMBER = 6


def read(blob: Blob) -> Iterator[Extract]:
    r"""Yield the text of a Word file: .docx, .docm, .dotx or .dotm, strict or transitional.

    Paragraphs with their automatic numbers, tables, text boxes (after the paragraph that anchors
    them), content controls and results of fields are in document order; footnotes and endnotes
    follow at the end. Omitted are invisible parts (deleted and hidden text, comments, field codes,
    prompts of empty forms), repeated parts (page headers and footers, the table of contents), and
    bullets.

    Raises:
        ReadError: the file is not a Word file, is encrypted, damaged, without text, or beyond a
            limit.

    Example:
        ``next(iter(read(Blob("a.docx", data)))).text`` -> ``"甲县工作报告\n一、总体情况\n…"``
    """
    story, lines = read_story(blob, Story)
    builder = TextBuilder()
    for line in lines:
        builder.add(line.text, line.kind, line.level)
    seen = Seen(pictures=len(story.pictures))
    yield Extract(builder.text, notes=tuple(story.omitted), blocks=tuple(builder.blocks), seen=seen)


StoryT = TypeVar("StoryT", bound="Story")


def read_story(blob: Blob, kind: type[StoryT]) -> tuple[StoryT, list[Line]]:
    """Return what reads a Word file, after it has, and the lines of the text.

    Args:
        blob: the file.
        kind: :class:`Story`, or a subclass that keeps more of what it reads.

    Raises:
        ReadError: as :func:`read` does.
    """
    package = Package(blob)
    main = package.related("", "officeDocument")
    numbering = Numbering()
    styles = Styles(numbering)
    story = kind(styles, numbering, blob)
    story.embedded = Embedded(package, main, blob)
    if main:
        for name, walker in (("styles", styles), ("numbering", numbering)):
            if part := package.related(main, name):
                package.walk(part, walker)
        package.walk(main, story)
    if not story.is_word:
        raise ReadError(f"{blob.name}: an office file, but not of Word; save its text as .txt")
    lines = join_titles(story.take())
    for name, ids in story.references.items():
        if ids and (part := package.related(main, f"{name}s")):
            package.walk(part, story)
            lines += [line for n in ids for line in story.notes.get((name, n), ())]
    if not lines:
        raise ReadError(
            f"{blob.name}: no text in it; of scanned pages, recognise the text (OCR) first"
        )
    return story, lines


# -- elements --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Paragraph:
    """A paragraph that is being read."""

    text: list[str] = field(default_factory=list)
    style: str = ""
    list_id: str | None = None
    depth: int | None = None
    mark_deleted: bool = False
    """Whether its mark was deleted: it is joined to the next one and takes its properties."""
    mark_hidden: bool = False
    """Whether its mark is hidden: the next one is on the same line."""
    outline: int | None = None
    """The level as a heading that it sets itself, see :func:`~.numbering.outline_level`."""
    centred: bool = False
    sizes: set[int] = field(default_factory=set)
    """The sizes of its characters in half-points, 0 for one that its style sets."""
    fields: list[bool] = field(default_factory=list)
    """For each open field, whether its code is being read, not yet its result."""
    open_codes: int = 0
    """The number of open fields whose code is being read."""


class Story(Walker):
    """Collects the text of the main part and then of the parts with notes."""

    skipped = frozenset(
        "instrText delText delInstrText rt sectPr sdtEndPr"
        " pPrChange rPrChange trPrChange tcPrChange tblPrChange tblPrExChange".split()
    )

    def __init__(self, styles: Styles, numbering: Numbering, blob: Blob) -> None:
        super().__init__()
        self._styles, self._numbering = styles, numbering
        self._name = blob.name
        self._limit = self._remaining = blob.limits.characters
        self._collectors = [LineCollector()]
        self._paragraphs: list[_Paragraph] = []
        self._rows: list[Row] = []
        self._hidden = [False]
        """For each open run, whether it is hidden."""
        self._size = 0
        """The size of the run's characters in half-points, 0 when its style sets it."""
        self._symbols: dict[int, str] = {}
        """Replacements of the run's characters if its font is a symbol font, else empty."""
        self._alternative_read: list[bool] = []
        """For each open ``AlternateContent``, whether an alternative was read."""
        self._prompts: list[bool] = []
        """For each open content control, whether it displays only its prompt."""
        self._note = ""
        self._in_text = False
        self.is_word = False
        self.references: dict[str, dict[str, None]] = {"footnote": {}, "endnote": {}}
        """The ids of the notes that the text refers to, in order, by kind."""
        self.notes: dict[tuple[str, str], list[Line]] = {}
        self.omitted: dict[str, None] = {}
        """Notes for the user about omitted parts, in order."""
        self.pictures: dict[str, None] = {}
        """The ids of the pictures that the text refers to."""

        self.embedded: Callable[[str], Extract] = lambda _: Extract("", notes=(LEFT_OUT,))
        """Reads the embedded document of a relationship."""

    def take(self) -> list[Line]:
        """Return the lines read so far and remove them."""
        self._collectors[0].flush()
        lines, self._collectors[0].lines = self._collectors[0].lines, []
        return lines

    def text(self, text: str) -> None:
        """Take text of a paragraph, unless it stands where text is not visible."""
        if self._in_text:
            visible = text.translate(self._symbols) if self._symbols else text
            self._append(visible.translate(_CHARACTER_REPLACEMENTS))

    def _append(self, text: str) -> None:
        if self._is_visible():
            self._count_characters(text)
            self._paragraphs[-1].text.append(text)
            if text.strip():
                self._paragraphs[-1].sizes.add(self._size)

    def _count_characters(self, text: str) -> None:
        self._remaining -= len(text)
        if self._remaining < 0:
            raise ReadError(f"{self._name}: more than {self._limit:,} characters; split it first")

    def _is_visible(self) -> bool:
        return bool(self._paragraphs) and not (self._paragraphs[-1].open_codes or self._hidden[-1])

    # -- paragraphs --

    def _begin_document(self, _: Attributes) -> None:
        self.is_word = True

    def _begin_paragraph(self, _: Attributes) -> None:
        self._paragraphs.append(_Paragraph())
        self._collectors.append(LineCollector())  # for the text boxes that it anchors

    def _end_paragraph(self) -> None:
        paragraph, boxes = self._paragraphs.pop(), self._collectors.pop()
        boxes.flush()
        collector, text = self._collectors[-1], "".join(paragraph.text)
        if paragraph.mark_deleted:
            collector.pending.append(text)
        elif paragraph.mark_hidden:
            if text:
                collector.pending.append(self._with_label(paragraph, text))
        else:
            text = self._with_label(paragraph, collector.take_pending() + text)
            if self._is_contents_entry(paragraph.style, text):
                mark_contents_head(collector.lines)
            else:
                one_size = paragraph.centred and len(paragraph.sizes) == 1
                size = max(paragraph.sizes) if one_size else 0
                collector.lines += split_lines(text, *self._kind(paragraph), size)
        collector.lines += boxes.lines

    def _with_label(self, paragraph: _Paragraph, text: str) -> str:
        by_style = self._styles.properties(paragraph.style)
        label = self._numbering.next(
            by_style.list_id if paragraph.list_id is None else paragraph.list_id,
            by_style.depth if paragraph.depth is None else paragraph.depth,
        )
        self._count_characters(label)
        if text.strip():
            text = text.lstrip()
            # A space keeps 1. 2020年 from becoming 1.2020年.
            needs_space = label.endswith((".", "．")) and text[0].isdigit()
            return f"{label} {text}" if needs_space else label + text
        return label if self._rows else ""  # cells of a column 序号 have only a number

    def _kind(self, paragraph: _Paragraph) -> tuple[BlockKind | None, int]:
        """Return what the file says that a paragraph is, and its level as a heading."""
        style = self._styles.properties(paragraph.style)
        if style.is_title:
            return "title", 0
        level = style.outline if paragraph.outline is None else paragraph.outline
        return ("heading", level) if level else (None, 0)

    def _outline_level(self, attributes: Attributes) -> None:
        if self._paragraphs and self.path[-2] == "pPr":
            self._paragraphs[-1].outline = outline_level(value(attributes))

    def _gallery(self, attributes: Attributes) -> None:
        """Leave out the content of a control that holds a table of contents."""
        if self._prompts and value(attributes) == "Table of Contents":
            self._prompts[-1] = True

    def _is_contents_entry(self, style: str, text: str) -> bool:
        _, tab, page = text.rstrip().rpartition("\t")
        ends_in_page = bool(tab) and len(page.strip()) <= _LONGEST_PAGE_NUMBER
        return ends_in_page and self._styles.properties(style).is_contents

    def _style(self, attributes: Attributes) -> None:
        if self._paragraphs and self.path[-2] == "pPr":
            self._paragraphs[-1].style = value(attributes)

    def _list_property(self, attributes: Attributes) -> None:
        if not self._paragraphs or self.path[-2] != "numPr":
            return
        if self.path[-1] == "numId":
            self._paragraphs[-1].list_id = value(attributes)
        else:
            self._paragraphs[-1].depth = number(value(attributes))

    # -- runs --

    def _begin_run(self, _: Attributes) -> None:
        paragraph = self._paragraphs[-1] if self._paragraphs else _Paragraph()
        self._hidden.append(self._hidden[-1] or self._styles.properties(paragraph.style).is_hidden)

    def _end_run(self) -> None:
        self._hidden.pop()
        self._symbols = {}
        self._size = 0

    def _font(self, attributes: Attributes) -> None:
        if self.path[-3:-1] == ["r", "rPr"]:
            self._symbols = symbols(value(attributes, "ascii"))

    def _run_size(self, attributes: Attributes) -> None:
        if self.path[-3:-1] == ["r", "rPr"]:
            self._size = number(value(attributes))

    def _alignment(self, attributes: Attributes) -> None:
        if self._paragraphs and self.path[-2] == "pPr":
            self._paragraphs[-1].centred = value(attributes) == "center"

    def _run_style(self, attributes: Attributes) -> None:
        if self.path[-3:-1] == ["r", "rPr"]:
            self._hidden[-1] |= self._styles.properties(value(attributes)).is_hidden

    def _vanish(self, attributes: Attributes) -> None:
        if self.path[-3:-1] == ["r", "rPr"]:
            self._hidden[-1] = is_on(attributes) or self._hidden[-2]
        elif self.path[-3:-1] == ["pPr", "rPr"] and self._paragraphs:
            self._paragraphs[-1].mark_hidden = is_on(attributes)

    def _begin_text(self, _: Attributes) -> None:
        self._in_text = True

    def _end_text(self) -> None:
        self._in_text = False

    def _tab(self, _: Attributes) -> None:
        if self.path[-2] == "r":  # elsewhere the element defines a tab stop
            self._append("\t")

    def _break(self, _: Attributes) -> None:
        self._append("\n")

    def _hyphen(self, _: Attributes) -> None:
        self._append("-")

    def _fraction(self, _: Attributes) -> None:
        self._append("/")

    def _symbol(self, attributes: Attributes) -> None:
        self._append(symbol(value(attributes, "font"), value(attributes, "char")))

    def _field(self, attributes: Attributes) -> None:
        if not self._paragraphs:
            return
        # Fields are tracked per paragraph, so an unclosed field hides only text of its paragraph.
        paragraph = self._paragraphs[-1]
        match value(attributes, "fldCharType"):
            case "begin":
                paragraph.fields.append(True)
                paragraph.open_codes += 1
            case "separate" if paragraph.fields:
                paragraph.open_codes -= paragraph.fields[-1]
                paragraph.fields[-1] = False
            case "end" if paragraph.fields:
                paragraph.open_codes -= paragraph.fields.pop()

    # -- tables --

    def _begin_row(self, _: Attributes) -> None:
        self._rows.append(Row())

    def _end_row(self) -> None:
        collector = self._collectors[-1]
        collector.add(self._rows.pop().lines())
        collector.has_table = True

    def _begin_cell(self, _: Attributes) -> None:
        self._collectors.append(LineCollector())

    def _end_cell(self) -> None:
        cell = self._collectors.pop()
        cell.flush()
        if self._rows:
            self._rows[-1].cells.append([] if cell.continues else cell.lines)
            self._rows[-1].has_table |= cell.has_table
        else:
            self._collectors[-1].add(cell.lines)

    def _merged(self, attributes: Attributes) -> None:
        if self.path[-3:-1] == ["tc", "tcPr"]:
            self._collectors[-1].continues = value(attributes, default="continue") == "continue"

    # -- changes, alternatives, content controls, notes --

    def _deleted(self, _: Attributes) -> None:
        match self.path[-3:-1]:
            case ["pPr", "rPr"] if self._paragraphs:
                self._paragraphs[-1].mark_deleted = True
            case [_, "trPr"] if self._rows:
                self._rows[-1].deleted = True
            case [_, "rPr" | "trPr"]:
                pass
            case _:
                self.skip()

    def _begin_alternatives(self, _: Attributes) -> None:
        self._alternative_read.append(False)

    def _end_alternatives(self) -> None:
        self._alternative_read.pop()

    def _alternative(self, _: Attributes) -> None:
        if self._alternative_read:
            if self._alternative_read[-1]:
                self.skip()
            self._alternative_read[-1] = True

    def _begin_control(self, _: Attributes) -> None:
        self._prompts.append(False)

    def _end_control(self) -> None:
        self._prompts.pop()

    def _prompt(self, attributes: Attributes) -> None:
        if self._prompts:
            self._prompts[-1] = is_on(attributes)

    def _control_content(self, _: Attributes) -> None:
        if self._prompts and self._prompts[-1]:
            mark_contents_head(self._collectors[-1].lines)
            self.skip()

    def _reference(self, attributes: Attributes) -> None:
        if self._is_visible():
            kind = self.path[-1].removesuffix("Reference")
            self.references[kind][value(attributes, "id")] = None

    def _begin_note(self, attributes: Attributes) -> None:
        self._note = value(attributes, "id")
        self._collectors.append(LineCollector())

    def _end_note(self) -> None:
        note = self._collectors.pop()
        note.flush()
        self.notes[self.path[-1], self._note] = [Line(line.text, "note") for line in note.lines]

    def _picture(self, attributes: Attributes) -> None:
        self.pictures[value(attributes, "embed") or value(attributes, "id")] = None

    def _embedded_document(self, attributes: Attributes) -> None:
        read = self.embedded(value(attributes, "id"))
        self._count_characters(read.text)
        for start, end, block in paragraphs_with_blocks(read.text, read.blocks):
            kind, level = (block.kind, block.level) if block else (None, 0)
            text = read.text[start:end].strip()
            self._collectors[-1].add(
                [Line(text, kind or ("paragraph" if "\n" in text else None), level)]
            )
        self.omitted |= dict.fromkeys(read.notes)

    def _omitted_part(self, _: Attributes) -> None:
        self.omitted[_OMITTED_PARTS[self.path[-1]]] = None

    starts: ClassVar = {
        "document": _begin_document,
        "p": _begin_paragraph,
        "pStyle": _style,
        "outlineLvl": _outline_level,
        "docPartGallery": _gallery,
        "numId": _list_property,
        "ilvl": _list_property,
        "r": _begin_run,
        "rStyle": _run_style,
        "rFonts": _font,
        "sz": _run_size,
        "jc": _alignment,
        "vanish": _vanish,
        "t": _begin_text,
        "tab": _tab,
        "ptab": _tab,
        "br": _break,
        "cr": _break,
        "noBreakHyphen": _hyphen,
        "den": _fraction,
        "sym": _symbol,
        "fldChar": _field,
        "tr": _begin_row,
        "tc": _begin_cell,
        "vMerge": _merged,
        "hMerge": _merged,
        "del": _deleted,
        "moveFrom": _deleted,
        "AlternateContent": _begin_alternatives,
        "Choice": _alternative,
        "Fallback": _alternative,
        "sdt": _begin_control,
        "showingPlcHdr": _prompt,
        "sdtContent": _control_content,
        "footnoteReference": _reference,
        "endnoteReference": _reference,
        "blip": _picture,
        "imagedata": _picture,
        "footnote": _begin_note,
        "endnote": _begin_note,
        "altChunk": _embedded_document,
    } | dict.fromkeys(_OMITTED_PARTS, _omitted_part)
    ends: ClassVar = {
        "p": _end_paragraph,
        "r": _end_run,
        "t": _end_text,
        "tr": _end_row,
        "tc": _end_cell,
        "AlternateContent": _end_alternatives,
        "sdt": _end_control,
        "footnote": _end_note,
        "endnote": _end_note,
    }
