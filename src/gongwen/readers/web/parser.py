"""Parse HTML in linear time into lines of text and the blocks that contain them.

Blocks open and close as in browsers where this affects the visible text: the implied ends of
paragraphs, items and cells, end tags that close nothing, and hidden elements.

libxml2 loses the text below 256 open elements (2,048 with ``huge_tree``), and ``html.parser`` needs
160 s for 300 kB of ``<a b='`` in Python 3.11, so this module has its own tokenizer. It follows
browsers (WHATWG HTML §13.2.5), except that no text is lost where a page was cut off in a comment, a
tag or a title.
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

# -- pages -----------------------------------------------------------------------------------------

MAX_LINES = 200_000
"""Most lines of a page; the largest report has 2,000."""
_MAX_DEPTH = 512
"""Most levels of open elements; deeper ones are ignored, as in Chrome."""
_MAX_SEARCH_DEPTH = 32
"""Number of innermost open elements in which the start of an end tag is looked for."""
_BLOCK_TAGS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header html legend li listing main "
    "menu nav ol p pre section summary table tbody td tfoot th thead tr ul xmp".split()
)
_ENDS_PARAGRAPH = _BLOCK_TAGS - frozenset(
    "body caption html legend tbody td tfoot th thead tr".split()
)
_TABLE_PARTS = frozenset("caption table tbody td tfoot th thead tr".split())
_EXPLICIT_END = _BLOCK_TAGS - frozenset("dd dt li p tbody td tfoot th thead tr".split())
_IMPLIED_ENDS = {
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
"""For each start tag, the open elements that it closes, and those at which the search stops."""
_VOID_TAGS = frozenset(
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source "
    "track wbr".split()
)
_LIST_TAGS = frozenset("dir menu ol ul".split())
_INVISIBLE_TAGS = frozenset(
    "audio button canvas datalist noscript object rp rt select svg template video".split()
)
"""Elements whose text is not part of the visible text."""
_MAY_HIDE = re.compile(r"none|hidden|hide", re.IGNORECASE)
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HIDING_CLASSES = frozenset("hidden hide d-none none sr-only visually-hidden".split())
_PREFORMATTED = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.IGNORECASE)
_SAVED_FROM = re.compile(r"\s{0,80}saved from url=\(\d+\)(\S+)")
_BLANKS = re.compile(r"[ \t\f]+")
_BREAKS = re.compile(r" ?[\r\n][ \r\n]*")
_WIDE = "[\u2014-\u2026\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
_IGNORED_BREAK = re.compile(rf"(?<={_WIDE})\n|\n(?={_WIDE})")
"""A line break in the source beside a Chinese character, which does not stand for a space."""
_CONTROL_CHARACTERS: dict[int, str | None] = {
    **{
        code: None for code in (*range(0x20), 0x7F, 0xAD, 0x200B, 0xFEFF) if code not in (9, 10, 13)
    },
    **{ord(char): " " for char in "\v\f\x85\u2028\u2029"},
}
"""Replacements of control and invisible characters, for ``str.translate``."""


class Element(NamedTuple):
    """A block of a page.

    Attributes:
        tag: its tag in lower case.
        parent: index of the block around it in ``Page.elements``; -1 for the page itself.
        name: its id and classes in lower case, separated by spaces.
        hidden: whether it is not displayed.
        column: the column of a cell of a table, from 0.
    """

    tag: str
    parent: int
    name: str = ""
    hidden: bool = False
    column: int = 0


class Line(NamedTuple):
    """A line of text, bounded by the edges of blocks or by ``<br>``.

    Attributes:
        text: its characters without line feed; an indent of wide or no-break spaces is kept.
        linked: the number of its characters, without white space, in links to other pages.
        owner: index of the innermost block that contains it in ``Page.elements``.
        soft: whether ``<br>`` separates it from the line before.
    """

    text: str
    linked: int
    owner: int
    soft: bool = False


@dataclass(slots=True)
class Page:
    """A parsed page.

    Attributes:
        elements: its blocks in the order of their start tags; the first is the page itself.
        lines: its lines that are not blank, in order, including hidden ones.
        title: the content of its ``title`` element.
        metas: contents of its ``meta`` elements by name in lower case, the first of each name.
        address: the address that a browser noted when it saved the page, else ``""``.
        frames: addresses of its frames.
        embedded: markup of the pages embedded in it (``iframe srcdoc``).
    """

    elements: list[Element] = field(default_factory=lambda: [Element("", -1)])
    lines: list[Line] = field(default_factory=list)
    title: str = ""
    metas: dict[str, str] = field(default_factory=dict)
    address: str = ""
    frames: list[str] = field(default_factory=list)
    embedded: list[str] = field(default_factory=list)


def read_page(markup: str) -> Page:
    """Return the blocks and lines of ``markup``, a whole page or a fragment of one.

    Raises:
        TooMuchMarkupError: there are too many tags or lines.

    Example:
        >>> [line.text for line in read_page("<p>一<br>二</p>").lines]
        ['一', '二']
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
    """An open block: its tag, and the state to restore when it ends."""

    tag: str
    element: int
    preformatted: bool


