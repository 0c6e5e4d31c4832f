"""The commands of docs/deploy.md and of README's section on larger sites run a site on loopback.

Real are: three nodes of OpenSearch, PostgreSQL with a password, nginx with TLS, gongwen serve.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

import gongwen
from gongwen.storage.index_sync import Indexing

from ..cluster_nodes import Nodes
from ..cluster_nodes import missing as no_nodes
from ..conftest import SEED_REPORT
from ..postgres_server import Server, programs
from ..postgres_server import missing as no_server
from ..waiting import wait_until
from .site import ROOT, blocks, certificate

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(bool(no_nodes()), reason=no_nodes()),
    pytest.mark.skipif(bool(no_server()), reason=no_server()),
    pytest.mark.skipif(
        not all(map(shutil.which, ("nginx", "openssl", "curl", "envsubst"))),
        reason="there is no nginx, openssl, curl or envsubst",
    ),
]
PAGE = ROOT / "docs" / "deploy.md"
PASSWORD = "a long password"
QUERIES = ('"行政规范性文件"', "法律顾问", "行政复议 role:问题", "topic:行政执法")
Answers = dict[str, Any]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Deployed:
    """A site in a folder, whose commands are those of the page.

    Args:
        folder: for all that the site keeps.
        nodes: a cluster.
        database: a server of PostgreSQL.
    """

    def __init__(self, folder: Path, nodes: Nodes, database: Server) -> None:
        self.folder, self.nodes, self.database = folder, nodes, database
        self.page, self.metrics, self.https = free_port(), free_port(), free_port()
        self.site = f"localhost:{self.https}"
        self.log = folder / "gongwen.log"
        self._programs(folder / "bin")
        for name in ("etc", "nginx", "home"):
            (folder / name).mkdir()
        certificate(folder / "etc", "localhost")
        self.names = {
            "SITE": self.site,
            "HTTPS_PORT": str(self.https),
            "UPSTREAM": f"127.0.0.1:{self.page}",
            "ETC": str(folder / "etc"),
            "TLS": str(folder / "etc"),
            "CONF": str(folder / "nginx"),
            "BACKUP": str(folder / "backup"),
            "GONGWEN_LIBRARY": str(folder / "library"),
            "GONGWEN_STORE": f"postgresql://gongwen@127.0.0.1:{database.port}/gongwen",
            "GONGWEN_ENGINE": f"{nodes.address('gongwen')}?shards=3&replicas=1",
        }
        self.environment = os.environ | self.names | {
            "PATH": f"{folder / 'bin'}:{programs()}:{os.environ['PATH']}",
            "HOME": str(folder / "home"),
            "PGPASSFILE": str(folder / "home" / "pgpass"),
            "PYTHONPATH": str(ROOT / "src"),
        }  # fmt: skip
        self.running: subprocess.Popen[bytes] | None = None
        self.proxy: subprocess.Popen[bytes] | None = None

    def _programs(self, folder: Path) -> None:
        """Write the programs that a site has installed: gongwen, and nginx with its main file."""
        folder.mkdir(parents=True)
        main = folder.parent / "nginx.conf"
        main.write_text(
            f"pid {folder.parent}/nginx.pid;\nerror_log {folder.parent}/nginx.log;\nevents {{}}\n"
            f"http {{ access_log off; client_body_temp_path {folder.parent}/body;"
            f" proxy_temp_path {folder.parent}/proxy; include {folder.parent}/nginx/*.conf; }}\n",
            "utf-8",
        )
        for name, command in (
            ("gongwen", f"{sys.executable} -m gongwen"),
            ("nginx", f"{shutil.which('nginx')} -c {main} -e {folder.parent}/nginx.log"),
        ):
            script = folder / name
            script.write_text(f'#!/bin/sh\nexec {command} "$@"\n', "utf-8")
            script.chmod(0o755)

    def run(
        self, command: str, typed: str = "", printed: str = "", **further: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the page at the root of the checkout, and compare its output."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.here(command)],
            input=typed, capture_output=True, text=True, cwd=ROOT, env=self.environment | further,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        if printed:
            assert done.stdout.strip() == printed.strip(), command
        return done

    def here(self, command: str) -> str:
        """Return a command with the ports of this site, which another process may have taken."""
        ports = {"8765": str(self.page), "9464": str(self.metrics)}
        return re.sub("8765|9464", lambda found: ports[found[0]], command)

    def serve(self, command: str) -> None:
        """Start the server, and wait until it is ready."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                ["bash", "-c", f"exec {self.here(command)}"],
                stdout=log, stderr=log, cwd=ROOT, env=self.environment,
            )  # fmt: skip
        wait_until(lambda: self._ready() or self._ended())
        assert not self._ended(), self.log.read_text("utf-8")

    def _ended(self) -> bool:
        return self.running is not None and self.running.poll() is not None

    def _ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.page}/ready").status_code == 200
        except httpx.TransportError:
            return False

    def start_proxy(self) -> None:
        """Start nginx with no page yet, as it is when it was just installed."""
        with (self.folder / "nginx.out").open("wb") as out:
            self.proxy = subprocess.Popen(
                [self.folder / "bin" / "nginx", "-g", "daemon off;"],
                stdout=out,
                stderr=out,
                env=self.environment,
            )
        wait_until(lambda: (self.folder / "nginx.pid").exists())

    def stop(self) -> None:
        """Tell the server to end, and wait until it has."""
        if self.running is not None:
            self.running.send_signal(signal.SIGTERM)
            assert self.running.wait() == 0, self.log.read_text("utf-8")
            self.running = None

    def kill(self) -> None:
        """End all that still runs."""
        if self.running is not None:
            self.running.kill()
            self.running.wait()
        if self.proxy is not None:
            self.proxy.terminate()
            self.proxy.wait()

    def events(self) -> list[Mapping[str, Any]]:
        """Return the lines of the log."""
        whole = self.log.read_text("utf-8").rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def event(self, request: str) -> Mapping[str, Any]:
        """Return the line of a request, which is written once it is answered."""
        found: list[Mapping[str, Any]] = []
        wait_until(
            lambda: (
                found.extend(one for one in self.events() if one.get("request_id") == request)
                or found
            )
        )
        return found[0]

    def browser(self) -> httpx.Client:
        """Return a browser that trusts the site's certificate and has logged in."""
        trusted = ssl.create_default_context(cafile=self.folder / "etc" / "ca.crt")
        made = httpx.Client(
            base_url=f"https://{self.site}", verify=trusted, follow_redirects=True, timeout=None
        )
        page = made.get("/login")
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
        assert found, page.text
        assert "; Secure" in page.headers["set-cookie"]
        assert page.headers["strict-transport-security"]
        data = {"csrf": found[1], "name": "wang", "secret": PASSWORD, "next": "/search"}
        answer = made.post("/login", data=data, headers={"origin": f"https://{self.site}"})
        assert answer.url.path == "/search"
        return made


