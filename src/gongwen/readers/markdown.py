"""Read text files: Markdown by its marks, all other text as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ..nlp.document.blocks import BlockKind, TextBuilder
from ..nlp.document.entities import office_line
from ..nlp.document.printed_lines import columns
from ..nlp.errors import ReadError
from ..nlp.fields import FIELDS
from ..nlp.text.paragraphs import heading_mark, starts_unit
from . import plain_text
from .base import Blob, Extract, unpacked_name

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_SUFFIXES = (".md", ".markdown")
_STRUCTURE = (
    re.compile(r"^ {0,3}#{1,6}[ \t]{1,9}\S", re.MULTILINE),
    re.compile(r"^ {0,3}\|?[ \t]{0,9}:?-{3,80}:?[ \t]{0,9}\|[-:| \t]{0,200}$", re.MULTILINE),
    re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE),
)
"""Headings, rules below the heads of tables, code fences."""
_INLINE = (
    re.compile(r"(?<!\*)\*\*(?=[^\s*])[^*\n]{1,200}\*\*(?!\*)"),
    re.compile(r"!?\[[^\[\]\n]{0,200}\]\([^()\s]{1,500}\)"),
    re.compile(r"^ {0,3}> ?\S", re.MULTILINE),
)
"""Strong emphasis, links and images, quotes."""
_BULLET = re.compile(r"^ {0,3}[-*+] (?!\d{1,4} ?[-*+]$)\S", re.MULTILINE)
_ENOUGH = 3
"""Marks that make Markdown of a text whose name does not say so, one of structure among them."""
_FRONT = re.compile(r"\s{0,9}(---|\+\+\+)[ \t]{0,9}\n")
_FRONT_LINES = 200
_PAIR = re.compile(
    r"([^\s:=#\[\]{}\"'][^:=\n]{0,40}?|[\"'][^\"'\n]{1,40}[\"'])[ \t]{0,9}[:：=](.*)"
)
_NAMES = {name: one.name for one in FIELDS if one.settable for name in (one.name, *one.chinese)} | {
    "题名": "title",
    "region": "region",
    "行政区划": "region",
    "发文日期": "date",
    "时间": "date",
    "日期": "date",
    "author": "agency",
    "作者": "agency",
    "organization": "agency",
    "publisher": "agency",
    "publishdate": "date",
    "发布机构": "agency",
    "发文单位": "agency",
    "单位": "agency",
    "机构": "agency",
    "url": "address",
    "link": "address",
    "来源": "address",
    "source": "address",
    "原文链接": "address",
}
"""Names of front matter by the field of the report."""
_WRITERS = ("author", "作者")
"""Names whose value is an agency or a person."""
_WEB_ADDRESS = re.compile(r"(?:https?://|www\.)\S{1,2000}", re.IGNORECASE)
_STAMP = re.compile(r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2})[T ].*")
_YEAR = re.compile(r"\d{4}(?:\s?[-—~至]\s?\d{4})?")
_DATE = re.compile(r"(?:19|20)\d\d[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?|月)?")
_NOTE_TEXT = re.compile(r"^ {0,3}\[\^[^\]\s]{1,40}\]:[ \t]{0,9}", re.MULTILINE)
_NOTE_MARK = re.compile(r"\[\^[^\]\s]{1,40}\]")
_NOTE = "\ufdd0"
"""Stands before the text of a footnote, which is taken for the address of a link otherwise."""
_TASK = re.compile(r"\[[ xX]\]\s")
_CLOSED = re.compile(r"(?<![\d*])\*{1,3}(?=[^\s*])([^*\n]{1,400})\*{1,3}(?!\*)")
"""Emphasis that CommonMark leaves as it is, for a Chinese mark stands inside it: **办结。**其中."""
_UNDERLINED = re.compile(r"(?<!_)__(?=[^\s_])([^_\n]{1,400})__(?!_)")
_PAGE_ITEM = re.compile(r"\d{1,4} ?[-—]")
_ATTRIBUTES = r"\{(?:[#.][^\s{}]{1,80}|-|[\w-]{1,40}=[^\s{}]{1,80})(?: [^{}\n]{0,160})?\}"
_HEADING_ATTRIBUTES = re.compile(rf"[ \t]{{0,9}}{_ATTRIBUTES}[ \t]{{0,9}}$")
"""Name and classes behind a heading: ## 总则 {#general .unnumbered}."""
_SPAN = re.compile(rf"\[([^\[\]\n]{{1,400}})\]{_ATTRIBUTES}")
_HIGHLIGHTED = re.compile(r"(?<![=0-9A-Za-z])==(?=[^\s=])([^=\n]{1,400})==(?!=)")
_DIRECTIVE = re.compile(
    r"^ {0,3}(?::{3,9}[ \t]{0,9}[\w .#={}\"-]{0,80}|\[{1,2}_{0,2}TOC_{0,2}\]{1,2}"
    r"|\\(?:newpage|pagebreak|tableofcontents))[ \t]{0,9}$",
    re.MULTILINE | re.IGNORECASE,
)
"""Lines that are no text: the fences of a box, a place for the contents, a page break."""
_RULED = re.compile(r" {0,9}(-{2,80})(?: {1,9}-{2,80}){0,20} {0,9}")
"""The line below the heads of a table drawn with spaces, as Pandoc writes it."""
_HASHES = re.compile(r"(#{1,6})([^#\s][^#\n]{0,80})")
_BREAK_TAG = re.compile(r"<(?:br|/?p|/?div)\b[^<>]{0,200}>", re.IGNORECASE)
_INDENTED = re.compile("[\u3000\u2003\xa0]{2}")
_GRID_RULE = re.compile(r" {0,3}\+(?:[-=:]{2,120}\+){1,20} {0,9}")
_NUMBERS = re.compile(r"\d \d")
_PLAIN_FENCES = frozenset(("", "text", "txt", "plain", "plaintext", "markdown", "md"))
_HAN = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile(r"[0-9A-Za-z]")
_ENDS = "。！？；;!?：:"
_LONGEST_HEADING = 30
_ESCAPED = {ord(c): 0xF0000 + ord(c) for c in "*_#[]~`|"}
_RESTORED = {0xF0000 + ord(c): c for c in "*_#[]~`|"}


