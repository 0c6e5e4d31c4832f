"""Answers that a browser keeps as files."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from ..render.xlsx import Sheet, write_book
from .site import site_of

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def attachment(name: str, content: str | bytes) -> Response:
    """Return an answer that a browser keeps under a name.

    Args:
        name: the name, with any characters (RFC 5987); its suffix says what it is.
        content: text, which is sent as UTF-8, or bytes.

    Example:
        >>> attachment("统计.csv", "a").headers["content-disposition"]
        "attachment; filename=download.csv; filename*=UTF-8''%E7%BB%9F%E8%AE%A1.csv"
    """
    suffix = name.rpartition(".")[2].lower()
    plain = f"download.{suffix}" if suffix in _TYPES else "download"
    said = f"attachment; filename={plain}; filename*=UTF-8''{quote(name, safe='')}"
    data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
    kind = _TYPES.get(suffix, "application/octet-stream")
    return Response(data, media_type=kind, headers={"Content-Disposition": said})


async def workbook(request: Request, name: str, sheets: Sequence[Sheet]) -> Response:
    """Return a workbook with these sheets."""
    return attachment(name, await site_of(request).work(_book, sheets))


def _book(sheets: Sequence[Sheet]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="gongwen-") as folder:
        path = Path(folder) / "book.xlsx"
        write_book(path, sheets)
        return path.read_bytes()
