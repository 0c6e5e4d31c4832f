"""Check and clean what comes from outside: characters, names, values, and spreadsheet formulas.

Every function returns the value in the form that is kept, or raises ``ValueError`` with a message
that names it; who knows where the value stands puts the place in front and raises an error of ours.

Two answers for two places. What is *kept* loses the characters that are no text, such as control
characters and halves of surrogate pairs (:func:`clean_text`, :func:`clean_line`). What is *shown*
on a terminal has the remaining characters that would steer it written as escapes
(:func:`visible`); marks of direction stay in the data, for Uyghur names need them.
"""

from __future__ import annotations

import datetime
import re
from bisect import bisect_left
from typing import Any, cast, get_args

from .errors import quoted
from .records import Kind, Level, Year
from .text.dates import FIRST, LAST, date_of

LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
"""What ends a line beside the line feed."""
LOST = re.compile("[\0\ud800-\udfff\ufffd]")
"""What stands where a character was before the file was damaged or badly converted."""
SILENT = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
"""What says nothing, and steers a terminal."""

_UNCLEAN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffd\ufffe\uffff]"
)
_DROPPED = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffd\ufffe\uffff]|\r(?=\n)"
)
_ENDS = dict.fromkeys(map(ord, "\r\v\f\x85\u2028\u2029"), "\n")
_STEERS = "\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""What would break a line, steer a terminal, turn its direction, or cannot be written."""
UNSEEN = re.compile(f"[{_STEERS}]")
_UNSEEN_IN_LINES = re.compile(f"(?![\t\n])[{_STEERS}]")


class Cleaned:
    """A text as it is kept, with the places of its characters.

    Attributes:
        text: with line feeds only, and without what is no text.
    """

    def __init__(self, raw: str) -> None:
        self._dropped: list[int] = []
        self.text = raw
        if _UNCLEAN.search(raw):
            self._dropped = [found.start() for found in _DROPPED.finditer(raw)]
            self.text = _DROPPED.sub("", raw).translate(_ENDS)  # both keep or drop, none joins

    def place(self, offset: int) -> int:
        """Return where the character at ``offset`` of the raw text stands now."""
        return offset - bisect_left(self._dropped, offset) if self._dropped else offset


def clean_text(raw: str) -> str:
    """Return ``raw`` with line feeds only, and without what is no text."""
    return Cleaned(raw).text


def clean_line(raw: str) -> str:
    """Return ``raw`` on one line and without what is no text; unchanged when it is so already."""
    if not _UNCLEAN.search(raw) and "\n" not in raw and "\t" not in raw:
        return raw
    return " ".join(SILENT.sub("", LOST.sub("", LINE_END.sub(" ", raw))).split())


def visible(text: str, lines: bool = True) -> str:
    r"""Return ``text`` as a terminal may show it: ``\x1b`` for what would steer it.

    Args:
        text: anything.
        lines: whether line feeds and tabs stay as they are.
    """
    return (_UNSEEN_IN_LINES if lines else UNSEEN).sub(_escaped, text)


def json_visible(text: str) -> str:
    r"""Return JSON that says the same with ``\u001b`` for what would steer a terminal."""
    return _UNSEEN_IN_LINES.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _escaped(match: re.Match[str]) -> str:
    return ascii(match[0])[1:-1]


SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_ISO_DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2})?", re.ASCII)
_YEARS = re.compile(r"(\d{4})(?:-(\d{4}))?", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[0-9]{6}")
_NOT_IN_ID = re.compile(r"[\s:：/\\\"'“”<>|*?#\x00-\x1f\x7f]+")
_LONGEST_LINE = 10_000
_LARGEST = 1 << 31


def shown(value: object) -> str:
    """Return a value from outside as a message shows it."""
    return quoted(value if isinstance(value, str) else str(type(value).__name__))


def text(what: str, value: Any) -> str:
    """Return any text.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, str):
        raise ValueError(f"{what} is not text")
    return value


def line(what: str, value: Any) -> str:
    """Return a text of one line, cleaned.

    Raises:
        ValueError: it is no text, or longer than 10,000 characters.
    """
    cleaned = clean_line(text(what, value))
    if len(cleaned) > _LONGEST_LINE:
        raise ValueError(f"{what} has {len(cleaned):,} characters; at most {_LONGEST_LINE:,}")
    return cleaned


def flag(what: str, value: Any) -> bool:
    """Return true or false.

    Raises:
        ValueError: it is neither.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{what} must be true or false")
    return value


def number(what: str, value: Any, least: int = 0) -> int:
    """Return a whole number from ``least`` to 2,147,483,647.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < _LARGEST:
        raise ValueError(f"{what} is not a number that can be")
    return value


def probability(what: str, value: Any) -> float:
    """Return a probability or share, 0 to 1.

    Raises:
        ValueError: it is none; true and NaN are none.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= 1:
        raise ValueError(f"{what} is not between 0 and 1")
    return float(value)


def year(value: Any) -> Year:
    """Return a year from 1949 to 2099, a span of two, or ``""``.

    Raises:
        ValueError: it is none of these.
    """
    if value == "" and isinstance(value, str):
        return ""
    written = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    found = _YEARS.fullmatch(text("year", written))
    years = sorted({int(part) for part in found.groups() if part}) if found else []
    if not years or not FIRST <= years[0] <= years[-1] <= LAST:
        raise ValueError(f"year is {quoted(written)}; it must be as 2020 or 2018-2020")
    return years[0] if len(years) == 1 else f"{years[0]}-{years[1]}"


def date(value: Any) -> str:
    """Return a date as ``2021-01-15`` or ``2021-01``, or ``""``.

    Raises:
        ValueError: it is neither.
    """
    written = text("date", value)
    if written and not (_ISO_DATE.fullmatch(written) and date_of(f"{written}-01"[:10])):
        raise ValueError(f"date is {quoted(written)}; it must be as 2021-01-15 or 2021-01")
    return written


def moment(what: str, value: Any) -> str:
    """Return a time in ISO 8601, such as ``2024-01-15T08:00:00Z``.

    Raises:
        ValueError: it is none.
    """
    written = text(what, value)
    try:
        datetime.datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"{what} is {quoted(written)}, not a time in ISO 8601") from None
    return line(what, written)


def level(value: Any) -> Level:
    """Return the level of a place, or ``""``.

    Raises:
        ValueError: there is no such level.
    """
    if value not in get_args(Level):
        levels = ", ".join(filter(None, get_args(Level)))
        raise ValueError(f"unknown level {shown(value)}; write one of {levels}")
    return cast("Level", value)


def kind(value: Any) -> Kind:
    """Return what a unit of text is.

    Raises:
        ValueError: there is no such kind.
    """
    if value not in get_args(Kind):
        raise ValueError(f"unknown kind {shown(value)}")
    return cast("Kind", value)


def slug(what: str, value: Any) -> str:
    """Return the slug of a topic or role.

    Raises:
        ValueError: it is not lower-case letters, digits and ``-``, at most 100.
    """
    if not SLUG.fullmatch(text(what, value)):
        raise ValueError(f"{what} {quoted(value)} must be lower-case letters, digits and '-'")
    return cast("str", value)


def sha256(value: Any) -> str:
    """Return a hash.

    Raises:
        ValueError: it is not 64 hexadecimal digits.
    """
    if not _HASH.fullmatch(text("sha256", value)):
        raise ValueError("sha256 is not 64 hexadecimal digits")
    return cast("str", value)


def adcode(value: Any) -> str:
    """Return a code of GB/T 2260, or ``""``.

    Raises:
        ValueError: it is not six digits.
    """
    if value != "" and not _CODE.fullmatch(text("adcode", value)):
        raise ValueError(f"adcode is {quoted(value)}; it must be six digits")
    return cast("str", value)


def report_id(name: str) -> str:
    """Return a name as the id of a report: one line, and nothing that a shell or path may use."""
    return _NOT_IN_ID.sub("-", visible(clean_line(name))).strip("-") or "report"


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
