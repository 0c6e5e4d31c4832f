"""Good inputs for every target of ``fuzzing``, which the mutator changes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from make_docx import docx_bytes
from make_html import html_bytes
from make_pdf import pdf_bytes

ROOT = Path(__file__).parent.parent
LINES = [
    "武功县2020年法治政府建设工作总结",
    "一、推行法律顾问制度，完善决策机制",
    "（一）全县聘请法律顾问12名，其中律师7名；办理行政复议案件4件。",
    "共受理案件12件，其中办结8件、在办4件，办结率66.7%，同比增长5%。",
    "二、存在的问题",
    "一是“三项制度”落实不够(执法公示、全过程记录、法制审核)。二是力量不足。",
    "武功县人民政府",
    "2021年1月5日",
]
TEXT = "\n".join(LINES)
MAIL = """MIME-Version: 1.0
Content-Type: multipart/related; boundary="=-a"

--=-a
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: 8bit
Content-Location: https://example.org/bg.html

{page}
--=-a--
"""
QUERIES = [
    'topic:执法 "法律顾问" OR -复议 year:2018..2021 7件 fazhi*',
    "region:武功县 NOT 「行政复议」 kind:heading role:problem report:wugong-2020",
    "十七件 xzfy 法治政府 2020年度 90.7%",
]


def good_inputs(name: str) -> list[bytes]:
    """Return inputs that the target takes."""
    return _MAKERS[name]()


def _texts() -> list[bytes]:
    report = (ROOT / "seeds/reports/wugong-2020.txt").read_text("utf-8")
    return [TEXT.encode(), report[:3000].encode(), report[-1500:].encode()]


def _sheet(rows: list[tuple[str, ...]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _packed(members: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def _labels() -> list[bytes]:
    lines = (ROOT / "seeds/labels.jsonl").read_text("utf-8").splitlines()[:12]
    entries = [json.loads(line) for line in lines]
    rows = [("text", "topic"), *[(e["text"], e["topic"]) for e in entries]]
    table = "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
    return [
        "\n".join(lines).encode(),
        json.dumps(entries).encode(),
        table.encode(),
        table.replace(",", "\t").encode("utf-8-sig"),
        _sheet(rows),
    ]


@cache
def _exported() -> bytes:
    from fuzzing import _library

    lines = list(_library().export())[:12]
    return "".join(json.dumps(entry) + "\n" for entry in lines).encode()


@cache
def _model() -> bytes:
    """A small model: training one on few sentences takes a second, the shipped one is 1 MB."""
    return (ROOT / "models/topics.npz").read_bytes()


_MAKERS: dict[str, Callable[[], list[bytes]]] = {
    "query": lambda: [query.encode() for query in QUERIES],
    "parser": _texts,
    "fold": lambda: [*_texts(), "９０．７２％ 行政復議 “·” ﹁〇".encode()],
    "figures": _texts,
    "check": _texts,
    "text": lambda: [TEXT.encode(code) for code in ("utf-8", "gb18030", "utf-16", "utf-16-le")],
    "html": lambda: [html_bytes(LINES), html_bytes(LINES, encoding="utf-8", menus=False)],
    "mhtml": lambda: [MAIL.format(page=html_bytes(LINES, encoding="utf-8").decode()).encode()],
    "docx": lambda: [docx_bytes(LINES), docx_bytes(LINES, table=[["甲", "乙"], ["1", "2"]])],
    "pdf": lambda: [pdf_bytes(LINES, header="武功县司法局")],
    "xlsx": lambda: [_sheet([("标题", "正文"), (LINES[0], TEXT)])],
    "csv": lambda: [f'title,text\n"{LINES[0]}","{TEXT}"\n'.encode(c) for c in ("utf-8", "gb18030")],
    "jsonl": lambda: ["".join(json.dumps({"text": t}) + "\n" for t in LINES).encode()],
    "zip": lambda: [
        _packed(
            {"a.txt": TEXT.encode(), "b/c.html": html_bytes(LINES), "d.docx": docx_bytes(LINES)}
        ),
        _packed({"e.zip": _packed({"f.txt": TEXT.encode("gb18030")})}),
    ],
    "labels": _labels,
    "topics": lambda: [(ROOT / "seeds/topics.toml").read_bytes()],
    "synonyms": lambda: [(ROOT / "seeds/synonyms.toml").read_bytes()],
    "import": lambda: [_exported()],
    "model": lambda: [_model()],
    "card": lambda: [
        b'{"text": "x", "topic": "y", "also": ["z"]}\n{"text": "u", "topic": ""}\n',
    ],
}