def read(blob: Blob) -> Iterator[Extract]:
    r"""Read a text file, by its marks where it is Markdown and as it is where it is not.

    Raises:
        ReadError: the file is not text, not in the given encoding, or too damaged, or holds HTML
            that cannot be read.

    Example:
        >>> [extract.text for extract in read(Blob("a.md", "# 报告\n\n办案**12**件。".encode()))]
        ['报告\n办案12件。']
    """
    suffix = PurePosixPath(unpacked_name(blob.name)).suffix.lower()
    for extract in plain_text.read(blob):
        text = extract.text.replace("\r\n", "\n").replace("\r", "\n")
        said, body = front_matter(text)
        if said or is_markdown(body, suffix in _SUFFIXES):
            from .web.parser import MISSING, TooMuchMarkupError  # late: most texts are no Markdown

            try:
                yield _extract(extract, said, body)
            except (ImportError, TooMuchMarkupError) as error:
                problem = MISSING if isinstance(error, ImportError) else "too much HTML in it"
                raise ReadError(f"{blob.name}: {problem}") from None
        else:
            yield extract


def is_markdown(text: str, named: bool = False) -> bool:
    """Say whether ``text`` certainly is Markdown.

    Args:
        text: its characters, with line feeds.
        named: whether the name of its file says so; then one mark is enough, or two bullets.

    Example:
        >>> is_markdown("# 报告"), is_markdown("# 报告", named=True)
        (False, True)
    """
    structure = [len(pattern.findall(text)) for pattern in _STRUCTURE]
    inline = sum(len(pattern.findall(text)) for pattern in _INLINE)
    bullets = len(_BULLET.findall(text))
    if named:
        return bool(sum(structure) or inline or bullets > 1)
    kinds = sum(map(bool, [*structure, inline, bullets > 1]))
    marks = sum(structure) + inline
    return bool(sum(structure)) and (marks >= _ENOUGH or (kinds > 1 and marks > 1))


def front_matter(text: str) -> tuple[dict[str, str], str]:
    r"""Return what the block of names and values above a text says, and the text below it.

    Lines ``name: value`` (YAML) between ``---`` or ``name = "value"`` (TOML) between ``+++`` are
    read; lists, nested values and unknown names are left out.

    Example:
        >>> front_matter("---\n标题: 甲县报告\n---\n正文")
        ({'title': '甲县报告'}, '正文')
    """
    opened = _FRONT.match(text)
    if not opened:
        return {}, text
    lines = text[opened.end() :].split("\n", _FRONT_LINES)[:_FRONT_LINES]
    fence = (opened[1], "..." if opened[1] == "---" else opened[1])
    inside = list(takewhile(lambda line: line.rstrip() not in fence, lines))
    pairs = [found for line in inside if (found := _PAIR.match(line))]
    if len(inside) == len(lines) or not pairs:
        return {}, text
    said: dict[str, str] = {}
    for pair in pairs:
        name = pair[1].strip("\"' \t").lower().replace("_", "").replace(" ", "")
        value = _value(_NAMES.get(name, ""), pair[2])
        if name in _WRITERS and not office_line(value):
            continue  # a person
        if value:
            said.setdefault(_NAMES[name], value)
    length = opened.end() + sum(len(line) + 1 for line in lines[: len(inside) + 1])
    return (said, text[length:]) if said or len(pairs) * 2 >= len(inside) else ({}, text)


