"""A server on loopback that answers as a node of OpenSearch, as tests tell it to."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answer = tuple[int, Any]
"""Status and body; a body of bytes is sent as it is, any other as JSON."""


@dataclass
class Request:
    """What was asked."""

    method: str
    path: str
    authorization: str
    body: bytes


def error(status: int, kind: str, reason: str = "") -> Answer:
    """Return an error as a node writes it."""
    cause = {"type": kind, "reason": reason}
    return status, {"error": {"root_cause": [cause], **cause}, "status": status}


@dataclass
class FakeNode:
    """A node; ``answer`` says what it answers, and ``None`` lets it close the connection.

    Attributes:
        answer: called with each request.
        certificate: folder with ``key.pem`` and ``cert.pem`` for HTTPS, ``None`` for HTTP.
        asked: all requests so far.
    """

    answer: Callable[[Request], Answer | None]
    certificate: Path | None = None
    asked: list[Request] = field(default_factory=list)

    def __enter__(self) -> FakeNode:
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                request = Request(
                    self.command,
                    self.path,
                    self.headers.get("authorization", ""),
                    self.rfile.read(size),
                )
                node.asked.append(request)
                given = node.answer(request)
                if given is None:
                    self.close_connection = True
                    return
                status, body = given
                sent = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate / "cert.pem", self.certificate / "key.pem")
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def host(self) -> str:
        return f"{'localhost' if self.certificate else '127.0.0.1'}:{self._server.server_port}"


def make_certificate(folder: Path) -> Path:
    """Make a certificate for ``localhost`` that signs itself, and return its folder."""
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"),
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder
