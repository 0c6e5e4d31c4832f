"""Detect the character encoding of plain text, decode it, and report damaged bytes."""

from __future__ import annotations

import codecs
import contextlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from ..nlp.errors import ReadError
from .base import Blob, Extract, unpacked_name
from .damage import CUT_CHARACTER, mixed_notes, repair_notes, seven_bit_note
from .mojibake import chinese_share, decode_mixed, decode_seven_bit, repair

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CANDIDATE_ENCODINGS = ("utf-8", "gb18030", "cp950", "big5hkscs", "utf-16-le", "utf-16-be")
"""Encodings that are tried; of two with the same score the first is chosen."""
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16-le",
    "utf-32": "utf-32-le",
}
"""For declared encodings, the one to decode with: a superset, or one without byte order mark."""

_SAMPLE_BYTES = 1 << 16
_MIN_COMMON_SHARE = 0.6
"""Smallest share of common characters in bytes that are taken for Chinese text.

It is above 0.98 in reports, 0.75 in one that lost one byte in a hundred, and below 0.4 in a hundred
random bytes.
"""
_MAX_INVALID_SHARE = 0.01
"""Largest share of bytes that may be invalid."""
_ALLOWED_INVALID_BYTES = 4
"""Invalid bytes allowed in any text, however short, as when its last character is cut off."""
_MAX_REALIGNED_BYTES = 1 << 20
"""Most bytes of damaged lines that are realigned, which takes about two seconds."""
_UNDAMAGED_SHARE = 0.95
"""Share of common characters below which a line of a damaged text is realigned."""
_COMMON_SCORE, _RARE_SCORE, _OMITTED_SCORE = 2, -1, -6
"""Scores of a common character, a rare one, and an omitted byte when a damaged line is realigned.

Omitting a byte pays only if at least three more characters become common; a few rare characters in
a row are not enough.
"""
_MAX_CONTROL_SHARE = 0.02
"""Share of control characters above which a file is binary."""

_WORD = "the file is damaged, its content is no Word document; save it again in Word"
_EXCEL = "the file is damaged, its content is no Excel workbook; save it again in Excel"
_POWERPOINT = "the file is damaged, its content is no presentation; save it again in PowerPoint"
_DAMAGED = {
    ".doc": _WORD,
    ".docx": _WORD,
    ".wps": "the file is damaged, its content is no document; save it again in WPS",
    ".xls": _EXCEL,
    ".xlsx": _EXCEL,
    ".ppt": _POWERPOINT,
    ".pptx": _POWERPOINT,
    ".pdf": "the file is damaged, its content is no PDF; get it again",
    ".ofd": "the file is damaged, its content is no OFD document; get it again",
}
"""What is said of a file that is no text and does not begin as its suffix promises."""

_NON_ASCII_BYTE = re.compile(rb"[\x80-\xff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\0-\x08\x0e-\x1f\x7f]")
_LINE_END = re.compile("\r\n|\r|\n")

_LONGEST_CELL = 30
_MOST_COLUMNS = 12
_FEWEST_ROWS = 3
"""Rows of a table whose cells stand in lines of their own, that of its heads included."""
_NUMBER = re.compile(r"[-+－]?\d{1,15}(?:[,，]\d{3}){0,5}(?:[.．]\d{1,9})?\s?[%％‰]?")
_NO_VALUE = re.compile(r"[-—–－/]{0,3}|无")
_NO_CELL = re.compile("[。；！？;]|[,，](?!\\d{3})")
_COUNTING = re.compile(
    r"序\s?号|编\s?号|排\s?名|名\s?次|年\s?[份度]?|月\s?份|时\s?间|季\s?度|[Nn][Oo]\.?"
)
"""Heads of a first column that may be numbers."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The result of decoding a text.

    Attributes:
        text: the characters, without byte order mark and invalid bytes; line ends are unchanged.
        encoding: Python's name of the encoding.
        notes: messages that say how many bytes were omitted, and where.
    """

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


def read(blob: Blob) -> Iterator[Extract]:
    """Read plain text.

    Raises:
        ReadError: the file is not text, not in the given encoding, or too damaged.
    """
    decoded = decode(blob.data, blob.name, blob.encoding)
    yield Extract(with_rows(decoded.text), notes=decoded.notes)


