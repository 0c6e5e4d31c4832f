"""Speak with the nodes of a cluster of OpenSearch: one request, one answer, and one line when none.

Requests go to one node until it fails, then to the next that answers, so that what one node knows
is not mixed with what another does not know yet. A request that a cluster is too busy for is tried
again after growing pauses. An answer that is not complete is no answer.
"""

from __future__ import annotations

import json
import random
import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
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
Knows = Callable[[int], bool]
"""Says of the number of a node whether it knows what it is to be asked about."""
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
_FULL = re.compile("flood|read-only|read_only_allow_delete|disk usage")
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
            both = f"{secrets.user}:{secrets.password}".encode()
            named["headers"] = {"authorization": f"Basic {b64encode(both).decode()}"}
        if secrets.token:
            named["headers"] = {"authorization": f"Bearer {secrets.token}"}
        if address.secure:
            named |= {"use_ssl": True, "verify_certs": True}
            if secrets.authorities:
                if not Path(secrets.authorities).is_file():
                    raise LibraryError(
                        f"{AUTHORITIES}: there is no file {secrets.authorities}; name one with "
                        "certificates (PEM)"
                    )
                named["ca_certs"] = secrets.authorities
        try:
            self._nodes = [_Connection(host, port, **named) for host, port in address.hosts]
        except ImproperlyConfigured as error:
            raise LibraryError(
                f"{self._where()}: no certificates are installed here; name a file by {AUTHORITIES}"
            ) from error
        self._at = random.randrange(len(self._nodes))
        self._expected: tuple[str, Callable[[Json], bool]] | None = None

    def expect(self, path: str, is_known: Callable[[Json], bool]) -> None:
        """Pass over a node that does not know yet what another one has answered.

        A node that has lost the others may answer from what it had before.

        Args:
            path: what is looked at when another node is turned to.
            is_known: whether what is there is new enough.
        """
        self._expected = path, is_known

    def close(self) -> None:
        """Close the connections."""
        for node in self._nodes:
            node.close()

    def get(self, path: str, params: Mapping[str, Any] = {}) -> Json:
        """Return what is at a path, ``{}`` when there is nothing."""
        return self.ask("GET", path, None, params, missing={})

    def search(
        self, index: str, body: Json, params: Mapping[str, Any] = {}, knows: Knows | None = None
    ) -> Json:
        """Return the answer of a search, which is complete; ``knows`` is that of :meth:`ask`."""
        given = {"allow_partial_search_results": "false", **params}
        found = self.ask("POST", f"/{index}/_search", encoded(body), given, knows=knows)
        self._complete(found)
        return found

    def searches(
        self, index: str, bodies: Sequence[Json], knows: Knows | None = None
    ) -> list[Json]:
        """Return the answers of several searches, all of which are complete."""
        if len(bodies) <= 1:
            return [self.search(index, body, knows=knows) for body in bodies]
        lines: list[bytes] = []
        for body in bodies:
            lines += b'{"allow_partial_search_results":false}', encoded(body)
        sent = b"\n".join(lines) + b"\n"
        for pause in self._pauses(self._timeout):
            answer = self.ask("POST", f"/{index}/_msearch", sent, headers=NDJSON, knows=knows)
            found = answer["responses"]
            failed = [one for one in found if "error" in one]
            if (
                not failed
                or pause is None
                or not _passes(failed[0].get("status"), _reason(failed[0]))
            ):
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
        done: str = "",
        headers: Mapping[str, str] | None = None,
        writes: bool = False,
        knows: Knows | None = None,
    ) -> Json:
        """Return the answer of one of the nodes.

        Args:
            method: of HTTP.
            path: begins with a slash.
            body: what is sent.
            params: stand behind the path.
            missing: what is returned when there is nothing at the path.
            conflict: what is returned when a document has another version.
            done: an error by which is known that an earlier attempt was not in vain.
            headers: of HTTP.
            writes: whether it may take longer.
            knows: says of the number of a node whether it may be asked; others are passed over.

        Raises:
            EngineUnavailable: no node answers, or none can.
            IndexLostError: the index is not there.
            QueryError: the question is too large for the cluster.
        """
        seconds = self._timeout * (_LONGER if writes else 1)
        error: Exception | None = None
        for pause in self._pauses(seconds):
            try:
                return self._from_any(method, path, body, params, headers, seconds, knows)
            except TransportError as failed:
                status = failed.status_code
                if status == 404 and missing is not None:
                    return missing
                if status == 409 and conflict is not None:
                    return conflict
                why = _reason(failed.info)
                if done and done in why:
                    return {}
                if pause is not None and _passes(status, why):
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
        knows: Knows | None,
    ) -> Json:
        """Return the answer of the node that answered last, or of the next that does."""
        first, until = self._at, time.monotonic() + seconds
        many = len(self._nodes)
        failed: TransportError | None = None
        for step in range(many):
            at = (first + step) % many
            left = until - time.monotonic()
            if step and (left <= 0 or (knows is None and self._is_behind(at, left))):
                continue
            try:
                if knows is not None and not knows(at):
                    continue
                _, _, answer = self._nodes[at].perform_request(
                    method,
                    path,
                    params,
                    body,
                    timeout=min(seconds / min(many, 2), left),
                    headers=headers,
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
                    f"{self._where(at)}: what answers there is something else; see to the address"
                ) from None
        if failed is None:
            raise EngineUnavailable(
                f"{self._where()}: no node that answers has the newest state of the index; try "
                "again later, and see to the nodes that do not answer the others"
            )
        raise failed

    def _is_behind(self, at: int, seconds: float) -> bool:
        """Return whether a node does not know yet, or cannot say, what is expected."""
        if self._expected is None:
            return False
        path, is_known = self._expected
        try:
            _, _, answer = self._nodes[at].perform_request("GET", path, timeout=seconds)
            return not is_known(json.loads(answer))
        except (TransportError, ValueError, LookupError):
            return True

    def ask_node(
        self, node: int, method: str, path: str, body: bytes, params: Mapping[str, Any]
    ) -> Json:
        """Return the answer of one node, which is asked once.

        Raises:
            TransportError: it does not answer, or refuses.
        """
        _, _, answer = self._nodes[node].perform_request(method, path, params, body)
        found: Json = json.loads(answer)
        return found

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
        return f"OpenSearch ({', '.join(named)})"

    def _complete(self, found: Json) -> None:
        """Refuse an answer that does not come from all parts of an index."""
        shards = found.get("_shards", {})
        if found.get("timed_out") or shards.get("failed"):
            raise EngineUnavailable(
                f"{self._where()}: a part of the index did not answer; try again later, and see to "
                "its nodes (GET _cat/shards) if it goes on"
            )

    def refused(
        self, status: int | str, info: Any, error: TransportError | None = None
    ) -> LibraryError | QueryError:
        """Return the error for what a node answered, or for its silence."""
        why = _reason(info)
        if status == 404 and _NO_INDEX in why:
            return IndexLostError(
                f"{self._where()}: the index of this library is not there; run gongwen reindex"
            )
        if ("too_many" in why and "clauses" in why) or "too_complex" in why:
            return QueryError("the question has too many parts for a cluster; ask for less at once")
        return EngineUnavailable(f"{self._where()}: {self._problem(status, why, error)}")

    def _problem(self, status: int | str, why: str, error: TransportError | None) -> str:
        """Return what is wrong and what to do."""
        if isinstance(error, SSLError):
            return (
                f"its certificate is not accepted ({short(error.info)}); name the file of the "
                f"certificates that sign it by {AUTHORITIES}"
            )
        if isinstance(error, ConnectionTimeout):
            return f"no answer within {self._timeout:g} seconds; try again later"
        if isinstance(error, NoConnection) or not isinstance(status, int):
            return "no answer; see that it runs and that the address is right, then try again"
        if is_full(why):
            return "a disk there is full; free some space, then give the same command again"
        if status == 401 and self._has_secrets:
            return f"the user is not accepted; see to {USER} and {PASSWORD}, or {TOKEN}"
        if status == 401:
            return f"it asks for a user; set {USER} and {PASSWORD}, or {TOKEN}"
        if status == 403:
            return (
                f"not allowed ({why}); let its administrator give your user all rights on the "
                f"indices {self.address.name}-*"
            )
        if status in BUSY:
            return f"too busy, or nodes are missing ({why}); try again later"
        return f"a request was refused ({why}); see to its version, which must be 2 or later"


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


def _passes(status: int | str | None, why: str) -> bool:
    """Return whether the same request may succeed soon."""
    if status == 500:
        return any(lost in why for lost in _LOST)
    return status in BUSY and not is_full(why)


def is_full(why: str) -> bool:
    """Return whether a reason says that a cluster only reads, as a disk is full."""
    return "cluster_block_exception" in why and bool(_FULL.search(why))
