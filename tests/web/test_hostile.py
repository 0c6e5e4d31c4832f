"""Requests of those who mean harm: each is refused or does nothing, and the library stays as it is.

Text that would become HTML is in ``test_escaping``, odd queries are in ``test_query_strings``.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from starlette.routing import Route

import gongwen
from gongwen.web import guard
from gongwen.web.guard import HEADERS

from .conftest import ADDRESS, Visitor, visiting

SEED = "wugong-2020"
V1 = "/api/v1"
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def state(folder: Path) -> dict[str, Any]:
    """Return all that a request could change in a library."""
    with gongwen.open(folder, read_only=True) as library:
        return {
            "reports": sorted(json.dumps(one.to_dict()) for one in library.reports()),
            "tags": [
                (one.report, one.n, one.topic, one.also, one.role)
                for report in sorted(one.id for one in library.reports())
                for one in library.sentences(report)
            ],
            "corrections": len(library.corrections()),
            "trash": len(library.trash()),
            "models": [(one.version, one.active) for one in library.models.versions()],
            "files": sorted(str(one) for one in (folder / "files").rglob("*")),
        }


def kept(folder: Path) -> dict[str, str]:
    """Return a checksum of every file of a library that a request could change.

    Only beside a writer SQLite keeps files of its own, which end with the last connection.
    """
    return {
        str(one.relative_to(folder)): hashlib.sha256(one.read_bytes()).hexdigest()
        for one in folder.rglob("*")
        if one.is_file() and not one.name.endswith(("-wal", "-shm")) and one.name != "audit.jsonl"
    }


def audited(folder: Path) -> list[Any]:
    """Return the lines of the audit on changes that were made, not on those that were refused."""
    file = folder / "audit.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [one for one in map(json.loads, lines) if one["status"] < 400]


@pytest.fixture(scope="module")
def target(library_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A visitor of a library that is the same after all requests as it was before them."""
    folder = Path(copytree(library_folder, tmp_path_factory.mktemp("hostile") / "library"))
    with visiting(folder) as made:
        made.get(f"{V1}/words")  # writes down what words there are, once
    before = state(folder), kept(folder), audited(folder)
    with visiting(folder, changes_per_minute=100_000) as made:
        yield made
    assert (state(folder), kept(folder), audited(folder)) == before
    assert {one.name for one in folder.parent.iterdir()} == {"library"}


def is_ours(answer: Any) -> None:
    """Check what every answer has, whatever it says."""
    headers = answer.headers
    assert answer.status_code < 500, answer.text
    assert not [one for one in headers if one.startswith("access-control-")]
    for name, value in HEADERS.items():
        assert headers[name] == value
    assert "Traceback" not in answer.text
    assert "default-src 'none'" in headers["content-security-policy"]


# -- forms and requests from elsewhere -------------------------------------------------------------


def changes_of(visitor: Visitor) -> list[tuple[str, str]]:
    """Return method and path of everything that may change something."""
    filled = []
    for route in visitor.client.app.routes:  # type: ignore[attr-defined]
        if not isinstance(route, Route):
            continue
        path = route.path
        for name, value in (("report", SEED), ("job", "x"), ("id", SEED), ("n", "27")):
            path = re.sub(rf"\{{{name}(?::int)?\}}", value, path)
        methods = (route.methods or set()) - {"GET", "HEAD"}
        filled += [(method, path) for method in sorted(methods)]
    return filled


FIELDS = {
    "topic": "enforcement", "label": "enforcement", "report": SEED, "n": "27", "entry": "1",
    "version": "0", "name": "x", "text": "x", "region": "x", "was-region": "武功县",
}  # fmt: skip
FOREIGN: list[dict[str, str]] = [
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": "http://["},
    {"origin": ""},
    {"origin": "http://127.0.0.1:8766"},
    {"origin": f"{ADDRESS}.evil.example"},
    {"origin": "http://127.0.0.1:8765@evil.example"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "x"},
    {"origin": ADDRESS, "sec-fetch-site": "cross-site"},
]