def decode(data: bytes, name: str, encoding: str | None = None) -> Decoded:
    """Decode ``data`` by its byte order mark, else by ``encoding``, else by the detected encoding.

    Args:
        data: the bytes.
        name: the name of the file as displayed in messages.
        encoding: the expected encoding, ``None`` to detect it.

    Raises:
        ReadError: the data is not text, not in this encoding, or more than one percent of its
            bytes are invalid.

    Example:
        >>> decode("报告".encode("gb18030"), "a.txt")
        Decoded(text='报告', encoding='gb18030', notes=())
    """
    if not encoding and (decoded := _decode_unusual(data)):
        return decoded
    found, start = _choose_encoding(data, name, encoding)
    text = _decode_and_realign(data[start:], found)
    invalid = len(_SURROGATE.findall(text))
    if invalid > max(_ALLOWED_INVALID_BYTES, _MAX_INVALID_SHARE * len(data)):
        offset = start + _encoded_length(text[: _first_invalid(text)], found)
        if encoding:
            raise ReadError(f"{name}: not {encoding} (byte {offset}); try another --encoding")
        raise ReadError(f"{name}: too damaged to be read as {found} (from byte {offset} on)")
    if _is_binary(text) and not _is_text_with_nul(text):
        raise _binary_error(name)
    if not invalid:
        return _repaired(text, found)
    first = _first_invalid(text)
    offset = start + _encoded_length(text[:first], found)
    line = len(_LINE_END.findall(text, 0, first)) + 1
    cut = first == len(text.rstrip()) - invalid
    text = _SURROGATE.sub("", text)
    omitted = len(data) - start - _encoded_length(text, found)
    what = "1 byte left out," if omitted == 1 else f"{omitted} bytes left out, the first"
    note = f"damaged: {what} at byte {offset} (line {line})"
    return _repaired(text, found, (f"{note}; {CUT_CHARACTER}" if cut else note,))


def _decode_unusual(data: bytes) -> Decoded | None:
    """Decode an encoding of seven bits or a file of mixed encodings, ``None`` if it is neither."""
    if seven_bit := decode_seven_bit(data):
        text, name = seven_bit
        return Decoded(text, name, (seven_bit_note(name),))
    if _is_utf8(data) or b"\0" in data[:_SAMPLE_BYTES] or data.startswith(_UTF16_BOMS):
        return None
    mixed = decode_mixed(data)
    if mixed is None or _SURROGATE.search(mixed.text):
        return None
    return _repaired(mixed.text, "mixed", mixed_notes(mixed.others, mixed.utf8))


def _repaired(text: str, encoding: str, notes: tuple[str, ...] = ()) -> Decoded:
    """Return a text with what was decoded wrongly before it was saved decoded anew."""
    done = repair(text)
    return Decoded(done.text, encoding, (*notes, *repair_notes(done)))


def detect_encoding(data: bytes) -> str | None:
    """Return the most likely encoding of Chinese text, ``None`` if it is in none of those known.

    Valid UTF-8 is chosen first, else the encoding with the largest share of common characters.
    This is correct for 99 % of pieces of 20 bytes of GB18030, Big5 and UTF-16
    (charset-normalizer: 68 to 97 %).

    Args:
        data: text without a byte order mark.

    Example:
        >>> detect_encoding("报告".encode("gbk")), detect_encoding("報告".encode("big5"))
        ('gb18030', 'cp950')
    """
    utf8 = _is_utf8(data)
    if utf8 and b"\0" not in data:
        return "utf-8"
    match = _NON_ASCII_BYTE.search(data)
    start = match.start() & ~1 if match else 0
    sample = data[start : start + _SAMPLE_BYTES]
    shares = {
        encoding: _common_share(_decode_escaped(sample, encoding))
        for encoding in _CANDIDATE_ENCODINGS
    }
    best = max(_CANDIDATE_ENCODINGS, key=lambda encoding: shares[encoding])
    if shares[best] >= _MIN_COMMON_SHARE:
        return best
    return "utf-8" if utf8 else None


def _choose_encoding(data: bytes, name: str, given: str | None) -> tuple[str, int]:
    """Return the encoding and the length of the byte order mark in bytes."""
    found = _encoding_by_name(name, given) if given else None
    for mark, encoding in _BOMS:
        if data.startswith(mark) and (found is None or found[:6] == encoding[:6]):
            return encoding, len(mark)
    found = found or detect_encoding(data)
    if found is None:
        if _is_binary(data[:_SAMPLE_BYTES].decode("latin-1")):
            raise _binary_error(name)
        if PurePosixPath(unpacked_name(name)).suffix.lower() in _DAMAGED:
            raise _binary_error(name)
        raise ReadError(
            f"{name}: not text in a known encoding; give --encoding, or save it as .txt"
        )
    return found, 0


