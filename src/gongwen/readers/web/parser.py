"""Parse HTML in linear time into lines of text and the blocks that they stand in.

Blocks open and close as in browsers where this decides what a reader saw: the implied ends of
paragraphs, items and cells, end tags that close nothing, what is not shown.

libxml2 loses the text below 256 open elements (2,048 with ``huge_tree``), and ``html.parser`` needs
160 s for 300 kB of ``<a b='`` in Python 3.11, so the markup is read here. It is cut as browsers do
(WHATWG HTML §13.2.5) but that nothing is lost where it was cut off in a comment, a tag or a title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from html import unescape
from typing import NamedTuple

from ...nlp.text.paragraphs import starts_unit
from ..word.numbering import ordinal

MOST_TAGS = 2_500_000
"""Tags of a page; the largest saved page that was seen has 10,000."""

_MOST_RETRIES = 3
"""Tags without an end before the quotes of the page are no longer believed."""
_RAW = frozenset("iframe noembed noframes script style textarea title xmp".split())
"""Elements that hold no markup."""

_MARKUP = re.compile(r"<(?:(/?)([a-zA-Z][^\s/<>]*)|(!--)|[!?/])")
_TAG_REST = re.compile(r"""(?:[^>"'=]++|=[\s=]*+(?:"[^"]*+"|'[^']*+')?+|["']++)*+>""")
_ATTRIBUTE = re.compile(r"""([^\s=>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']*)))?""")
_HUGE_REFERENCE = re.compile(r"&#(?:\d{8,}|[xX][0-9a-fA-F]{7,});?")


class TokenKind(Enum):
    """What a token is."""

    TEXT = auto()
    START = auto()
    END = auto()
    RAW = auto()
    COMMENT = auto()


class Token(NamedTuple):
    """A piece of markup.

    Attributes:
        kind: what it is.
        tag: the tag in lower case, ``""`` when it is none.
        text: the characters of a text or comment, or what an element holds that holds no markup.
        attributes: what stands in the tag behind its name.
    """

    kind: TokenKind
    tag: str
    text: str
    attributes: str = ""


class TooMuchMarkupError(ValueError):
    """More tags or lines than any page of text has."""


def tokens(markup: str) -> Iterator[Token]:
    """Yield the tokens of ``markup``, a whole page or a piece of one.

    Raises:
        TooMuchMarkupError: there are more than ``MOST_TAGS``.
    """
    without_end: set[str] = set()
    retries = count = position = 0
    while match := _MARKUP.search(markup, position):
        if match.start() > position:
            yield Token(TokenKind.TEXT, "", markup[position : match.start()])
        position = match.end()
        end_tag, tag, comment = match.groups()
        count += 1
        if count > MOST_TAGS:
            raise TooMuchMarkupError
        if comment:
            end = -1 if comment in without_end else markup.find("-->", position - 2)
            if end >= 0:
                yield Token(TokenKind.COMMENT, "", markup[position : max(end, position)])
                position = end + 3
                continue
            without_end.add(comment)
        # A > in quotes ends no tag, unless the quotes themselves have no end.
        rest = _TAG_REST.match(markup, position) if tag and retries < _MOST_RETRIES else None
        retries += bool(tag) and rest is None
        end = rest.end() if rest else markup.find(">", position) + 1 or len(markup)
        attributes = markup[position : end - 1]
        position = end
        if not tag:
            continue
        tag = tag.lower()
        if end_tag:
            yield Token(TokenKind.END, tag, "")
        elif tag not in _RAW:
            yield Token(TokenKind.START, tag, "", attributes)
        elif tag not in without_end:
            close = re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE).search(markup, position)
            if close:
                text = markup[position : close.start()]
                yield Token(TokenKind.RAW, tag, text, attributes)
                position = markup.find(">", close.end()) + 1 or len(markup)
            elif tag in ("script", "style"):
                return
            else:
                without_end.add(tag)
    if position < len(markup):
        yield Token(TokenKind.TEXT, "", markup[position:])


def attributes_of(raw: str) -> dict[str, str]:
    """Return the attributes in ``raw``, the inside of a tag, by name in lower case."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(raw):
        found.setdefault(match[1].lower(), match[2] or match[3] or match[4] or "")
    return {name: resolve(value) for name, value in found.items()}


def resolve(text: str) -> str:
    """Return ``text`` with its character references resolved; impossible ones give U+FFFD."""
    return unescape(_HUGE_REFERENCE.sub("\ufffd", text)) if "&" in text else text


UNNUMBERED = "none"
"""The style of a list without numbers."""

_LETTERS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_STYLES = {
    **{style: (numerals, "{}.") for style, numerals in _LETTERS.items()},
    "lower-alpha": ("lowerLetter", "{}."),
    "lower-latin": ("lowerLetter", "{}."),
    "upper-alpha": ("upperLetter", "{}."),
    "upper-latin": ("upperLetter", "{}."),
    "lower-roman": ("lowerRoman", "{}."),
    "upper-roman": ("upperRoman", "{}."),
    "cjk-ideographic": ("chineseCountingThousand", "{}、"),
    "simp-chinese-informal": ("chineseCountingThousand", "{}、"),
    "trad-chinese-informal": ("chineseCountingThousand", "{}、"),
    # Classes of UEditor, the editor of many content management systems; its numbers are pictures.
    "custom_num1": ("decimal", "{})"),
    "custom_num2": ("decimal", "({})"),
    "custom_cn": ("chineseCountingThousand", "{}、"),
    "custom_cn1": ("chineseCountingThousand", "{})"),
    "custom_cn2": ("chineseCountingThousand", "({})"),
}
"""Numerals and form of the marker by ``type``, style or class of the list; ``1.`` is the usual."""
_USUAL = ("decimal", "{}.")
_STYLE = re.compile(r"list-style(?:-type)?\s*:([^;]{1,80})", re.IGNORECASE)


def list_numbering(tag: str, attributes: Mapping[str, str]) -> tuple[int, str]:
    """Return the first number of a list and its style, ``UNNUMBERED`` when it has no numbers."""
    if tag != "ol":
        return 0, UNNUMBERED
    words = attributes.get("class", "").lower().split()
    if match := _STYLE.search(attributes.get("style", "")):
        words += match[1].lower().split()
    named = (word for word in words if word in _STYLES or word == UNNUMBERED)
    first = whole_number(attributes.get("start", ""), 1)
    return first, next(named, attributes.get("type", ""))


def item_marker(number: int, style: str) -> str:
    """Return the marker of an item (``3.``, ``三、``, ``(三)``)."""
    numerals, form = _STYLES.get(style, _USUAL)
    return form.format(ordinal(number, numerals))


def whole_number(text: str, otherwise: int) -> int:
    """Return the number in ``text``, ``otherwise`` when it is none or longer than any list."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else otherwise


MOST_LINES = 200_000
"""Lines of a page; the largest report has 2,000."""
_DEEPEST = 512
"""Open elements; what is opened inside of so many adds no structure, as in Chrome."""
_NEAREST = 32
"""Open elements among which the one that an end tag closes is looked for."""
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header html legend li listing main "
    "menu nav ol p pre section summary table tbody td tfoot th thead tr ul xmp".split()
)
_ENDS_PARAGRAPH = _BLOCKS - frozenset("body caption html legend tbody td tfoot th thead tr".split())
_IN_TABLES = frozenset("caption table tbody td tfoot th thead tr".split())
_END_NEEDED = _BLOCKS - frozenset("dd dt li p tbody td tfoot th thead tr".split())
_CLOSES = {
    "li": ({"li"}, {"ol", "ul", "menu", "dir"}),
    "dd": ({"dd", "dt"}, {"dl"}),
    "dt": ({"dd", "dt"}, {"dl"}),
    "td": ({"td", "th"}, {"tr", "table"}),
    "th": ({"td", "th"}, {"tr", "table"}),
    "tr": ({"tr"}, {"table"}),
    "tbody": ({"tbody", "thead", "tfoot"}, {"table"}),
    "thead": ({"tbody", "thead", "tfoot"}, {"table"}),
    "tfoot": ({"tbody", "thead", "tfoot"}, {"table"}),
}
"""Which open elements a start tag closes, and which one it does not look beyond."""
_VOID = frozenset(
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source "
    "track wbr".split()
)
_LISTS = frozenset("dir menu ol ul".split())
_UNSEEN = frozenset(
    "audio button canvas datalist noscript object rp rt select svg template video".split()
)
"""Elements whose text is not part of the page's text."""
_MAY_HIDE = re.compile(r"none|hidden|hide", re.IGNORECASE)
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HIDING_CLASSES = frozenset("hidden hide d-none none sr-only visually-hidden".split())
_PREFORMATTED = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.IGNORECASE)
_SAVED_FROM = re.compile(r"\s{0,80}saved from url=\(\d+\)(\S+)")
_BLANKS = re.compile(r"[ \t\f]+")
_BREAKS = re.compile(r" ?[\r\n][ \r\n]*")
_WIDE = "[\u2014-\u2026\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
_NOT_A_SPACE = re.compile(rf"(?<={_WIDE})\n|\n(?={_WIDE})")
"""A line break in the source beside a Chinese character, which is not meant as a space."""
_ODD: dict[int, str | None] = {
    **{
        code: None for code in (*range(0x20), 0x7F, 0xAD, 0x200B, 0xFEFF) if code not in (9, 10, 13)
    },
    **{ord(char): " " for char in "\v\f\x85\u2028\u2029"},
}