class _Builder:
    """Builds a page from the tokens of its markup."""

    def __init__(self) -> None:
        self.page = Page()
        self._open: list[_Open] = []
        self._too_deep = 0
        """Number of open blocks beyond the deepest allowed level."""
        self._element = 0
        self._preformatted = False
        self._pieces: list[str] = []
        self._linked = 0
        self._link_depth: int | None = None
        self._soft = False
        self._invisible_tag = ""
        """Tag of the outermost open element that is not displayed, ``""`` for none."""
        self._invisible_depth = 0
        """Number of elements that were opened in it and must be closed before it."""
        self._marker = ""
        self._lists: list[tuple[int, str]] = []
        """For each open list its next number and its style."""
        self._columns: list[int] = []
        """For each open row of a table its number of cells."""

    def text(self, raw: str) -> None:
        if not raw or self._invisible_tag:
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
        """End the line; two ``soft`` ends (``<br>``) in a row separate paragraphs."""
        text = "".join(self._pieces)
        if not text:
            self._soft = False
            return
        self._pieces.clear()
        if self._preformatted:
            text = text.translate(_CONTROL_CHARACTERS).rstrip()
        else:
            text = _BLANKS.sub(" ", text)
            if "\n" in text or "\r" in text:
                text = _BREAKS.sub("\n", text).strip(" \n")
                text = _IGNORED_BREAK.sub("", text).replace("\n", " ")
            text = text.translate(_CONTROL_CHARACTERS).lstrip(" ").rstrip()
        if text:
            if self._marker and not starts_unit(text.lstrip()):
                text = self._marker + text.lstrip()
            self._marker = ""
            if len(self.page.lines) == MAX_LINES:
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
        elif tag == "iframe" and (markup := attributes_of(attributes).get("srcdoc")):
            self.page.embedded.append(markup)

    def start(self, tag: str, raw: str) -> None:
        if self._invisible_tag:
            self._invisible_depth += tag == self._invisible_tag or tag in _EXPLICIT_END
        elif tag == "br":
            self.end_line(soft=True)
        elif tag in _VOID_TAGS:
            self._void(tag, raw)
        elif tag == "a":
            target = attributes_of(raw).get("href", "")
            # Links within the page form a table of contents, which belongs to the report.
            self._link_depth = None if not target or target[0] == "#" else len(self._open)
        elif tag in _BLOCK_TAGS:
            self._start_block(tag, raw)
        elif tag in _INVISIBLE_TAGS or (_MAY_HIDE.search(raw) and _is_hidden(attributes_of(raw))):
            self._invisible_tag = "" if raw.endswith("/") else tag
            self._invisible_depth = 0

    def _start_block(self, tag: str, raw: str) -> None:
        if tag in _ENDS_PARAGRAPH and self._open and self._open[-1].tag == "p":
            self._pop(len(self._open) - 1)
        if tag in _IMPLIED_ENDS:
            self._close(*_IMPLIED_ENDS[tag])
        self.end_line()
        if len(self._open) >= _MAX_DEPTH:
            self._too_deep += 1
            return
        attributes = attributes_of(raw) if raw.strip() else {}
        column = 0
        if tag == "tr":
            self._columns.append(0)
        elif tag in ("td", "th") and self._columns:
            column = self._columns[-1]
            self._columns[-1] += 1
        elif tag in _LIST_TAGS:
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
        if self._invisible_tag:
            if tag != self._invisible_tag and tag not in _EXPLICIT_END:
                return
            if self._invisible_depth:
                self._invisible_depth -= 1
                return
            invisible_tag, self._invisible_tag = self._invisible_tag, ""
            if tag == invisible_tag:
                return
        if tag == "a":
            self._link_depth = None
        elif tag == "br":
            self.end_line(soft=True)
        elif tag in _BLOCK_TAGS and self._too_deep:
            self._too_deep -= 1
            self.end_line()
        elif tag in _BLOCK_TAGS:
            barrier = {"table"} if tag in _TABLE_PARTS else {"td", "th", "table", "caption"}
            self._close({tag}, barrier - {tag})
            self.end_line()

    def _close(self, tags: set[str], barrier: set[str]) -> None:
        """Close the innermost open element of ``tags``, unless one of ``barrier`` is inside it."""
        last = len(self._open) - 1
        for i in range(last, max(last - _MAX_SEARCH_DEPTH, -1), -1):
            if self._open[i].tag in tags:
                self._pop(i)
                return
            if self._open[i].tag in barrier:
                return

    def _pop(self, depth: int) -> None:
        """Close all open elements from index ``depth`` on."""
        while len(self._open) > depth:
            self.end_line()
            tag, self._element, self._preformatted = self._open.pop()
            if tag == "tr":
                self._columns.pop()
            elif tag in _LIST_TAGS:
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


