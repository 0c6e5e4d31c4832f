"""Read web pages that a browser or Word saved as one file (MHTML, .mht)."""

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
_HEADER_BYTES = 8192
"""Most bytes of the headers of a part.

Python's parser is given no more, since it needs a minute and gigabytes of memory for 30 MB of them.
"""
_MAX_PARTS = 10_000


def read(blob: Blob) -> Iterator[Extract]:
    """Read the first HTML page in an MHTML file.

    Raises:
        ReadError: the file contains no page, or the page cannot be read.
    """
    for boundary in islice(_BOUNDARY.finditer(blob.data), _MAX_PARTS):
        blank_line = _BLANK_LINE.search(blob.data, boundary.end(), boundary.end() + _HEADER_BYTES)
        if not blank_line:
            continue
        headers = message_from_bytes(blob.data[boundary.end() : blank_line.start()].lstrip())
        if headers.get_content_type() == "text/html":
            end = blob.data.find(b"\n" + boundary[0].rstrip(), blank_line.end())
            body = blob.data[blank_line.end() : end if end >= 0 else len(blob.data)]
            try:
                page = replace(
                    blob, data=_decode_body(body, str(headers["Content-Transfer-Encoding"]))
                )
            except binascii.Error:
                raise ReadError(f"{blob.name}: the page in it is damaged; save it again") from None
            address = _address(headers, message_from_bytes(blob.data[:_HEADER_BYTES]))
            metadata = {"address": address} if address else {}
            for extract in read_page(page):
                yield replace(extract, said={**metadata, **extract.said})
            return
    raise ReadError(f"{blob.name}: no page in this saved web page; save it as .html")


def _decode_body(body: bytes, encoding: str) -> bytes:
    """Decode a body by its Content-Transfer-Encoding."""
    match encoding.strip().lower():
        case "base64":
            return binascii.a2b_base64(body + b"==")  # padding, since the end may be cut off
        case "quoted-printable":
            return binascii.a2b_qp(body)
        case _:
            return body


def _address(*candidates: Message) -> str:
    """Return the web address of the page by the first header that states it, else ``""``."""
    for headers in candidates:
        for header in ("Content-Location", "Snapshot-Content-Location"):
            address = str(headers.get(header, ""))
            if address.startswith(("http://", "https://")):
                return address
    return ""