def _value(name: str, written: str) -> str:
    """Return the value of a field, ``""`` where it is not one that the field can have."""
    value = written.strip()
    if value[:1] in ("'", '"'):
        value = value[1:].partition(value[0])[0]
    else:
        value = value.partition(" #")[0].strip()
    if not name or value[:1] in ("[", "{", "|", ">", "&", "!"):
        return ""
    if name == "year":
        value = re.sub("年?度?$", "", value)
        return value if _YEAR.fullmatch(value) else ""
    if name == "date":
        value = _STAMP.sub(r"\1", value)
        return value if _DATE.fullmatch(value) else ""
    if name == "address":
        return value if _WEB_ADDRESS.fullmatch(value) else ""
    return "" if name == "level" else value


def _extract(extract: Extract, said: Mapping[str, str], body: str) -> Extract:
    """Return the text that the marks of ``body`` stand for."""
    body = _NOTE_MARK.sub("", _NOTE_TEXT.sub(f"\n{_NOTE}", body.replace(_NOTE, "")))
    body = _with_pipes(_DIRECTIVE.sub("", body))
    writer = _Writer(_parser().parse(body))
    writer.write()
    builder = writer.builder
    notes = list(extract.notes)
    if writer.code:
        what = "1 block" if writer.code == 1 else f"{writer.code} blocks"
        notes.append(f"{what} of program code left out")
    if writer.struck:
        what = "1 piece" if writer.struck == 1 else f"{writer.struck} pieces"
        notes.append(f"{what} of text that is struck out left out")
    return replace(
        extract,
        text=builder.text.translate(_RESTORED),
        said={**extract.said, **said},
        notes=tuple(notes),
        blocks=tuple(builder.blocks),
    )


def _with_pipes(body: str) -> str:
    r"""Return ``body`` with bars between the cells of tables that are drawn with spaces.

    Example:
        >>> _with_pipes("  单位      件数\n  -------- ------\n  甲局      12\n\n正文")
        '| 单位 | 件数 |\n| --- | --- |\n| 甲局 | 12 |\n\n正文'
    """
    lines = _without_grids(body.split("\n"))
    found = [n for n, line in enumerate(lines) if " -" in line.strip() and _RULED.fullmatch(line)]
    done = -1
    for n in found:
        if n <= done or n == 0 or not lines[n - 1].strip() or "|" in lines[n - 1]:
            continue
        edges = [match.start() for match in re.finditer(r"(?<!-)-", lines[n])]
        rows: list[int] = []
        at = n + 1
        while at < len(lines) and lines[at].strip() and not set(lines[at]) <= set("- "):
            rows.append(at)
            at += 1
        cells = [_cells(lines[row], edges) for row in (n - 1, *rows)]
        if not rows or any(len(row) != len(edges) for row in cells):
            continue
        for row, made in zip((n - 1, *rows), cells, strict=True):
            lines[row] = "| " + " | ".join(made) + " |"
        lines[n] = "| " + " | ".join(["---"] * len(edges)) + " |"
        if at < len(lines) and lines[at].strip():
            lines[at] = ""  # the rule at the foot
        if n > 1 and lines[n - 2].strip():
            lines[n - 2] = "" if set(lines[n - 2]) <= set("- ") else lines[n - 2] + "\n"
        done = at
    return "\n".join(lines)


