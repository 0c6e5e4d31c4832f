"""The interface for programs: its answers, its errors, and its description."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

import gongwen
from gongwen.web.api import all_operations
from gongwen.web.openapi import PREFIX
from gongwen.web.operations import Operation

from .conftest import Visitor, served, visiting
from .test_teach_page import LABELS, TOPICS

V1 = "/api/v1"
TOKEN = "a-long-enough-token"


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("/search?q=执法&limit=3&counts=topic&counts=year", "search"),
        ("/search?q=执法&by=report&best=2", "reports"),
        ("/search?topic=enforcement&year=2019..2020&region=甲县&sort=year", "filters"),
    ],
)
def test_a_search_answers_as_the_library_does(
    visitor: Visitor, library_folder: Path, path: str, call: str
) -> None:
    with gongwen.open(library_folder) as library:
        asked: dict[str, Any] = {
            "search": lambda: library.search("执法", limit=3, counts=["topic", "year"]),
            "reports": lambda: library.search("执法", by="report", best=2),
            "filters": lambda: library.search(
                topics=["enforcement"], years="2019..2020", fields={"region": "甲县"}, sort="year"
            ),
        }
        wanted = asked[call]().to_dict()
    found = visitor.get(V1 + path).json()
    del wanted["took_ms"], found["took_ms"]
    assert found == json.loads(json.dumps(wanted))


READING = [
    "/topics", "/reports?limit=2", "/reports/wugong-2020", "/reports/wugong-2020/sentences?limit=5",
    "/reports/wugong-2020/sentences/27", "/reports/wugong-2020/check",
    "/reports/wugong-2020/copies", "/similar?report=wugong-2020&n=27&elsewhere=true",
    "/concordance?q=执法&sort=left", "/copies", "/counts?by=region&by=year&share=true",
    "/figures?q=复议&status=result", "/words?limit=5", "/compare?year_before=2019&year_after=2020",
    "/status", "/suggestions?limit=2", "/models", "/jobs", "/trash?limit=1&offset=1",
    "/reports/wugong-2020/sentences/27/tags/history",
]  # fmt: skip


@pytest.mark.parametrize("path", READING)
def test_every_question_is_answered(visitor: Visitor, path: str) -> None:
    answer = visitor.get(V1 + path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert "access-control-allow-origin" not in answer.headers


# -- pages and files -------------------------------------------------------------------------------

LISTS = {
    "/search?q=执法": "hits", "/search?q=执法&group=false": "hits",
    "/search?q=执法&by=report": "reports", "/similar?report=wugong-2020&n=27": "hits",
    "/concordance?q=执法": "lines", "/copies": "copies", "/reports/甲县2020/copies": "copies",
    "/words": "rows", "/words?q=复议&against=rest": "rows", "/words?collocates=行政": "rows",
    "/figures": "figures", "/reports": "reports", "/reports/wugong-2020/sentences": "units",
    "/models": "models",
}  # fmt: skip
"""Questions that are answered with a list, and its name."""


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_read_page_by_page(visitor: Visitor, path: str) -> None:
    """The pages that the links lead to are together what one request for all gives."""
    sign = "&" if "?" in path else "?"
    whole = visitor.get(f"{V1}{path}{sign}limit=1000")
    entries = whole.json()[LISTS[path]]
    assert whole.headers["x-total-count"] == str(len(entries))
    assert "link" not in whole.headers
    size = -(-len(entries) // 3)
    found, following = [], f"{V1}{path}{sign}limit={size}"
    while following:
        answer = visitor.get(following)
        assert answer.status_code == 200, answer.text
        assert answer.headers["x-total-count"] == str(len(entries))
        found += answer.json()[LISTS[path]]
        following = answer.links.get("next", {}).get("url", "")
    assert found == entries
    behind = visitor.get(f"{V1}{path}{sign}limit=5&offset=100000")
    assert behind.json()[LISTS[path]] == []
    assert "link" not in behind.headers


def test_all_lists_have_the_same_names() -> None:
    for one in all_operations():
        names = {p.name for p in one.query}
        assert ({"limit", "offset"} <= names) == (one.total is not None), one.name
        assert ("format" in names) == (one.table is not None), one.name
        assert "limit" not in names or one.total is not None or one.name == "suggest"


@pytest.mark.parametrize(
    ("path", "columns"),
    [
        ("/search?q=执法&limit=3", {"report", "n", "text", "topic", "citation"}),
        ("/search?q=执法&by=report", {"report", "n", "text"}),
        ("/figures?q=复议&limit=3", {"report", "indicator", "value", "unit"}),
        ("/counts?by=region&by=year", {"地区"}),
        ("/reports?limit=2", {"report", "title", "agency"}),
    ],
)
def test_what_is_found_is_given_as_a_file(visitor: Visitor, path: str, columns: set[str]) -> None:
    asked = V1 + path
    table = visitor.get(f"{asked}&format=csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"].startswith("attachment; ")
    rows = list(csv.DictReader(io.StringIO(table.text.lstrip("\ufeff"))))
    assert columns <= set(rows[0])
    book = visitor.get(f"{asked}&format=xlsx")
    assert book.headers["content-type"].endswith("spreadsheetml.sheet")
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).active
    assert sheet.max_row == len(rows) + 1
    plain = visitor.get(asked)
    assert visitor.get(f"{asked}&format=json").headers["content-type"] == "application/json"
    for answer in (table, book):
        for name in ("x-total-count", "link"):
            said = answer.headers.get(name, "").replace("&format=csv", "")
            assert said.replace("&format=xlsx", "") == plain.headers.get(name, said)
    assert visitor.get(f"{asked}&format=html").status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("GET", "/search", None, 400, "search"),
        ("GET", "/search?q=x&limit=0", None, 400, "limit"),
        ("GET", "/search?q=x&limit=１", None, 400, "limit"),
        ("GET", "/search?q=x&limit=1_0", None, 400, "limit"),
        ("GET", "/search?q=x&q=y", None, 400, "once"),
        ("GET", "/search?q=x&sort=size", None, 400, "relevance"),
        ("GET", "/search?q=x&group=maybe", None, 400, "true or false"),
        ("GET", "/search?q=x&min_probability=nan", None, 400, "min_probability"),
        ("GET", "/search?q=x&min_probability=2", None, 400, "min_probability"),
        ("GET", "/search?q=x&years=2020", None, 400, "there is no parameter 'years'"),
        ("GET", "/search?q=x&year=soon", None, 400, "year"),
        ("GET", "/search?q=x&topic=执发", None, 404, "执发"),
        ("GET", "/search?q=" + "x" * 2001, None, 400, "too long"),
        ("GET", "/reports/none", None, 404, "none"),
        ("GET", "/reports/wugong-2020/sentences/0", None, 404, "wugong-2020:0"),
        ("GET", "/reports/wugong-2020/sentences/x", None, 400, "whole number"),
        ("GET", "/jobs/none", None, 404, "job"),
        ("GET", "/none", None, 404, "openapi.json"),
        ("POST", "/search", {}, 405, "does not take"),
        ("POST", "/tag", {}, 400, "texts"),
        ("POST", "/tag", {"texts": "x"}, 400, "list"),
        ("POST", "/tag", {"texts": [1]}, 400, "string"),
        ("POST", "/tag", {"texts": ["x"], "text": "y"}, 400, "no member"),
        ("POST", "/tag", [], 400, "JSON"),
        ("POST", "/split", {"text": None}, 400, "missing"),
        ("PUT", "/reports/wugong-2020/sentences/27/tags", {"topic": "执发"}, 404, "执发"),
        ("PUT", "/reports/wugong-2020/fields", {"fields": {"size": "x"}}, 400, "size"),
        ("PUT", "/reports/wugong-2020/fields", {"fields": ["x"]}, 400, "object"),
        ("DELETE", "/reports/wugong-2020/sentences/27/tags", None, 404, "not corrected"),
        ("DELETE", "/reports/wugong-2020/sentences/9999/tags", None, 404, "9999"),
        ("GET", "/reports/none/sentences/1/tags/history", None, 404, "none"),
        ("DELETE", "/reports/none", None, 404, "none"),
        ("DELETE", "/reports/wugong", None, 404, "wugong"),
        ("DELETE", "/reports/wugong-2020?by=x", None, 400, "there is no parameter 'by'"),
        ("POST", "/trash/wugong-2020/restore", None, 404, "wugong-2020"),
        ("DELETE", "/trash?older_than_days=-1", None, 400, "older_than_days"),
        ("DELETE", "/trash?older_than_days=nan", None, 400, "older_than_days"),
        ("GET", "/trash?limit=0", None, 400, "limit"),
        ("POST", "/reports", None, 400, "name is missing"),
        ("POST", "/reports?name=a.txt&encoding=rot13", None, 400, "gb18030"),
        ("POST", "/reports?name=a.txt", {}, 415, "octet-stream"),
    ],
)
def test_an_error_is_one_object_that_says_what_to_do(
    visitor: Visitor, method: str, path: str, body: Any, status: int, says: str
) -> None:
    answer = visitor.client.request(method, V1 + path, json=body)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"status", "message", "hint"}
    assert error["status"] == status
    assert says in error["message"] + error["hint"]
    assert "Traceback" not in answer.text


def test_a_body_must_say_that_it_is_json(visitor: Visitor) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = visitor.client.post(
            V1 + "/tag", content='{"texts": ["x"]}', headers={"content-type": kind}
        )
        assert answer.status_code == 415
    deep = "[" * 100_000
    answer = visitor.client.post(
        V1 + "/tag", content=deep, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400


CHINESE = re.compile("[\u4e00-\u9fff]")


def test_errors_are_in_the_language_of_who_asks(
    library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of each status, with what is wrong and what to do in both languages."""

    def broken(*_args: Any, **_kwargs: Any) -> Any:
        raise ZeroDivisionError

    many = {"texts": ["x" * 2_000] * 1_000}
    requests: list[tuple[int, str, str, Any]] = [
        (400, "GET", "/search?q=x&sort=size", None),
        (403, "POST", "/retag", None),
        (404, "GET", "/none", None),
        (404, "GET", "/reports/none", None),
        (405, "POST", "/search", {}),
        (413, "POST", "/tag", many),
        (414, "GET", "/search?" + "q=x&" * 8_000, None),
        (415, "POST", "/tag", None),
        (421, "GET", "/topics", "evil.example"),
        (500, "GET", "/status", None),
    ]
    with visiting(library_folder) as visitor:
        visitor.client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
        library = visitor.client.app.state.site.library  # type: ignore[attr-defined]
        monkeypatch.setattr(type(library), "status", broken)
        for status, method, path, given in requests:
            headers = {"host": given} if isinstance(given, str) else {}
            if status == 403:
                headers["origin"] = "http://evil.example"
            body = None if isinstance(given, str) else given
            for language in ("zh-CN", "en"):
                headers["accept-language"] = language
                answer = visitor.client.request(method, V1 + path, headers=headers, json=body)
                assert answer.status_code == status, (path[:40], answer.text)
                error = answer.json()["error"]
                assert set(error) == {"status", "message", "hint"}
                assert bool(CHINESE.search(error["message"])) == (language == "zh-CN"), error
                if status not in (400, 415) or error["hint"]:
                    assert bool(CHINESE.search(error["hint"])) == (language == "zh-CN"), error
                    assert error["hint"], error
        assert visitor.client.post(f"{V1}/search", json={}).headers["allow"] in (
            "GET, HEAD",
            "HEAD, GET",
        )
        for path in ("/none", "/topics"):
            chinese = visitor.get(V1 + path, headers={"accept-language": "zh"})
            assert visitor.get(f"{V1}{path}?lang=zh").json() == chinese.json()
    with visiting(library_folder, changes_per_minute=1) as visitor:
        ask = {"headers": {"accept-language": "zh"}, "json": {"texts": ["x"]}}
        answers = [visitor.client.post(f"{V1}/tag", **ask) for _number in range(4)]
        assert answers[-1].status_code == 429
        assert CHINESE.search(answers[-1].json()["error"]["hint"])
        assert answers[-1].headers["retry-after"] == "60"