def answers_of(browser: httpx.Client) -> Answers:
    """Return what the site answers to some questions."""
    paths = [f"search?q={query}&limit=50" for query in QUERIES]
    paths += ["status", "reports", "figures", "counts?by=topic", "reports/wugong-2020"]
    found: Answers = {}
    for path in paths:
        answer = browser.get(f"/api/v1/{path}")
        assert answer.status_code == 200, f"{path}: {answer.text}"
        found[path] = answer.json()
        if path.startswith("search"):
            del found[path]["took_ms"]
    for name in ("index", "indexed", "generation", "store", "engine"):
        found["status"].pop(name, None)
    return found


def told_when(browser: httpx.Client, status: int) -> dict[str, Any]:
    """Return what ``/ready`` says as soon as its status is this one."""
    said: list[dict[str, Any]] = []

    def so() -> bool:
        answer = browser.get("/ready")
        said.append(answer.json())
        return answer.status_code == status

    wait_until(so)
    return said[-1]


@pytest.fixture
def deployed(tmp_path: Path, cluster: Nodes) -> Iterator[Deployed]:
    database = Server()
    made = None
    try:
        database.start()
        made = Deployed(tmp_path, cluster, database)
        yield made
    finally:
        if made is not None:
            made.kill()
        database.close()
        for number in (2, 3):
            cluster.restart(number)


