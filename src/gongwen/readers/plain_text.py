"""Decode plain text: bytes to characters, and the places that are damaged."""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from ..nlp.errors import ReadError
from .base import Blob, Extract

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CANDIDATES = ("utf-8", "gb18030", "cp950", "big5hkscs", "utf-16-le", "utf-16-be")
"""Encodings of Chinese text; of two that fit equally well the first is taken."""
_MEANT = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16-le",
    "utf-32": "utf-32-le",
}
"""What texts that are said to be in the one are written in; the other only adds to it."""

_SAMPLE = 1 << 16
_LIKELY = 0.6
"""Share of common characters from which bytes are taken for Chinese: above 0.98 in reports, 0.75 in
one that lost a byte in every hundred, below 0.4 in a hundred random bytes."""
_MOST_BAD = 0.01
_FEW_BAD = 4
"""Bytes that may be bad however short the text is, as when its last character is cut off."""
_MOST_REALIGNED = 1 << 20
"""Bytes of damaged lines that are looked into; about two seconds."""
_SOUND = 0.95
"""Share of common characters below which a line of a damaged text is looked into."""
_COMMON, _RARE, _LEFT_OUT = 2, -1, -6
"""What a character or a byte that is left out is worth in a reading of a damaged line: to leave one
out takes three common characters that would be others, and some rare ones in a row do not do."""
_MOST_CONTROLS = 0.02

