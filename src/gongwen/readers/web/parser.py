"""Parse HTML into lines of text and the blocks that contain them.

Lexbor (selectolax) builds the tree as browsers do (WHATWG HTML §13), in C; this module walks it.
Before that the source is mended where a browser's tree would lose text: pages that were cut off in
a comment, a quote or a title, links without an end, cells without a table. Elements beyond a depth
are dropped, as Lexbor needs time for each paragraph that grows with the number of open elements.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ...nlp.text.paragraphs import starts_unit
from ..word.numbering import ordinal

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

# -- pages -----------------------------------------------------------------------------------------

MISSING = "reading web pages needs selectolax: pip install selectolax, or save it as .txt"
"""What to do where :func:`read_page` raises ``ImportError``."""
MAX_LINES = 200_000
"""Most lines of a page; the largest report has 2,000."""
_BLOCK_TAGS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header html legend li listing main "
    "menu nav ol p pre section summary table tbody td tfoot th thead tr ul xmp".split()
)
_LIST_TAGS = frozenset("dir menu ol ul".split())
_INVISIBLE_TAGS = frozenset(
    "audio button canvas datalist iframe noembed noframes object rp rt script select style svg"
    " template textarea video".split()
)
"""Elements whose text is not part of the visible text."""
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
        marker: the number of characters at its start that are the number of its item.
    """

    text: str
    linked: int
    owner: int
    soft: bool = False
    marker: int = 0


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


class TooMuchMarkupError(ValueError):
    """A page has too many tags or lines."""


def read_page(markup: str) -> Page:
    """Return the blocks and lines of ``markup``, a whole page or a fragment of one.

    Raises:
        TooMuchMarkupError: there are too many tags or lines.
        ImportError: selectolax is not installed.

    Example:
        >>> [line.text for line in read_page("<p>一<br>二</p>").lines]
        ['一', '二']
    """
    from selectolax.lexbor import LexborHTMLParser  # late: heavy, and optional

    markup = _prepared(markup)
    for _ in range(_MAX_REPAIRS):
        builder = _Builder()
        markup = _limited(markup)
        _walk(LexborHTMLParser(f"{markup}<!--{_END}-->"), builder)
        if builder.is_whole or (repaired := _repaired(markup)) == markup:
            break
        markup = repaired
    builder.end_line()
    return builder.page


# -- source ----------------------------------------------------------------------------------------

MAX_TAGS = 2_500_000
"""Most tags of a page; the largest saved page that was seen has 10,000."""

_MAX_DEPTH = 512
"""Most levels of open elements; deeper ones are ignored, as in Chrome."""
_MAX_REPAIRS = 4
_END = "end of the page"
"""The comment behind the page, which a page that is cut off swallows."""
_MAX_ATTRIBUTES = 1000
"""Most attributes of a tag: Lexbor needs time that grows with the square of their number."""
_BLANK = r"[ \t\n\f\r]"
_ATTRIBUTE = (
    r"(?:=[^ \t\n\f\r/>=]*+|[^ \t\n\f\r/>=]++)"
    rf"""(?:{_BLANK}*+={_BLANK}*+(?:"[^"]*+"?+|'[^']*+'?+|[^ \t\n\f\r>"'][^ \t\n\f\r>]*+)?+)?+"""
)
_ATTRIBUTES = rf"(?:[ \t\n\f\r/]++|{_ATTRIBUTE})*+"
_TAG = rf"<(?P<end>/?)(?P<tag>[a-z][^ \t\n\f\r/>]*+)(?P<attributes>{_ATTRIBUTES})>?+"
_ONE_ATTRIBUTE = re.compile(_ATTRIBUTE)
_ONE_TAG = re.compile(_TAG, re.IGNORECASE)
_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))|<[!?][^>]*+|</[^a-z>][^>]*+"
    r"|(?P<raw><(?P<kind>iframe|noembed|noframes|script|style|textarea|title|xmp)"
    rf"(?=[ \t\n\f\r/>]){_ATTRIBUTES}>?+.*?(?=</(?P=kind)[ \t\n\f\r/>]|\Z))|{_TAG}",
    re.IGNORECASE | re.DOTALL,
)
"""A comment, an element whose content is text, or a tag, as browsers tell them apart."""
_NOT_NESTED = frozenset(
    "area base br col dd dt embed frame hr img input li link meta option p param source tbody td"
    " tfoot th thead tr wbr".split()
)
"""Tags of elements without content or whose end is implied."""
_NOSCRIPT = re.compile(r"(</?)noscript(?=[\s/>])", re.IGNORECASE)
_PLAINTEXT = re.compile(r"<plaintext(?=[\s/>])", re.IGNORECASE)
_CELL = re.compile(r"(</?)t[dhr](?=[\s/>])", re.IGNORECASE)
_BLOCK_EDGE = re.compile(r"(?=</?(?:div|h[1-6]|li|p|table|td|tr|ul)[\s>])", re.IGNORECASE)


