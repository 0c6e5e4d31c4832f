"""Take apart mails that Outlook has saved (``.msg``), with the optional package extract-msg."""

from __future__ import annotations

from typing import Any

from ...nlp.errors import ReadError
from ..base import Limits
from .message import Mail, body_text, decoded_words

NEEDS_EXTRA = (
    "reading mails of Outlook (.msg) needs extract-msg: pip install extract-msg, or save the"
    " mail as .eml"
)
_MAX_ATTACHMENTS = 1_000


def parse_outlook(data: bytes, name: str, limits: Limits) -> Mail:
    """Return the mail in a ``.msg`` file.

    Args:
        data: the bytes of the file.
        name: its name, for messages.
        limits: the largest size of an attachment.

    Raises:
        ReadError: extract-msg is not installed, or the file is damaged.
    """
    try:
        import extract_msg  # late: heavy, and optional
    except ImportError:
        raise ReadError(f"{name}: {NEEDS_EXTRA}") from None
    try:
        with extract_msg.openMsg(data) as message:
            return _mail_of(message, name)
    except (ReadError, MemoryError):
        raise
    except Exception:  # the package raises many types of errors for damaged files
        raise ReadError(f"{name}: damaged, not a whole mail of Outlook; save it as .eml") from None


def _mail_of(message: Any, name: str) -> Mail:
    """Return what a mail that was opened holds."""
    mail = Mail(subject=str(message.subject or ""), text=str(message.body or ""))
    sender = decoded_words(str(message.sender or "")).partition("<")[0].strip("\"' ")
    mail.sender = "" if "@" in sender else sender
    if message.date is not None:
        mail.date = message.date.date().isoformat()
    html = message.htmlBody
    if isinstance(html, bytes) and html:
        mail.html = body_text(html, "", name).encode("utf-8", "replace")
    for number, attached in enumerate(message.attachments[:_MAX_ATTACHMENTS], 1):
        called = str(attached.getFilename() or "").replace("\\", "/").rpartition("/")[2]
        content = attached.data
        if isinstance(content, bytes):
            mail.attach(called or f"attachment {number}", content)
        elif content is not None:  # a mail in the mail
            mail.attach(f"{called or f'mail {number}'}.msg", content.exportBytes())
    return mail