def asks_for_a_password(database: Server) -> None:
    """Let the server ask the user of the site for a password, as a real one does."""
    rules = database.folder / "data" / "pg_hba.conf"
    line = "host all gongwen 127.0.0.1/32 scram-sha-256\n"
    rules.write_text(line + rules.read_text("utf-8"), "utf-8")
    with database.connection() as db:
        db.execute(f"ALTER ROLE gongwen PASSWORD '{PASSWORD}'")
        db.execute("SELECT pg_reload_conf()")


def as_postgres(deployed: Deployed, commands: list[tuple[str, str]]) -> None:
    """Run commands as the user that PostgreSQL has made itself."""
    port = str(deployed.database.port)
    for command, _printed in commands:
        deployed.run(command, PGHOST="127.0.0.1", PGPORT=port, PGUSER="desk")


def test_the_commands_run_a_site(deployed: Deployed) -> None:
    page = list(blocks(PAGE))
    kinds = [kind for kind, _commands in page]
    by_kind = dict(page)
    assert kinds == ["names", "postgres", "run", "server", "run", "nginx", "run", "run", "restore",
                     "alone"]  # fmt: skip
    named = re.findall(r"(\w+)=", " ".join(command for command, _ in by_kind["names"]))
    assert {*named} - {"shards", "replicas"} == {*deployed.names}
    first, proxy, well, backup = (commands for kind, commands in page if kind == "run")

    # Servers, a library, and the page behind the proxy.
    as_postgres(deployed, by_kind["postgres"])
    asks_for_a_password(deployed.database)
    passwords = Path(deployed.environment["PGPASSFILE"])
    passwords.write_text(f"127.0.0.1:*:*:gongwen:{PASSWORD}\n", "utf-8")
    passwords.chmod(0o600)
    for command, printed in first:
        deployed.run(command, f"{PASSWORD}\n", printed)
    [(server, _)] = by_kind["server"]
    deployed.serve(server)
    deployed.start_proxy()
    for command, printed in (*proxy, *by_kind["nginx"]):
        deployed.run(command, printed=printed)
    for command, printed in well:
        deployed.run(command, printed=printed)

    # A browser; what one changes is there after all that follows.
    browser = deployed.browser()
    said = browser.put(
        "/api/v1/reports/wugong-2020/sentences/81/tags",
        json={"topic": "enforcement"}, headers={"origin": f"https://{deployed.site}"},
    )  # fmt: skip
    assert said.status_code == 200, said.text
    before = answers_of(browser)
    assert before[f"search?q={QUERIES[0]}&limit=50"]["hits"]
    forged = browser.get("/help", headers={"x-forwarded-for": "10.9.8.7"})
    line = deployed.event(forged.headers["x-request-id"])
    assert (line["client"], line["user"], line["status"]) == ("127.0.0.1", "wang", 200)

    # One node of three fails.
    deployed.nodes.kill(2)
    assert answers_of(browser) == before
    assert told_when(browser, 200)["engine"] == "ok"

    # Two of three fail, and come back; then the server of the store.
    deployed.nodes.kill(3)
    told = told_when(browser, 503)
    assert (told["store"], told["engine"]) in (("ok", "unavailable"), ("ok", "silent"))
    refused = browser.get("/api/v1/search?q=法律顾问")
    assert refused.status_code == 503
    assert "OpenSearch" in refused.json()["error"]["message"]
    for number in (2, 3):
        deployed.nodes.restart(number)
    deployed.nodes.health(nodes=3)
    told_when(browser, 200)
    assert answers_of(browser) == before
    deployed.database.stop()
    assert told_when(browser, 503)["store"] != "ok"
    assert browser.get("/health").status_code == 200
    deployed.database.start()
    told_when(browser, 200)
    assert answers_of(browser) == before

    # Everything is lost, and comes back.
    for command, printed in backup:
        deployed.run(command, printed=printed)
    deployed.stop()
    wipe(deployed)
    as_postgres(deployed, [one for one in by_kind["postgres"] if "createdb" in one[0]])
    for command, printed in by_kind["restore"]:
        deployed.run(command, printed=printed)
    deployed.serve(server)
    assert answers_of(deployed.browser()) == before
    deployed.stop()
    assert [one for one in deployed.events() if one["level"] == "error"] == []

    # A library in a folder alone.
    folder = deployed.folder / "home" / "reports"
    alone = {"GONGWEN_STORE": "", "GONGWEN_ENGINE": ""}
    deployed.run(f"gongwen --library {folder} add seeds/reports", **alone)
    for command, printed in by_kind["alone"]:
        deployed.run(command, printed=printed, **alone)
    search = "gongwen --library {} search 法律顾问 --format jsonl"
    found = [
        deployed.run(search.format(one), **alone).stdout for one in (folder, f"{folder}-again")
    ]
    assert found[0] == found[1] != ""