def test_tags_and_facts_are_corrected(editor: Visitor, own_library: Path) -> None:
    body = {"topic": "普法", "also": ["行政执法"], "role": "problem", "author": "王科员"}
    path = V1 + "/reports/wugong-2020/sentences/27/tags"
    changed = editor.client.put(path, json=body).json()
    assert (changed["topic"], changed["corrected"]) == ("legal-publicity", True)
    assert editor.get(V1 + "/reports/wugong-2020/sentences/27").json() == changed
    report = editor.client.put(
        V1 + "/reports/wugong-2020/fields", json={"fields": {"agency": "武功县司法局"}}
    ).json()
    assert report["agency"] == "武功县司法局"
    with gongwen.open(own_library) as library:
        assert [one.author for one in library.corrections()] == ["王科员"]
    lines = (own_library / "audit.jsonl").read_text("utf-8").splitlines()
    audit = [(one["operation"], one["status"]) for one in map(json.loads, lines)]
    assert audit[-2:] == [("correct", 200), ("describe", 200)]


def test_texts_are_tagged_split_and_checked(visitor: Visitor) -> None:
    tagged = visitor.client.post(V1 + "/tag", json={"texts": ["办理行政复议案件4件。"]}).json()
    assert tagged["sentences"][0]["topic"] == "reconsideration"
    split = visitor.client.post(V1 + "/split", json={"text": "一、工作\n办理4件。办结4件。"}).json()
    assert [one["text"] for one in split["sentences"]] == ["一、工作", "办理4件。", "办结4件。"]
    text = "全年共收到行政复议申请9件，其中受理5件，不予受理3件。"
    checked = visitor.client.post(V1 + "/check", json={"text": text}).json()
    assert [one["status"] for one in checked["findings"]] == ["FAIL"]