def test_no_change_is_taken_from_another_site(target: Visitor) -> None:
    changes = changes_of(target)
    assert len(changes) >= 24
    token = target.token()
    for method, path in changes:
        for headers in FOREIGN:
            api = path.startswith("/api/")
            sent: dict[str, Any] = {"json": FIELDS} if api else {"data": FIELDS | {"csrf": token}}
            answer = target.client.request(method, path, headers=headers, **sent)
            assert answer.status_code == 403, (method, path, headers)
            is_ours(answer)


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é" * 32, "a" * 100_000, "\0"])
def test_no_form_is_taken_without_its_token(target: Visitor, token: str | None) -> None:
    data = FIELDS | ({} if token is None else {"csrf": token})
    target.get("/help")
    for method, path in changes_of(target):
        if path.startswith("/api/"):
            continue
        refused = (403, 429) if path == "/login" else (403,)  # of log-ins there may be few a minute
        for files in ({}, {"files": ("x.txt", b"x")}):
            answer = target.client.request(method, path, data=data, files=files)
            assert answer.status_code in refused, path
            is_ours(answer)


def test_no_address_alone_changes_anything(target: Visitor) -> None:
    """A picture or a link on another site makes a browser ask for any address, with cookies."""
    token = target.token()
    for method, path in changes_of(target):
        for given in (FIELDS, FIELDS | {"csrf": token}, FIELDS | {"_method": method}):
            for asked in ("GET", "HEAD"):
                answer = target.client.request(asked, path, params=given, follow_redirects=False)
                assert answer.status_code in (200, 303, 400, 404, 405), path
                is_ours(answer)


def test_a_token_in_the_address_or_of_nobody_is_none(target: Visitor) -> None:
    token = target.token()
    path = f"/reports/{SEED}/27"
    answer = target.client.post(f"{path}?csrf={token}", data=FIELDS)
    assert answer.status_code == 403
    answer = target.client.post(path, data=FIELDS | {"csrf": token}, headers={"cookie": ""})
    target.client.cookies.clear()
    answer = target.client.post(path, data=FIELDS | {"csrf": token})
    assert answer.status_code == 403
    file = {"csrf": ("x", token.encode())}
    assert target.client.post(path, data=FIELDS, files=file).status_code == 403


def test_a_form_of_another_site_is_no_request_of_a_program(target: Visitor) -> None:
    body = json.dumps({"topic": "enforcement"})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = target.client.put(
            f"{V1}/reports/{SEED}/sentences/27/tags", content=body, headers={"content-type": kind}
        )
        assert answer.status_code == 415


def test_nothing_changes_a_library_that_is_only_read(library_folder: Path) -> None:
    audit = library_folder / "audit.jsonl"
    before = audit.read_bytes() if audit.exists() else b""
    with visiting(library_folder, read_only=True, changes_per_minute=10_000) as reader:
        asks = ("/check", "/login", "/logout", "/name", "/library/verify")
        reads = (f"{V1}/tag", f"{V1}/split", f"{V1}/check")
        for method, path in changes_of(reader):
            if path in reads or path in asks:
                continue
            if path.startswith("/api/"):
                answer = reader.client.request(method, path, json=FIELDS)
            else:
                answer = reader.post(path, data=FIELDS)
            assert answer.status_code == 403, path
            is_ours(answer)
        assert audit.read_bytes() == before if audit.exists() else not before


# -- single requests -------------------------------------------------------------------------------

Request = tuple[str, str, dict[str, Any], tuple[int, ...]]
LARGE = b"x" * (2 << 20)


def form(text: str) -> dict[str, Any]:
    return {"content": text.encode(), "headers": FORM}


def part(name: str, value: str, kind: str) -> dict[str, Any]:
    body = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n--b--\r\n'
    return {"content": body.encode(), "headers": {"content-type": kind}}


def program(text: str | bytes) -> dict[str, Any]:
    return {"content": text, "headers": JSON}


