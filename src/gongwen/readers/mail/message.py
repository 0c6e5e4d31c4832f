"""Take apart mails (RFC 5322, MIME): headers, the text of the body, and attached files.

Names and subjects of Chinese mails are coded in ways that the standards allow and in ways that they
do not: words that are cut inside a character (RFC 2047), raw bytes, and charsets declared as
``gb2312`` that are GB18030. So headers are decoded here and not by the policies of :mod:`email`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import decode_rfc2231, getaddresses, parsedate_to_datetime
from pathlib import PurePosixPath
from urllib.parse import unquote_to_bytes

from ...nlp.errors import ReadError
from ..base import Limits
from ..plain_text import decode

_MAX_PARTS = 1_000
"""Most parts of a mail. Each level of them makes every line slower to read."""
_MAX_HEADER = 20_000
"""Characters of a header that are read."""
_IGNORED_CHARSETS = frozenset({"", "us-ascii", "ascii", "iso-8859-1", "unknown-8bit", "default"})
"""Charsets that programs declare for text in any other."""
_SUFFIXES = {
    "application/pdf": ".pdf",
    "application/msword": ".doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/zip": ".zip",
    "application/ofd": ".ofd",
    "application/rtf": ".rtf",
    "message/rfc822": ".eml",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/csv": ".csv",
}
"""Suffixes of attachments whose name is missing."""
_WINMAIL = re.compile(r"(?i)winmail\.dat")
_TNEF_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")
_FORWARDED = re.compile(r"(?i)^(?:\s*(?:re|fw|fwd|答复|回复|转发|轉發|回覆|轉寄)\s*[:：])+\s*")
_LETTER = re.compile(r"[^\W\d_]")
_MIN_PLAIN_SHARE = 0.5
"""Share of the letters of the HTML body that the plain one has when it is its equal."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is attached to a mail: its name, and its bytes."""

    name: str
    data: bytes = field(repr=False)


@dataclass(slots=True)
class Mail:
    """A mail.

    Attributes:
        subject: its subject, without marks of answers and forwards.
        sender: the name of who sent it, ``""`` when only an address is known.
        date: the day on which it was sent, as ``2021-01-05``.
        text: the body as plain text.
        html: the body as HTML, in UTF-8.
        attachments: the attached files, each with a name of its own.
        sealed: names of files that hold the attachments in a form of Outlook's own.
    """

    subject: str = ""
    sender: str = ""
    date: str = ""
    text: str = ""
    html: bytes = b""
    attachments: list[Attachment] = field(default_factory=list)
    sealed: list[str] = field(default_factory=list)
    _taken: dict[str, int] = field(default_factory=dict, repr=False)
    """The names that are given, and the number of the last file that had the same one."""

    @property
    def has_body(self) -> bool:
        """Whether there is text in the body itself."""
        return bool(_LETTER.search(self.text) or _LETTER.search(_visible(self.html)))

    @property
    def prefers_html(self) -> bool:
        """Whether the body is to be read as HTML, since the plain text is shorter by far."""
        in_html = len(_LETTER.findall(_visible(self.html)))
        return in_html > 0 and len(_LETTER.findall(self.text)) < _MIN_PLAIN_SHARE * in_html

    def attach(self, name: str, data: bytes) -> None:
        """Add an attached file, under another name if there is one of its name."""
        if _WINMAIL.fullmatch(name):
            self.sealed.append(name)
            return
        path, own = PurePosixPath(name), name
        number = self._taken.get(name, 0)
        while own in self._taken:
            number += 1
            own = f"{path.stem} ({number}){path.suffix}"
        self._taken[name] = max(number, 1)
        self._taken.setdefault(own, 1)
        self.attachments.append(Attachment(own, data))


_TAGS = re.compile(r"<[^<>]*+>|&[a-zA-Z]{1,10};")
_HIDDEN = re.compile(rb"(?is)<(style|script|head)\b[^<>]*+>(?:(?!</?\1\b).)*+</\1\s*+>")


def _visible(html: bytes) -> str:
    """Return the text of a page without tags, roughly: only its letters are counted."""
    return _TAGS.sub(" ", _HIDDEN.sub(b"", html[: 1 << 20]).decode("utf-8", "replace"))


