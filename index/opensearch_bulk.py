"""Write many documents to a cluster, in requests of a bounded size, as fast as it takes them."""

from __future__ import annotations

import json
import random
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, NamedTuple, Self

from ..nlp.errors import EngineUnavailable
from .opensearch_client import BUSY, NDJSON, Client, Json, encoded

_MOST_BYTES = 4 << 20
"""Bytes of a request, unless a single document has more."""
_SENDERS = 2
"""Requests under way at the same time; with as many waiting, the making of documents waits."""
_MOST_ATTEMPTS = 12
_FIRST_PAUSE, _MOST_PAUSE = 0.05, 5.0
"""Seconds before what a busy cluster has refused is sent again."""
_CONFLICT, _MISSING = 409, 404
_ANSWERED = "errors,items.*.status,items.*.error.type,items.*.error.reason"


class _Item(NamedTuple):
    """What is done with a document.

    Attributes:
        action: says which document, and what is done.
        document: what is stored, ``None`` when it is removed.
    """

    action: bytes
    document: bytes | None


class Version(NamedTuple):
    """Which version of a document is to be replaced.

    Attributes:
        seq_no: number of the change that wrote it.
        primary_term: of the part of the index that counted the changes.
    """

    seq_no: int
    primary_term: int


class BulkWriter:
    """Sends documents in the background; at the end of its block all of them are stored.

    Args:
        client: the cluster.
        index: where they are written.
        found: whether all documents of the parts of the index that are written to can be found at
            the end. A copy that cannot do so is given up by the cluster, whereas one that a refresh
            does not reach is searched as it is.

    Raises:
        EngineUnavailable: at any call and at the end, when the cluster refuses a document.
    """

    def __init__(self, client: Client, index: str, found: bool = False) -> None:
        self._client = client
        self._index = index
        self._params = {"filter_path": _ANSWERED} | ({"refresh": "true"} if found else {})
        self._waiting: list[_Item] = []
        self._bytes = 0
        self._pool = ThreadPoolExecutor(_SENDERS, thread_name_prefix="gongwen-bulk")
        self._sent: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._flush()
                while self._sent:
                    self._sent.popleft().result()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def put(self, id_: str, routing: str, document: bytes, version: Version | None = None) -> None:
        """Store a document in place of the one with its id.

        Args:
            id_: its id.
            routing: what decides in which part of the index it is.
            document: it, as JSON.
            version: what it replaces; when another process has replaced that, it is an error.
        """
        target: Json = {"_id": id_, "routing": routing}
        if version is not None:
            target |= {"if_seq_no": version.seq_no, "if_primary_term": version.primary_term}
        self._add(_Item(encoded({"index": target}), document))

    def delete(self, id_: str, routing: str) -> None:
        """Remove a document; it is no error when it is not there."""
        self._add(_Item(encoded({"delete": {"_id": id_, "routing": routing}}), None))

    def _add(self, item: _Item) -> None:
        size = len(item.action) + len(item.document or b"") + 2
        if self._bytes and self._bytes + size > _MOST_BYTES:
            self._flush()
        self._waiting.append(item)
        self._bytes += size

    def _flush(self) -> None:
        if not self._waiting:
            return
        items, self._waiting, self._bytes = self._waiting, [], 0
        while len(self._sent) >= 2 * _SENDERS:
            self._sent.popleft().result()
        self._sent.append(self._pool.submit(self._send, items))

    def _send(self, items: Sequence[_Item]) -> None:
        """Send documents, those that are refused by a busy cluster again."""
        pause = _FIRST_PAUSE
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            lines = [line for item in items for line in item if line is not None]
            body = b"\n".join(lines) + b"\n"
            found = self._client.ask(
                "POST",
                f"/{self._index}/_bulk",
                body,
                self._params,
                headers=NDJSON,
                writes=True,
            )
            if not found.get("errors"):
                return
            again: list[_Item] = []
            for item, answer in zip(items, found["items"], strict=True):
                done: Any = next(iter(answer.values()))
                status = int(done["status"])
                if status < 300 or (status == _MISSING and item.document is None):
                    continue
                if status == _CONFLICT and self._is_there(item):
                    continue
                if status not in BUSY or attempt == _MOST_ATTEMPTS:
                    raise self._client.refused(status, done)
                again.append(item)
            if not again:
                return
            items = again
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, _MOST_PAUSE)

    def _is_there(self, item: _Item) -> bool:
        """Return whether a document was stored by a request whose answer was lost.

        Raises:
            EngineUnavailable: another process writes to the same index.
        """
        if item.document is None:
            return False
        target = json.loads(item.action)["index"]
        found = self._client.get(
            f"/{self._index}/_doc/{target['_id']}", {"routing": target["routing"]}
        )
        wanted = json.loads(item.document)
        if found.get("_source", {}).get("until") == wanted["until"]:
            return True
        raise EngineUnavailable(
            "another process writes to the index of this library; give the same command again"
        )
