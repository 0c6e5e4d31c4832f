r"""Decode what stands in a text in the form of another format, and find markup left in it.

Text that was copied out of mails, addresses, programs or the source of web pages may have its
characters as base64, quoted-printable (``=E6=B3=95``), percent codes (``%E6%B3%95``), escapes
(``\u6cd5``) or entities (``&#27861;``). Each is decoded only if that gives Chinese text; the rest
is left as it is and reported.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html import unescape
from html.entities import html5
from urllib.parse import unquote_to_bytes

from .mojibake import count_hanzi, decode_chinese, is_hanzi


@dataclass(frozen=True, slots=True)
class Found:
    """A kind of code or markup in a text.

    Attributes:
        what: its name for messages: ``base64``, ``HTML tags``.
        count: how many places have it.
        line: the number of the first line with it, from 1.
        excerpt: how the first place looked.
        decoded: whether it was decoded or removed; if not it is left in the text.
    """

    what: str
    count: int
    line: int
    excerpt: str
    decoded: bool = True


_LONGEST_EXCERPT = 30
_MIN_BASE64 = 24
"""Least number of characters of base64 in one place: 8 hanzi."""
_MIN_UNDECODED_BASE64 = 100

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{16,}={0,2}(?![A-Za-z0-9+/=_-])")
_BASE64_LINE = re.compile(r"[A-Za-z0-9+/_-]{4,}={0,2}")
_DATA_ADDRESS = re.compile(r"data:[a-zA-Z0-9/+.;=-]{0,80}base64,[A-Za-z0-9+/=]*")
_QUOTED = re.compile("(?:=[0-9A-Fa-f]{2}){2,}")
_QUOTED_RUN = re.compile("(?:=[0-9A-Fa-f]{2})+")
_SOFT_BREAK = re.compile("=[ \t]{0,3}\n")
_MAIL_WORD = re.compile(r"=\?([A-Za-z0-9_-]{2,20})\?([BbQq])\?([!->@-~]{1,400})\?=[ \t]?")
_ADDRESS = re.compile(r"(?:[a-z]{2,8}://|www\.)[^\s\u3000-\uffff]{0,4000}", re.IGNORECASE)
_PERCENT = re.compile("(?:%[0-9A-Fa-f]{2}){2,}")
_PERCENT_U = re.compile("(?:%u[0-9A-Fa-f]{4})+")
_UNICODE_ESCAPE = re.compile(r"(?:\\{1,2}u[0-9A-Fa-f]{4})+")
_BRACED_ESCAPE = re.compile(r"\\u\{([0-9A-Fa-f]{1,6})\}")
_BYTE_ESCAPE = re.compile(r"(?:\\x[0-9A-Fa-f]{2}){2,}")
_ESCAPED_BREAK = re.compile(r"(?:\\r)?\\n")
_RTF_BYTES = re.compile(r"(?:\\'[0-9A-Fa-f]{2}){2,}")
_RTF_UNICODE = re.compile(r"\\u(-?\d{4,5})(?: ?\?|\\'3[fF])")
_MARK = re.compile("[ -~\u2000-\u33ff\uff00-\uffef\n\t\xa0\xb7\xd7]")
"""A character other than hanzi that a Chinese text may have."""
_ENTITY = re.compile(r"&(?:#\d{2,7};?|#[xX][0-9A-Fa-f]{2,6};?|[A-Za-z][A-Za-z0-9]{1,30};)")

_BLOCKS = (
    "p div br tr li ul ol h1 h2 h3 h4 h5 h6 table tbody thead section article hr dd dt dl center"
)
_OTHERS = (
    "span font strong b i u em a img td th html body head title meta link input form iframe sup sub"
    " big small tt pre blockquote label button header footer nav main figure figcaption svg"
)
_TAG = re.compile(
    rf"</?({'|'.join((_BLOCKS + ' ' + _OTHERS).split())})([\s/][^<>]{{0,2000}})?>", re.IGNORECASE
)
_HIDDEN_ELEMENT = re.compile(
    r"<(?:script|style)\b[^<>]{0,500}>(?:(?!</?(?:script|style))[\s\S]){0,20000}</(?:script|style)\s?>"
    r"|<!--(?:(?!<!--|-->)[\s\S]){0,20000}-->|<!DOCTYPE[^<>]{0,300}>",
    re.IGNORECASE,
)

_MARKUP = {
    "JSON": (re.compile(r'"[^"\n{}:]{1,60}"\s{0,3}:\s{0,3}["\[{\d]'), 2),
    "XML tags": (re.compile(r"</[A-Za-z][A-Za-z0-9_.:-]{0,40}>"), 2),
    "RTF control words": (
        re.compile(
            r"\\(?:rtf\d?|pard?|plain|ansi|ansicpg\d{1,5}|deff\d|fs\d{1,3}|cf\d{1,2}|f\d{1,2}|lang\d"
            r"{1,5}|q[clrj]|li\d{1,4}|b0?|fonttbl|colortbl)(?![A-Za-z])"
        ),
        3,
    ),
    "LaTeX commands": (
        re.compile(
            r"\\(?:documentclass|usepackage|begin|end|(?:sub){0,2}section|chapter|textbf|item|title"
            r"|maketitle|paragraph|emph|hline|cite|label|ref|footnote|tableofcontents)\s?[*\[{]"
            r"|\\(?:maketitle|tableofcontents|item|hline)(?![A-Za-z])"
        ),
        2,
    ),
    "CSS": (
        re.compile(
            r"\{\s{0,20}[a-z-]{2,30}\s?:[^{};\n]{1,200};"
            r"|\{\s{0,20}(?:color|font|margin|padding|width|height|display)[a-z-]{0,20}\s?:"
            r"|@(?:media|import|font-face|charset)\b"
        ),
        1,
    ),
    "JavaScript": (
        re.compile(
            r"\bfunction\s{0,3}[A-Za-z_$]{0,40}\s?\(|\bvar\s{1,3}[A-Za-z_$]{1,40}\s?="
            r"|\bdocument\.[a-zA-Z]{2,30}|\bwindow\.[a-zA-Z]{2,30}|\$\(\s?[\"'#.(a-z]"
            r"|\bconsole\.log\(|\baddEventListener\("
        ),
        1,
    ),
    "template code": (
        re.compile(
            r"\{\{\s{0,3}[A-Za-z_.]{2,40}\s{0,3}(?:\||\}\})|<%=|<\?php|\$\{[A-Za-z_.]{2,40}\}"
        ),
        1,
    ),
}
"""What is left in a text and reported: a pattern, and how often it must occur."""


class _Decoder:
    """Replaces codes in a text and remembers what it found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: dict[str, Found] = {}

    def sub(self, what: str, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]) -> None:
        """Replace what ``pattern`` finds by what ``new`` returns for it, and count the changes."""
        text, parts, last, count = self.text, list[str](), 0, 0
        first: re.Match[str] | None = None
        for match in pattern.finditer(text):
            decoded = new(match)
            if decoded == match[0]:
                continue
            parts += (text[last : match.start()], decoded)
            last, count, first = match.end(), count + 1, first or match
        if first:
            self.text = "".join((*parts, text[last:]))
            self.add(what, count, first.start(), first[0], text)

    def add(
        self, what: str, count: int, offset: int, excerpt: str, text: str, decoded: bool = True
    ) -> None:
        """Remember a kind of code that starts at an offset in a text."""
        known = self.found.get(what)
        line = text.count("\n", 0, offset) + 1
        if known:
            self.found[what] = Found(
                what, known.count + count, known.line, known.excerpt, known.decoded
            )
        else:
            excerpt = " ".join(excerpt.split())
            if len(excerpt) > _LONGEST_EXCERPT:
                excerpt = excerpt[:_LONGEST_EXCERPT] + "…"
            self.found[what] = Found(what, count, line, excerpt, decoded)