def _encoding_by_name(name: str, given: str) -> str:
    """Return the encoding to decode with for a name given by the user or a page."""
    try:
        encoding = codecs.lookup(given).name
        with contextlib.suppress(UnicodeError):
            # It raises LookupError for codecs that are not of text, such as base64.
            b"?".decode(encoding)
    except (LookupError, ValueError):
        raise ReadError(f"{name}: unknown encoding {given!r}; try utf-8, gb18030 or big5") from None
    return _SUPERSETS.get(encoding, encoding)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _binary_error(name: str) -> ReadError:
    """Return the error of a file that is no text, by what its suffix promises."""
    suffix = PurePosixPath(unpacked_name(name)).suffix.lower()
    problem = _DAMAGED.get(suffix, "a binary file, not text; save it as .txt first")
    return ReadError(f"{name}: {problem}")


def _is_binary(text: str) -> bool:
    """Return whether the text has too many control characters."""
    sample = text[:_SAMPLE_BYTES]
    return len(_CONTROL.findall(sample)) > _MAX_CONTROL_SHARE * len(sample)


def _is_text_with_nul(text: str) -> bool:
    """Return whether a text has no control characters but NUL and reads as Chinese without it."""
    plain = text[:_SAMPLE_BYTES].replace("\0", "")
    return not _is_binary(plain) and chinese_share(plain) >= _MIN_COMMON_SHARE


@cache
def _common_characters() -> frozenset[str]:
    """Return the hanzi of the first, common levels of GB2312 and Big5, and their punctuation."""

    def rows(first: int, last: int, trails: range) -> bytes:
        """Return all two-byte codes with these lead and trail bytes."""
        return bytes(b for lead in range(first, last + 1) for t in trails for b in (lead, t))

    high_bytes = range(0xA1, 0xFF)
    gb = rows(0xA1, 0xA3, high_bytes) + rows(0xA9, 0xA9, high_bytes) + rows(0xB0, 0xD7, high_bytes)
    big5 = rows(0xA1, 0xC6, range(0x40, 0x7F)) + rows(0xA1, 0xC6, high_bytes)
    return frozenset(gb.decode("gb2312", "ignore") + big5.decode("cp950", "ignore"))


def _common_share(text: str) -> float:
    """Return the share (0 to 1) of common characters in non-ASCII text, invalid ones doubled."""
    known = _common_characters()
    common = others = invalid = 0
    for char, count in Counter(text).items():
        if char in known:
            common += count
        elif "\ud800" <= char <= "\udfff" or (char <= "\x7f" and _CONTROL.match(char)):
            invalid += count
        elif char > "\x7f":
            others += count
    counted = common + others + 2 * invalid
    return common / counted if counted else 1.0


def _decode_escaped(data: bytes, encoding: str) -> str:
    """Decode ``data`` with a lone surrogate in place of each invalid byte or pair of bytes."""
    if encoding.startswith("utf-16"):
        odd = "\udc80" * (len(data) % 2)
        return data[: len(data) & ~1].decode(encoding, "surrogatepass") + odd
    try:
        return data.decode(encoding, "surrogateescape")
    except UnicodeError as error:  # an invalid byte below 0x80; encodings of Chinese have none
        start: int = getattr(error, "start", 0)
        return data[:start].decode(encoding, "ignore") + "\udc80" * (len(data) - start)


def _decode_and_realign(data: bytes, encoding: str) -> str:
    """Decode ``data`` with lone surrogates for invalid bytes, and realign damaged lines of GB18030.

    In GB18030 the bytes after a lost byte are paired wrongly, often to the end of the paragraph and
    mostly to valid characters: one lost byte makes 40 to 250 characters wrong in real reports, and
    2 to 5 after realignment. The other encodings synchronize by themselves.
    """
    text = _decode_escaped(data, encoding)
    if encoding != "gb18030" or not _SURROGATE.search(text):
        return text
    lines: list[str] = []
    budget = _MAX_REALIGNED_BYTES
    for line in data.split(b"\n"):
        text = _decode_escaped(line, encoding)
        if _SURROGATE.search(text) or _common_share(text) < _UNDAMAGED_SHARE:
            budget -= len(line)
            if budget >= 0:
                text = _realign(line)
        lines.append(text)
    return "\n".join(lines)


def _realign(line: bytes) -> str:
    """Return the decoding of a damaged line with the highest score, by dynamic programming."""
    common = _common_characters()
    scores: dict[bytes, tuple[int, str]] = {}

    def score_piece(piece: bytes) -> tuple[int, str]:
        """Return the score of decoding ``piece`` as one character, and the character."""
        try:
            char = piece.decode("gb18030")
        except UnicodeDecodeError:
            omitted = piece.decode("ascii", "surrogateescape") if len(piece) == 1 else ""
            return _OMITTED_SCORE, omitted
        if char.isascii():
            return 0, char if len(char) == 1 else ""
        return (_COMMON_SCORE if char in common else _RARE_SCORE), char if len(char) == 1 else ""

    # For the first n bytes: the best score, and negative length and text of the last character.
    best = [(0, 0, "")]
    for end in range(1, len(line) + 1):
        candidates = []
        for width in (1, 2, 4):
            piece = line[max(end - width, 0) : end]
            if piece not in scores:
                scores[piece] = score_piece(piece)
            score, char = scores[piece]
            if char and len(piece) == width:
                candidates.append((best[end - width][0] + score, -width, char))
        best.append(max(candidates))
    chars: list[str] = []
    end = len(line)
    while end:
        _, width, char = best[end]
        chars.append(char)
        end += width
    return "".join(reversed(chars))


