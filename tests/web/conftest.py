"""A library to look at, clients of its page without and with a real browser."""

from __future__ import annotations

import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright
from starlette.testclient import TestClient

import gongwen
from gongwen.web.app import create_app
from gongwen.web.settings import ServeSettings

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or ""
ADDRESS = "http://127.0.0.1:8765"
HOSTILE_TITLE = "<script>alert(1)</script>丁县2020年法治政府建设工作总结"

_COUNTY = """{county}{year}年法治政府建设情况报告

{year}年，{county}认真贯彻落实法治政府建设各项部署，现将有关情况报告如下。

一、主要举措和成效

（一）推进行政执法规范化

全年开展执法监督检查{checks}次，纠正不规范执法行为{wrong}件。对行政执法人员开展培训{courses}期，培训{people}人次。

（二）化解行政争议

全年共收到行政复议申请{all}件，其中受理{taken}件，不予受理{refused}件。健全行政复议听证制度，提高办案质量。

（三）加强法治宣传教育

深入推进“放管服”改革，优化法治化营商环境。组织法律进乡村活动{trips}场次，发放宣传资料{leaflets}份。

二、存在的问题

一是部分执法人员业务能力有待提高。二是普法宣传的针对性还不够强。

三、下一步工作计划

明年计划新增法律顾问{plan}名，力争行政复议案件按期办结率达到100%。继续推进行政规范性文件清理工作。
"""
_NUMBERS = {
    ("甲县", 2019): (12, 3, 2, 150, 10, 8, 2, 20, 5000, 4),
    ("甲县", 2020): (15, 4, 3, 180, 14, 11, 3, 26, 6000, 5),
    ("乙县", 2019): (9, 1, 1, 90, 6, 5, 1, 12, 3000, 2),
    ("乙县", 2020): (10, 2, 2, 110, 9, 5, 3, 15, 3500, 3),  # 5 + 3 is not 9
}
_NAMES = (
    "checks", "wrong", "courses", "people", "all", "taken", "refused", "trips", "leaflets", "plan",
)  # fmt: skip


def write_reports(folder: Path) -> list[Path]:
    """Write the reports of two counties for two years, and one whose text is HTML."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for (county, year), numbers in _NUMBERS.items():
        path = folder / f"{county}{year}.txt"
        named = dict(zip(_NAMES, numbers, strict=True))
        path.write_text(_COUNTY.format(county=county, year=year, **named), "utf-8")
        paths.append(path)
    hostile = folder / "丁县2020.txt"
    hostile.write_text(
        f"{HOSTILE_TITLE}\n\n一、<img src=x onerror=alert(2)>行政执法\n\n"
        '全县开展<b>执法</b>检查3次，"><svg onload=alert(3)>查处案件5件。\n',
        "utf-8",
    )
    return [*paths, hostile]


@pytest.fixture(scope="session")
def reports_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the reports of :func:`write_reports`; tests only read it."""
    folder = tmp_path_factory.mktemp("web-reports")
    write_reports(folder)
    return folder


@pytest.fixture(scope="session")
def library_folder(tmp_path_factory: pytest.TempPathFactory, reports_folder: Path) -> Path:
    """The folder of a library with the seed report and those reports; tests only read it."""
    folder = tmp_path_factory.mktemp("web") / "library"
    with gongwen.open(folder) as library:
        library.add([ROOT / "seeds" / "reports", reports_folder])
    return folder


@pytest.fixture
def own_library(library_folder: Path, tmp_path: Path) -> Path:
    """A copy of that library, which a test may change; nothing was changed in it yet."""
    folder = Path(shutil.copytree(library_folder, tmp_path / "library"))
    (folder / "audit.jsonl").unlink(missing_ok=True)
    return folder


class Visitor:
    """A browser without scripts: it keeps cookies, and sends forms with their token.

    Args:
        client: sends the requests.
    """

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, **kwargs: Any) -> Any:
        return self.client.get(path, **kwargs)

    def text(self, path: str, status: int = 200) -> str:
        """Return the page at a path, and check its status."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return str(answer.text)

    def token(self) -> str:
        """Return the token that forms carry."""
        found = re.search(r'data-csrf="([0-9a-f]+)"', self.client.get("/help").text)
        assert found
        return found[1]

    def post(self, path: str, **kwargs: Any) -> Any:
        """Send a form with its token; ``data`` has its fields, ``files`` its files."""
        data = {"csrf": self.token()} | kwargs.pop("data", {})
        return self.client.post(path, data=data, **kwargs)


def visiting(folder: Path, **settings: Any) -> AbstractContextManager[Visitor]:
    """Open the page of a library without a network."""

    @contextmanager
    def opened() -> Iterator[Visitor]:
        app = create_app(ServeSettings(folder=folder, **{"language": "en"} | settings))
        with TestClient(app, base_url=ADDRESS, client=("127.0.0.1", 50000)) as client:
            client.headers["accept-language"] = settings.get("language", "en")
            yield Visitor(client)

    return opened()


@pytest.fixture
def visitor(library_folder: Path) -> Iterator[Visitor]:
    """A visitor of the library that tests only read."""
    with visiting(library_folder) as made:
        yield made


@pytest.fixture
def editor(own_library: Path) -> Iterator[Visitor]:
    """A visitor of a library of the test's own."""
    with visiting(own_library) as made:
        yield made


@contextmanager
def served(folder: Path, **settings: Any) -> Iterator[str]:
    """Serve a library over HTTP on a free port, and yield the address."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()  # who asks before the server runs waits for it
    port = listening.getsockname()[1]
    app = create_app(ServeSettings(folder=folder, port=port, **settings))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium; what it asks of other machines is refused and counts as a failure."""
    if not CHROMIUM:
        pytest.skip("there is no chromium")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        )  # fmt: skip
        yield made
        made.close()


OpenPage = Callable[..., Any]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Give a function that opens an address of the served page in a new window.

    Its keyword arguments: ``width`` 1280 or 390, ``lang`` zh or en, ``scripts`` True or False.
    What a page asks of another machine, and every error that it writes to the console, fails the
    test.
    """
    contexts, faults = [], []

    def open_(address: str, *, width: int = 1280, lang: str = "zh", scripts: bool = True) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            locale="zh-CN" if lang == "zh" else "en-US",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(120_000)  # a machine may be busy
        own = "/".join(address.split("/")[:3])

        def seen(request: Any) -> None:
            if not request.url.startswith((own, "data:", "blob:", "about:")):
                faults.append(request.url)

        page.on("request", seen)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(address)
        return page

    open_.faults = faults  # type: ignore[attr-defined]
    yield open_
    for context in contexts:
        context.close()
    assert not faults