def decode_escapes(text: str) -> tuple[str, list[Found]]:
    r"""Decode the codes in a text, and remove HTML tags.

    Args:
        text: a text with ``\n`` as the only line end.

    Returns:
        The text, and what was found in it, decoded or left.

    Example:
        >>> decode_escapes("\\u6cd5\\u6cbb&#24314;设")[0]
        '法治建设'
    """
    decoder = _Decoder(text)
    _decode_mail(decoder)
    _decode_base64(decoder)
    _decode_percent(decoder)
    _decode_backslashes(decoder)
    if "&" in decoder.text:
        for _ in range(2):  # of &amp;#27861; the first pass leaves &#27861;
            decoder.sub("HTML entities", _ENTITY, _entity)
    if "<" in decoder.text:
        decoder.sub("HTML tags", _HIDDEN_ELEMENT, lambda _: "")
        decoder.sub("HTML tags", _TAG, _without_tag)
    for what, (pattern, least) in _MARKUP.items():
        matches = pattern.findall(decoder.text)
        if len(matches) >= least and (first := pattern.search(decoder.text)):
            around = decoder.text[first.start() : first.start() + _LONGEST_EXCERPT]
            decoder.add(what, len(matches), first.start(), around, decoder.text, decoded=False)
    return decoder.text, list(decoder.found.values())


