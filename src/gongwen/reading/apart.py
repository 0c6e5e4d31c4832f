"""The reports in a file, read by a confined process unless the file cannot do harm."""

from __future__ import annotations

from collections.abc import Iterable

from ..nlp.errors import ReadError
from .kinds import kind_of, read
from .records import Blob, Extract

_HARMLESS_BYTES = 256 << 10
"""Size of a text that is read here: four times the largest report that was seen. Nothing but our
own code reads it, in time that grows with it; what is larger also gets the limits of a worker."""


def is_harmless(name: str, data: bytes) -> bool:
    """Say whether a file needs no worker: a short plain text."""
    return len(data) <= _HARMLESS_BYTES and kind_of(data, name) == "text"


def read_apart(blob: Blob) -> Iterable[Extract]:
    """Return what :func:`~.kinds.read` does, without parsing an unknown file in this process.

    Raises:
        ReadError: it cannot be read, takes too long, or needs too much memory.
    """
    if is_harmless(blob.name, blob.data):
        return read(blob)
    from ..tasks import extract_call
    from ..workers import WorkerLostError, Workers

    try:
        with Workers(1, blob.limits.memory_bytes) as workers:
            return workers.call(extract_call(blob)).result()
    except WorkerLostError as error:
        raise ReadError(f"{blob.name}: {error}") from None