MULTIPART = "multipart/form-data; boundary=b"
REQUESTS: dict[str, Request] = {
    # names that lead elsewhere
    "static parent": ("GET", "/static/../app.py", {}, (404,)),
    "static encoded parent": ("GET", "/static/%2e%2e/app.py", {}, (404,)),
    "static encoded slash": ("GET", "/static/..%2f..%2fapp.py", {}, (404,)),
    "static twice encoded": ("GET", "/static/%252e%252e%252fapp.py", {}, (404,)),
    "static backslash": ("GET", "/static/..%5c..%5capp.py", {}, (404,)),
    "static absolute": ("GET", "/static//etc/passwd", {}, (404,)),
    "static drive": ("GET", "/static/C:%5cWindows%5cwin.ini", {}, (404,)),
    "static null byte": ("GET", "/static/style.css%00.png", {}, (404,)),
    "static overlong utf-8": ("GET", "/static/%c0%ae%c0%ae/app.py", {}, (404,)),
    "static folder": ("GET", "/static/", {}, (404,)),
    "static long": ("GET", "/static/" + "a" * 3_000, {}, (404,)),
    "static write": ("PUT", "/static/style.css", {"content": b"x"}, (405,)),
    "report parent": ("GET", "/reports/..%2f..%2faudit.jsonl", {}, (404,)),
    "report null byte": ("GET", "/reports/%00", {}, (404,)),
    "report backslash": ("GET", "/reports/..%5caudit", {}, (404,)),
    "report absolute": ("GET", "/reports/%2fetc%2fpasswd", {}, (404,)),
    "report of half characters": ("GET", "/reports/%ed%a0%80", {}, (404,)),
    "report pattern": ("GET", "/reports/%25", {}, (404,)),
    "report in program": ("GET", f"{V1}/reports/..%2f..%2fetc", {}, (404,)),
    "report as database": ("GET", "/reports/'%20OR%20'1'='1", {}, (404,)),
    "job parent": ("GET", "/jobs/..%2f..%2fx", {}, (404,)),
    "job null byte": ("GET", "/jobs/%00", {}, (404,)),
    "check parent": ("GET", "/check/..%2f..%2fx/download?format=html", {}, (404,)),
    "check of another kind": ("GET", "/check/x/download?format=../x", {}, (404,)),
    "library file": ("GET", "/library.%2e%2e", {}, (404,)),
    "library database": ("GET", "/library.db", {}, (404,)),
    "library folder": ("GET", "/files/x.txt", {}, (404,)),
    "audit": ("GET", "/audit.jsonl", {}, (404,)),
    "model number": ("GET", "/teach/models/" + "9" * 4_000, {}, (404,)),
    "number of thousands of digits": ("GET", "/teach/models/" + "9" * 5_000, {}, (414,)),
    "sentence number": ("GET", f"/reports/{SEED}/" + "9" * 4_000, {}, (404,)),
    "sentence below": ("GET", f"/reports/{SEED}/-1", {}, (404,)),
    "at number": ("GET", f"/reports/{SEED}?at=" + "9" * 1_000, {}, (400,)),
    "queue": ("GET", "/teach?queue=..%2f..%2fx:1", {}, (404,)),
    # large and odd bodies
    "long address": ("GET", "/search?" + "q=x&" * 8_000, {}, (414,)),
    "large form": ("POST", "/name", {"content": LARGE, "headers": FORM}, (413,)),
    "large json": ("POST", f"{V1}/tag", program(LARGE), (413,)),
    "said length": ("POST", "/name", {"headers": FORM | {"content-length": "1" * 30}}, (413,)),
    "said length of thousands of digits": (
        "POST", "/name", {"headers": FORM | {"content-length": "9" * 5_000}}, (413,)),
    "negative length": ("POST", "/name", {"headers": FORM | {"content-length": "-1"}}, (413,)),
    "length that is none": ("POST", "/name", {"headers": FORM | {"content-length": "x"}}, (413,)),
    "no boundary": ("POST", "/check", part("x", "y", "multipart/form-data"), (400,)),
    "boundary that never comes": (
        "POST", "/check", {"content": b"xx", "headers": {"content-type": MULTIPART}}, (400,)),
    "half a form": (
        "POST", "/check",
        {"content": b'--b\r\nContent-Disp', "headers": {"content-type": MULTIPART}}, (400, 403)),
    "many fields": ("POST", "/name", form("&".join(f"f{n}=1" for n in range(3_000))), (400,)),
    "many parts": ("POST", "/check", {"files": [("f", (None, "x"))] * 2_100}, (400,)),
    "many files": (
        "POST", "/library/add", {"files": [("files", ("x.txt", b""))] * 1_001}, (400,)),
    "large part": ("POST", "/check", {"files": {"text": (None, b"x" * (3 << 20))}}, (400,)),
    **{
        f"form in {charset}": (
            "POST", "/name", part("csrf", "\\ud800", f"{MULTIPART}; {charset}"), (415,))
        for charset in (
            "charset=unicode_escape", "charset=undefined", "charset=utf-16", "charset=zlib",
            'charset="raw_unicode_escape"', "charset*0=unicode_;charset*1=escape",
            "charset=utf-8; charset=utf-16", "CHARSET=IDNA",
        )
    },
    # headers and addresses
    "open redirect": ("POST", "/logout", form("next=//evil.example"), (403,)),
    "header by address": ("GET", "/search?q=x%0d%0aSet-Cookie:%20a=b", {}, (200,)),
    "header by path": ("GET", "/reports/x%0d%0aSet-Cookie:%20a=b", {}, (404,)),
    "header by redirect": ("GET", "/search?from=2019%0d%0aX-Evil:%201&to=2020", {}, (303,)),
    "header by file name": ("GET", "/search.csv?q=%22%0d%0aX-Evil:%201%22", {}, (200, 400)),
    "language": ("GET", "/help?lang=zh%0d%0aX-Evil:%201", {}, (200,)),
    "cookie": ("GET", "/help", {"headers": {"cookie": "gongwen_8765=\x7f; gongwen_lang=../x"}},
               (200,)),
    "accepted language": (
        "GET", "/help", {"headers": {"accept-language": "zh;q=nan,en;q=inf,x;q=--"}}, (200,)),
    "upgrade": ("GET", "/help", {"headers": {"upgrade": "websocket"}}, (200,)),
    "method by header": (
        "GET", f"{V1}/retag", {"headers": {"x-http-method-override": "POST"}}, (405,)),
    "method by field": ("POST", "/library", form("_method=DELETE"), (405,)),
    "method delete": ("DELETE", f"/reports/{SEED}", {}, (405,)),
    "method trace": ("TRACE", "/help", {}, (405,)),
    "method of ones own": ("EVIL", "/help", {}, (405,)),
    "preflight": (
        "OPTIONS", f"{V1}/retag",
        {"headers": {"origin": "http://evil.example", "access-control-request-method": "POST"}},
        (405,)),
    # bodies of programs
    "deep lists": ("POST", f"{V1}/tag", program("[" * 200_000), (400,)),
    "deep objects": ("POST", f"{V1}/tag", program('{"a":' * 100_000), (400,)),
    "deep value": (
        "POST", f"{V1}/tag", program('{"texts":' + "[" * 900 + "]" * 900 + "}"), (400,)),
    "large number": (
        "POST", f"{V1}/tag",
        program('{"texts":["x"],"min_probability":' + "9" * 5_000 + "}"), (400,)),
    "infinite number": (
        "POST", f"{V1}/tag", program('{"texts":["x"],"min_probability":1e999}'), (400,)),
    "no number": ("POST", f"{V1}/tag", program('{"texts":["x"],"min_probability":NaN}'), (400,)),
    "true as number": (
        "POST", f"{V1}/tag", program('{"texts":["x"],"min_probability":true}'), (400,)),
    "member given twice": ("POST", f"{V1}/tag", program('{"texts":["x"],"texts":["y"]}'), (400,)),
    "inner member given twice": (
        "PUT", f"{V1}/reports/{SEED}/fields",
        program('{"fields":{"region":"a","region":"b"}}'), (400,)),
    "half character": ("POST", f"{V1}/tag", program('{"texts":["\\ud800"]}'), (200,)),
    "half character as topic": (
        "PUT", f"{V1}/reports/{SEED}/sentences/27/tags", program('{"topic":"\\ud800"}'), (404,)),
    "half character as field": (
        "PUT", f"{V1}/reports/{SEED}/fields", program('{"fields":{"\\udfff":"x"}}'), (400,)),
    "prototype": (
        "PUT", f"{V1}/reports/{SEED}/fields", program('{"fields":{"__class__":"x"}}'), (400,)),
    "not utf-8": ("POST", f"{V1}/tag", program(b'{"texts":["\xff\xfe"]}'), (400,)),
    "no body": ("POST", f"{V1}/tag", program(b""), (400,)),
    "null": ("POST", f"{V1}/tag", program("null"), (400,)),
    "many texts": (
        "POST", f"{V1}/tag", program(json.dumps({"texts": ["x"] * 10_001})), (400,)),
    "model below": ("POST", f"{V1}/models/-1/use", {}, (400,)),
    "model there is not": ("POST", f"{V1}/models/99/use", {}, (404,)),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_it_is_refused_or_does_nothing(target: Visitor, name: str) -> None:
    method, path, sent, statuses = REQUESTS[name]
    answer = target.client.request(method, path, follow_redirects=False, **sent)
    is_ours(answer)
    assert answer.status_code in statuses, answer.text
    assert "x-evil" not in answer.headers
    assert "a=b" not in answer.headers.get("set-cookie", "")
    assert "root:" not in answer.text
    assert "def create_app" not in answer.text
    assert target.get("/search?q=执法").status_code == 200  # nothing is left behind


def test_there_are_many() -> None:
    assert len(REQUESTS) >= 80


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8765", "127.0.0.1.nip.io:8765", "127.0.0.1:80", "127.0.0.1",
        "localhost.evil.example:8765", "0.0.0.0:8765", "[::ffff:127.0.0.1]:8765", "2130706433:8765",
        "127.1:8765", "0x7f000001:8765", "127.0.0.1:8765, evil.example", "127.0.0.1:8765 ",
        "evil.example@127.0.0.1:8765", "", "127.0.0.1:08765", "\x7f",
    ],
)  # fmt: skip
def test_another_name_of_this_machine_is_not_answered(target: Visitor, host: str) -> None:
    for path in ("/search", "/static/style.css", f"{V1}/search?q=x", "/none", "/health"):
        answer = target.get(path, headers={"host": host, "x-forwarded-host": "127.0.0.1:8765"})
        assert answer.status_code == 421
        is_ours(answer)


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example", "/\\evil.example", "\\/evil.example", "https:evil.example", "//[",
        "/\t/evil.example", "/x\r\nX-Evil: 1", "javascript:alert(1)", "http:///evil.example", "///",
        "/%09/evil.example", "\x00/x", "data:text/html,x", "@evil.example", "", "/" * 5_000,
    ],
)  # fmt: skip
def test_no_form_leads_to_another_site(target: Visitor, path: str) -> None:
    answer = target.post("/name", data={"next": path, "name": "x"}, follow_redirects=False)
    is_ours(answer)
    assert answer.status_code == 303
    assert re.match(r"/(?![/\\])", answer.headers["location"])
    assert "x-evil" not in answer.headers
    page = target.get("/login", params={"next": path})
    found = re.search(r'name="next" value="([^"]*)"', page.text)
    assert found
    assert re.match(r"/(?![/\\])", found[1])


