"""Text that a spreadsheet would run: kept from it by a quote in front, and read back without."""

from __future__ import annotations

import re

_FORMULA = re.compile(
    # What spreadsheets pass over: blanks, unseen characters, quotes. Then full and small forms too.
    "[\\s\0-\x20\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3000\ufeff'\"]*+"
    "[=+\\-@\u2212\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"
    "|'*+[\t\r\n]"
)


def is_formula(text: str) -> bool:
    """Say whether a spreadsheet might take ``text`` for a formula."""
    return _FORMULA.match(text) is not None


def defused(text: str) -> str:
    """Return ``text`` as a cell that no spreadsheet runs; :func:`as_written` undoes it."""
    return f"'{text}" if is_formula(text) else text


def as_written(cell: str) -> str:
    """Return a cell without the quote that keeps a spreadsheet from running it."""
    return cell[1:] if cell[:1] == "'" and is_formula(cell[1:]) else cell
