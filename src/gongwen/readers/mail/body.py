"""Read the body of a mail as a report; attached files are reports of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ...nlp.document.entities import office_at_head
from ...nlp.errors import ReadError
from ..base import Blob, Extract
from ..files import is_report_name
from ..stated import unstated
from ..web.html import read as read_page
from .message import Mail, parse_mail
from .outlook import parse_outlook

_PICTURE = re.compile(r"(?i)\.(?:png|jpe?g|gif|bmp|webp|ico|svg)$")


def read(blob: Blob) -> Iterator[Extract]:
    """Yield the body of a mail (.eml).

    Raises:
        ReadError: the mail has no text in its body, or too many parts.
    """
    yield from _read(blob, parse_mail(blob.data, blob.name, blob.limits))


def read_outlook(blob: Blob) -> Iterator[Extract]:
    """Yield the body of a mail of Outlook (.msg).

    Raises:
        ReadError: extract-msg is not installed, or the mail is damaged or has no text in its body.
    """
    yield from _read(blob, parse_outlook(blob.data, blob.name, blob.limits))


def _read(blob: Blob, mail: Mail) -> Iterator[Extract]:
    notes = _left_out(mail)
    if not mail.has_body:
        others = f"; {notes[0]}" if notes else "; add the files that are attached"
        raise ReadError(f"{blob.name}: no text in this mail{others}")
    text, of_text = mail.text, notes[:0]
    if mail.prefers_html:
        [extract] = read_page(replace(blob, data=mail.html, encoding=None))
        text, of_text = extract.text, extract.notes
    said = {}
    if mail.subject:
        said["title"] = mail.subject
    if mail.date:
        said["date"] = mail.date
    if (office := office_at_head(mail.sender)) and office.end == len(mail.sender):
        said["agency"] = office.name
    yield Extract(text, said=unstated(text, said), notes=(*of_text, *notes))


def _left_out(mail: Mail) -> tuple[str, ...]:
    """Return a note about attachments that are not read."""
    notes = [
        f"{name}: attachments in a form of Outlook's own (TNEF) were left out; have the mail sent"
        " as plain text, or unpack it with tnef"
        for name in mail.sealed
    ]
    names = [a.name for a in mail.attachments if not is_report_name(a.name)]
    if others := [name for name in names if not _PICTURE.search(name)]:
        notes.append(f"attached files of formats that are not read: {', '.join(others[:10])}")
    return tuple(notes)
