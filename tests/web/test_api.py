"""The interface for programs: its answers, its errors, and its description."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

import gongwen
from gongwen.web.api_changes import changes
from gongwen.web.api_questions import questions
from gongwen.web.api_research import research
from gongwen.web.openapi import PREFIX
from gongwen.web.operations import Operation

from .conftest import Visitor, served, visiting

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
    "/status", "/suggestions?limit=2", "/models", "/jobs",
]  # fmt: skip


@pytest.mark.parametrize("path", READING)
def test_every_question_is_answered(visitor: Visitor, path: str) -> None:
    answer = visitor.get(V1 + path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert "access-control-allow-origin" not in answer.headers


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
        ("GET", "/none", None, 404, "page"),
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


def test_errors_are_in_the_language_of_who_asks(visitor: Visitor) -> None:
    chinese = visitor.get(V1 + "/none", headers={"accept-language": "zh-CN"}).json()
    assert chinese["error"]["message"] == "没有这个页面"
    assert visitor.get(V1 + "/none?lang=zh").json() == chinese


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


def test_long_work_is_a_job(editor: Visitor) -> None:
    answer = editor.client.post(V1 + "/reindex", json={})
    assert answer.status_code == 202
    job = answer.json()["job"]
    while editor.get(f"{V1}/jobs/{job}").json()["state"] in ("waiting", "running"):
        time.sleep(0.02)
    done = editor.get(f"{V1}/jobs/{job}").json()
    assert done["state"] == "done", done
    assert done["result"] > 90


def test_a_token_is_sent_with_each_request(library_folder: Path) -> None:
    with visiting(library_folder, token=TOKEN) as visitor:
        assert visitor.get(V1 + "/topics").status_code == 401
        for token, status in [("wrong-token-of-16", 401), (TOKEN, 200)]:
            answer = visitor.get(V1 + "/topics", headers={"authorization": f"Bearer {token}"})
            assert answer.status_code == status
        assert visitor.get("/api/openapi.json").status_code == 200


def test_nothing_is_changed_in_a_library_to_read(library_folder: Path) -> None:
    with visiting(library_folder, read_only=True) as visitor:
        for one in changes():
            if one.writes:
                path = V1 + one.path.format(report="wugong-2020", n=27, job="x")
                answer = visitor.client.request(one.method, path, json={})
                assert answer.status_code == 403, one.name


# -- the description -------------------------------------------------------------------------------


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [one.name for one in (*questions(), *research(), *changes())]
    assert len(names) == len(set(names))


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
OPERATIONS = [one for one in (*questions(), *research(), *changes()) if one.name not in LONG]


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
