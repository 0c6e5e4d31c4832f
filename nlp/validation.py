"""Clean text and validate values that come from files, exports and users.

*Stored* text loses the characters that are not text, such as control characters and lone
surrogates (:func:`clean_text`, :func:`clean_line`). Text *displayed* on a terminal has the
remaining characters that would control the terminal escaped (:func:`visible`); bidirectional marks
stay in the stored data, because Uyghur names need them.

Each validating function returns the value in its stored form or raises ``ValueError`` with a
message that names the value. The caller, who knows where the value is, adds the location and raises
an error of :mod:`gongwen.nlp.errors`. Spreadsheet cells that look like formulas are escaped on
output (:func:`escape_formula`) and unescaped on input (:func:`unescape_formula`).
"""

from __future__ import annotations

import datetime
import re
from bisect import bisect_left
from typing import Any, cast, get_args

from .errors import quoted
from .records import Kind, Level, Year
from .text.dates import MAX_YEAR, MIN_YEAR, date_of, year_span

# -- Cleaning of text ------------------------------------------------------------------------------

LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
"""Line terminators other than the line feed."""
UNDECODABLE = re.compile("[\0\ud800-\udfff\ufffd]")
"""Characters left by damage or a wrong conversion: NUL, lone surrogates, U+FFFD."""
CONTROL = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
"""Control characters, byte order marks and noncharacters; white space is not included."""

_NEEDS_CLEANING = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffd\ufffe\uffff]"
)
_DROPPED = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffd\ufffe\uffff]|\r(?=\n)"
)
_LINE_FEEDS = dict.fromkeys(map(ord, "\r\v\f\x85\u2028\u2029"), "\n")
_UNPRINTABLE_CLASS = "\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""Character class of line breaks, terminal controls, bidirectional controls and surrogates."""
UNPRINTABLE = re.compile(f"[{_UNPRINTABLE_CLASS}]")
"""Characters that must not be written to a terminal as they are."""
_UNPRINTABLE_IN_LINES = re.compile(f"(?![\t\n])[{_UNPRINTABLE_CLASS}]")


class Cleaned:
    r"""A cleaned text with a mapping from offsets in the raw text to offsets in the cleaned text.

    Attributes:
        text: the cleaned text: line feeds are its only line ends, and it has no control characters.

    Example:
        >>> cleaned = Cleaned("\x00甲\r\n乙")
        >>> cleaned.text, cleaned.place(4)
        ('甲\n乙', 2)
    """

    def __init__(self, raw: str) -> None:
        self._dropped: list[int] = []
        self.text = raw
        if _NEEDS_CLEANING.search(raw):
            self._dropped = [found.start() for found in _DROPPED.finditer(raw)]
            # Both steps keep or drop single characters, so offsets differ by the dropped ones only.
            self.text = _DROPPED.sub("", raw).translate(_LINE_FEEDS)

    def place(self, offset: int) -> int:
        """Return the offset in the cleaned text of the raw character at ``offset``."""
        return offset - bisect_left(self._dropped, offset) if self._dropped else offset


def clean_text(raw: str) -> str:
    """Return ``raw`` with all line ends as line feeds and without characters that are not text."""
    return Cleaned(raw).text


def clean_line(raw: str) -> str:
    r"""Return ``raw`` on one line, without characters that are not text.

    Runs of white space become one space, but a line without anything to clean is unchanged.

    Example:
        >>> clean_line("武功县\n 年度报告\x07")
        '武功县 年度报告'
    """
    if not _NEEDS_CLEANING.search(raw) and "\n" not in raw and "\t" not in raw:
        return raw
    return " ".join(CONTROL.sub("", UNDECODABLE.sub("", LINE_END.sub(" ", raw))).split())


def visible(text: str, lines: bool = True) -> str:
    r"""Return ``text`` safe to print on a terminal, with control characters as escapes.

    Args:
        text: any string.
        lines: whether line feeds and tabs are left unescaped.

    Example:
        >>> visible("a\x1b[2J")
        'a\\x1b[2J'
    """
    return (_UNPRINTABLE_IN_LINES if lines else UNPRINTABLE).sub(_escape, text)


def json_visible(text: str) -> str:
    r"""Return equivalent JSON text in which terminal controls are escaped (``\u001b``)."""
    return _UNPRINTABLE_IN_LINES.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _escape(match: re.Match[str]) -> str:
    """Return the matched character as a Python escape sequence."""
    return ascii(match[0])[1:-1]


# -- Validation of values --------------------------------------------------------------------------

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
"""Identifier of a topic or role."""
_ISO_DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2})?", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[0-9]{6}")
_NOT_IN_ID = re.compile(r"[\s:：/\\\"'“”<>|*?#\x00-\x1f\x7f]+")
_MAX_LINE = 10_000
_INT_LIMIT = 1 << 31


def shown(value: object) -> str:
    """Return an untrusted value for an error message: strings quoted, else the name of the type.

    Example:
        >>> shown("甲"), shown([1])
        ("'甲'", "'list'")
    """
    return quoted(value if isinstance(value, str) else str(type(value).__name__))


def text(what: str, value: Any) -> str:
    """Return ``value`` if it is a string.

    Args:
        what: name of the value, for the message; likewise below.
        value: the value to check.

    Raises:
        ValueError: it is not a string.
    """
    if not isinstance(value, str):
        raise ValueError(f"{what} is not text")
    return value


