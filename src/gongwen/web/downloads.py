"""Answer with a file that the browser saves, under a name that says what is in it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from ..render.xlsx import Sheet, write_book
from .site import site_of
from .uploads import safe_parts

FILE_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "html": "text/html; charset=utf-8",
}
"""Media types by the endings of names."""
_ANY = "application/octet-stream"
FORMATS = ("xlsx", "csv", "json", "jsonl")
"""Formats of tables, first the one that an office opens."""
_NOT_IN_NAMES = re.compile(r"[^\w.()（）·-]+")
_LONGEST_NAME = 80


def file_name(format: str, *parts: str) -> str:
    """Return the name of a file that says what is in it, and that Windows takes too.

    Args:
        format: its suffix without the dot.
        parts: what is in it, the general first; empty ones are left out.

    Example:
        >>> file_name("xlsx", "search", '"exact words"', "")
        'search-exact words.xlsx'
    """
    said = "-".join(filter(None, (" ".join(_NOT_IN_NAMES.sub(" ", one).split()) for one in parts)))
    return f"{safe_parts(said[:_LONGEST_NAME])[-1]}.{format}"


def today() -> str:
    """Return the date here as names of files have it: ``20260729``."""
    return f"{datetime.now():%Y%m%d}"


def attachment(name: str) -> dict[str, str]:
    r"""Return the header of a file that is saved under ``name``, encoded as in RFC 5987.

    Example:
        >>> attachment("核对.csv")["Content-Disposition"]
        'attachment; filename="gongwen.csv"; filename*=UTF-8\'\'%E6%A0%B8%E5%AF%B9.csv'
    """
    suffix = name.rpartition(".")[2] if "." in name else ""
    plain = f"gongwen.{suffix}" if suffix.isascii() and suffix.isalnum() else "gongwen"
    encoded = quote(name, safe="", errors="replace")
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"}


def download(content: str | bytes, name: str) -> Response:
    """Return an answer with a file.

    Args:
        content: its text or bytes.
        name: its name, whose suffix says what it is.
    """
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    kind = FILE_TYPES.get(name.rpartition(".")[2].lower(), _ANY)
    return Response(data, media_type=kind, headers=attachment(name))


def written_bytes(write: Callable[[Path], object], name: str) -> bytes:
    """Return the bytes of a file that a function writes to a path.

    Args:
        write: writes the file.
        name: name of the file, without a folder.
    """
    with tempfile.TemporaryDirectory(prefix="gongwen-") as folder:
        path = Path(folder) / name
        write(path)
        return path.read_bytes()


async def workbook(request: Request, name: str, sheets: Sequence[Sheet]) -> Response:
    """Return an answer with a workbook, which is written in a thread.

    Args:
        request: the request that is answered.
        name: name of the file.
        sheets: its sheets.
    """

    def made() -> bytes:
        return written_bytes(lambda path: write_book(path, sheets), name)

    return download(await site_of(request).work(made), name)
