"""Read Word files: every paragraph as it stands on the page, with its automatic number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from ...nlp.errors import ReadError
from ..base import Blob, Extract
from .numbering import Numbering, Styles, number, symbol, symbols
from .package import Attributes, Package, Walker, is_on, value

_ENDS = frozenset("。！？；!?;")


def split(text: str) -> list[str]:
    """Return the lines of a paragraph; white space at their edges is only layout."""
    return [line.strip() for line in text.split("\n") if line.strip()]


@dataclass(slots=True)
class Flow:
    """Lines on their way: of the document, a cell, a note, or what hangs on a paragraph."""

    lines: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    """Text of paragraphs that go on in the next, since the mark between them is gone."""
    tabular: bool = False
    continues: bool = False
    """A cell that goes on with the merged cell above."""

    def release(self) -> str:
        """Return what is held, and hold it no longer."""
        held, self.held = self.held, []
        return "".join(held)

    def flush(self) -> None:
        """End the paragraph that is held, since none comes that it could go on in."""
        self.lines += split(self.release())

    def add(self, lines: list[str]) -> None:
        """Add lines that are no paragraph."""
        self.flush()
        self.lines += lines


@dataclass(slots=True)
class Row:
    """A row of a table."""

    cells: list[list[str]] = field(default_factory=list)
    tabular: bool = False
    """Has a table in one of its cells."""
    deleted: bool = False

    def lines(self) -> list[str]:
        """Return the row as one line; where it only sets out text on the page, as that text.

        Whole sentences in the last cell (工作内容 | 一、…。二、…。) are text too.
        """
        if self.deleted:
            return []
        if len(self.cells) < 2 or self.tabular:
            return [line for cell in self.cells for line in cell]
        last = self.cells[-1]
        is_text = sum(line[-1] in _ENDS for line in last) > 1
        cells = [*self.cells[:-1], last[:1] if is_text else last]
        line = "\t".join(" ".join(cell).replace("\t", " ") for cell in cells).rstrip()
        return [*([line] if line else []), *(last[1:] if is_text else [])]


_WHITE_SPACE = str.maketrans(
    {"\n": " ", "\r": " ", "\x85": " ", "\u2028": "\n", "\u2029": "\n", "\xad": ""}
)
"""Line ends of the file are spaces on the page; a soft hyphen is nothing but for the printer."""
_ELSEWHERE = {
    "altChunk": "an embedded document was left out",
    "chart": "a chart was left out",
    "relIds": "a diagram (SmartArt) was left out",
}
"""Elements that stand for what is in other parts, which are not read."""
_LONGEST_PAGE_NUMBER = 6


def read(blob: Blob) -> Iterator[Extract]:
    """Yield the text of a Word file: .docx, .docm, .dotx or .dotm, strict or transitional.

    In their places stand paragraphs with their automatic numbers, tables, text boxes (behind the
    paragraph that they hang on), content controls and the results of fields; footnotes and
    endnotes follow at the end. Left out is what the page does not show (deleted and hidden text,
    comments, field codes, prompts of empty forms), what it repeats (page headers and footers, the
    table of contents), and bullets.

    Raises:
        ReadError: it is no Word file, encrypted, damaged, without text, or beyond a limit.
    """
    package = Package(blob)
    main = package.related("", "officeDocument")
    numbering = Numbering()
    styles = Styles(numbering)
    story = _Story(styles, numbering, blob)
    if main:
        for kind, walker in (("styles", styles), ("numbering", numbering)):
            if part := package.related(main, kind):
                package.walk(part, walker)
        package.walk(main, story)
    if not story.is_word:
        raise ReadError(f"{blob.name}: an office file, but not of Word; save its text as .txt")
    lines = story.take()
    for kind, ids in story.references.items():
        if ids and (part := package.related(main, f"{kind}s")):
            package.walk(part, story)
            lines += [line for n in ids for line in story.notes.get((kind, n), ())]
    if not lines:
        raise ReadError(
            f"{blob.name}: no text in it; of scanned pages, recognise the text (OCR) first"
        )
    yield Extract("\n".join(lines), notes=tuple(story.left_out))


@dataclass(slots=True)
class _Paragraph:
    """A paragraph that has begun."""

    text: list[str] = field(default_factory=list)
    style: str = ""
    list_id: str | None = None
    depth: int | None = None
    joins: bool = False
    """Its mark was deleted: it is one with the next, and has the next one's properties."""
    runs_in: bool = False
    """Its mark is hidden: the next stands on the same line."""
    fields: list[bool] = field(default_factory=list)
    """For each open field, whether this is still its code."""
    codes: int = 0
    """How many of them that is so for."""