# -- tokens ----------------------------------------------------------------------------------------

MAX_TAGS = 2_500_000
"""Most tags of a page; the largest saved page that was seen has 10,000."""

_MAX_UNTERMINATED_TAGS = 3
"""Number of unterminated tags after which quotes in tags are ignored for the rest of the page."""
_RAW_TEXT_TAGS = frozenset("iframe noembed noframes script style textarea title xmp".split())
"""Elements whose content is text, not markup."""

_MARKUP = re.compile(r"<(?:(/?)([a-zA-Z][^\s/<>]*)|(!--)|[!?/])")
_TAG_REST = re.compile(r"""(?:[^>"'=]++|=[\s=]*+(?:"[^"]*+"|'[^']*+')?+|["']++)*+>""")
_ATTRIBUTE = re.compile(r"""([^\s=>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']*)))?""")
_HUGE_REFERENCE = re.compile(r"&#(?:\d{8,}|[xX][0-9a-fA-F]{7,});?")


class TokenKind(Enum):
    """Kinds of tokens."""

    TEXT = auto()
    START = auto()
    END = auto()
    RAW = auto()
    COMMENT = auto()


class Token(NamedTuple):
    """A token of markup.

    Attributes:
        kind: the kind.
        tag: the name of the tag in lower case, ``""`` for texts and comments.
        text: the characters of a text or comment, or the content of a raw element.
        attributes: the source of the tag after its name.
    """

    kind: TokenKind
    tag: str
    text: str
    attributes: str = ""


class TooMuchMarkupError(ValueError):
    """A page has too many tags or lines."""