# -- what every answer has -------------------------------------------------------------------------

FILES = (
    "/search.csv?q=执法", "/search.xlsx?q=执法", "/search.json?q=执法", "/library.csv",
    "/library.xlsx", "/library.json", "/library/export.jsonl", "/counts.csv?by=topic",
    "/counts.xlsx?by=topic", "/counts.json?by=topic", "/figures.csv", "/figures.json",
    f"/check/download?report={SEED}&format=html", f"/check/download?report={SEED}&format=csv",
    f"/compare/export?before=甲县2019&after={SEED}&format=html",
    f"/compare/export?before=甲县2019&after={SEED}&format=json",
)  # fmt: skip


@pytest.mark.parametrize("path", FILES)
def test_files_are_saved_and_never_shown(target: Visitor, path: str) -> None:
    answer = target.get(path)
    assert answer.status_code == 200
    is_ours(answer)
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["cache-control"] == "no-store"


def test_pages_and_answers_carry_their_headers(target: Visitor) -> None:
    routes = [one for one in target.client.app.routes if isinstance(one, Route)]  # type: ignore[attr-defined]
    for route in routes:
        if "GET" in (route.methods or ()):
            path = re.sub(r"\{n[^}]*\}", "1", re.sub(r"\{(id|job|report)[^}]*\}", SEED, route.path))
            answer = target.get(path, headers={"origin": "http://evil.example"})
            is_ours(answer)
            assert "content-type" in answer.headers


