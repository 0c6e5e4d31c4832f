"""Read web pages saved as one file (.mht), also by Word."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from itertools import islice

from ...nlp.errors import ReadError
from ..base import Blob, Extract
from .html import read as read_page

_BOUNDARY = re.compile(rb"^--[^\r\n]+", re.MULTILINE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_HEAD = 8192
"""Bytes in which the headers of a part end; Python's parser is given no more, since it needs a
minute and gigabytes for 30 MB of them."""
_MOST_PARTS = 10_000


def read(blob: Blob) -> Iterator[Extract]:
    """Read the first page in a file of mail format.

    Raises:
        ReadError: there is no page in it, or the page cannot be read.
    """
    for boundary in islice(_BOUNDARY.finditer(blob.data), _MOST_PARTS):
        blank = _BLANK_LINE.search(blob.data, boundary.end(), boundary.end() + _HEAD)
        if not blank:
            continue
        head = message_from_bytes(blob.data[boundary.end() : blank.start()].lstrip())
        if head.get_content_type() == "text/html":
            end = blob.data.find(b"\n" + boundary[0].rstrip(), blank.end())
            body = blob.data[blank.end() : end if end >= 0 else len(blob.data)]
            try:
                page = replace(blob, data=_decoded(body, str(head["Content-Transfer-Encoding"])))
            except binascii.Error:
                raise ReadError(f"{blob.name}: the page in it is damaged; save it again") from None
            address = _address(head, message_from_bytes(blob.data[:_HEAD]))
            said = {"address": address} if address else {}
            for extract in read_page(page):
                yield replace(extract, said={**said, **extract.said})
            return
    raise ReadError(f"{blob.name}: no page in this saved web page; save it as .html")


def _decoded(body: bytes, encoding: str) -> bytes:
    match encoding.strip().lower():
        case "base64":
            return binascii.a2b_base64(body + b"==")  # its end may be cut off
        case "quoted-printable":
            return binascii.a2b_qp(body)
        case _:
            return body


def _address(*heads: Message) -> str:
    """Return what a browser wrote down of where the page was."""
    for head in heads:
        for header in ("Content-Location", "Snapshot-Content-Location"):
            address = str(head.get(header, ""))
            if address.startswith(("http://", "https://")):
                return address
    return ""