def _first_invalid(text: str) -> int:
    """Return the offset of the first invalid character, the length of the text if none is."""
    match = _SURROGATE.search(text)
    return match.start() if match else len(text)


def _encoded_length(text: str, encoding: str) -> int:
    return len(text.encode(encoding))


def with_rows(text: str) -> str:
    r"""Return ``text`` with the rows of tables whose cells stand in lines of their own.

    Word and LibreOffice save a table so as plain text, and what is copied from a page often is so.
    Such a table shows by its columns: lines of heads without a number, and below them again and
    again as many lines of which the same ones are numbers. Their line ends become tabs.

    Args:
        text: its characters, with any line ends.

    Example:
        >>> with_rows("单位\n件数\n甲局\n12\n乙局\n8\n全年办案20件。")
        '单位\t件数\n甲局\t12\n乙局\t8\n全年办案20件。'
    """
    ends = [match.span() for match in _LINE_END.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    cells = [
        "\0" if stop - start > 2 * _LONGEST_CELL else text[start:stop].strip("\ufeff \t\u3000\xa0")
        for start, stop in zip(starts, stops, strict=True)
    ]
    cells = ["\0" if len(c) > _LONGEST_CELL or _NO_CELL.search(c) else c for c in cells]
    cells = [
        "\0" if "\t" in text[start:stop] else cell
        for cell, start, stop in zip(cells, starts, stops, strict=True)
    ]
    tabs: set[int] = set()
    at = 0
    while at < len(cells):
        count, rows = _table_at(cells, at)
        for n in range(count * rows):
            if (n + 1) % count:
                tabs.add(at + n)
        at += max(count * rows, 1)
    if not tabs:
        return text
    pieces: list[str] = []
    for n, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        cell_above, cell_below = n - 1 in tabs, n in tabs
        line = text[start:stop]
        pieces.append(line.strip() if cell_above and cell_below else line)
        if n < len(ends):
            pieces.append("\t" if cell_below else text[stop : ends[n][1]])
    return "".join(pieces)


def _table_at(cells: list[str], at: int) -> tuple[int, int]:
    """Return how many columns and rows a table has whose first head is line ``at``, else zeros."""
    best = (0, 0)
    for count in range(2, _MOST_COLUMNS + 1):
        heads = cells[at : at + count]
        if len(heads) < count or not all(map(_is_head, heads)):
            break
        if len(set(heads)) < count:
            continue
        numeric: dict[int, bool] = {}
        rows = 1
        while row := _row_at(cells, at + rows * count, count):
            made = {n: bool(_NUMBER.fullmatch(c)) for n, c in enumerate(row) if _is_value(c)}
            if any(numeric.get(n, kind) != kind for n, kind in made.items()):
                break
            numeric.update(made)
            rows += 1
            if rows == _FEWEST_ROWS and not _has_numbers(numeric, heads):
                break  # what is no table by then is not read to its end
        if not _has_numbers(numeric, heads):
            continue
        if rows >= _FEWEST_ROWS and rows * count > best[0] * best[1]:
            best = (count, rows)
    return best


def _has_numbers(numeric: Mapping[int, bool], heads: Sequence[str]) -> bool:
    """Say whether columns of a table are numbers, and the first only where it counts the rows.

    Args:
        numeric: for each column with a value whether that is a number.
        heads: the heads of the columns.
    """
    numbers = {n for n, kind in numeric.items() if kind}
    return bool(numbers - {0}) and (0 not in numbers or bool(_COUNTING.fullmatch(heads[0])))


def _row_at(cells: list[str], at: int, count: int) -> list[str]:
    """Return ``count`` cells from ``at`` on, none where these are no row of a table."""
    row = cells[at : at + count]
    return row if len(row) == count and row[0] and "\0" not in row and any(row[1:]) else []


def _is_value(cell: str) -> bool:
    return not _NO_VALUE.fullmatch(cell)


def _is_head(cell: str) -> bool:
    return cell not in ("", "\0") and not _NUMBER.fullmatch(cell)
