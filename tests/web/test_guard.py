"""What the guard refuses, what it sends with every answer, and who may do what."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from starlette.routing import Mount, Route

from gongwen.nlp.errors import QueryError, SeedError
from gongwen.web.accounts import add_user, password_fits, password_hash, read_users
from gongwen.web.app import create_app
from gongwen.web.forms import own_path
from gongwen.web.pages import with_query
from gongwen.web.settings import ServeSettings

from .conftest import ADDRESS, Visitor, visiting

TOKEN = "a-long-enough-token"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8765", 200),
        ("localhost:8765", 200),
        ("LOCALHOST:8765", 200),
        ("[::1]:8765", 200),
        ("127.0.0.1", 421),
        ("127.0.0.1:80", 421),
        ("evil.example", 421),
        ("evil.example:8765", 421),
        ("127.0.0.1.evil.example:8765", 421),
        ("localhost:8765@evil.example", 421),
        ("", 421),
    ],
)
def test_only_own_names_are_answered(visitor: Visitor, host: str, status: int) -> None:
    assert visitor.get("/search", headers={"host": host}).status_code == status


def test_another_name_can_be_allowed(library_folder: Path) -> None:
    names = ("gongwen.office.example",)
    with visiting(library_folder, names=names, token=TOKEN) as visitor:
        for host in ("gongwen.office.example", "GONGWEN.office.example:8765"):
            assert visitor.get("/login", headers={"host": host}).status_code == 200
    with pytest.raises(QueryError, match="--token"):
        ServeSettings(folder=library_folder, names=names)


CHANGE = "/name"
FOREIGN = [
    {"origin": "http://evil.example"},
    {"origin": "http://127.0.0.1:9999"},
    {"origin": "https://127.0.0.1:8765.evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": ADDRESS, "sec-fetch-site": "cross-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_change_from_another_site_is_refused(visitor: Visitor, headers: dict[str, str]) -> None:
    data = {"csrf": visitor.token(), "name": "王科员"}
    assert visitor.client.post(CHANGE, data=data, headers=headers).status_code == 403
    assert "王科员" not in visitor.text("/search")


@pytest.mark.parametrize("token", ["", "0" * 64, "é", "x"])
def test_a_form_needs_its_token(visitor: Visitor, token: str) -> None:
    visitor.get("/search")
    answer = visitor.client.post(CHANGE, data={"csrf": token, "name": "王科员"})
    assert answer.status_code == 403
    assert "王科员" not in visitor.text("/search")


def test_the_token_of_another_session_is_none(visitor: Visitor) -> None:
    token = visitor.token()
    visitor.client.cookies.clear()
    visitor.get("/search")
    assert visitor.client.post(CHANGE, data={"csrf": token}).status_code == 403


def test_a_name_is_kept_for_the_session(visitor: Visitor) -> None:
    answer = visitor.post(CHANGE, data={"name": " 王  科员 ", "next": "/search"})
    assert answer.url.path == "/search"
    assert "王 科员" in answer.text


def test_what_is_sent_with_every_answer(visitor: Visitor) -> None:
    for path in ("/search", "/none", "/static/style.css"):
        headers = visitor.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
    assert visitor.get("/search").headers["cache-control"] == "no-store"


def test_no_page_has_script_or_style_inside(visitor: Visitor) -> None:
    for path in ("/search", "/search?q=执法", "/login", "/none"):
        page = visitor.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)


@pytest.mark.parametrize(
    ("size", "status"), [(1 << 10, 200), (3 << 20, 413)], ids=["small", "large"]
)
def test_a_request_without_files_is_small(visitor: Visitor, size: int, status: int) -> None:
    assert visitor.post(CHANGE, data={"other": "x" * size}).status_code == status


def test_an_address_is_short(visitor: Visitor) -> None:
    assert visitor.get("/search?" + "&".join(["q=x"] * 9_000)).status_code == 414
    assert visitor.get("/search?q=" + "x" * 3_000).status_code == 400


def test_changes_are_counted(library_folder: Path) -> None:
    with visiting(library_folder, changes_per_minute=3) as visitor:
        statuses = [visitor.post(CHANGE, data={"name": "a"}).status_code for _i in range(8)]
        assert statuses[0] == 200
        assert statuses[-1] == 429
        assert visitor.get("/search").status_code == 200


# -- who may do what -------------------------------------------------------------------------------


def test_an_address_that_others_reach_needs_a_secret(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.168.1.7", "gongwen.example"):
        with pytest.raises(QueryError, match="--token"):
            ServeSettings(folder=tmp_path, host=host)
    assert ServeSettings(folder=tmp_path, host="0.0.0.0", token=TOKEN).protected
    with pytest.raises(QueryError, match="16 characters"):
        ServeSettings(folder=tmp_path, token="short")
    for host in ("127.0.0.1", "127.0.0.9", "::1", "localhost"):
        assert ServeSettings(folder=tmp_path, host=host).loopback


def test_a_token_is_asked_for(library_folder: Path) -> None:
    with visiting(library_folder, token=TOKEN) as visitor:
        answer = visitor.get("/search?q=执法&page=2")
        assert answer.url.path == "/login"
        assert "执法" not in answer.text.replace("topic:执法", "").replace("主题:执法", "")
        data = {"csrf": visitor_token(visitor), "secret": "wrong", "next": "/search"}
        assert visitor.client.post("/login", data=data).status_code == 401
        data = {"csrf": visitor_token(visitor), "secret": TOKEN, "next": "/search?q=执法"}
        answer = visitor.client.post("/login", data=data)
        assert answer.status_code == 200
        assert "<mark>执法</mark>" in answer.text
        assert visitor.client.post("/logout", data={"csrf": visitor_token(visitor)})
        assert visitor.get("/search").url.path == "/login"


def visitor_token(visitor: Visitor) -> str:
    found = re.search(r'data-csrf="([0-9a-f]+)"', visitor.get("/login").text)
    assert found
    return found[1]


def test_guessing_is_slow(library_folder: Path) -> None:
    with visiting(library_folder, token=TOKEN) as visitor:
        data = {"csrf": visitor_token(visitor), "secret": "wrong"}
        statuses = [visitor.client.post("/login", data=data).status_code for _i in range(25)]
        assert set(statuses) == {401, 429}
        assert statuses[-1] == 429


def test_users_log_in_with_passwords_and_have_rights(library_folder: Path, tmp_path: Path) -> None:
    users = tmp_path / "users"
    add_user(users, "王科员", "correct horse", "write")
    add_user(users, "读者", "battery staple", "read")
    assert users.stat().st_mode & 0o077 == 0
    assert "horse" not in users.read_text("utf-8")
    with visiting(library_folder, users=users) as visitor:
        for name, secret, status in [
            ("王科员", "battery staple", 401),
            ("没有", "correct horse", 401),
            ("王科员", "correct horse", 200),
        ]:
            data = {"csrf": visitor_token(visitor), "name": name, "secret": secret}
            assert visitor.client.post("/login", data=data).status_code == status
        assert "王科员" in visitor.text("/search")


def test_a_password_is_kept_as_a_hash() -> None:
    kept = password_hash("correct horse")
    assert kept != password_hash("correct horse")
    assert password_fits("correct horse", kept)
    assert not password_fits("correct horses", kept)
    with pytest.raises(QueryError, match="10 characters"):
        password_hash("short")


@pytest.mark.parametrize(
    "line",
    [
        "王",
        "王:x:write",
        "王:scrypt$17$8$1$AA==$AA==:write",
        "王:scrypt$40$8$1$x$y:read",
        ":x:read",
    ],
)
def test_a_bad_line_of_users_is_named(tmp_path: Path, line: str) -> None:
    users = tmp_path / "users"
    users.write_text(f"# users\n{line}\n", "utf-8")
    with pytest.raises(SeedError, match=":2: expected NAME:HASH"):
        read_users(users)


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("/search?q=x", "/search?q=x"),
        ("//evil.example/x", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("evil", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("", "/"),
    ],
)
def test_after_login_one_stays_here(path: str, own: str) -> None:
    assert own_path(path) == own


def test_every_change_is_a_guarded_form(library_folder: Path) -> None:
    app = create_app(ServeSettings(folder=library_folder))
    changes = [
        route
        for route in app.routes
        if isinstance(route, Route) and route.methods and not route.methods <= {"GET", "HEAD"}
    ]
    assert changes
    assert not [one.path for one in changes if not getattr(one.endpoint, "guarded", False)]
    mounts = [one.path for one in app.routes if isinstance(one, Mount)]
    assert set(mounts) <= {"/static", "/api"}
    app.state.site.close()


@pytest.mark.parametrize(("count", "length"), [(1, 2), (3, 2), (3, 320), (150, 2)])
def test_the_audit_names_all_files_of_a_form(own_library: Path, count: int, length: int) -> None:
    names = [f"{number}{'县' * length}.docx" for number in range(count)]
    files = [("files", (name, b"x")) for name in names]
    with visiting(own_library) as visitor:
        answer = visitor.post("/library/add", files=files, data={"encoding": "rot13"})
        assert answer.status_code == 400
    [line] = (own_library / "audit.jsonl").read_text("utf-8").splitlines()
    form = json.loads(line)["form"]
    assert form["encoding"] == "rot13"
    told = form["files"] if count > 1 else [form["files"]]
    shown = [name if len(name) <= 300 else f"{name[:300]}…" for name in names[:100]]
    assert told == shown + (["… 150"] if count == 150 else [])


def test_the_audit_is_json(own_library: Path) -> None:
    with visiting(own_library, read_only=True) as visitor:
        assert "read only" in visitor.text("/search")
        assert visitor.post(CHANGE, data={"name": "王"}).status_code == 200
    audit = own_library / "audit.jsonl"
    assert not audit.exists()  # a name changes nothing
    with visiting(own_library) as visitor:
        request = visitor.client.app.state.site  # type: ignore[attr-defined]
        assert request.may_change
    for line in audit.read_text("utf-8").splitlines() if audit.exists() else ():
        assert json.loads(line)["by"] is not None


def test_parameters_of_an_address_are_changed() -> None:
    class Url:
        path = "/search"

    class Request:
        url = Url

    from starlette.datastructures import QueryParams

    Request.query_params = QueryParams("q=a b&topic=x&topic=y&page=3&lang=en")  # type: ignore[attr-defined]
    request = Request
    assert with_query(request) == "/search?q=a+b&topic=x&topic=y&page=3"  # type: ignore[arg-type]
    assert with_query(request, topic=["x"]) == "/search?q=a+b&topic=x"  # type: ignore[arg-type]
    assert with_query(request, q=None, page=2) == "/search?topic=x&topic=y&page=2"  # type: ignore[arg-type]