def line(what: str, value: Any) -> str:
    """Return a string cleaned by :func:`clean_line`.

    Raises:
        ValueError: it is not a string, or is longer than 10,000 characters.
    """
    cleaned = clean_line(text(what, value))
    if len(cleaned) > _MAX_LINE:
        raise ValueError(f"{what} has {len(cleaned):,} characters; at most {_MAX_LINE:,}")
    return cleaned


def flag(what: str, value: Any) -> bool:
    """Return ``value`` if it is a bool.

    Raises:
        ValueError: it is not a bool.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{what} must be true or false")
    return value


def number(what: str, value: Any, least: int = 0) -> int:
    """Return an integer from ``least`` to 2,147,483,647.

    Raises:
        ValueError: it is not such an integer; a bool is none.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < _INT_LIMIT:
        raise ValueError(f"{what} is not a number that can be")
    return value


def probability(what: str, value: Any) -> float:
    """Return a number from 0 to 1 as a float.

    Raises:
        ValueError: it is not such a number; a bool and NaN are none.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= 1:
        raise ValueError(f"{what} is not between 0 and 1")
    return float(value)


def year(value: Any) -> Year:
    """Return a year from 1949 to 2099, a span of years, or ``""``.

    Raises:
        ValueError: it is none of these.

    Example:
        >>> year("2020"), year("2018-2020")
        (2020, '2018-2020')
    """
    if value == "" and isinstance(value, str):
        return ""
    written = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    years = sorted(set(year_span(text("year", written)) or ()))
    if not years or not MIN_YEAR <= years[0] <= years[-1] <= MAX_YEAR:
        raise ValueError(f"year is {quoted(written)}; it must be as 2020 or 2018-2020")
    return years[0] if len(years) == 1 else f"{years[0]}-{years[1]}"


def date(value: Any) -> str:
    """Return a date of the form ``2021-01-15`` or ``2021-01``, or ``""``.

    Raises:
        ValueError: it is none of these.
    """
    written = text("date", value)
    if written and not (_ISO_DATE.fullmatch(written) and date_of(f"{written}-01"[:10])):
        raise ValueError(f"date is {quoted(written)}; it must be as 2021-01-15 or 2021-01")
    return written


def moment(what: str, value: Any) -> str:
    """Return a time in ISO 8601, such as ``2024-01-15T08:00:00Z``.

    Raises:
        ValueError: it is not in ISO 8601.
    """
    written = text(what, value)
    try:
        datetime.datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"{what} is {quoted(written)}, not a time in ISO 8601") from None
    return line(what, written)


def level(value: Any) -> Level:
    """Return the administrative level of a place, or ``""``.

    Raises:
        ValueError: it is not one of :data:`~gongwen.nlp.records.Level`.
    """
    if value not in get_args(Level):
        levels = ", ".join(filter(None, get_args(Level)))
        raise ValueError(f"unknown level {shown(value)}; write one of {levels}")
    return cast("Level", value)


def kind(value: Any) -> Kind:
    """Return the kind of a unit of text.

    Raises:
        ValueError: it is not one of :data:`~gongwen.nlp.records.Kind`.
    """
    if value not in get_args(Kind):
        raise ValueError(f"unknown kind {shown(value)}")
    return cast("Kind", value)


def slug(what: str, value: Any) -> str:
    """Return the slug of a topic or role.

    Raises:
        ValueError: it is not 1 to 100 lower-case letters, digits and ``-``, or begins with ``-``.
    """
    if not SLUG.fullmatch(text(what, value)):
        raise ValueError(f"{what} {quoted(value)} must be lower-case letters, digits and '-'")
    return cast("str", value)


def sha256(value: Any) -> str:
    """Return a SHA-256 digest in hexadecimal.

    Raises:
        ValueError: it is not 64 lower-case hexadecimal digits.
    """
    if not _HASH.fullmatch(text("sha256", value)):
        raise ValueError("sha256 is not 64 hexadecimal digits")
    return cast("str", value)


def adcode(value: Any) -> str:
    """Return a six-digit code of GB/T 2260, or ``""``.

    Raises:
        ValueError: it is not six digits.
    """
    if value != "" and not _CODE.fullmatch(text("adcode", value)):
        raise ValueError(f"adcode is {quoted(value)}; it must be six digits")
    return cast("str", value)


def report_id(name: str) -> str:
    """Return ``name`` as a report id: on one line, without characters special to paths or shells.

    Example:
        >>> report_id("武功县 2020/年报.txt")
        '武功县-2020-年报.txt'
    """
    return _NOT_IN_ID.sub("-", visible(clean_line(name))).strip("-") or "report"


# -- Spreadsheet formulas --------------------------------------------------------------------------

_FORMULA = re.compile(
    # Characters that spreadsheets skip (blanks, invisible characters, quotes), then an operator
    # that begins a formula, in its normal, full-width or small form.
    "[\\s\0-\x20\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3000\ufeff'\"]*+"
    "[=+\\-@\u2212\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"
    "|'*+[\t\r\n]"
)


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet might evaluate ``text`` as a formula."""
    return _FORMULA.match(text) is not None


def escape_formula(text: str) -> str:
    """Return ``text`` as a cell that no spreadsheet evaluates, undone by :func:`unescape_formula`.

    Example:
        >>> escape_formula("=1+1"), escape_formula("办案12件")
        ("'=1+1", '办案12件')
    """
    return f"'{text}" if is_formula(text) else text


def unescape_formula(cell: str) -> str:
    """Return the text of a cell that :func:`escape_formula` wrote."""
    return cell[1:] if cell[:1] == "'" and is_formula(cell[1:]) else cell
