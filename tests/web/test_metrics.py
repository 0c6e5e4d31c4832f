"""A server counts what it does, and Prometheus finds it at a port of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from gongwen.nlp.errors import QueryError
from gongwen.web.jobs import Jobs
from gongwen.web.metrics import Metrics
from gongwen.web.settings import ServeSettings

from ..waiting import wait_until
from .conftest import Visitor, visiting
from .test_readiness import Told

UNITS = ("_seconds", "_bytes", "_total", "_info")


def metrics_of(visitor: Visitor) -> Metrics:
    made: Metrics = visitor.client.app.state.metrics  # type: ignore[attr-defined]
    return made


def values(visitor: Visitor) -> dict[str, float]:
    """Return every value by its name with its labels."""
    text = generate_latest(metrics_of(visitor).registry).decode("utf-8")
    return {
        f"{one.name}{sorted(one.labels.items())}": one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def requests(visitor: Visitor, **labels: str) -> float:
    name = f"gongwen_http_requests_total{sorted(labels.items())}"
    return values(visitor).get(name, 0.0)


@pytest.fixture
def counted(library_folder: Path) -> Any:
    with visiting(library_folder, metrics_port=0) as made:
        yield made


def test_requests_are_counted_by_route(counted: Visitor) -> None:
    for report in ("甲县2019", "甲县2020", "无此报告"):
        counted.get(f"/reports/{report}")
    counted.get("/search?q=执法")
    counted.get("/static/style.css")
    counted.get("/wp-login.php")
    counted.client.request("BREW", "/search")
    one = {"method": "GET", "route": "/reports/{id}"}
    assert requests(counted, **one, status="200") == 2
    assert requests(counted, **one, status="404") == 1
    assert requests(counted, method="GET", route="/static", status="200") == 1
    assert requests(counted, method="GET", route="unknown", status="404") == 1
    assert requests(counted, method="other", route="/search", status="405") == 1
    found = values(counted)
    assert found["gongwen_http_request_duration_seconds_count[('method', 'GET'), "
                 "('route', '/search')]"] == 1  # fmt: skip
    assert not [name for name in found if "甲县" in name or "执法" in name or "wp-login" in name]


def test_refusals_are_counted_by_reason(library_folder: Path) -> None:
    with visiting(library_folder, metrics_port=0, read_only=True, waiting=0) as visitor:
        visitor.get("/search", headers={"host": "evil.example"})
        visitor.client.post("/name", headers={"origin": "http://evil.example"})
        visitor.client.post("/name", data={"csrf": "x"})
        visitor.get("/api/v1/search?q=x")
        visitor.get("/help?" + "x" * 20_000)
        visitor.post("/name", data={"other": "x" * (3 << 20)})
        found = values(visitor)
    for reason in ("host", "origin", "form", "busy", "address", "size"):
        assert found[f"gongwen_refused_requests_total[('reason', '{reason}')]"] == 1, reason


def test_what_the_library_holds(counted: Visitor) -> None:
    status = counted.get("/api/v1/status").json()
    found = values(counted)
    assert found["gongwen_sentences[]"] == status["sentences"]
    assert found["gongwen_reports[]"] == status["reports"]
    assert found["gongwen_ready[]"] == found["gongwen_store_up[]"] == 1
    assert found["gongwen_engine_up[]"] == 1
    assert found["gongwen_index_behind[]"] == 0
    assert found["gongwen_index_generation[]"] == found["gongwen_store_generation[]"] > 0
    assert found["process_resident_memory_bytes[]"] > 0
    assert found["gongwen_questions_running[('kind', 'search')]"] == 0


def test_a_change_is_counted_anew(own_library: Path) -> None:
    with visiting(own_library, metrics_port=0) as visitor:
        before = values(visitor)["gongwen_reports[]"]
        visitor.client.app.state.metrics._sizes._not_before = 0.0  # type: ignore[attr-defined]
        visitor.client.app.state.site.library.remove("甲县2019")  # type: ignore[attr-defined]
        visitor.client.app.state.site.probe._fresh = 0.0  # type: ignore[attr-defined]
        values(visitor)
        visitor.client.app.state.metrics._sizes._counting.result()  # type: ignore[attr-defined]
        assert values(visitor)["gongwen_reports[]"] == before - 1


def test_uploads_are_counted(counted: Visitor, reports_folder: Path) -> None:
    data = (reports_folder / "甲县2019.txt").read_bytes()
    counted.post("/check", files={"files": ("甲县2019.txt", data, "text/plain")})
    found = values(counted)
    assert found["gongwen_uploads_total[]"] == 1
    assert found["gongwen_upload_bytes_total[]"] > len(data)


def test_jobs_are_counted() -> None:
    def failing(_tell: object) -> None:
        raise QueryError("no")

    log = Told()
    jobs = Jobs(log)
    jobs.start("add", lambda tell: 1)
    jobs.start("add", failing)
    jobs.start("check", lambda tell: 1 // 0)
    wait_until(lambda: sum(jobs.ended.values()) == 3)
    jobs.close()
    assert dict(jobs.ended) == {("add", "done"): 1, ("add", "failed"): 1, ("check", "failed"): 1}
    assert ("error", "job", {"kind": "check", "exception": "ZeroDivisionError"}) in log.events


def test_names_are_those_of_the_conventions(counted: Visitor) -> None:
    counted.get("/search?q=x")
    for family in metrics_of(counted).registry.collect():
        if not family.name.startswith("gongwen_"):
            continue
        assert re.fullmatch(r"[a-z][a-z_]*[a-z]", family.name)
        assert family.documentation.endswith(".")
        names = {one.name for one in family.samples}
        if family.type == "counter":
            assert all(name.endswith(("_total", "_created")) for name in names)
        elif family.type == "histogram":
            assert family.name.endswith("_seconds")


def test_a_server_that_does_not_count_has_none(visitor: Visitor) -> None:
    visitor.get("/search")
    assert visitor.client.app.state.metrics is None  # type: ignore[attr-defined]
    assert visitor.get("/metrics").status_code == 404


def test_they_are_listened_for(counted: Visitor) -> None:
    with metrics_of(counted).listening("127.0.0.1", 0) as port:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert answer.headers["content-type"].startswith("text/plain; version=")
            assert b"gongwen_sentences" in answer.read()
        with (
            pytest.raises(QueryError, match=f"{port}.*--metrics-port"),
            metrics_of(counted).listening("127.0.0.1", port),
        ):
            raise AssertionError


def test_without_prometheus_client_it_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['prometheus_client'] = None\n"
        "from pathlib import Path\n"
        "from gongwen.web.app import create_app\n"
        "from gongwen.web.settings import ServeSettings\n"
        "create_app(ServeSettings(folder=Path(sys.argv[1])))\n"
        "try:\n    create_app(ServeSettings(folder=Path(sys.argv[1]), metrics_port=0))\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "library")], capture_output=True, text=True
    )
    assert done.stdout.startswith("QueryError the metrics need prometheus-client: pip"), done.stderr


def test_nothing_of_it_is_imported_unless_asked_for(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from gongwen.web.server import server_of\n"
        "from gongwen.web.app import create_app\n"
        "from gongwen.web.settings import ServeSettings\n"
        "create_app(ServeSettings(folder=Path(sys.argv[1])))\n"
        "print([name for name in sys.modules if name.startswith('prometheus')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "library")], capture_output=True, text=True
    )
    assert done.stdout == "[]\n", done.stderr


def test_settings(tmp_path: Path) -> None:
    settings = ServeSettings(folder=tmp_path)
    assert settings.metrics_port is None
    assert settings.metrics_host == "127.0.0.1"