def ended(visitor: Visitor, job: str) -> Any:
    """Wait until a job has ended, and return it."""
    while True:
        found = visitor.get(f"{V1}/jobs/{job}")
        assert found.status_code == 200, found.text
        if found.json()["state"] in ("done", "failed"):
            return found.json()
        time.sleep(0.02)


def test_long_work_is_a_job(editor: Visitor) -> None:
    answer = editor.client.post(V1 + "/reindex", json={})
    assert answer.status_code == 202
    done = ended(editor, answer.json()["job"])
    assert done["state"] == "done", done
    assert done["result"] > 90


def test_a_correction_is_taken_back_and_the_history_says_so(editor: Visitor) -> None:
    sentence = V1 + "/reports/wugong-2020/sentences/27"
    before = editor.get(sentence).json()
    for topic in ("普法", "监督"):
        editor.client.put(f"{sentence}/tags", json={"topic": topic, "author": "王科员"})
    undone = editor.client.delete(f"{sentence}/tags?author=老张").json()
    assert (undone["topic"], undone["corrected"]) == ("legal-publicity", True)
    history = editor.get(f"{sentence}/tags/history?limit=1&offset=1").json()
    assert history["total"] == 2
    [last] = history["history"]
    assert (last["topic"], last["author"], last["taken_back"]["by"]) == (
        "oversight",
        "王科员",
        "老张",
    )
    assert editor.client.delete(f"{sentence}/tags").json() == before
    assert editor.client.delete(f"{sentence}/tags").status_code == 404