def test_an_error_within_is_said_without_details_and_with_headers(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_kwargs: Any) -> Any:
        raise ZeroDivisionError("secret")

    with visiting(library_folder) as visitor:
        visitor.client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
        library = visitor.client.app.state.site.library  # type: ignore[attr-defined]
        monkeypatch.setattr(type(library), "reports", broken)
        for path in ("/library", f"{V1}/reports"):
            answer = visitor.get(path)
            assert answer.status_code == 500
            assert "secret" not in answer.text
            assert "ZeroDivision" not in answer.text
            for name, value in HEADERS.items():
                assert answer.headers[name] == value


# -- slow and packed bodies ------------------------------------------------------------------------


def test_a_body_without_a_length_ends_at_the_limit(target: Visitor) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _part in range(100):
            sent += 1
            yield b"x" * (1 << 16)

    for path, kind in (("/name", FORM), (f"{V1}/tag", JSON)):
        answer = target.client.post(path, content=endless(), headers=kind)
        assert answer.status_code == 413
        is_ours(answer)


def receiving(parts: list[bytes], seconds: float) -> Callable[[], Any]:
    """Return what gives a body in parts, each after some seconds."""
    import asyncio

    left = list(parts)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(seconds)
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    return receive


@pytest.mark.parametrize(("pause", "refused"), [(0.0, False), (0.4, True)])
def test_a_slow_body_is_refused(
    monkeypatch: pytest.MonkeyPatch, pause: float, refused: bool
) -> None:
    import asyncio

    monkeypatch.setattr(guard, "_FIRST_SECONDS", 0.3)

    async def read() -> int:
        body = guard._Body(receiving([b"x"] * 3, pause), 100)
        got = 0
        for _part in range(3):
            got += len((await body())["body"])
        return got

    def apart(reading: Any) -> int:
        # A browser that another test has opened keeps a loop running in this thread.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, reading).result()

    if refused:
        with pytest.raises(guard._RefusedError) as error:
            apart(read())
        assert error.value.status == 408
    else:
        assert apart(read()) == 3


