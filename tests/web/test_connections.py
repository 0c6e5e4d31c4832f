"""Connections that are held open on purpose: they are closed, and others are answered meanwhile."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from gongwen.web.server import TimedProtocol

from .conftest import served


@contextmanager
def connected(address: str) -> Iterator[socket.socket]:
    """Open a connection to a server."""
    place = urlsplit(address)
    assert place.hostname and place.port
    with socket.create_connection((place.hostname, place.port)) as made:
        yield made


def ended(connection: socket.socket) -> bool:
    """Wait until the other side closes, and return whether it said nothing before."""
    with suppress(ConnectionResetError):
        return connection.recv(1) == b""
    return True


def answered(address: str) -> None:
    assert httpx.get(f"{address}/search", params={"q": "执法"}, timeout=None).status_code == 200


HEAD = b"GET /help HTTP/1.1\r\nHost: %b\r\nX-Slow: " + b"x" * 1_000


@pytest.mark.parametrize("sent", [b"", b"G", b"GET /help HTTP/1.1\r\n", HEAD])
def test_a_request_that_does_not_come_is_given_up(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(TimedProtocol, "head_seconds", 0.1)
    with served(library_folder) as address, connected(address) as slow:
        slow.sendall(sent)
        assert ended(slow)


def test_headers_byte_by_byte_hold_nobody_up(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TimedProtocol, "head_seconds", 0.5)
    with served(library_folder) as address:
        closed = []

        def drip() -> None:
            pause = threading.Event()
            with connected(address) as slow:
                slow.sendall(b"GET /help HTTP/1.1\r\nX: ")
                with suppress(OSError):  # sending fails when the server has closed
                    while not pause.wait(0.01):
                        slow.sendall(b"x")
                closed.append(True)

        threads = [threading.Thread(target=drip) for _number in range(20)]
        for one in threads:
            one.start()
        for _number in range(3):
            answered(address)
        for one in threads:
            one.join()
        assert len(closed) == 20
        answered(address)


def test_a_second_request_has_its_time_again(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TimedProtocol, "head_seconds", 0.3)
    with served(library_folder) as address, connected(address) as kept:
        request = f"GET /health HTTP/1.1\r\nHost: {urlsplit(address).netloc}\r\n\r\n".encode()
        for _number in range(2):
            kept.sendall(request)
            seen = b""
            while not seen.endswith(b"ok\n"):
                seen += kept.recv(1 << 12)
        kept.sendall(request[:20])
        assert ended(kept)


def test_idle_connections_make_place(library_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TimedProtocol, "most_connections", 5)
    with served(library_folder) as address:
        idle = []
        for _number in range(5):
            idle.append(
                socket.create_connection((urlsplit(address).hostname, urlsplit(address).port))
            )
        answered(address)
        assert ended(idle[0])
        for one in idle:
            one.close()


def test_too_many_headers_are_refused(library_folder: Path) -> None:
    with served(library_folder) as address, connected(address) as large:
        large.sendall(b"GET /help HTTP/1.1\r\n")
        with suppress(OSError):
            for number in range(20_000):
                large.sendall(b"X-%d: y\r\n" % number)
        with suppress(ConnectionResetError):
            assert large.recv(1 << 12).startswith(b"HTTP/1.1 400")
        answered(address)
