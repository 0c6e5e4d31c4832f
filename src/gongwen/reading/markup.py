"""HTML to tokens, in linear time whatever the input.

libxml2 loses the text below 256 open elements (2,048 with ``huge_tree``), and ``html.parser`` needs
160 s for 300 kB of ``<a b='`` in Python 3.11, so the markup is read here. It is cut as browsers do
(WHATWG HTML §13.2.5) but that nothing is lost where it was cut off in a comment, a tag or a title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from html import unescape
from typing import NamedTuple

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