def parse_mail(data: bytes, name: str, limits: Limits) -> Mail:
    """Return the mail in an ``.eml`` file.

    Args:
        data: the bytes of the file.
        name: its name, for messages.
        limits: the most members, and the largest size of each.

    Raises:
        ReadError: the mail has too many parts.
    """
    if data.lower().count(b"boundary=") > _MAX_PARTS:
        raise ReadError(f"{name}: more than {_MAX_PARTS} parts, as no mail has; save its text")
    message = message_from_bytes(data)
    mail = Mail(
        subject=_FORWARDED.sub("", header(message, "Subject")),
        sender=_sender(header_raw(message, "From")),
        date=_date(str(message.get("Date", ""))[:_MAX_HEADER]),
    )
    for number, part in enumerate(_parts(message), 1):
        if number > _MAX_PARTS:
            raise ReadError(f"{name}: more than {_MAX_PARTS} parts, as no mail has; save its text")
        _take(mail, part, number, name)
    return mail


def _parts(message: Message) -> Iterator[Message]:
    """Yield the parts of a mail that have content; of an attached mail the mail as a whole."""
    pending = [message]
    while pending:
        part = pending.pop()
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            pending.extend(p for p in reversed(payload) if isinstance(p, Message))
        else:
            yield part


def _take(mail: Mail, part: Message, number: int, name: str) -> None:
    """Take one part of a message into ``mail``."""
    kind = part.get_content_type()
    payload = part.get_payload()
    attached = file_name(part)
    if kind == "message/rfc822" and isinstance(payload, list) and payload:
        inner = payload[0]
        if isinstance(inner, Message):
            subject = header(inner, "Subject") or f"mail {number}"
            attached = attached or _safe_name(f"{subject}.eml")
            mail.attach(attached, inner.as_bytes())
        return
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return
    disposition = str(part.get("Content-Disposition", "")).strip().lower()
    if kind in _TNEF_TYPES:
        mail.sealed.append(attached or "winmail.dat")
    elif attached or disposition.startswith("attachment"):
        suffix = _SUFFIXES.get(kind, "")
        mail.attach(attached or f"attachment {number}{suffix}", content)
    elif kind == "text/html":
        text = body_text(content, _charset(part), name)
        mail.html += text.encode("utf-8", "replace")
    elif kind == "text/plain":
        text = body_text(content, _charset(part), name)
        if str(part.get_param("format", "")).lower() == "flowed":
            text = _unflowed(text, str(part.get_param("delsp", "")).lower() == "yes")
        mail.text += f"\n{text}" if mail.text else text
    elif suffix := _SUFFIXES.get(kind, ""):
        mail.attach(f"attachment {number}{suffix}", content)


def _charset(part: Message) -> str:
    """Return the charset that a part declares, ``""`` when it says nothing of use."""
    declared = part.get_param("charset", "")
    if isinstance(declared, tuple):
        declared = declared[2]
    charset = str(declared or "").strip().strip("\"'").lower()
    return "" if charset in _IGNORED_CHARSETS else charset


def body_text(data: bytes, charset: str, name: str) -> str:
    """Return the text of a body, by its declared charset if that fits, else by detection.

    Args:
        data: the bytes of the body.
        charset: what the mail declares, ``""`` for nothing.
        name: the name of the file, for messages.

    Example:
        >>> body_text("办理12件".encode("gb18030"), "gb2312", "a.eml")
        '办理12件'
    """
    if not data.strip():
        return ""
    with contextlib.suppress(UnicodeDecodeError):
        text = data.decode("utf-8")
        if not text.isascii() or charset not in ("hz-gb-2312", "hz", "utf-7", "iso-2022-cn"):
            return text
    for encoding in filter(None, (charset, None)):
        with contextlib.suppress(ReadError):
            return decode(data, name, encoding).text
    with contextlib.suppress(ReadError):
        return decode(data, name).text
    return data.decode("gb18030", "replace")


def _unflowed(text: str, delete_space: bool) -> str:
    """Return text with the soft line breaks of ``format=flowed`` (RFC 3676) taken back."""
    joined: list[str] = []
    soft = False
    for line in text.splitlines():
        line = line[1:] if line.startswith(" ") else line
        if soft:
            joined[-1] += line
        else:
            joined.append(line)
        soft = line.endswith(" ") and line != "-- "
        if soft and delete_space:
            joined[-1] = joined[-1][:-1]
    return "\n".join(joined)