def test_the_commands_of_readme_run(deployed: Deployed) -> None:
    asks_for_nothing = {"PGHOST": "127.0.0.1", "PGPORT": str(deployed.database.port)}
    for command in ("createuser gongwen", "createdb --owner gongwen nation"):
        deployed.run(command, PGUSER="desk", **asks_for_nothing)
    [(kind, commands)] = blocks(ROOT / "README.md")
    assert kind == "readme"
    places = {
        "opensearch://os1:9200,os2:9200,os3:9200/nation": deployed.nodes.address("nation"),
        "postgresql://db/nation": f"postgresql://gongwen@127.0.0.1:{deployed.database.port}/nation",
        "--out rows": f"--out {deployed.folder / 'rows'}",
        "load rows": f"load {deployed.folder / 'rows'}",
    }
    of_its_own = {"GONGWEN_ENGINE": "", "GONGWEN_STORE": "", "GONGWEN_CONFIG": os.devnull}
    for command, _printed in commands:
        for place, here in places.items():
            command = command.replace(place, here)
        deployed.run(command, **of_its_own)
    found = deployed.run("gongwen status --format json", **of_its_own)
    status = json.loads(found.stdout)
    assert (status["reports"], status["problems"]) == (1, [])
    assert deployed.run("gongwen search 法律顾问 --format jsonl", **of_its_own).stdout


def test_an_index_comes_back_from_a_snapshot_and_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = str(tmp_path / "repository")
    nodes = Nodes(
        tmp_path / "nodes", 1, first_http=0, first_transport=0, settings={"path.repo": [kept]}
    )
    nodes.start()
    try:
        with gongwen.open(tmp_path / "library", engine=nodes.address("kept")) as library:
            library.add([SEED_REPORT])
            nodes.request("PUT", "/_snapshot/r", {"type": "fs", "settings": {"location": kept}})
            whole = {"include_global_state": False}
            nodes.request("PUT", "/_snapshot/r/one?wait_for_completion=true", whole)
            library.correct("wugong-2020", 27, "enforcement")
            before = [hit.n for hit in library.search("topic:行政执法", limit=50).hits]
        [index] = nodes.request("GET", "/_cat/indices?format=json")
        nodes.request("DELETE", f"/{index['index']}")
        nodes.request("POST", "/_snapshot/r/one/_restore?wait_for_completion=true", whole)
        monkeypatch.setattr(Indexing, "_build_anew", None)
        with gongwen.open(tmp_path / "library") as library:
            assert [hit.n for hit in library.search("topic:行政执法", limit=50).hits] == before
            assert library.status()["problems"] == []
    finally:
        nodes.stop()


def wipe(deployed: Deployed) -> None:
    """Remove the library, its database and its index."""
    shutil.rmtree(deployed.names["GONGWEN_LIBRARY"])
    deployed.database.cut()
    as_postgres(deployed, [("dropdb gongwen", "")])
    found = deployed.nodes.request("GET", "/_cat/indices?format=json")
    for one in found:
        if one["index"].startswith("gongwen-"):
            deployed.nodes.request("DELETE", f"/{one['index']}")