def test_a_report_is_removed_restored_and_deleted(editor: Visitor, own_library: Path) -> None:
    report = V1 + "/reports/甲县2020"
    before = editor.get(report).json()
    assert editor.client.delete(V1 + "/reports/甲县").status_code == 404  # a part of two ids
    assert editor.client.delete(f"{report}?author=小李").json() == before
    assert editor.client.delete(report).status_code == 404
    trash = editor.get(V1 + "/trash").json()
    assert (trash["total"], trash["trash"][0]["report"], trash["trash"][0]["by"]) == (
        1, "甲县2020", "小李",
    )  # fmt: skip
    assert editor.client.post(V1 + "/trash/甲县2020/restore").json() == before
    assert editor.get(report).json() == before
    assert editor.client.post(V1 + "/trash/甲县2020/restore").status_code == 404
    editor.client.delete(report)
    assert editor.client.delete(V1 + "/trash?older_than_days=1").json() == {"deleted": 0}
    assert editor.client.delete(V1 + "/trash").json() == {"deleted": 1}
    assert editor.get(V1 + "/trash").json() == {"trash": [], "total": 0}
    lines = (own_library / "audit.jsonl").read_text("utf-8").splitlines()
    audit = [(one["operation"], one["status"]) for one in map(json.loads, lines)]
    assert audit[-4:] == [
        ("restore", 400), ("remove", 200), ("empty_trash", 200), ("empty_trash", 200),
    ]  # fmt: skip


def sent(visitor: Visitor, query: str, data: bytes) -> Any:
    kind = {"content-type": "application/octet-stream"}
    return visitor.client.post(f"{V1}/reports?{query}", content=data, headers=kind)


NEW = "戊县2021年法治政府建设情况报告\n一、行政执法\n全年开展执法检查{}次。查处案件5件。\n"


