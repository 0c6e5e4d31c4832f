"""Web pages saved as one file (.mht), also by Word: the page in it, and where it came from."""

from __future__ import annotations

import email
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message

from ..nlp.errors import ReadError
from .html import read as read_page
from .records import Blob, Extract


def read(blob: Blob) -> Iterator[Extract]:
    """Read the first page in a file of mail format.

    Raises:
        ReadError: there is no page in it, or the page cannot be read.
    """
    message = email.message_from_bytes(blob.data)
    page = next((p for p in message.walk() if p.get_content_type() == "text/html"), None)
    data = page.get_payload(decode=True) if page else None
    if not page or not isinstance(data, bytes):
        raise ReadError(f"{blob.name}: no page in this saved web page; save it as .html")
    said = {"address": address} if (address := _address(page, message)) else {}
    for extract in read_page(replace(blob, data=data)):
        yield replace(extract, said={**said, **extract.said})


def _address(*messages: Message) -> str:
    """Return what a browser wrote down of where the page was."""
    for message in messages:
        for header in ("Content-Location", "Snapshot-Content-Location"):
            address = str(message.get(header, ""))
            if address.startswith(("http://", "https://")):
                return address
    return ""