_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_ESCAPED = re.compile("[\ud800-\udfff]")
_WIDE = re.compile("[^\0-\x7f\ud800-\udfff]")
_CONTROL = re.compile("[\0-\x08\x0e-\x1f\x7f]")
_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The characters of a text.

    Attributes:
        text: without a byte order mark and without what is damaged; line ends as they are.
        encoding: Python's name of the encoding.
        notes: what was left out, and where.
    """

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


def read(blob: Blob) -> Iterator[Extract]:
    """Read plain text.

    Raises:
        ReadError: it is not text, not in the encoding that was given, or badly damaged.
    """
    decoded = decode(blob.data, blob.name, blob.encoding)
    yield Extract(decoded.text, notes=decoded.notes)


def decode(data: bytes, name: str, encoding: str | None = None) -> Decoded:
    """Return the text in ``data``: as its byte order mark or ``encoding`` says, else as detected.

    Args:
        data: the bytes.
        name: the file as messages show it.
        encoding: the encoding that it should have, ``None`` to detect it.

    Raises:
        ReadError: it is not text, not in this encoding, or more than one byte in a hundred is bad.
    """
    found, start = _encoding(data, name, encoding)
    text = _escape_bad(data[start:], found)
    bad = len(_ESCAPED.findall(text))
    if bad > max(_FEW_BAD, _MOST_BAD * len(data)):
        place = start + _encoded_length(text[: _first_bad(text)], found)
        if encoding:
            raise ReadError(f"{name}: not {encoding} (byte {place}); try another --encoding")
        raise ReadError(f"{name}: too damaged to be read as {found} (from byte {place} on)")
    if _is_binary(text):
        raise _binary(name)
    if not bad:
        return Decoded(text, found)
    first = _first_bad(text)
    place = start + _encoded_length(text[:first], found)
    line = len(_LINE_END.findall(text, 0, first)) + 1
    text = _ESCAPED.sub("", text)
    left_out = len(data) - start - _encoded_length(text, found)
    what = "1 byte left out," if left_out == 1 else f"{left_out} bytes left out, the first"
    return Decoded(text, found, (f"damaged: {what} at byte {place} (line {line})",))


def detect(data: bytes) -> str | None:
    """Return the likely encoding of a Chinese text without a byte order mark, ``None`` if none is.

    Strict UTF-8 first; else the encoding in which the most characters are common ones: right for
    99 in a hundred pieces of 20 bytes of GB18030, Big5 and UTF-16 (charset-normalizer: 68 to 97).
    """
    utf8 = _is_utf8(data)
    if utf8 and b"\0" not in data:
        return "utf-8"
    match = _NOT_ASCII.search(data)
    start = match.start() & ~1 if match else 0
    sample = data[start : start + _SAMPLE]
    shares = {
        encoding: _common_share(_decode_escaped(sample, encoding)) for encoding in _CANDIDATES
    }
    best = max(_CANDIDATES, key=lambda encoding: shares[encoding])
    if shares[best] >= _LIKELY:
        return best
    return "utf-8" if utf8 else None


def _encoding(data: bytes, name: str, given: str | None) -> tuple[str, int]:
    """Return the encoding and the length of the byte order mark."""
    found = _known(name, given) if given else None
    for mark, encoding in _BOMS:
        if data.startswith(mark) and (found is None or found[:6] == encoding[:6]):
            return encoding, len(mark)
    found = found or detect(data)
    if found is None:
        if _is_binary(data[:_SAMPLE].decode("latin-1")):
            raise _binary(name)
        raise ReadError(
            f"{name}: not text in a known encoding; give --encoding, or save it as .txt"
        )
    return found, 0


def _known(name: str, given: str) -> str:
    try:
        encoding = codecs.lookup(given).name
        with contextlib.suppress(UnicodeError):
            b"?".decode(encoding)  # refuses what is no encoding of text, such as base64
    except (LookupError, ValueError):
        raise ReadError(f"{name}: unknown encoding {given!r}; try utf-8, gb18030 or big5") from None
    return _MEANT.get(encoding, encoding)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _binary(name: str) -> ReadError:
    return ReadError(f"{name}: a binary file, not text; save it as .txt first")


def _is_binary(text: str) -> bool:
    sample = text[:_SAMPLE]
    return len(_CONTROL.findall(sample)) > _MOST_CONTROLS * len(sample)


@cache
def _common() -> frozenset[str]:
    """Return the hanzi that GB2312 and Big5 put first, as common ones, and their punctuation."""

    def rows(first: int, last: int, trails: range) -> bytes:
        return bytes(b for lead in range(first, last + 1) for t in trails for b in (lead, t))

    high = range(0xA1, 0xFF)
    gb = rows(0xA1, 0xA3, high) + rows(0xA9, 0xA9, high) + rows(0xB0, 0xD7, high)
    big5 = rows(0xA1, 0xC6, range(0x40, 0x7F)) + rows(0xA1, 0xC6, high)
    return frozenset(gb.decode("gb2312", "ignore") + big5.decode("cp950", "ignore"))


def _common_share(text: str) -> float:
    """Return the share of common characters in what is not ASCII; what is bad counts twice."""
    wide = _WIDE.findall(text)
    bad = len(_ESCAPED.findall(text)) + len(_CONTROL.findall(text))
    common = _common()
    return sum(char in common for char in wide) / (len(wide) + 2 * bad) if wide or bad else 1.0


def _decode_escaped(data: bytes, encoding: str) -> str:
    """Return the text with a lone surrogate in place of each byte, or pair, that is bad."""
    if encoding.startswith("utf-16"):
        odd = "\udc80" * (len(data) % 2)
        return data[: len(data) & ~1].decode(encoding, "surrogatepass") + odd
    try:
        return data.decode(encoding, "surrogateescape")
    except UnicodeError as error:  # a bad byte of ASCII, which an encoding of Chinese does not have
        start: int = getattr(error, "start", 0)
        return data[:start].decode(encoding, "ignore") + "\udc80" * (len(data) - start)


def _escape_bad(data: bytes, encoding: str) -> str:
    """Return the text with lone surrogates in place of what is bad, and characters found again.

    In GB18030 the bytes after a lost one pair up wrongly, often to the end of the paragraph and
    mostly to characters that exist: 40 to 250 wrong ones for one lost byte in real reports, 2 to 5
    after they are paired anew. The other encodings come back into step by themselves.
    """
    text = _decode_escaped(data, encoding)
    if encoding != "gb18030" or not _ESCAPED.search(text):
        return text
    lines: list[str] = []
    budget = _MOST_REALIGNED
    for line in data.split(b"\n"):
        text = _decode_escaped(line, encoding)
        if _ESCAPED.search(text) or _common_share(text) < _SOUND:
            budget -= len(line)
            if budget >= 0:
                text = _realign(line)
        lines.append(text)
    return "\n".join(lines)


def _realign(line: bytes) -> str:
    """Return the reading of a damaged line that has the most common characters."""
    common = _common()
    known: dict[bytes, tuple[int, str]] = {}

    def character(piece: bytes) -> tuple[int, str]:
        """Return what it is worth to read ``piece`` as one character, and the character."""
        try:
            char = piece.decode("gb18030")
        except UnicodeDecodeError:
            left_out = piece.decode("ascii", "surrogateescape") if len(piece) == 1 else ""
            return _LEFT_OUT, left_out
        if char.isascii():
            return 0, char if len(char) == 1 else ""
        return (_COMMON if char in common else _RARE), char if len(char) == 1 else ""

    best = [(0, 0, "")]  # of the first n bytes: worth, length and character of the last one
    for end in range(1, len(line) + 1):
        readings = []
        for width in (1, 2, 4):
            piece = line[max(end - width, 0) : end]
            if piece not in known:
                known[piece] = character(piece)
            worth, char = known[piece]
            if char and len(piece) == width:
                readings.append((best[end - width][0] + worth, -width, char))
        best.append(max(readings))
    chars: list[str] = []
    end = len(line)
    while end:
        _, width, char = best[end]
        chars.append(char)
        end += width
    return "".join(reversed(chars))


def _first_bad(text: str) -> int:
    match = _ESCAPED.search(text)
    return match.start() if match else len(text)


def _encoded_length(text: str, encoding: str) -> int:
    return len(text.encode(encoding))
