r"""Write a copy of a Word file that has comments at places of its text.

The copy has the bytes of the file, with elements inserted where the comments need them: the rest of
the document stays as it was, whatever it contains. Places are offsets in the text that
:mod:`gongwen.readers.word.docx` gives. So that they are found whatever the reader leaves out,
joins, moves or adds (automatic numbers, text boxes, notes, deleted text), the file is read once
more with every character replaced by a number: the lines that come out tell where in the file each
of their characters stands.

python-docx can put a comment around whole runs only, which are direct children of a paragraph.
"""

from __future__ import annotations

import io
import re
import zipfile
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from ..nlp.errors import ReadError
from ..nlp.validation import clean_text
from ..readers.archive import Archive
from ..readers.base import Blob
from ..readers.word.docx import Story, read_story
from ..readers.word.numbering import Numbering, Styles
from ..readers.word.package import Attributes, Package, value
from ..readers.word.story_lines import Line

Anchor = Literal["text", "near", ""]
"""Where a comment stands: at its ``text``; ``near`` it, at its paragraph or box; or nowhere."""

_FIRST_ID = 0x20000
"""Code point that stands for the first character; those below include all digits and spaces."""
_MAX_CHARACTERS = 0x110000 - _FIRST_ID
_CLOSED = frozenset({"oMath", "oMathPara", "AlternateContent", "fldSimple"})
"""Elements of a paragraph that a comment may enclose, but not begin or end in."""
_CLOSED_CONTROLS = frozenset(
    "text dropDownList comboBox date dataBinding picture citation checkbox".split()
)
"""Kinds of content controls whose content Word writes anew as one run."""
_START_TAG = re.compile(rb"""<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>""")
_CHARACTER = re.compile(
    rb"&[^;&<]{1,12};|\r\n|[\0-%'-;=-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}"
    rb"|[\xf0-\xf4][\x80-\xbf]{3}"
)
"""One character of the text of an element, as it is written in UTF-8."""
_COMMENT_ID = re.compile(rb"""<(?:[\w.-]+:)?comment\s[^<>]*?:id=["'](\d{1,9})["']""")
_ROOT_END = re.compile(rb"</[^\s<>/]+\s*>\s*\Z")
_EMPTY_ROOT = re.compile(rb"(?P<tag><([^\s<>/?!]++)[^<>]*?)/>\s*\Z")
_XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATIONSHIPS = f'<Relationships xmlns="{_PACKAGE}/relationships"/>'
_RELATIONSHIP = (
    f'<Relationship xmlns="{_PACKAGE}/relationships" Id="{{id}}" Type="{{type}}"'
    ' Target="{target}"/>'
)
_OVERRIDE = (
    f'<Override xmlns="{_PACKAGE}/content-types" PartName="/{{part}}" ContentType="application/'
    'vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"/>'
)
_STRICT = "http://purl.oclc.org/ooxml/"
_TRANSITIONAL_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"
_STRICT_TYPE = f"{_STRICT}officeDocument/relationships/comments"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a part of a text.

    Attributes:
        start: offset in the text of its first character.
        end: offset after its last character.
        paragraphs: what it says; the first paragraph is set in bold.
    """

    start: int
    end: int
    paragraphs: tuple[str, ...]


def annotate(
    blob: Blob, text: str, comments: Sequence[Comment], date: str = ""
) -> tuple[bytes, list[Anchor]]:
    """Return a copy of a Word file with comments, and for each where it stands.

    Comments that the file has already stay. The copy is read back: it has the same text.

    Args:
        blob: the file.
        text: the text that the reader gives of it.
        comments: the comments, with offsets in ``text``.
        date: when they are made, ISO 8601 in UTC with seconds, or ``""``.

    Raises:
        ReadError: the file cannot be read, its text is not ``text``, or its XML is such that
            comments cannot be inserted safely.

    Example:
        ``annotate(blob, "全年办案12件。", [Comment(4, 7, ("12 ≠ 9",))])`` -> ``(b"PK…", ["text"])``
    """
    blob = _in_utf8(blob)
    tracer, lines = read_story(blob, _Tracer)
    places = _places(blob, text, lines, tracer)
    archive = Archive(partial(io.BytesIO, blob.data), blob.name, blob.limits)
    main = Package(blob).related("", "officeDocument")
    path = next(path for path in archive.paths if path.lower() == main.lower())
    part = _MainPart(archive.read(path), main, tracer)
    target = _CommentsPart(blob, archive, main, part.namespace, date)
    anchors: list[Anchor] = []
    for comment in comments:
        first, last, anchor = places.ends(comment)
        if first and last and part.enclose(first, last, target.next_id):
            in_note = (first.element.part, last.element.part) != (main, main)
            anchors.append("near" if in_note else anchor)
            target.add(comment.paragraphs)
        else:
            anchors.append("")
    if not any(anchors):
        return blob.data, anchors
    data = _packed(archive, {path: part.whole(), **target.changed_parts()})
    _, again = read_story(Blob(blob.name, data, limits=blob.limits), Story)
    if clean_text("\n".join(line.text for line in again)) != text:
        raise ReadError(f"{blob.name}: comments cannot be inserted without changing its text")
    return data, anchors


# -- where characters stand ------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Element:
    """An element of a part; offsets are in the bytes of the part."""

    name: str
    start: int
    part: str
    parent: _Element | None
    end_event: int = -1
    """Offset of its end tag, or of what follows it if it has none."""
    properties: _Element | None = None
    """Of a run its properties."""
    closed: bool = False
    """Whether it is a content control that Word fills."""
    note: tuple[str, str] | None = None
    """Of a footnote or endnote its kind and id."""

    @property
    def local(self) -> str:
        """The name without its prefix."""
        return self.name.rpartition(":")[2]


@dataclass(slots=True, eq=False)
class _Field:
    """A complex field in one paragraph, from its first run to its last, if it has one there."""

    first: _Element
    last: _Element | None = None


@dataclass(slots=True)
class _Source:
    """Where a character stands: in which element, as which of its characters, in which field."""

    char: str
    element: _Element
    index: int
    field: _Field | None


class _Tracer(Story):
    """Reads a Word file, and replaces each character by a code point that stands for its place."""

    def __init__(self, styles: Styles, numbering: Numbering, blob: Blob) -> None:
        super().__init__(styles, numbering, blob)
        self._open: list[_Element] = []
        self._index = 0
        self._depth = 0
        """How many paragraphs are open; more than one in a text box."""
        self._field_stack: list[_Field] = []
        self.sources: list[_Source] = []
        self.root: Attributes = {}
        self.root_name = ""
        self.note_references: dict[tuple[str, str], _Element] = {}
        """The element that refers to a note, by the kind and id of the note."""

    def start(self, name: str, attributes: Attributes) -> None:
        assert self.parser is not None
        parent = self._open[-1] if self._open else None
        element = _Element(name, self.parser.CurrentByteIndex, self.part, parent)
        if parent is None and not self.root_name:
            self.root, self.root_name = dict(attributes), name
        self._open.append(element)
        match element.local:
            case "t":
                self._index = 0
            case "p":
                if not self._depth:
                    self._field_stack = []
                self._depth += 1
            case "rPr" if parent and parent.local == "r" and parent.properties is None:
                parent.properties = element
            case kind if kind in _CLOSED_CONTROLS and parent and parent.local == "sdtPr":
                if parent.parent is not None:
                    parent.parent.closed = True
            case "footnote" | "endnote" as kind:
                element.note = (kind, value(attributes, "id"))
        super().start(name, attributes)
        if not self._skipping and element.local in ("footnoteReference", "endnoteReference"):
            key = (element.local.removesuffix("Reference"), value(attributes, "id"))
            if self._is_visible():
                self.note_references.setdefault(key, element)
        elif not self._skipping and element.local == "fldChar" and self._depth == 1 and parent:
            self._follow_field(value(attributes, "fldCharType"), parent)

    def _follow_field(self, kind: str, run: _Element) -> None:
        if kind == "begin":
            self._field_stack.append(_Field(run))
        elif kind == "end" and self._field_stack:
            self._field_stack.pop().last = run

    def end(self, name: str) -> None:
        assert self.parser is not None
        super().end(name)
        element = self._open.pop()
        element.end_event = self.parser.CurrentByteIndex
        self._depth -= element.local == "p"

    def text(self, text: str) -> None:
        for char in text:
            super().text(char)
            self._index += 1

    def _append(self, text: str) -> None:
        if self._is_visible():
            super()._append("".join(map(self._numbered, text)))

    def _numbered(self, char: str) -> str:
        if not clean_text(char).strip():
            return char
        if len(self.sources) == _MAX_CHARACTERS:
            most = f"{_MAX_CHARACTERS:,}"
            raise ReadError(f"{self._name}: more than {most} characters; split it first")
        field = self._field_stack[0] if self._field_stack else None
        self.sources.append(_Source(char, self._open[-1], self._index, field))
        return chr(_FIRST_ID + len(self.sources) - 1)


@dataclass(slots=True)
class _Places:
    """Where the characters of a text that are not blank stand in the file."""

    text: str
    offsets: list[int]
    sources: list[_Source | None]
    """The source of the character at each of ``offsets``, ``None`` for automatic numbers."""

    def ends(self, comment: Comment) -> tuple[_Source | None, _Source | None, Anchor]:
        """Return the first and last character to enclose: of the comment, else of its lines."""
        if found := self._within(comment.start, comment.end):
            return found[0], found[-1], "text"
        start = self.text.rfind("\n", 0, comment.start) + 1
        end = self.text.find("\n", comment.end)
        found = self._within(start, len(self.text) if end < 0 else end)
        return (found[0], found[-1], "near") if found else (None, None, "")

    def _within(self, start: int, end: int) -> list[_Source]:
        first, last = bisect_left(self.offsets, start), bisect_left(self.offsets, end)
        return [source for source in self.sources[first:last] if source]


def _places(blob: Blob, text: str, lines: Sequence[Line], tracer: _Tracer) -> _Places:
    """Return where the characters of a text stand, from its lines made of numbers."""
    offsets = [i for i, char in enumerate(text) if not char.isspace()]
    marks = "".join(clean_text("\n".join(line.text for line in lines)).split())
    numbers = [ord(mark) - _FIRST_ID for mark in marks]
    sources = [tracer.sources[n] if 0 <= n < len(tracer.sources) else None for n in numbers]
    if [source.char if source else mark for source, mark in zip(sources, marks, strict=True)] != [
        text[i] for i in offsets
    ]:
        raise ReadError(f"{blob.name}: it is not the file whose text was checked; check it again")
    return _Places(text, offsets, sources)


# -- the main part ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _Cut:
    """What is inserted at one offset: ends of comments, then beginnings."""

    ends: str = ""
    starts: str = ""
    text_element: _Element | None = None
    """The element whose run is split here, ``None`` between runs."""


class _MainPart:
    """The main part of a Word file, into which comments are inserted."""

    def __init__(self, data: bytes, name: str, tracer: _Tracer) -> None:
        self._data, self._name, self._tracer = data, name, tracer
        self._offsets = cache(self._character_offsets)
        self._cuts: dict[int, _Cut] = {}
        prefix = tracer.root_name.rpartition(":")[0]
        self.namespace = tracer.root.get(f"xmlns:{prefix}" if prefix else "xmlns", "")
        known = tracer.root.get("xmlns:w") == self.namespace
        self._declared = "" if known else f" xmlns:w={quoteattr(self.namespace)}"

    def enclose(self, first: _Source, last: _Source, n: int) -> bool:
        """Begin comment ``n`` in front of a character and end it behind another; or do nothing."""
        start = self._edge(first, after=False)
        end = self._edge(last, after=True)
        if start is None or end is None or start[0] >= end[0]:
            return False
        for (offset, split), after in ((start, False), (end, True)):
            cut = self._cuts.setdefault(offset, _Cut())
            cut.text_element = cut.text_element or split
            if after:
                cut.ends += (
                    f'<w:commentRangeEnd{self._declared} w:id="{n}"/><w:r{self._declared}>'
                    f'<w:commentReference w:id="{n}"/></w:r>'
                )
            else:
                cut.starts += f'<w:commentRangeStart{self._declared} w:id="{n}"/>'
        return True

    def whole(self) -> bytes:
        """Return the part with all comments."""
        insertions: dict[int, bytes] = {}
        for offset, cut in self._cuts.items():
            inserted = (cut.ends + cut.starts).encode()
            if cut.text_element is not None and (run := cut.text_element.parent):
                inserted = self._split(cut.text_element, run, inserted)
                tag = self._start_tag(cut.text_element)
                if b"xml:space" not in tag:
                    insertions[cut.text_element.start + len(tag) - 1] = b' xml:space="preserve"'
            insertions[offset] = inserted
        pieces, done = [], 0
        for offset, inserted in sorted(insertions.items()):
            pieces += [self._data[done:offset], inserted]
            done = offset
        return b"".join((*pieces, self._data[done:]))

    def _split(self, element: _Element, run: _Element, between: bytes) -> bytes:
        """Return what ends a run inside its text and begins another that looks the same."""
        closing = f"</{element.name}></{run.name}>".encode()
        properties = b""
        if run.properties is not None:
            properties = self._data[run.properties.start : self._end(run.properties)]
        tag = self._start_tag(element)
        if b"xml:space" not in tag:
            tag = tag[:-1] + b' xml:space="preserve">'
        return closing + between + self._start_tag(run) + properties + tag

    def _edge(self, source: _Source, *, after: bool) -> tuple[int, _Element | None] | None:
        """Return where a comment that begins or ends at a character can do so.

        Returns:
            The offset, and the element with text if its run must be split there; ``None`` when
            there is no such place.
        """
        element = source.element
        if element.part != self._name:
            note = next((e.note for e in _upwards(element) if e.note), None)
            reference = self._tracer.note_references.get(note) if note else None
            return self._around(reference, after) if reference else None
        if source.field and (closing := source.field.last):
            return self._around(closing if after else source.field.first, after)
        run = element.parent
        if self._nearest_closed(element) or not run or (element.local, run.local) != ("t", "r"):
            return self._around(element, after)
        offsets = self._offsets(element)
        index = source.index + after
        if index >= len(offsets):
            return self._around(element, after)
        offset = offsets[index]
        if after and index == len(offsets) - 1:
            rest = self._data[self._end(element) : run.end_event]
            return self._around(element, after) if not rest.strip() else (offset, element)
        if not after and not index:
            begin = self._end(run.properties) if run.properties else self._after_tag(run)
            if not self._data[begin : element.start].strip():
                return self._around(element, after)
        return offset, element

    def _around(self, element: _Element, after: bool) -> tuple[int, None] | None:
        """Return the offset in front of or behind the run or closed element that holds another."""
        closed = self._nearest_closed(element)
        holder = closed or next((e for e in _upwards(element) if e.local == "r"), None)
        if holder is None:
            return None
        return (self._end(holder) if after else holder.start), None

    def _nearest_closed(self, element: _Element) -> _Element | None:
        """Return the outermost element of a paragraph around another that cannot be entered.

        That is a formula, an alternative, a field or control that Word fills, or a run that holds
        others (a text box, phonetic marks).
        """
        chain = list(_upwards(element))
        paragraphs = [i for i, e in enumerate(chain) if e.local == "p"]
        inside = chain[: paragraphs[-1]] if paragraphs else chain
        runs = [e for e in inside if e.local == "r"]
        outermost = None
        for one in inside:
            holds_runs = bool(runs) and one is runs[-1] and (len(runs) > 1 or len(paragraphs) > 1)
            if one.local in _CLOSED or one.closed or holds_runs:
                outermost = one
        return outermost

    def _character_offsets(self, element: _Element) -> list[int]:
        """Return the offset of each character of an element, and of its end.

        The list is empty when the element holds more than characters.
        """
        start, end = self._after_tag(element), element.end_event
        offsets = [start]
        while offsets[-1] < end:
            match = _CHARACTER.match(self._data, offsets[-1], end)
            if not match:
                return []
            offsets.append(match.end())
        return offsets

    def _start_tag(self, element: _Element) -> bytes:
        match = _START_TAG.match(self._data, element.start)
        return match[0] if match else b""

    def _after_tag(self, element: _Element) -> int:
        return element.start + len(self._start_tag(element))

    def _end(self, element: _Element) -> int:
        """Return the offset behind an element."""
        tag = self._start_tag(element)
        empty = tag.endswith(b"/>")
        return self._after_tag(element) if empty else self._data.index(b">", element.end_event) + 1


def _upwards(element: _Element | None) -> Iterator[_Element]:
    """Yield an element and those around it, the innermost first."""
    while element is not None:
        yield element
        element = element.parent


# -- the other parts -------------------------------------------------------------------------------


class _CommentsPart:
    """The part with the comments, existing or new, and what makes it known."""

    def __init__(self, blob: Blob, archive: Archive, main: str, namespace: str, date: str) -> None:
        self._name, self._archive = blob.name, archive
        self._date = f" w:date={quoteattr(date)}" if date else ""
        self._main, self._namespace = main, namespace
        self._paths = {path.lower(): path for path in archive.paths}
        self._part = Package(blob).related(main, "comments")
        self._related = bool(self._part)
        if not self._part:
            folder = main.rpartition("/")[0]
            names = (f"{folder}/comments{n or ''}.xml".lstrip("/") for n in count())
            self._part = next(name for name in names if name.lower() not in self._paths)
        ids = _COMMENT_ID.findall(self._read(self._part))
        self.next_id = max(map(int, ids), default=-1) + 1
        self._added: list[str] = []

    def _read(self, path: str, default: str = "") -> bytes:
        known = self._paths.get(path.lower())
        return self._archive.read(known) if known else (_XML_HEAD + default).encode()

    def add(self, paragraphs: Sequence[str]) -> None:
        """Add a comment with the id ``next_id``."""
        body = ""
        for i, text in enumerate(paragraphs):
            bold = "" if i else "<w:b/>"
            mark = "" if i else "<w:r><w:annotationRef/></w:r>"
            body += (
                '<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/>'
                '<w:ind w:left="0" w:right="0" w:firstLine="0"/><w:jc w:val="left"/></w:pPr>'
                f'{mark}<w:r><w:rPr><w:rFonts w:hint="eastAsia"/>{bold}<w:sz w:val="20"/>'
                f'</w:rPr><w:t xml:space="preserve">{escape(clean_text(text))}</w:t></w:r></w:p>'
            )
        self._added.append(
            f'<w:comment xmlns:w={quoteattr(self._namespace)} w:id="{self.next_id}"'
            f' w:author="gongwen"{self._date} w:initials="gw">{body}</w:comment>'
        )
        self.next_id += 1

    def changed_parts(self) -> dict[str, bytes]:
        """Return the bytes of the parts that change or are new, by path."""
        target = self._part.rpartition("/")[2]
        folder, _, name = self._main.rpartition("/")
        empty = f"<w:comments xmlns:w={quoteattr(self._namespace)}/>"
        children = {self._part: (empty, "".join(self._added))}
        if self._part.lower() not in self._paths:
            children["[Content_Types].xml"] = ("", _OVERRIDE.format(part=self._part))
        if not self._related:
            path = f"{folder}/_rels/{name}.rels".lstrip("/")
            known = self._read(path)
            n = next(n for n in count(1) if f"rIdGongwen{n}".encode() not in known)
            kind = _STRICT_TYPE if self._namespace.startswith(_STRICT) else _TRANSITIONAL_TYPE
            child = _RELATIONSHIP.format(id=f"rIdGongwen{n}", type=kind, target=target)
            children[path] = (_RELATIONSHIPS, child)
        return {
            self._paths.get(path.lower(), path): self._extended(self._read(path, empty), child)
            for path, (empty, child) in children.items()
        }

    def _extended(self, data: bytes, child: str) -> bytes:
        """Return a part with one more element at the end of its root.

        Raises:
            ReadError: the part does not end with the end of its root.
        """
        if end := _ROOT_END.search(data, max(data.rfind(b"</"), 0)):
            return data[: end.start()] + child.encode() + data[end.start() :]
        if root := _EMPTY_ROOT.search(data, max(data.rfind(b"<"), 0)):
            closing = b"</" + root[2] + b">"
            return data[: root.end("tag")] + b">" + child.encode() + closing
        raise ReadError(f"{self._name}: damaged (a part without an end); save it again in Word")


def _in_utf8(blob: Blob) -> Blob:
    """Return a Word file whose parts are not in UTF-16, as offsets are counted in bytes."""
    archive = Archive(partial(io.BytesIO, blob.data), blob.name, blob.limits)
    changed = {}
    for path in archive.paths:
        if path.lower().endswith((".xml", ".rels")):
            data = archive.read(path)
            if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
                text = data.decode("utf-16", "replace")
                changed[path] = re.sub(r"^<\?xml[^>]*\?>", "", text).encode()
    return Blob(blob.name, _packed(archive, changed), limits=blob.limits) if changed else blob


def _packed(archive: Archive, changed: Mapping[str, bytes]) -> bytes:
    """Return an archive with some members changed or added."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as out:
        for path in dict.fromkeys((*archive.paths, *changed)):
            data = changed[path] if path in changed else archive.read(path)
            out.writestr(zipfile.ZipInfo(path), data, zipfile.ZIP_DEFLATED)
    return whole.getvalue()
