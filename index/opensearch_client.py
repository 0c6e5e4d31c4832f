"""Speak with the nodes of a cluster of OpenSearch: one request, one answer, and one line when none.

Requests go to one node until it fails, then to the next that answers, so that what one node knows
is not mixed with what another does not know yet. A request that a cluster is too busy for is tried
again after growing pauses. An answer that is not complete is no answer.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from opensearchpy import ConnectionError as NoConnection
from opensearchpy import (
    ConnectionTimeout,
    ImproperlyConfigured,
    SSLError,
    TransportError,
    Urllib3HttpConnection,
)

from ..nlp.errors import EngineUnavailable, IndexLostError, LibraryError, QueryError
from .opensearch_address import AUTHORITIES, PASSWORD, TOKEN, USER, Address, Secrets

Json = dict[str, Any]
BUSY = frozenset((429, 502, 503, 504))
"""What is answered when the same request may succeed later."""
_LOST = (
    "node_disconnected node_not_connected node_closed connect_transport illegal_index_shard_state"
).split()
"""What a node answers, with 500, when another one has left that it has asked."""
_FIRST_PAUSE, _MOST_PAUSE = 0.05, 5.0
"""Seconds between attempts of one request."""
_LONGER = 6
"""Times as long as for reading it is waited for writing: a cluster that has lost a node finds out
and lets another one take over."""
_CONNECTIONS = 8
_NO_INDEX = "index_not_found_exception"
NDJSON = {"content-type": "application/x-ndjson"}


class _Connection(Urllib3HttpConnection):
    """A connection that logs and warns of nothing: what matters is raised."""

    def log_request_fail(self, *given: Any, **named: Any) -> None:
        """Log nothing."""

    def log_request_success(self, *given: Any, **named: Any) -> None:
        """Log nothing."""

    def _raise_warnings(self, warning_headers: Any) -> None:
        pass


class Client:
    """The nodes of a cluster, for any number of threads.

    Args:
        address: where they are.
        secrets: what they ask for.
        timeout: seconds after which a request is given up.

    Raises:
        LibraryError: the secrets may not be sent to this address, or the file of certificates
            cannot be read.
    """

    def __init__(self, address: Address, secrets: Secrets, timeout: float) -> None:
        address.check(secrets)
        self.address = address
        self._timeout = timeout
        self._has_secrets = bool(secrets)
        named: Json = {"timeout": timeout, "pool_maxsize": _CONNECTIONS}
        if secrets.user:
            named["http_auth"] = (secrets.user, secrets.password)
        if secrets.token:
            named["headers"] = {"authorization": f"Bearer {secrets.token}"}
        if address.secure:
            named |= {"use_ssl": True, "verify_certs": True}
            if secrets.authorities:
                if not Path(secrets.authorities).is_file():
                    raise LibraryError(
                        f"{AUTHORITIES}: there is no file {secrets.authorities}; give one of "
                        "certificates (PEM)"
                    )
                named["ca_certs"] = secrets.authorities
        try:
            self._nodes = [_Connection(host, port, **named) for host, port in address.hosts]
        except ImproperlyConfigured as error:
            raise LibraryError(f"{self._where(0)}: {error}; set {AUTHORITIES}") from None
        self._at = random.randrange(len(self._nodes))

    def close(self) -> None:
        """Close the connections."""
        for node in self._nodes:
            node.close()

    def get(self, path: str, params: Mapping[str, Any] = {}) -> Json:
        """Return what is at a path, ``{}`` when there is nothing."""
        return self.ask("GET", path, None, params, missing={})

    def search(self, index: str, body: Json, params: Mapping[str, Any] = {}) -> Json:
        """Return the answer of a search, which is complete."""
        given = {"allow_partial_search_results": "false", **params}
        found = self.ask("POST", f"/{index}/_search", encoded(body), given)
        self._complete(found)
        return found

    def searches(self, index: str, bodies: Sequence[Json]) -> list[Json]:
        """Return the answers of several searches, all of which are complete."""
        if len(bodies) <= 1:
            return [self.search(index, body) for body in bodies]
        lines: list[bytes] = []
        for body in bodies:
            lines += b'{"allow_partial_search_results":false}', encoded(body)
        sent = b"\n".join(lines) + b"\n"
        for pause in self._pauses(self._timeout):
            found = self.ask("POST", f"/{index}/_msearch", sent, headers=NDJSON)["responses"]
            failed = [one for one in found if "error" in one]
            if not failed or pause is None or not _passes(failed[0].get("status"), failed[0]):
                break
            time.sleep(pause)
        for one in found:
            if "error" in one:
                raise self.refused(int(one.get("status", 500)), one)
            self._complete(one)
        return list(found)

    def refresh(self, index: str) -> None:
        """Let all that was written be found."""
        self._complete(self.ask("POST", f"/{index}/_refresh", writes=True))

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        params: Mapping[str, Any] = {},
        *,
        missing: Json | None = None,
        conflict: Json | None = None,
        headers: Mapping[str, str] | None = None,
        writes: bool = False,
    ) -> Json:
        """Return the answer of one of the nodes.

        Args:
            method: of HTTP.
            path: begins with a slash.
            body: what is sent.
            params: stand behind the path.
            missing: what is returned when there is nothing at the path.
            conflict: what is returned when a document has another version.
            headers: of HTTP.
            writes: whether it may take longer.

        Raises:
            EngineUnavailable: no node answers, or none can.
            IndexLostError: the index is not there.
            QueryError: the question is too large for the cluster.
        """
        seconds = self._timeout * (_LONGER if writes else 1)
        error: Exception | None = None
        for pause in self._pauses(seconds):
            try:
                return self._from_any(method, path, body, params, headers, seconds)
            except TransportError as failed:
                status = failed.status_code
                if status == 404 and missing is not None and not _says(failed, "no_such_node"):
                    return missing
                if status == 409 and conflict is not None:
                    return conflict
                if pause is not None and _passes(status, failed.info):
                    time.sleep(pause)
                    continue
                error = self.refused(status, failed.info, failed)
            break
        assert error is not None
        raise error

    def _from_any(
        self,
        method: str,
        path: str,
        body: bytes | None,
        params: Mapping[str, Any],
        headers: Mapping[str, str] | None,
        seconds: float,
    ) -> Json:
        """Return the answer of the node that answered last, or of the next that does."""
        first = self._at
        many = len(self._nodes)
        failed: TransportError | None = None
        for step in range(many):
            at = (first + step) % many
            try:
                _, _, answer = self._nodes[at].perform_request(
                    method, path, params, body, timeout=seconds / min(many, 2), headers=headers
                )
            except NoConnection as error:
                if not isinstance(failed, ConnectionTimeout):  # which says more
                    failed = error
                continue
            except TransportError as error:
                if error.status_code in (502, 503, 504) and step + 1 < many:
                    failed = error
                    continue
                self._at = at
                raise
            self._at = at
            try:
                return json.loads(answer) if answer else {}
            except ValueError:
                raise EngineUnavailable(
                    f"{self._where(at)}: what answers is no OpenSearch; see to the address"
                ) from None
        assert failed is not None
        raise failed

    def _pauses(self, seconds: float) -> Iterator[float | None]:
        """Yield seconds to wait after each attempt, ``None`` after the last."""
        until = time.monotonic() + seconds
        pause = _FIRST_PAUSE
        while time.monotonic() + pause < until:
            yield pause * random.uniform(0.5, 1.0)
            pause = min(2 * pause, _MOST_PAUSE)
        yield None

    # -- what is wrong ---------------------------------------------------------------------------

    def _where(self, at: int | None = None) -> str:
        """Return the node, or all of them, as an error names it."""
        hosts = self.address.hosts if at is None else [self.address.hosts[at]]
        named = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in hosts)
        return f"OpenSearch at {', '.join(named)}"

    def _complete(self, found: Json) -> None:
        """Refuse an answer that does not come from all parts of an index."""
        shards = found.get("_shards", {})
        if found.get("timed_out") or shards.get("failed"):
            raise EngineUnavailable(
                f"{self._where()}: a part of the index did not answer; try again, and see to its "
                "nodes (GET _cat/shards) if it goes on"
            )

    def refused(
        self, status: int | str, info: Any, error: TransportError | None = None
    ) -> GongwenErrors:
        """Return the error for what a node answered, or for its silence."""
        why = _reason(info)
        if isinstance(error, SSLError):
            return EngineUnavailable(
                f"{self._where()}: its certificate is not accepted ({short(error)}); name the "
                f"certificates that sign it by {AUTHORITIES}"
            )
        if isinstance(error, ConnectionTimeout):
            return EngineUnavailable(
                f"{self._where()} does not answer within {self._timeout:g} seconds; try again later"
            )
        if isinstance(error, NoConnection) or not isinstance(status, int):
            return EngineUnavailable(
                f"{self._where()} does not answer; see that it runs and that the address is right, "
                "then give the same command again"
            )
        if _is_full_reason(why):
            return EngineUnavailable(
                f"{self._where()}: a disk of the cluster is full, so nothing can be written; free "
                "some space there, then give the same command again"
            )
        if status == 401:
            said = "does not accept user and password" if self._has_secrets else "asks who you are"
            return EngineUnavailable(
                f"{self._where()} {said}; set {USER} and {PASSWORD}, or {TOKEN}"
            )
        if status == 403:
            return EngineUnavailable(
                f"{self._where()} does not allow this ({why}); let its administrator give your "
                f"user the rights on the indices {self.address.name}-*"
            )
        if status == 404 and _NO_INDEX in why:
            return IndexLostError(
                f"{self._where()}: the index of this library is not there; run gongwen reindex"
            )
        if ("too_many" in why and "clauses" in why) or "too_complex" in why:
            return QueryError(
                "the question has too many parts for the cluster; ask for less at once"
            )
        if status in BUSY:
            return EngineUnavailable(
                f"{self._where()} is too busy or has lost nodes ({status} {why}); try again later"
            )
        return EngineUnavailable(f"{self._where()} refuses a request ({status} {why})")


GongwenErrors = LibraryError | QueryError


def encoded(body: Json) -> bytes:
    """Return JSON in UTF-8, with a question mark for what has none."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _reason(info: Any) -> str:
    """Return the type and the reason of an error that a node has answered with."""
    error = info.get("error", info) if isinstance(info, dict) else info
    if not isinstance(error, dict):
        return short(error)
    causes = error.get("root_cause") or [error]
    inner = error.get("caused_by") or {}
    deepest = inner.get("caused_by") or inner
    parts = [error.get("type"), causes[0].get("type"), causes[0].get("reason"), deepest.get("type")]
    return short(": ".join(dict.fromkeys(str(part) for part in parts if part)))


def short(what: Any) -> str:
    """Return the beginning of a message on one line."""
    return " ".join(str(what).split())[:200]


def _passes(status: int | str | None, info: Any) -> bool:
    """Return whether the same request may succeed soon."""
    why = _reason(info)
    if status == 500:
        return any(lost in why for lost in _LOST)
    return status in BUSY and not _is_full_reason(why)


def _is_full_reason(why: str) -> bool:
    return "cluster_block_exception" in why and (
        "flood" in why or "read-only / allow delete" in why or "read_only_allow_delete" in why
    )


def _says(error: TransportError, what: str) -> bool:
    return what in _reason(error.info)