def tokens(markup: str) -> Iterator[Token]:
    """Yield the tokens of ``markup``, a whole page or a fragment of one.

    Raises:
        TooMuchMarkupError: there are more than ``MAX_TAGS`` tags.

    Example:
        >>> [(token.kind.name, token.tag, token.text) for token in tokens("<p>报告</p>")]
        [('START', 'p', ''), ('TEXT', '', '报告'), ('END', 'p', '')]
    """
    without_end: set[str] = set()
    unterminated = count = position = 0
    while match := _MARKUP.search(markup, position):
        if match.start() > position:
            yield Token(TokenKind.TEXT, "", markup[position : match.start()])
        position = match.end()
        end_tag, tag, comment = match.groups()
        count += 1
        if count > MAX_TAGS:
            raise TooMuchMarkupError
        if comment:
            end = -1 if comment in without_end else markup.find("-->", position - 2)
            if end >= 0:
                yield Token(TokenKind.COMMENT, "", markup[position : max(end, position)])
                position = end + 3
                continue
            without_end.add(comment)
        # A > in quotes does not end a tag, unless the quotes are not closed.
        rest = (
            _TAG_REST.match(markup, position)
            if tag and unterminated < _MAX_UNTERMINATED_TAGS
            else None
        )
        unterminated += bool(tag) and rest is None
        end = rest.end() if rest else markup.find(">", position) + 1 or len(markup)
        attributes = markup[position : end - 1]
        position = end
        if not tag:
            continue
        tag = tag.lower()
        if end_tag:
            yield Token(TokenKind.END, tag, "")
        elif tag not in _RAW_TEXT_TAGS:
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
    """Return the attributes in ``raw``, the source of a tag after its name, by lower-case name.

    Example: ``ID="a" class=b`` -> ``{"id": "a", "class": "b"}``
    """
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(raw):
        found.setdefault(match[1].lower(), match[2] or match[3] or match[4] or "")
    return {name: resolve(value) for name, value in found.items()}


def resolve(text: str) -> str:
    """Return ``text`` with its character references resolved; invalid ones become U+FFFD."""
    return unescape(_HUGE_REFERENCE.sub("\ufffd", text)) if "&" in text else text


# -- numbers of list items -------------------------------------------------------------------------

UNNUMBERED = "none"
"""The style of a list without numbers."""

_LETTERS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_MARKER_FORMATS = {
    **{style: (number_format, "{}.") for style, number_format in _LETTERS.items()},
    "lower-alpha": ("lowerLetter", "{}."),
    "lower-latin": ("lowerLetter", "{}."),
    "upper-alpha": ("upperLetter", "{}."),
    "upper-latin": ("upperLetter", "{}."),
    "lower-roman": ("lowerRoman", "{}."),
    "upper-roman": ("upperRoman", "{}."),
    "cjk-ideographic": ("chineseCountingThousand", "{}、"),
    "simp-chinese-informal": ("chineseCountingThousand", "{}、"),
    "trad-chinese-informal": ("chineseCountingThousand", "{}、"),
    # Classes of the editor UEditor, in which the numbers are images.
    "custom_num1": ("decimal", "{})"),
    "custom_num2": ("decimal", "({})"),
    "custom_cn": ("chineseCountingThousand", "{}、"),
    "custom_cn1": ("chineseCountingThousand", "{})"),
    "custom_cn2": ("chineseCountingThousand", "({})"),
}
"""Number format and template of the marker, by ``type``, style or class of the list."""
_DEFAULT_FORMAT = ("decimal", "{}.")
_STYLE = re.compile(r"list-style(?:-type)?\s*:([^;]{1,80})", re.IGNORECASE)


def list_numbering(tag: str, attributes: Mapping[str, str]) -> tuple[int, str]:
    """Return the first number of a list and its style, ``UNNUMBERED`` when it has no numbers."""
    if tag != "ol":
        return 0, UNNUMBERED
    words = attributes.get("class", "").lower().split()
    if match := _STYLE.search(attributes.get("style", "")):
        words += match[1].lower().split()
    named = (word for word in words if word in _MARKER_FORMATS or word == UNNUMBERED)
    first = whole_number(attributes.get("start", ""), 1)
    return first, next(named, attributes.get("type", ""))


def item_marker(number: int, style: str) -> str:
    """Return the marker of a list item.

    Example:
        >>> item_marker(3, ""), item_marker(3, "cjk-ideographic")
        ('3.', '三、')
    """
    number_format, template = _MARKER_FORMATS.get(style, _DEFAULT_FORMAT)
    return template.format(ordinal(number, number_format))


def whole_number(text: str, default: int) -> int:
    """Return the number in ``text``, or ``default`` when it is not a number below 10,000."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else default
