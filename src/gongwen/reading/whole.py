"""The text of one file, for commands that take a text and not a library."""

from __future__ import annotations

from pathlib import Path

from ..nlp.errors import ReadError
from .apart import read_apart
from .files import Source, find_sources, load
from .records import Blob


def whole_text(path: Path) -> str:
    """Return the text of a file of any kind; that of several reports in it one below the other.

    Raises:
        ReadError: it is missing, a folder, or cannot be read.
    """
    for found in find_sources([path]):
        if isinstance(found, ReadError):
            raise found
    if path.is_dir():
        raise ReadError(f"{path}: a folder; give one file")
    data, _ = load(Source(path))
    return text_of(data, str(path))


def text_of(data: bytes, name: str) -> str:
    """Return the text of the bytes of a file; ``name`` is for messages."""
    return "\n".join(extract.text for extract in read_apart(Blob(name, data)))