def _without_grids(lines: list[str]) -> list[str]:
    """Return ``lines`` with the tables between rules of ``+---+---+`` as tables with bars."""
    made: list[str] = []
    at = 0
    while at < len(lines):
        stop = at
        while stop < len(lines) and (
            _GRID_RULE.fullmatch(lines[stop]) or (stop > at and lines[stop].lstrip()[:1] == "|")
        ):
            stop += 1
        if stop - at < 3:
            made += lines[at : max(stop, at + 1)]
            at = max(stop, at + 1)
            continue
        rows: list[list[str]] = []
        fresh = True
        ruled = any("=" in line for line in lines[at:stop] if _GRID_RULE.fullmatch(line))
        for line in lines[at:stop]:
            if _GRID_RULE.fullmatch(line):
                fresh = True
                continue
            cells = [cell.strip() for cell in line.strip()[1:].removesuffix("|").split("|")]
            goes_on = ruled and not fresh and len(cells) == len(rows[-1])
            if not goes_on or any(
                _NUMBERS.search(f"{a} {b}") for a, b in zip(rows[-1], cells, strict=True)
            ):
                rows.append(cells)
            else:
                rows[-1] = [a + b for a, b in zip(rows[-1], cells, strict=True)]
            fresh = False
        if rows:
            written = ["| " + " | ".join(row) + " |" for row in rows]
            made += ["", written[0], "| " + " | ".join(["---"] * len(rows[0])) + " |"]
            made += [*written[1:], ""]
        at = stop
    return made


def _cells(line: str, edges: Sequence[int]) -> list[str]:
    """Return the cells of a row whose columns begin at some columns of the screen."""
    by_gap = re.split(r" {2,}|\t|\u3000+", line.strip())
    if len(by_gap) == len(edges):
        return by_gap
    cells = [""] * len(edges)
    at = 0
    for char in line:
        column = max(n for n, edge in enumerate(edges) if n == 0 or edge <= at)
        cells[column] += char
        at += columns(char)
    return [cell.strip() for cell in cells]


def _parser() -> MarkdownIt:
    """Return a parser of CommonMark with tables, and without code by indentation."""
    from markdown_it import MarkdownIt  # late: most files are no Markdown

    parser = MarkdownIt("commonmark", {"maxNesting": 20}).enable(["table", "strikethrough"])
    return parser.disable(["code", "text_join"])


@dataclass(slots=True)
class _Writer:
    """Writes the tokens of a text as paragraphs with their blocks."""

    tokens: Sequence[Token]
    builder: TextBuilder = field(default_factory=TextBuilder)
    code: int = 0
    """Blocks of code that were left out."""
    struck: int = 0
    """Pieces of text that are struck out and were left out."""
    _lists: list[int] = field(default_factory=list)
    """The next number of each open list, 0 for one with bullets."""
    _marks: list[str] = field(default_factory=list)
    """What stands before the next paragraph: the number of its item."""

    def write(self) -> None:
        title = self._title()
        cells: list[str] = []
        heading = ""
        for i, token in enumerate(self.tokens):
            self.struck += sum(c.type == "s_open" for c in token.children or ())
            match token.type:
                case "ordered_list_open":
                    self._lists.append(int(token.attrGet("start") or 1))
                case "bullet_list_open":
                    self._lists.append(0)
                case "ordered_list_close" | "bullet_list_close":
                    self._lists.pop()
                case "list_item_open":
                    self._open_item(token)
                case "list_item_close":
                    self._marks.clear()
                case "heading_open":
                    heading = token.tag
                case "heading_close":
                    heading = ""
                case "tr_open":
                    cells = []
                case "tr_close":
                    self.builder.add("\t".join(cells), "row")
                case "inline" if heading:
                    kind: BlockKind = "title" if i in title else "heading"
                    line = _HEADING_ATTRIBUTES.sub("", _one_line(_inline(token)))
                    self.builder.add(self._mark() + line, kind, int(heading[1]))
                case "inline" if self.tokens[i - 1].type in ("th_open", "td_open"):
                    cells.append(_one_line(_inline(token)))
                case "inline":
                    self._paragraph(token)
                case "fence":
                    self._fence(token)
                case "html_block":
                    self._html(token.content)

    def _title(self) -> frozenset[int]:
        """Return the numbers of the tokens of the title: the only headings of the first level."""
        opened = [i for i, token in enumerate(self.tokens) if token.type == "heading_open"]
        if not opened or opened[0] > 0:
            return frozenset()
        top = min(self.tokens[i].tag for i in opened)
        own = [i for i in opened if self.tokens[i].tag == top]
        run = [3 * n for n in range(len(own))]
        marked = any(heading_mark(self.tokens[i + 1].content) for i in own)
        if marked or own != run or (len(own) == len(opened) and len(own) > 1):
            return frozenset()
        return frozenset(i + 1 for i in own)

    def _open_item(self, token: Token) -> None:
        number = self._lists[-1]
        self._marks.clear()
        if number:
            self._lists[-1] += 1
            self._marks.append(f"{number}{token.markup} ")

    def _mark(self) -> str:
        return self._marks.pop() if self._marks else ""

    def _paragraph(self, token: Token) -> None:
        children = token.children or []
        alone = [c for c in children if c.type not in ("softbreak", "hardbreak") and c.content]
        if alone and all(child.type == "image" for child in alone):
            self.builder.add(_one_line(_inline(token)), "caption")
            return
        text = _inline(token)
        if self._lists:
            text = _TASK.sub("", text, count=1)
            if _PAGE_ITEM.fullmatch(text.strip()):
                self.builder.add(f"- {text.strip()}", "furniture")
                return
            self.builder.add(self._mark() + _one_line(text), "item")
            return
        for line in _lines(text):
            if line.startswith(_NOTE):
                self.builder.add(line[len(_NOTE) :], "note")
            elif hashes := _HASHES.fullmatch(line):
                self.builder.add(hashes[2], "heading", len(hashes[1]))
            else:
                self.builder.add(line, "paragraph")

    def _fence(self, token: Token) -> None:
        """Add what a fence marks as text; leave out a program."""
        words = token.info.split()
        name = words[0].lower() if words else ""
        if name in _PLAIN_FENCES and _HAN.search(token.content):
            for line in token.content.split("\n"):
                self.builder.add(line.translate(_ESCAPED))
        else:
            self.code += 1

    def _html(self, markup: str) -> None:
        """Add the lines of a piece of HTML."""
        from .web.parser import read_page  # late: hardly any Markdown has HTML in it

        for line in read_page(markup).lines:
            self.builder.add(line.text.translate(_ESCAPED), "row" if "\t" in line.text else None)