def _chinese_or(original: str, data: bytes) -> str:
    """Return bytes as Chinese text, ``original`` if they are none."""
    return decode_chinese(data) or original


# -- mail ------------------------------------------------------------------------------------------


def _decode_mail(decoder: _Decoder) -> None:
    if "=?" in decoder.text:
        decoder.sub("encoded words of mail (RFC 2047)", _MAIL_WORD, _mail_word)
    if not _QUOTED.search(decoder.text):
        return
    whole = _SOFT_BREAK.sub("", decoder.text)
    lines = []
    count, first = 0, 0
    for number, line in enumerate(whole.split("\n")):
        new = line
        if _QUOTED.search(line):
            if line.isascii():
                new = _chinese_or(line, quopri.decodestring(line.encode()))
            if new == line:
                new = _QUOTED_RUN.sub(lambda run: _chinese_or(run[0], _bytes_of(run[0])), line)
        if new != line:
            first = first if count else number
            count += 1
        lines.append(new)
    if count:
        start = sum(len(line) + 1 for line in whole.split("\n")[:first])
        code = _QUOTED_RUN.search(whole, start)
        decoder.add("quoted-printable", count, start, code[0] if code else "", whole)
        decoder.text = "\n".join(lines)


def _bytes_of(codes: str) -> bytes:
    """Return the bytes of codes of two hexadecimal digits each, such as ``=E6=B3``."""
    return bytes.fromhex(re.sub(r"[^0-9A-Fa-f]|(?<=\\)x", "", codes))


def _mail_word(word: re.Match[str]) -> str:
    charset, code, body = word.groups()
    try:
        if code in "bB":
            data = base64.b64decode(body + "=" * (-len(body) % 4))
        else:
            data = quopri.decodestring(body.replace("_", " ").encode())
        text = data.decode("gb18030" if charset.lower().startswith("gb") else charset)
    except (ValueError, LookupError):
        return word[0]
    return text.strip("\0")


def _decode_base64(decoder: _Decoder) -> None:
    decoder.sub("embedded files (data:)", _DATA_ADDRESS, lambda _: "")
    if not _BASE64.search(decoder.text):
        return
    out: list[str] = []
    block: list[str] = []
    text = decoder.text
    offset = start = 0
    for line in [*text.split("\n"), "。"]:
        if _BASE64_LINE.fullmatch(line.strip()):
            start = start if block else offset
            block.append(line)
        else:
            if block:
                out += _decoded_block(decoder, block, start, text)
                block = []
            out.append(line)
        offset += len(line) + 1
    decoder.text = "\n".join(out[:-1])
    decoder.sub("base64", _BASE64, lambda run: _from_base64(run[0]) or run[0])


def _decoded_block(decoder: _Decoder, block: list[str], start: int, text: str) -> list[str]:
    """Return the lines of a block of base64, decoded if that gives Chinese text."""
    joined = "".join(line.strip() for line in block)
    if len(joined) >= _MIN_BASE64:
        if decoded := _from_base64(joined):
            decoder.add("base64", 1, start, joined, text)
            return decoded.replace("\r\n", "\n").split("\n")
        mixed = re.search("[a-z]", joined) and re.search("[A-Z]", joined)
        if len(joined) >= _MIN_UNDECODED_BASE64 and mixed and re.search("[0-9]", joined):
            decoder.add("base64", 1, start, joined, text, decoded=False)
    return block