def test_a_file_is_added(editor: Visitor, own_library: Path) -> None:
    data = NEW.format(3).encode("gb18030")
    answer = sent(editor, "name=各县/戊县2021.txt&encoding=gb18030", data)
    assert answer.status_code == 202, answer.text
    done = ended(editor, answer.json()["job"])
    [outcome] = done["result"]["outcomes"]
    assert outcome == {
        "source": "各县/戊县2021.txt", "status": "added", "report": "戊县2021", "sentences": 4,
        "message": "",
    }  # fmt: skip
    assert editor.get(V1 + "/reports/戊县2021").json()["title"] == "戊县2021年法治政府建设情况报告"
    assert (own_library / "files" / "各县" / "戊县2021.txt").read_bytes() == data
    again = ended(editor, sent(editor, "name=各县/戊县2021.txt", data).json()["job"])
    assert [one["status"] for one in again["result"]["outcomes"]] == ["unchanged"]
    other = sent(editor, "name=各县/戊县2021.txt&keep_both=true", NEW.format(4).encode())
    assert ended(editor, other.json()["job"])["result"]["outcomes"][0]["status"] == "added"
    assert editor.get(V1 + "/reports").json()["total"] == 8


@pytest.mark.parametrize(
    ("name", "data", "kept"),
    [
        ("../../evil.txt", b"", "evil.txt"),
        ("a.docx", b"PK\x03\x04 no archive", "a.docx"),
        ("%00", b"\x00\x01\x02", ""),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_is_not_kept(
    editor: Visitor, own_library: Path, name: str, data: bytes, kept: str
) -> None:
    done = ended(editor, sent(editor, f"name={name}", data).json()["job"])
    assert done["state"] == "done", done
    [outcome] = done["result"]["outcomes"]
    assert outcome["status"] == "failed"
    assert outcome["message"]
    assert kept in outcome["source"]
    assert str(own_library) not in json.dumps(done, ensure_ascii=False)
    assert not list(own_library.parent.rglob("*evil*"))
    assert not [path for path in (own_library / "files").rglob("*") if path.is_file()]


def test_a_report_that_is_in_the_way_of_a_restored_one_is_a_conflict(editor: Visitor) -> None:
    for text in (NEW.format(3), NEW.format(7)):
        ended(editor, sent(editor, "name=戊县2021.txt", text.encode()).json()["job"])
        editor.client.delete(V1 + "/reports/戊县2021")
    ended(editor, sent(editor, "name=戊县2021.txt", NEW.format(9).encode()).json()["job"])
    answer = editor.client.post(V1 + "/trash/戊县2021/restore")
    assert answer.status_code == 409
    assert "remove that one first" in answer.json()["error"]["hint"]


def test_a_large_file_is_refused(own_library: Path) -> None:
    with visiting(own_library, upload_bytes=5_000) as small:
        assert sent(small, "name=a.txt", b"x" * 5_001).status_code == 413
        assert small.get(V1 + "/jobs").json() == {"jobs": [], "total": 0}


def test_what_a_job_of_a_page_gave_is_told_in_json(editor: Visitor) -> None:
    """Pages keep objects of Python as results; programs are told what these say."""
    file = ("戊县2021.txt", NEW.format(3).encode())
    answers = {
        "train": editor.post(
            "/teach/train",
            data={"force": "1"},
            files=[
                ("labels", ("标注.csv", LABELS.encode())),
                ("topics", ("主题.toml", TOPICS.encode())),
            ],
        ),
        "retag": editor.post("/teach/retag"),
        "add": editor.post("/library/add", files=[("files", file)]),
        "check": editor.post("/check", files=[("files", file)]),
        "verify": editor.post("/library/verify"),
    }
    told = {}
    for kind, answer in answers.items():
        assert answer.status_code == 200, (kind, answer.text)
        job = ended(editor, answer.url.path.rpartition("/")[2])
        assert (job["kind"], job["state"], job["error"]) == (kind, "done", "")
        told[kind] = job["result"]
    assert set(told["train"]) == {"activated", "version"}
    assert told["retag"] >= 0
    assert [one["report"] for one in told["add"]["outcomes"]] == ["戊县2021"]
    assert [one["report"] for one in told["check"]["reports"]] == ["戊县2021.txt"]
    assert told["verify"]["problems"] == []
    listed = editor.get(V1 + "/jobs?limit=2").json()
    assert listed["total"] == 4
    assert "check" not in {one["kind"] for one in editor.get(V1 + "/jobs").json()["jobs"]}
    assert len(listed["jobs"]) == 2


def test_a_token_is_sent_with_each_request(library_folder: Path) -> None:
    with visiting(library_folder, token=TOKEN) as visitor:
        assert visitor.get(V1 + "/topics").status_code == 401
        for token, status in [("wrong-token-of-16", 401), (TOKEN, 200)]:
            answer = visitor.get(V1 + "/topics", headers={"authorization": f"Bearer {token}"})
            assert answer.status_code == status
        assert visitor.get("/api/openapi.json").status_code == 200


def test_nothing_is_changed_in_a_library_to_read(library_folder: Path) -> None:
    with visiting(library_folder, read_only=True) as visitor:
        for one in all_operations():
            if one.writes:
                path = V1 + one.path.format(report="wugong-2020", n=27, job="x")
                answer = visitor.client.request(one.method, path, json={})
                assert answer.status_code == 403, one.name


# -- the description -------------------------------------------------------------------------------


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [one.name for one in all_operations()]
    assert len(names) == len(set(names))


def test_all_that_is_described_has_examples_that_are_true(visitor: Visitor) -> None:
    """Examples of parameters, bodies and answers are what their schemas allow."""
    described = visitor.get("/api/openapi.json").json()
    seen = 0
    for path, methods in described["paths"].items():
        for method, one in methods.items():
            place = f"{method} {path}"
            assert one["summary"]
            for parameter in one["parameters"]:
                assert parameter.get("description") or parameter["in"] == "path", place
                jsonschema.validate(parameter["example"], parameter["schema"])
            body = one.get("requestBody", {}).get("content", {}).get("application/json")
            if body:
                jsonschema.validate(body["example"], body["schema"])
                for member in body["schema"]["properties"].values():
                    assert member["description"], place
                    jsonschema.validate(member["examples"][0], member)
            [answer] = [value for status, value in one["responses"].items() if status < "300"]
            content = answer["content"]["application/json"]
            schema = content["schema"] | {"components": described["components"]}
            jsonschema.validate(content["example"], schema)
            seen += 1
    assert seen == len(all_operations())


def test_a_client_is_generated_from_the_description(
    visitor: Visitor, library_folder: Path, tmp_path: Path
) -> None:
    """The generated client is typed, and gets from a running server what the library says."""
    described = visitor.get("/api/openapi.json").json()
    (tmp_path / "openapi.json").write_text(json.dumps(described), "utf-8")
    (tmp_path / "config.yml").write_text("post_hooks: []\n", "utf-8")
    made = subprocess.run(
        [
            sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json",
            "--output-path", "client", "--meta", "none", "--config", "config.yml",
            "--fail-on-warning",
        ],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    code = """
import sys
from client import Client
from client.api.search import search
from client.api.reports import sentences
from client.models import Results
client = Client(sys.argv[1])
found = search.sync(client=client, q="法律顾问", topic=["enforcement"])
assert isinstance(found, Results), found
print(found.total, found.hits[0].report, found.hits[0].n)
print(sentences.sync("wugong-2020", client=client, limit=3).units[0].text)
"""
    with served(library_folder) as address:
        ran = subprocess.run(
            [sys.executable, "-c", code, address], cwd=tmp_path, capture_output=True, text=True,
            encoding="utf-8",
        )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    with gongwen.open(library_folder) as library:
        found = library.search("法律顾问", topics=["enforcement"])
        first = library.sentences("wugong-2020", 1, 1)[0]
    said = f"{found.total} {found[0].report.id} {found[0].n}\n{first.text}\n"
    assert ran.stdout == said


LONG = {"train", "retag", "reindex", "suggest"}
"""Operations that take too long to be tried with many values."""
OPERATIONS = [one for one in all_operations() if one.name not in LONG]


@pytest.fixture(scope="module")
def described(library_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The interface of a library that may be changed, as its description has it."""
    folder = tmp_path_factory.mktemp("fuzzed") / "library"
    shutil.copytree(library_folder, folder)
    with served(folder, changes_per_minute=1_000_000) as address:
        yield schemathesis.openapi.from_url(f"{address}/api/openapi.json")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_requests_made_from_the_description_never_fail_inside(
    described: Any, operation: Operation
) -> None:
    """Values that the description allows and the library refuses are answered with 400."""
    cases = described[PREFIX + operation.path][operation.method].as_strategy()

    @settings(
        max_examples=20, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases)
    def run(case: Any) -> None:
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    run()