def _prepared(markup: str) -> str:
    """Return ``markup`` so that the tree of a browser has its text and its links end."""
    if markup.count("<") > MAX_TAGS:
        raise TooMuchMarkupError
    markup = markup.replace("<![CDATA[", "<!")
    # A browser runs scripts, so it has no content of noscript; elsewhere in the head it ends it.
    markup = _NOSCRIPT.sub(r"\1template", markup.replace("\0", ""))
    markup = _PLAINTEXT.sub("<p", markup)
    lower = markup.lower()
    if "<table" not in lower:
        markup = _CELL.sub(r"\1p", markup)
    if lower.count("<a ") > lower.count("</a"):
        markup = _BLOCK_EDGE.sub("</a>", markup)
    return markup


def _limited(markup: str) -> str:
    """Return ``markup`` without tags that are too deep, and attributes of tags with too many."""
    depth = dropped = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal depth, dropped
        if raw := match["raw"]:
            return _ONE_TAG.sub(_with_few_attributes, raw)  # within SVG there are tags in it
        tag, end = (match["tag"] or "").lower(), match["end"]
        if tag and tag not in _NOT_NESTED:
            if dropped if end else depth >= _MAX_DEPTH:
                dropped += -1 if end else 1
                return "<br>" if tag in _BLOCK_TAGS else ""
            depth = max(depth + (-1 if end else 1), 0)
        return _with_few_attributes(match) if tag else match[0]

    return _TOKEN.sub(keep, markup)


def _with_few_attributes(tag: re.Match[str]) -> str:
    attributes = tag["attributes"]
    if len(attributes) > _MAX_ATTRIBUTES:
        found = sum(1 for _ in islice(_ONE_ATTRIBUTE.finditer(attributes), _MAX_ATTRIBUTES + 1))
        if found > _MAX_ATTRIBUTES:
            return f"<{tag['end']}{tag['tag']}>"
    return tag[0]


def _repaired(markup: str) -> str:
    """Return ``markup`` without the last start of what is not closed: it swallowed the rest."""
    comment = markup.rfind("<!--")
    if comment > markup.rfind("-->"):
        return markup[:comment] + "<!" + markup[comment + 4 :]
    lower = markup.lower()
    for tag in ("title", "textarea", "xmp", "iframe", "noframes"):
        start = lower.rfind(f"<{tag}")
        if start > lower.rfind(f"</{tag}"):
            return f"{markup[:start]}<x-{markup[start + 1 :]}"
    for quote in "\"'":
        place = markup.rfind(quote)
        if place > 0 and markup[:place].rstrip().endswith("="):
            return markup[:place] + markup[place + 1 :]
    return markup + ">" if markup.rfind("<") > markup.rfind(">") else markup


# -- lines -----------------------------------------------------------------------------------------


def _walk(tree: LexborHTMLParser, builder: _Builder) -> None:
    """Go through the tree in the order of the page, without recursion."""
    node = tree.root
    while node and node.prev:
        node = node.prev
    opened: list[tuple[LexborNode, str, dict[str, str]]] = []
    while node:
        inner = None
        if node.is_text_node:
            builder.text(node.text_content or "")
        elif node.is_comment_node:
            builder.comment(node.comment_content or "")
        elif node.is_element_node:
            tag = node.tag or ""
            attributes = {name: value or "" for name, value in node.attributes.items()}
            if tag == "title":
                builder.title(node.text())
            elif builder.start(tag, attributes):
                opened.append((node, tag, attributes))
                inner = node.first_child
        following = inner or (None if opened and opened[-1][0] is node else node.next)
        while not following and opened:
            node, tag, attributes = opened.pop()
            builder.end(tag, attributes)
            following = node.next
        node = following


