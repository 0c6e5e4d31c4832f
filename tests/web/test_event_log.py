"""A server for programs logs a line of JSON for every event, without what people asked or wrote."""

from __future__ import annotations

import io
import json
import logging
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gongwen
from gongwen.nlp.errors import QueryError
from gongwen.web.accounts import add_user
from gongwen.web.event_log import JsonLog, described, other_packages_logged
from gongwen.web.observed import request_id
from gongwen.web.settings import ServeSettings

from ..conftest import SEED_REPORT
from .conftest import ROOT, Visitor, visiting

SECRET = "机密查询词"
TOKEN = "a-long-enough-token"


def lines(text: str) -> list[dict[str, Any]]:
    """Return the lines of a log, each of which must be an object."""
    return [json.loads(line) for line in text.splitlines()]


class Logged:
    """A visitor and what the server logs.

    Args:
        visitor: the visitor.
        capsys: has what the server writes to standard error.
    """

    def __init__(self, visitor: Visitor, capsys: pytest.CaptureFixture[str]) -> None:
        self.visitor, self._capsys = visitor, capsys
        self._text = ""

    def text(self) -> str:
        self._text += self._capsys.readouterr().err
        return self._text

    def requests(self) -> list[dict[str, Any]]:
        return [one for one in lines(self.text()) if one["event"] == "request"]


@pytest.fixture
def logged(library_folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Logged]:
    with visiting(library_folder, log="json") as visitor:
        yield Logged(visitor, capsys)


def test_a_request_is_a_line(logged: Logged) -> None:
    answer = logged.visitor.get("/reports/甲县2019", headers={"x-request-id": "4bf92f3577b34da6"})
    [line] = logged.requests()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert 0 < line.pop("seconds") < 600
    assert line == {
        "level": "info",
        "event": "request",
        "method": "GET",
        "route": "/reports/{id}",
        "status": 200,
        "bytes": len(answer.content),
        "request_id": "4bf92f3577b34da6",
        "client": "127.0.0.1",
    }
    assert answer.headers["x-request-id"] == "4bf92f3577b34da6"


def test_nothing_that_was_asked_or_written_stands_in_it(logged: Logged) -> None:
    visitor = logged.visitor
    visitor.get(f"/search?q={SECRET}&lang=zh", headers={"authorization": f"Bearer {TOKEN}"})
    visitor.get(f"/reports/{SECRET}")
    visitor.get(f"/{SECRET}")
    visitor.post("/name", data={"name": SECRET})
    visitor.post("/check", data={"text": SECRET})
    visitor.get(
        "/search?q=x",
        headers={"referer": f"http://x/{SECRET}".encode(), "user-agent": SECRET.encode()},
    )
    visitor.get("/search?q=x", headers={"host": f"{TOKEN}.example", "x-request-id": TOKEN * 9})
    text = logged.text()
    assert len(logged.requests()) >= 7
    assert TOKEN not in text
    assert json.loads(json.dumps(text)) == text
    for known in (SECRET, json.dumps(SECRET)[1:-1], visitor.token(), "甲县"):
        assert known not in text


def test_probes_that_are_answered_are_left_out(logged: Logged) -> None:
    logged.visitor.get("/health")
    logged.visitor.get("/ready")
    assert logged.requests() == []
    logged.visitor.get("/ready", headers={"host": "evil.example"})
    [line] = logged.requests()
    assert (line["status"], line["refused"]) == (421, "host")