def _from_base64(code: str) -> str | None:
    """Return the Chinese text in base64, ``None`` if there is none."""
    if len(code) < _MIN_BASE64:
        return None
    plain = code.rstrip("=").replace("-", "+").replace("_", "/")
    plain = plain[: len(plain) - (len(plain) % 4 == 1)]  # cut off behind a whole byte
    try:
        data = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    text = decode_chinese(data) or decode_chinese(_without_broken_end(data))
    return text if text and count_hanzi(text) >= 3 else None


def _without_broken_end(data: bytes) -> bytes:
    """Return UTF-8 without the character that is cut off at its end."""
    return data.decode("utf-8", "ignore").encode() if data[-1:] > b"\x7f" else data


# -- escapes ---------------------------------------------------------------------------------------


def _decode_percent(decoder: _Decoder) -> None:
    if "%u" in decoder.text:
        decoder.sub("escapes (%uXXXX)", _PERCENT_U, partial(_units, skipped=2))
    if not _PERCENT.search(decoder.text):
        return
    addresses = [found.span() for found in _ADDRESS.finditer(decoder.text)]
    ends = iter([*addresses, (len(decoder.text) + 1, 0)])
    span = next(ends)

    def decoded(run: re.Match[str]) -> str:
        nonlocal span
        while span[1] and span[1] <= run.start():
            span = next(ends)
        if span[0] <= run.start():
            return run[0]  # a web address is written like this
        return _chinese_or(run[0], unquote_to_bytes(run[0]))

    decoder.sub("percent codes (%XX)", _PERCENT, decoded)


def _decode_backslashes(decoder: _Decoder) -> None:
    if "\\" not in decoder.text:
        return
    decoder.sub("RTF codes", _RTF_BYTES, lambda run: _chinese_or(run[0], _bytes_of(run[0])))
    decoder.sub("RTF codes", _RTF_UNICODE, lambda code: _readable(code[0], int(code[1]) & 0xFFFF))
    decoder.sub("escapes (\\uXXXX)", _UNICODE_ESCAPE, _units)
    decoder.sub(
        "escapes (\\uXXXX)", _BRACED_ESCAPE, lambda code: _readable(code[0], int(code[1], 16))
    )
    if decoder.found.keys() & {"escapes (\\uXXXX)"}:
        decoder.sub("escapes (\\uXXXX)", _ESCAPED_BREAK, lambda _: "\n")
    decoder.sub("escapes (\\xXX)", _BYTE_ESCAPE, lambda run: _chinese_or(run[0], _bytes_of(run[0])))


def _units(run: re.Match[str], skipped: int = 0) -> str:
    """Return the characters of codes of four digits if they are Chinese, else the codes."""
    units = re.findall("[0-9A-Fa-f]{4}", run[0])
    data = b"".join(int(unit, 16).to_bytes(2, "big") for unit in units)
    text = data.decode("utf-16-be", "replace")
    return text if _is_readable(text) else run[0]


def _readable(original: str, code: int) -> str:
    text = chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else ""
    return text if _is_readable(text) else original


def _is_readable(text: str) -> bool:
    """Return whether a decoded text may stand in a Chinese one: hanzi, their marks, ASCII."""
    return bool(text) and all(is_hanzi(char) or _MARK.match(char) for char in text)


# -- HTML ------------------------------------------------------------------------------------------


def _entity(entity: re.Match[str]) -> str:
    code = entity[0]
    if code[1] != "#" and code[1:] not in html5:
        return code
    text = unescape(code if code.endswith(";") else code + ";")
    if text in ("&", "<", ">", '"', "'") or "\xa0" <= text <= "\xff":
        return text
    return text if text.isprintable() or text.isspace() else code


def _without_tag(tag: re.Match[str]) -> str:
    """Return what stands for a tag: a line end, a tab or nothing; the match if it is no tag."""
    attributes = tag[2] or ""
    if attributes.strip("/ \t\n\u3000\xa0") and "=" not in attributes:
        return tag[0]  # such as a < b and c > d
    name = tag[1].lower()
    if name in ("td", "th"):
        return "\t" if tag[0].startswith("</") else ""
    return "\n" if name in _BLOCKS.split() else ""