class _Builder:
    """Builds a page from the nodes of its tree."""

    def __init__(self) -> None:
        self.page = Page()
        self.is_whole = False
        """Whether the end of the page was reached."""
        self._element = 0
        self._preformatted = False
        self._opened: list[tuple[int, bool]] = []
        """For each open block, the state to restore when it ends."""
        self._pieces: list[str] = []
        self._linked = self._links = 0
        self._soft = False
        self._marker = ""
        self._lists: list[tuple[int, str]] = []
        """For each open list its next number and its style."""
        self._columns: list[int] = []
        """For each open row of a table its number of cells."""

    def text(self, text: str) -> None:
        if self._preformatted:
            *whole, text = re.split("\r\n|\r|\n", text)
            for line in whole:
                self._add(line)
                self.end_line(soft=True)
        self._add(text)

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        if self._links:
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
            marker = "" if starts_unit(text.lstrip()) else self._marker
            if marker:
                text = text.lstrip()
                # A space keeps 1. 2020年 from becoming 1.2020年.
                marker += " " * (marker[-1] == "." and text[0].isdigit())
            self._marker = ""
            if len(self.page.lines) == MAX_LINES:
                raise TooMuchMarkupError
            line = Line(marker + text, self._linked, self._element, self._soft, len(marker))
            self.page.lines.append(line)
        self._linked = 0
        self._soft = soft and bool(text)

    def comment(self, text: str) -> None:
        self.is_whole |= text == _END
        if saved := _SAVED_FROM.match(text):
            self.page.address = self.page.address or saved[1]

    def title(self, text: str) -> None:
        self.page.title = self.page.title or " ".join(text.split())

    def start(self, tag: str, attributes: dict[str, str]) -> bool:
        """Return whether the content of the element is visible text."""
        if tag == "br":
            self.end_line(soft=True)
        elif tag == "hr":
            self.end_line()
        elif tag == "a":
            self._links += _is_link(attributes)
        elif tag in _BLOCK_TAGS:
            self._start_block(tag, attributes)
        elif tag in ("meta", "link", "frame"):
            self._head(tag, attributes)
        elif tag in _INVISIBLE_TAGS or _is_hidden(attributes):
            if markup := attributes.get("srcdoc") if tag == "iframe" else None:
                self.page.embedded.append(markup)
            return False
        return True

    def _start_block(self, tag: str, attributes: dict[str, str]) -> None:
        self.end_line()
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
        self._opened.append((self._element, self._preformatted))
        self._element = len(self.page.elements)
        self.page.elements.append(element)
        self._preformatted |= tag in ("pre", "xmp", "listing") or bool(
            _PREFORMATTED.search(attributes.get("style", ""))
        )

    def end(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "a":
            self._links -= _is_link(attributes)
        elif tag in _BLOCK_TAGS:
            self.end_line()
            self._element, self._preformatted = self._opened.pop()
            if tag == "tr":
                self._columns.pop()
            elif tag in _LIST_TAGS:
                self._lists.pop()
            elif tag == "li":
                self._marker = ""

    def _head(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "frame":
            self.page.frames.append(attributes.get("src", ""))
        elif tag == "link":
            if attributes.get("rel", "").lower() == "canonical":
                self.page.metas.setdefault("canonical", attributes.get("href", ""))
        else:
            name = attributes.get("name") or attributes.get("property") or ""
            if name and attributes.get("content"):
                self.page.metas.setdefault(name.lower(), " ".join(attributes["content"].split()))

    def _number_item(self, attributes: dict[str, str]) -> None:
        self._marker = ""
        number, style = self._lists[-1] if self._lists else (0, UNNUMBERED)
        if style != UNNUMBERED:
            number = whole_number(attributes.get("value", ""), number)
            self._lists[-1] = number + 1, style
            self._marker = item_marker(number, style)


def _is_link(attributes: dict[str, str]) -> bool:
    # Links within the page form a table of contents, which belongs to the report.
    return attributes.get("href", "")[:1] not in ("", "#")


def _is_hidden(attributes: dict[str, str]) -> bool:
    return (
        "hidden" in attributes
        or bool(_HIDING.search(attributes.get("style", "")))
        or not _HIDING_CLASSES.isdisjoint(attributes.get("class", "").lower().split())
    )


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