class Element(NamedTuple):
    """A block of a page.

    Attributes:
        tag: its name in lower case.
        parent: number of the block around it; that of the page itself, 0, is -1.
        name: its id and classes in lower case, with spaces between.
        hidden: whether it is not shown.
        column: 0-based, for a cell of a table.
    """

    tag: str
    parent: int
    name: str = ""
    hidden: bool = False
    column: int = 0


class Line(NamedTuple):
    """Text between two ends of a line: those of blocks, and ``<br>``.

    Attributes:
        text: its characters without a line feed; an indent of wide or no-break spaces is kept.
        linked: how many of them, without white space, are in links to elsewhere.
        owner: number of the block that it stands in.
        soft: whether it was ``<br>`` that parts it from the line before.
    """

    text: str
    linked: int
    owner: int
    soft: bool = False


@dataclass(slots=True)
class Page:
    """What a page holds.

    Attributes:
        elements: its blocks, each behind the one it stands in.
        lines: its lines that are not blank, in order, hidden ones too.
        title: what the browser shows as its title.
        metas: contents of its ``meta`` elements by name in lower case; the first of a name.
        address: where it says that it was saved from or belongs, ``""`` when it does not.
        frames: addresses of its frames.
        inner: markup of the pages that stand inside of it.
    """

    elements: list[Element] = field(default_factory=lambda: [Element("", -1)])
    lines: list[Line] = field(default_factory=list)
    title: str = ""
    metas: dict[str, str] = field(default_factory=dict)
    address: str = ""
    frames: list[str] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)