def _inline(token: Token) -> str:
    """Return the text of inline marks, with a line feed for each break."""
    pieces: list[str] = []
    struck = 0
    for i, child in enumerate(children := token.children or []):
        struck += (child.type == "s_open") - (child.type == "s_close")
        match child.type:
            case _ if struck:
                pass
            case "text":
                pieces.append(child.content)
            case "text_special" | "code_inline":
                pieces.append(child.content.translate(_ESCAPED))
            case "softbreak" | "hardbreak":
                pieces.append("\n")
            case "image":
                pieces.append(_inline(child))
            case "html_inline":
                pieces.append("\n" if _BREAK_TAG.fullmatch(child.content) else "")
            case "em_open" | "em_close" if child.markup == "*" and _is_product(children, i):
                pieces.append("＊".translate({ord("＊"): 0xF0000 + ord("*")}))
    text = _SPAN.sub(r"\1", "".join(pieces))
    for emphasis in (_CLOSED, _UNDERLINED, _HIGHLIGHTED):
        text = emphasis.sub(r"\1", text)
    return text


def _is_product(children: Sequence[Token], i: int) -> bool:
    """Say whether the star at ``i`` stands between two digits, as in 3*4*5."""
    before = next((c.content for c in reversed(children[max(0, i - 2) : i]) if c.content), "")
    after = next((c.content for c in children[i + 1 : i + 3] if c.content), "")
    return before[-1:].isdigit() and after[:1].isdigit()


def _one_line(text: str) -> str:
    """Return ``text`` without line feeds, with a space where two Latin words or numbers meet."""
    lines = [stripped for line in text.split("\n") if (stripped := line.strip())]
    pieces = lines[:1]
    for line in lines[1:]:
        if _LATIN.match(line) and _LATIN.match(pieces[-1][-1]):
            pieces.append(" ")
        pieces.append(line)
    return "".join(pieces)


def _lines(text: str) -> Iterator[str]:
    """Yield the paragraphs of one of Markdown: its lines joined, but for headings among them.

    Who does not know Markdown writes a paragraph a line, without blank lines between them.
    """
    held: list[str] = []
    for raw in text.split("\n"):
        if not (line := raw.strip()):
            continue
        if held and (_INDENTED.match(raw) or _parted(held[-1], line)):
            yield _one_line("\n".join(held))
            held = []
        held.append(line)
    if held:
        yield _one_line("\n".join(held))


def _parted(line: str, following: str) -> bool:
    """Say whether ``following`` begins a paragraph, and does not go on with ``line``."""
    if "\t" in line + following:
        return True
    if following.startswith(_NOTE) or _HASHES.fullmatch(line) or _HASHES.fullmatch(following):
        return True
    if line[-1] in _ENDS and starts_unit(following):
        return True
    short = len(line) <= _LONGEST_HEADING and not any(c in line for c in "，,。；;：:")
    return bool(short and heading_mark(line) and len(following) > len(line))