def test_who_has_logged_in_is_named(
    own_library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    users = tmp_path / "users"
    add_user(users, "王科员", "a long password")
    with visiting(own_library, log="json", users=users) as visitor:
        seen = Logged(visitor, capsys)
        visitor.get("/login")
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', visitor.text("/login"))
        assert found
        data = {"csrf": found[1], "name": "王科员", "secret": "a long password"}
        visitor.client.post("/login", data=data, follow_redirects=False)
        visitor.get("/search")
        named = [one.get("user", "") for one in seen.requests()]
        assert named == ["", "", "王科员", "王科员"]
        assert "a long password" not in seen.text()


def test_a_name_without_account_is_nobodys(logged: Logged) -> None:
    logged.visitor.post("/name", data={"name": "Li"})
    logged.visitor.get("/search")
    assert not [one for one in logged.requests() if "user" in one]


def test_an_error_of_ours_has_its_place_and_no_text(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(gongwen.Library, "search", failing)
    with pytest.raises(RuntimeError):
        logged.visitor.get(f"/api/v1/search?q={SECRET}")
    [line] = logged.requests()
    assert (line["level"], line["status"]) == ("error", 500)
    assert line["exception"] == "RuntimeError"
    assert "in failing" in line["traceback"]
    assert line["traceback"].endswith("RuntimeError\n")
    assert SECRET not in json.dumps(line, ensure_ascii=False)


def test_a_page_that_failed_has_the_id_of_its_request(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("x")

    monkeypatch.setattr(gongwen.Library, "search", failing)
    with visiting(library_folder) as visitor:
        visitor.client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
        answer = visitor.get("/search?q=x", headers={"x-request-id": "4bf92f3577b34da6"})
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "4bf92f3577b34da6"


def test_causes_come_first() -> None:
    try:
        try:
            raise FileNotFoundError(2, SECRET)
        except OSError as error:
            raise QueryError(SECRET) from error
    except QueryError as error:
        found = described(error)
    assert found["exception"] == "QueryError"
    assert found["traceback"].index("FileNotFoundError: ENOENT") < found["traceback"].index("Query")
    assert SECRET not in found["traceback"].replace("SECRET", "")


@pytest.mark.parametrize("given", ["5f0c9a1e7b3d4c26", "a" * 64, "01HX-2.Y_z0", "x" * 8])
def test_an_id_of_a_proxy_is_taken(given: str) -> None:
    assert request_id(given) == given


@pytest.mark.parametrize(
    "given", ["", "short", "a" * 65, "a b c d e f", "x\r\nSet-Cookie: y", "一" * 9]
)
def test_any_other_is_not(given: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", request_id(given))


def test_what_other_packages_say_is_an_event() -> None:
    stream = io.StringIO()
    with other_packages_logged(JsonLog(stream)):
        logging.getLogger("urllib3.x").warning("retrying %s", "10.1.2.3")
        logging.getLogger("urllib3.x").info("nothing")
        logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=None)
    logging.getLogger("urllib3.x").warning("after it")
    [line] = lines(stream.getvalue())
    assert (line["level"], line["event"], line["logger"]) == ("warning", "log", "urllib3.x")
    assert line["message"] == "retrying 10.1.2.3"


def test_a_log_that_cannot_be_written_keeps_nobody_from_an_answer() -> None:
    stream = io.StringIO()
    stream.close()
    JsonLog(stream).event("info", "started")


# -- behind a proxy --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "headers", "client"),
    [
        ((), {"x-forwarded-for": "10.9.8.7"}, "127.0.0.1"),
        (("10.0.0.0/24",), {"x-forwarded-for": "10.9.8.7"}, "127.0.0.1"),
        (("127.0.0.1",), {}, "127.0.0.1"),
        (("127.0.0.1",), {"x-forwarded-for": "10.9.8.7"}, "10.9.8.7"),
        (("127.0.0.0/24",), {"x-forwarded-for": "1.1.1.1, 10.9.8.7"}, "10.9.8.7"),
        (("127.0.0.1", "10.9.8.0/24"), {"x-forwarded-for": "1.1.1.1, 2.2.2.2,10.9.8.7"}, "2.2.2.2"),
        (("127.0.0.1",), {"x-forwarded-for": "2001:db8::1"}, "2001:db8::1"),
        (("127.0.0.1",), {"x-forwarded-for": "::ffff:10.9.8.7"}, "10.9.8.7"),
        (("127.0.0.1",), {"x-forwarded-for": "unknown"}, "127.0.0.1"),
        (("127.0.0.1",), {"x-forwarded-for": "<script>, 10.9.8.7:443"}, "127.0.0.1"),
        (("127.0.0.1",), {"x-forwarded-for": ",".join(["127.0.0.1"] * 99)}, "127.0.0.1"),
    ],
)
def test_only_a_trusted_proxy_says_who_asks(
    library_folder: Path,
    capsys: pytest.CaptureFixture[str],
    proxies: tuple[str, ...],
    headers: dict[str, str],
    client: str,
) -> None:
    with visiting(library_folder, log="json", proxies=proxies) as visitor:
        visitor.get("/help", headers=headers)
        [line] = Logged(visitor, capsys).requests()
        assert line["client"] == client


def test_limits_and_audit_are_of_the_client_then(own_library: Path) -> None:
    with visiting(own_library, proxies=("127.0.0.1",), changes_per_minute=2) as visitor:
        token = visitor.token()

        def change(address: str) -> int:
            headers = {"x-forwarded-for": address}
            data = {"csrf": token, "name": "a"}
            return int(visitor.client.post("/name", data=data, headers=headers).status_code)

        assert [change("10.9.8.7") for _number in range(6)][-1] == 429
        assert change("10.9.8.6") == 200
        visitor.client.post(
            "/reports/甲县2019/facts",
            data={"csrf": token, "year": "2019"},
            headers={"x-forwarded-for": "10.9.8.5"},
        )
    [line] = lines((own_library / "audit.jsonl").read_text("utf-8"))
    assert line["client"] == "10.9.8.5"


@pytest.mark.parametrize(
    ("scheme", "secure"), [("https", True), ("http", False), ("gopher", False)]
)
def test_cookies_are_for_https_where_the_proxy_speaks_it(
    library_folder: Path, scheme: str, secure: bool
) -> None:
    for proxies, wanted in (((), False), (("127.0.0.1",), secure)):
        with visiting(library_folder, proxies=proxies) as visitor:
            answer = visitor.get("/help", headers={"x-forwarded-proto": scheme})
            assert ("; Secure" in answer.headers["set-cookie"]) is wanted


@pytest.mark.parametrize(
    "one", ["", "proxy.example", "0.0.0.0/0", "::/0", "10.0.0.0/8", "*", "x/y"]
)
def test_not_everybody_can_be_a_proxy(tmp_path: Path, one: str) -> None:
    with pytest.raises(QueryError, match=r"127\.0\.0\.1"):
        ServeSettings(folder=tmp_path, proxies=(one,))


# -- a real process --------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM")
def test_a_process_answers_to_its_end(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    with gongwen.open(folder) as library:
        library.add([SEED_REPORT])
    process = subprocess.Popen(
        [sys.executable, "-m", "gongwen", "--library", str(folder), "serve", "--port", "0",
         "--log", "json", "--metrics-port", "0"],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", cwd=ROOT / "src",
    )  # fmt: skip
    try:
        assert process.stderr
        started = json.loads(process.stderr.readline())
        assert started["event"] == "started"
        with urllib.request.urlopen(started["address"] + "ready") as answer:
            assert json.load(answer) == {"ready": True, "store": "ok", "engine": "ok"}
        with urllib.request.urlopen(started["metrics"]) as answer:
            assert b"gongwen_sentences 90.0" in answer.read()
        host, port = re.findall(r"//(.+):(\d+)/", started["address"])[0]
        with socket.create_connection((host, int(port))) as slow:
            # a form whose body has not come yet is in flight when the process is told to end
            head = f"POST /name HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 3\r\n\r\n"
            slow.sendall(head.encode() + b"a")
            while not _reading(started["metrics"]):
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            slow.sendall(b"=b")
            assert slow.recv(1 << 16).startswith(b"HTTP/1.1 403")
        said = lines(process.stderr.read())
        assert process.wait() == 0
    finally:
        process.kill()
        process.communicate()
    assert [one["event"] for one in said] == ["request", "stopped"]
    assert (said[0]["route"], said[0]["status"], said[0]["refused"]) == ("/name", 403, "form")


def _reading(metrics: str) -> bool:
    """Return whether a request is being read."""
    with urllib.request.urlopen(metrics) as answer:
        return b"gongwen_http_requests_in_progress 1.0" in answer.read()