def read_page(markup: str) -> Page:
    """Return the blocks and lines of ``markup``, a whole page or a piece of one.

    Raises:
        TooMuchMarkupError: there are more tags or lines than any page of text has.
    """
    builder = _Builder()
    for kind, tag, text, attributes in tokens(markup):
        if kind is TokenKind.TEXT:
            builder.text(text)
        elif kind is TokenKind.START:
            builder.start(tag, attributes)
        elif kind is TokenKind.END:
            builder.end(tag)
        elif kind is TokenKind.RAW:
            builder.raw(tag, attributes, text)
        else:
            builder.comment(text)
    builder.end_line()
    return builder.page


class _Open(NamedTuple):
    """An open block: its tag, and what is current again when it ends."""

    tag: str
    element: int
    preformatted: bool


class _Builder:
    """The page as far as it has been read."""

    def __init__(self) -> None:
        self.page = Page()
        self._open: list[_Open] = []
        self._beyond = 0
        """Blocks that were opened below the deepest."""
        self._element = 0
        self._preformatted = False
        self._pieces: list[str] = []
        self._linked = 0
        self._link_depth: int | None = None
        self._soft = False
        self._unseen = ""
        """Tag of the element around that is not shown."""
        self._inside = 0
        """Elements that were opened in it and must be closed before it."""
        self._marker = ""
        self._lists: list[tuple[int, str]] = []
        """Of each open list: its next number and its style."""
        self._columns: list[int] = []
        """Of each open row: its cells."""

    def text(self, raw: str) -> None:
        if not raw or self._unseen:
            return
        text = resolve(raw)
        if self._preformatted:
            *whole, text = re.split("\r\n|\r|\n", text)
            for line in whole:
                self._add(line)
                self.end_line(soft=True)
        self._add(text)

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        if self._link_depth is not None:
            self._linked += sum(map(len, text.split()))

    def end_line(self, soft: bool = False) -> None:
        """End the line; a ``soft`` end that follows another one parts paragraphs."""
        text = "".join(self._pieces)
        if not text:
            self._soft = False
            return
        self._pieces.clear()
        if self._preformatted:
            text = text.translate(_ODD).rstrip()
        else:
            text = _BLANKS.sub(" ", text)
            if "\n" in text or "\r" in text:
                text = _NOT_A_SPACE.sub("", _BREAKS.sub("\n", text).strip(" \n")).replace("\n", " ")
            text = text.translate(_ODD).lstrip(" ").rstrip()
        if text:
            if self._marker and not starts_unit(text.lstrip()):
                text = self._marker + text.lstrip()
            self._marker = ""
            if len(self.page.lines) == MOST_LINES:
                raise TooMuchMarkupError
            self.page.lines.append(Line(text, self._linked, self._element, self._soft))
        self._linked = 0
        self._soft = soft and bool(text)

    def comment(self, text: str) -> None:
        if saved := _SAVED_FROM.match(text):
            self.page.address = self.page.address or saved[1]

    def raw(self, tag: str, attributes: str, text: str) -> None:
        if tag == "title":
            self.page.title = self.page.title or " ".join(resolve(text).split())
        elif tag == "xmp":
            self.start(tag, attributes)
            self._add(text)
            self.end(tag)
        elif tag == "iframe" and (inner := attributes_of(attributes).get("srcdoc")):
            self.page.inner.append(inner)

    def start(self, tag: str, raw: str) -> None:
        if self._unseen:
            self._inside += tag == self._unseen or tag in _END_NEEDED
        elif tag == "br":
            self.end_line(soft=True)
        elif tag in _VOID:
            self._void(tag, raw)
        elif tag == "a":
            target = attributes_of(raw).get("href", "")
            # A link within the page is one of a table of contents, which belongs to the report.
            self._link_depth = None if not target or target[0] == "#" else len(self._open)
        elif tag in _BLOCKS:
            self._start_block(tag, raw)
        elif tag in _UNSEEN or (_MAY_HIDE.search(raw) and _is_hidden(attributes_of(raw))):
            self._unseen = "" if raw.endswith("/") else tag
            self._inside = 0

    def _start_block(self, tag: str, raw: str) -> None:
        if tag in _ENDS_PARAGRAPH and self._open and self._open[-1].tag == "p":
            self._pop(len(self._open) - 1)
        if tag in _CLOSES:
            self._close(*_CLOSES[tag])
        self.end_line()
        if len(self._open) >= _DEEPEST:
            self._beyond += 1
            return
        attributes = attributes_of(raw) if raw.strip() else {}
        column = 0
        if tag == "tr":
            self._columns.append(0)
        elif tag in ("td", "th") and self._columns:
            column = self._columns[-1]
            self._columns[-1] += 1
        elif tag in _LISTS:
            self._lists.append(list_numbering(tag, attributes))
        elif tag == "li":
            self._number_item(attributes)
        name = f"{attributes.get('id', '')} {attributes.get('class', '')}".strip().lower()
        element = Element(tag, self._element, name, _is_hidden(attributes), column)
        self._open.append(_Open(tag, self._element, self._preformatted))
        self._element = len(self.page.elements)
        self.page.elements.append(element)
        self._preformatted |= tag in ("pre", "xmp", "listing") or bool(
            _PREFORMATTED.search(attributes.get("style", ""))
        )

    def end(self, tag: str) -> None:
        if self._unseen:
            if tag != self._unseen and tag not in _END_NEEDED:
                return
            if self._inside:
                self._inside -= 1
                return
            unseen, self._unseen = self._unseen, ""
            if tag == unseen:
                return
        if tag == "a":
            self._link_depth = None
        elif tag == "br":
            self.end_line(soft=True)
        elif tag in _BLOCKS and self._beyond:
            self._beyond -= 1
            self.end_line()
        elif tag in _BLOCKS:
            barrier = {"table"} if tag in _IN_TABLES else {"td", "th", "table", "caption"}
            self._close({tag}, barrier - {tag})
            self.end_line()

    def _close(self, tags: set[str], barrier: set[str]) -> None:
        """End the innermost open element of ``tags``, unless one of ``barrier`` is further in."""
        last = len(self._open) - 1
        for i in range(last, max(last - _NEAREST, -1), -1):
            if self._open[i].tag in tags:
                self._pop(i)
                return
            if self._open[i].tag in barrier:
                return

    def _pop(self, depth: int) -> None:
        """End all elements from ``depth`` on."""
        while len(self._open) > depth:
            self.end_line()
            tag, self._element, self._preformatted = self._open.pop()
            if tag == "tr":
                self._columns.pop()
            elif tag in _LISTS:
                self._lists.pop()
            elif tag == "li":
                self._marker = ""
        if self._link_depth is not None and self._link_depth > depth:
            self._link_depth = None

    def _void(self, tag: str, raw: str) -> None:
        if tag == "hr":
            self.end_line()
        elif tag == "meta":
            attributes = attributes_of(raw)
            name = attributes.get("name") or attributes.get("property") or ""
            if name and attributes.get("content"):
                self.page.metas.setdefault(name.lower(), " ".join(attributes["content"].split()))
        elif tag == "frame":
            self.page.frames.append(attributes_of(raw).get("src", ""))
        elif tag == "link" and "canonical" in raw.lower():
            attributes = attributes_of(raw)
            if attributes.get("rel", "").lower() == "canonical":
                self.page.metas.setdefault("canonical", attributes.get("href", ""))

    def _number_item(self, attributes: dict[str, str]) -> None:
        self._marker = ""
        number, style = self._lists[-1] if self._lists else (0, UNNUMBERED)
        if style != UNNUMBERED:
            number = whole_number(attributes.get("value", ""), number)
            self._lists[-1] = number + 1, style
            self._marker = item_marker(number, style)


def _is_hidden(attributes: dict[str, str]) -> bool:
    return (
        "hidden" in attributes
        or bool(_HIDING.search(attributes.get("style", "")))
        or not _HIDING_CLASSES.isdisjoint(attributes.get("class", "").lower().split())
    )