# -- headers ---------------------------------------------------------------------------------------


def header_raw(message: Message, name: str) -> str:
    """Return a header as it stands, on one line, with raw bytes as lone surrogates."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    return re.sub(r"[\r\n]+[ \t]*", " ", str(raw)[:_MAX_HEADER])


def header(message: Message, name: str) -> str:
    r"""Return a header as text, ``""`` when it is missing.

    Example:
        >>> header(message_from_bytes(b"Subject: =?gbk?B?uOa8/g==?=\n\n"), "subject")
        '告件'
    """
    return decoded_words(header_raw(message, name))


def decoded_words(raw: str) -> str:
    """Return the text of a header with coded words (RFC 2047) or with raw bytes."""
    if "=?" not in raw:
        return _from_bytes(raw.encode("utf-8", "surrogateescape"), "").strip()
    # Some programs put quotation marks around coded words, or no space between them.
    spaced = re.sub(r"\?=(?=\"?=\?)", "?= ", raw)
    try:
        pieces = decode_header(spaced)
    except (HeaderParseError, ValueError):
        return raw.strip()
    text = ""
    for piece, charset in pieces:
        data = piece if isinstance(piece, bytes) else piece.encode("utf-8", "surrogateescape")
        text += _from_bytes(data, str(charset or ""))
    return " ".join(text.split())


def _from_bytes(data: bytes, charset: str) -> str:
    """Return a short text, decoded by its charset, as UTF-8, or else as GB18030."""
    known = "" if charset.lower() in _IGNORED_CHARSETS else charset.lower()
    wide = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "cp950"}.get(known, known)
    for encoding in filter(None, ("utf-8", wide, "gb18030")):
        with contextlib.suppress(LookupError, UnicodeError):
            return data.decode(encoding)
    return data.decode("gb18030", "replace")


def _sender(raw: str) -> str:
    """Return the name in a ``From`` header."""
    names = [name for name, _ in getaddresses([raw]) if name]
    found = decoded_words(names[0]).strip("\"' ") if names else ""
    return "" if "@" in found else found


def _date(raw: str) -> str:
    """Return the day of a ``Date`` header as it was where the mail was sent."""
    with contextlib.suppress(ValueError, TypeError, IndexError, OverflowError):
        return parsedate_to_datetime(raw).date().isoformat()
    return ""


def file_name(part: Message) -> str:
    """Return the name of an attached file, ``""`` for none: RFC 2231, RFC 2047 or raw bytes."""
    for of, parameter in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        found = _with_text(part, of).get_param(parameter, None, of)
        if not found:
            continue
        if isinstance(found, tuple):
            charset, _, coded = found
            data = coded.encode("latin-1", "replace") if coded.isascii() else coded.encode()
            name = _from_bytes(_raw_bytes(coded, data), charset or "")
        else:
            name = decoded_words(re.sub(r"[\r\n]+[ \t]*", " ", str(found)[:_MAX_HEADER]))
            if "''" in name and "%" in name:  # RFC 2231 in a parameter without its asterisk
                charset, _, coded = decode_rfc2231(name)
                name = _from_bytes(unquote_to_bytes(coded), charset or "")
        if name := _safe_name(name):
            return name
    return ""


def _with_text(part: Message, field: str) -> Message:
    """Return a message with one field of ``part``, raw bytes in which are decoded.

    Of fields with raw bytes :mod:`email` gives parameters in which these are lost.
    """
    raw = header_raw(part, field)
    if raw.isascii():
        return part
    copy = Message()
    copy[field] = _from_bytes(raw.encode("utf-8", "surrogateescape"), "")
    return copy


def _raw_bytes(coded: str, fallback: bytes) -> bytes:
    """Return the bytes of a value that :mod:`email` has decoded one byte a character."""
    try:
        return coded.encode("latin-1")
    except UnicodeEncodeError:
        try:
            return coded.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            return fallback


def _safe_name(name: str) -> str:
    """Return the last part of a file name, without characters that make it a path."""
    base = name.replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    return "".join(c for c in base if c.isprintable() or "\udc80" <= c <= "\udcff").strip(". ")