LEADING_OUT = (
    "../../evil.txt", "/evil.txt", "..\\..\\evil.txt", "C:\\evil.txt", "a/../../../evil.txt",
    "./././../evil.txt", "evil.txt\x00.docx", "~/evil.txt", "\u2025/evil.txt", "..%2fevil.txt",
)  # fmt: skip
"""Names of members of an archive."""


def archive(link: str = "") -> bytes:
    """Return a ZIP archive whose members have such names, and one is a link."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        for name in LEADING_OUT:
            opened.writestr(name, "己县2021年法治政府建设情况报告\n全年开展执法检查3次。\n" + name)
        linked = zipfile.ZipInfo("link.txt")
        linked.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(linked, link)
    return made.getvalue()


def settled(visitor: Visitor, answer: Any) -> Any:
    """Wait for the job that a form has started, and return its page."""
    while 'hx-trigger="every 1s"' in answer.text:
        time.sleep(0.05)
        answer = visitor.get(answer.url.path)
    return answer


def test_members_of_archives_stay_inside(own_library: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("密码是一二三\n", "utf-8")
    data = archive(str(secret))
    outside = {one for one in tmp_path.rglob("*") if not one.is_relative_to(own_library)}
    with visiting(own_library) as visitor:
        before = kept(own_library)
        files = [("files", ("../../包.zip", data))]
        answer = settled(visitor, visitor.post("/check", files=files))
        is_ours(answer)
        assert "密码" not in answer.text
        assert kept(own_library) == before
        answer = settled(visitor, visitor.post("/library/add", files=files))
        is_ours(answer)
        assert not visitor.get(f"{V1}/search?q=密码").json()["total_exact"]
        for one in (own_library / "files").rglob("*"):
            assert one.resolve().is_relative_to(own_library.resolve())
            assert not one.is_symlink()
    assert {one for one in tmp_path.rglob("*") if not one.is_relative_to(own_library)} == outside


def test_a_bomb_is_not_unpacked(target: Visitor) -> None:
    bomb = gzip.compress(b"0" * (64 << 20), 1) * 12  # its parts are unpacked one after the other
    assert len(bomb) < 8 << 20
    answer = target.post("/check", files=[("files", ("大.txt.gz", bomb))])
    answer = settled(target, answer)
    is_ours(answer)
    assert "unpacks to more than 64 MB" in answer.text
