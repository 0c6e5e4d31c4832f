"""The numbers of an ordered list on a web page, as a browser shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .ordinals import ordinal

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