class _Story(Walker):
    """The text of a document, and then of its notes."""

    skipped = frozenset(
        "instrText delText delInstrText rt sectPr sdtEndPr"
        " pPrChange rPrChange trPrChange tcPrChange tblPrChange tblPrExChange".split()
    )

    def __init__(self, styles: Styles, numbering: Numbering, blob: Blob) -> None:
        super().__init__()
        self._styles, self._numbering = styles, numbering
        self._name = blob.name
        self._limit = self._left = blob.limits.characters
        self._flows = [Flow()]
        self._paragraphs: list[_Paragraph] = []
        self._rows: list[Row] = []
        self._hidden = [False]
        """Of each open run, whether it is hidden."""
        self._symbols: dict[int, str] = {}
        """What the characters of the run show, when its font is one of symbols."""
        self._chosen: list[bool] = []
        """Of each open set of alternatives, whether one was taken."""
        self._prompts: list[bool] = []
        """Of each open content control, whether it shows its prompt only."""
        self._note = ""
        self._reading = False
        self.is_word = False
        self.references: dict[str, dict[str, None]] = {"footnote": {}, "endnote": {}}
        """The notes that the text refers to, in order."""
        self.notes: dict[tuple[str, str], list[str]] = {}
        self.left_out: dict[str, None] = {}

    def take(self) -> list[str]:
        """Return the lines so far."""
        self._flows[0].flush()
        lines, self._flows[0].lines = self._flows[0].lines, []
        return lines

    def text(self, text: str) -> None:
        if self._reading:
            shown = text.translate(self._symbols) if self._symbols else text
            self._put(shown.translate(_WHITE_SPACE))

    def _put(self, text: str) -> None:
        if self._shown():
            self._charge(text)
            self._paragraphs[-1].text.append(text)

    def _charge(self, text: str) -> None:
        self._left -= len(text)
        if self._left < 0:
            raise ReadError(f"{self._name}: more than {self._limit:,} characters; split it first")

    def _shown(self) -> bool:
        return bool(self._paragraphs) and not (self._paragraphs[-1].codes or self._hidden[-1])

    # Paragraphs

    def _begin_document(self, _: Attributes) -> None:
        self.is_word = True

    def _begin_paragraph(self, _: Attributes) -> None:
        self._paragraphs.append(_Paragraph())
        self._flows.append(Flow())  # for the text boxes that hang on it

    def _end_paragraph(self) -> None:
        paragraph, boxes = self._paragraphs.pop(), self._flows.pop()
        boxes.flush()
        flow, text = self._flows[-1], "".join(paragraph.text)
        if paragraph.joins:
            flow.held.append(text)
        elif paragraph.runs_in:
            if text:
                flow.held.append(self._numbered(paragraph, text))
        else:
            text = self._numbered(paragraph, flow.release() + text)
            if not self._is_contents_entry(paragraph.style, text):
                flow.lines += split(text)
        flow.lines += boxes.lines

    def _numbered(self, paragraph: _Paragraph, text: str) -> str:
        by_style = self._styles.properties(paragraph.style)
        label = self._numbering.next(
            by_style.list_id if paragraph.list_id is None else paragraph.list_id,
            by_style.depth if paragraph.depth is None else paragraph.depth,
        )
        self._charge(label)
        if text.strip():
            text = text.lstrip()
            apart = label.endswith((".", "．")) and text[0].isdigit()  # 1. 2020年 is no 1.2020年
            return f"{label} {text}" if apart else label + text
        return label if self._rows else ""  # the column 序号 has nothing but numbers

    def _is_contents_entry(self, style: str, text: str) -> bool:
        _, tab, page = text.rstrip().rpartition("\t")
        ends_in_page = bool(tab) and len(page.strip()) <= _LONGEST_PAGE_NUMBER
        return ends_in_page and self._styles.properties(style).is_contents

    def _style(self, attributes: Attributes) -> None:
        if self._paragraphs and self.path[-2] == "pPr":
            self._paragraphs[-1].style = value(attributes)

    def _place(self, attributes: Attributes) -> None:
        if not self._paragraphs or self.path[-2] != "numPr":
            return
        if self.path[-1] == "numId":
            self._paragraphs[-1].list_id = value(attributes)
        else:
            self._paragraphs[-1].depth = number(value(attributes))

    # Runs

    def _begin_run(self, _: Attributes) -> None:
        paragraph = self._paragraphs[-1] if self._paragraphs else _Paragraph()
        self._hidden.append(self._hidden[-1] or self._styles.properties(paragraph.style).is_hidden)

    def _end_run(self) -> None:
        self._hidden.pop()
        self._symbols = {}

    def _font(self, attributes: Attributes) -> None:
        if self.path[-3:-1] == ["r", "rPr"]:
            self._symbols = symbols(value(attributes, "ascii"))

    def _run_style(self, attributes: Attributes) -> None:
        if self.path[-3:-1] == ["r", "rPr"]:
            self._hidden[-1] |= self._styles.properties(value(attributes)).is_hidden

    def _vanish(self, attributes: Attributes) -> None:
        if self.path[-3:-1] == ["r", "rPr"]:
            self._hidden[-1] = is_on(attributes) or self._hidden[-2]
        elif self.path[-3:-1] == ["pPr", "rPr"] and self._paragraphs:
            self._paragraphs[-1].runs_in = is_on(attributes)

    def _begin_text(self, _: Attributes) -> None:
        self._reading = True

    def _end_text(self) -> None:
        self._reading = False

    def _tab(self, _: Attributes) -> None:
        if self.path[-2] == "r":  # elsewhere it is where tabs stop
            self._put("\t")

    def _break(self, _: Attributes) -> None:
        self._put("\n")

    def _hyphen(self, _: Attributes) -> None:
        self._put("-")

    def _fraction(self, _: Attributes) -> None:
        self._put("/")

    def _symbol(self, attributes: Attributes) -> None:
        self._put(symbol(value(attributes, "font"), value(attributes, "char")))

    def _field(self, attributes: Attributes) -> None:
        if not self._paragraphs:
            return
        # Codes stand in one paragraph, so a field that is never closed hides no other.
        paragraph = self._paragraphs[-1]
        match value(attributes, "fldCharType"):
            case "begin":
                paragraph.fields.append(True)
                paragraph.codes += 1
            case "separate" if paragraph.fields:
                paragraph.codes -= paragraph.fields[-1]
                paragraph.fields[-1] = False
            case "end" if paragraph.fields:
                paragraph.codes -= paragraph.fields.pop()

    # Tables

    def _begin_row(self, _: Attributes) -> None:
        self._rows.append(Row())

    def _end_row(self) -> None:
        flow = self._flows[-1]
        flow.add(self._rows.pop().lines())
        flow.tabular = True

    def _begin_cell(self, _: Attributes) -> None:
        self._flows.append(Flow())

    def _end_cell(self) -> None:
        cell = self._flows.pop()
        cell.flush()
        if self._rows:
            self._rows[-1].cells.append([] if cell.continues else cell.lines)
            self._rows[-1].tabular |= cell.tabular
        else:
            self._flows[-1].add(cell.lines)

    def _merged(self, attributes: Attributes) -> None:
        if self.path[-3:-1] == ["tc", "tcPr"]:
            self._flows[-1].continues = value(attributes, default="continue") == "continue"

    # Changes, alternatives, content controls, notes

    def _deleted(self, _: Attributes) -> None:
        match self.path[-3:-1]:
            case ["pPr", "rPr"] if self._paragraphs:
                self._paragraphs[-1].joins = True
            case [_, "trPr"] if self._rows:
                self._rows[-1].deleted = True
            case [_, "rPr" | "trPr"]:
                pass
            case _:
                self.skip()

    def _begin_alternatives(self, _: Attributes) -> None:
        self._chosen.append(False)

    def _end_alternatives(self) -> None:
        self._chosen.pop()

    def _alternative(self, _: Attributes) -> None:
        if self._chosen:
            if self._chosen[-1]:
                self.skip()
            self._chosen[-1] = True

    def _begin_control(self, _: Attributes) -> None:
        self._prompts.append(False)

    def _end_control(self) -> None:
        self._prompts.pop()

    def _prompt(self, attributes: Attributes) -> None:
        if self._prompts:
            self._prompts[-1] = is_on(attributes)

    def _control_content(self, _: Attributes) -> None:
        if self._prompts and self._prompts[-1]:
            self.skip()

    def _reference(self, attributes: Attributes) -> None:
        if self._shown():
            kind = self.path[-1].removesuffix("Reference")
            self.references[kind][value(attributes, "id")] = None

    def _begin_note(self, attributes: Attributes) -> None:
        self._note = value(attributes, "id")
        self._flows.append(Flow())

    def _end_note(self) -> None:
        note = self._flows.pop()
        note.flush()
        self.notes[self.path[-1], self._note] = note.lines

    def _elsewhere(self, _: Attributes) -> None:
        self.left_out[_ELSEWHERE[self.path[-1]]] = None

    starts: ClassVar = {
        "document": _begin_document,
        "p": _begin_paragraph,
        "pStyle": _style,
        "numId": _place,
        "ilvl": _place,
        "r": _begin_run,
        "rStyle": _run_style,
        "rFonts": _font,
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
        "footnote": _begin_note,
        "endnote": _begin_note,
    } | dict.fromkeys(_ELSEWHERE, _elsewhere)
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
