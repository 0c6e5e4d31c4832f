"""Good inputs for every target of ``fuzzing``, which the mutator changes."""

from __future__ import annotations

import base64
import gzip
import io
import json
import quopri
import struct
import tarfile
import zipfile
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from urllib.parse import quote

from make_docx import docx_bytes, package, paragraph
from make_html import html_bytes
from make_ofd import ofd, page, text_object, typeset
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
SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c" + bytes(26)
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


MARKDOWN = """---
title: 武功县2020年法治政府建设工作总结
date: 2021-01-05
---

# 武功县2020年法治政府建设工作总结

## 一、总体情况

全年办理案件**318**件，`听证`*24*件[^1]。

1. 推行*法律顾问*制度；
   - 聘请律师7名。
2. 完善决策机制。

| 项目 | 件数 |
|------|-----:|
| 复议 | 4 |

> 引用的话。

```
代码
```

[^1]: 含简易程序。
"""
PAGES = """武功县司法局
2020年度文件
目 录
一、推行法律顾问制度……1
二、存在的问题...................2
首页 | 政务公开 | 正文
武功县2020年法治政府建设工作总结
发布时间：2021-01-05 来源：司法局 浏览次数：89
一、推行法律顾问制度
全县聘请法律顾问12名，办理行政处
— 1 —
2020年度文件
罚案件4件。
1
二、存在的问题
仅供内部使用
一是力量不足。
— 2 —
2020年度文件
附件：1.统计表.doc
打印 关闭
上一篇：通知
"""
DAMAGED = [
    TEXT.encode("utf-8").decode("latin-1").encode(),
    TEXT.encode("utf-8").decode("gb18030", "replace").encode(),
    LINES[3].encode() + b"\n" + LINES[4].encode("gbk") + b"\n" + LINES[5].encode("big5", "replace"),
    base64.encodebytes(TEXT.encode()),
    quopri.encodestring(TEXT.encode()),
    TEXT.encode("utf-7"),
    TEXT.encode("hz", "ignore"),
    TEXT.encode("iso2022_jp", "ignore"),
    quote(TEXT).encode(),
    TEXT.encode("unicode_escape"),
    TEXT.encode("ascii", "xmlcharrefreplace"),
    f"<script>var a=1;</script><p style='x'>{LINES[2]}</p><!-- x --><td>{LINES[3]}".encode(),
    "锟斤拷锟斤拷烫烫烫??????\ue5e5\uf0b7一是好。\n".encode() * 3,
    '<a href="/a/1.docx">报告</a><img src="1.jpg"><style>@font-face {font-family: x; src: '
    'url("data:font")}</style>'.encode(),
]
ODD_CHARACTERS = [
    "⼀、⻓安区 Ⅳ级 ⒈ ㈠ ㎡ ﬁ CO₂ 2 0 2 1 年 法 治 政 府 3 1 8 件\n二 、 存 在 问 题".encode(),
    "\u200b一、总\u00ad体\u202e情\ufe0f况\U000e0100 x\u0301 ①❶⓵\n（ 一 ） 加 强 执 法".encode(),
]


def _mails() -> list[bytes]:
    plain, rich = EmailMessage(), EmailMessage()
    for mail in (plain, rich):
        mail["From"], mail["To"] = "武功县司法局 <a@b.cn>", "c@d.cn"
        mail["Subject"], mail["Date"] = "转发：报送材料", "Tue, 5 Jan 2021 10:00:00 +0800"
    plain.set_content(TEXT, cte="base64")
    plain.add_attachment(TEXT.encode(), "text", "plain", filename="附件.txt")
    plain.add_attachment(html_bytes(LINES), "text", "html", filename="页.html")
    rich.set_content("见附件。")
    rich.add_alternative(html_bytes(LINES, encoding="utf-8").decode(), subtype="html")
    rich.add_attachment(plain)
    return [plain.as_bytes(), rich.as_bytes()]


def _outlook_mail() -> list[bytes]:
    """A mail of Outlook, made by the package that reads it; without the package, its beginning."""
    try:
        from extract_msg.ole_writer import OleWriter
    except ImportError:
        return [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)]
    writer = OleWriter()
    writer.addEntry(["__nameid_version1.0"], storage=True)
    properties = b"\0" * 8 + struct.pack("<IIII", 0, 1, 0, 1) + b"\0" * 8
    texts = {0x001A: "IPM.Note", 0x0037: "报送材料", 0x1000: TEXT, 0x0C1A: "武功县司法局"}
    for number, text in texts.items():
        data = text.encode("utf-16-le")
        properties += struct.pack("<HHIII", 0x1F, number, 6, len(data) + 2, 0)
        writer.addEntry([f"__substg1.0_{number:04X}001F"], data)
    page = html_bytes(LINES, encoding="utf-8")
    properties += struct.pack("<HHIII", 0x102, 0x1013, 6, len(page), 0)
    writer.addEntry(["__substg1.0_10130102"], page)
    writer.addEntry(["__properties_version1.0"], properties)
    writer.addEntry(["__nameid_version1.0", "__substg1.0_00020102"], b"")
    writer.addEntry(["__nameid_version1.0", "__substg1.0_00030102"], b"")
    writer.addEntry(["__nameid_version1.0", "__substg1.0_00040102"], b"")
    written = io.BytesIO()
    writer.write(written)
    return [written.getvalue()]


def _tars() -> list[bytes]:
    found = []
    for mode in ("w", "w:gz", "w:bz2", "w:xz"):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode=mode) as archive:
            for name, data in (("甲/a.txt", TEXT.encode()), ("b.html", html_bytes(LINES))):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        found.append(file.getvalue())
    return found


def _with_chunks() -> list[bytes]:
    """Word files with other documents as parts of their text."""
    chunks = {"1.html": html_bytes(LINES), "2.docx": docx_bytes(LINES), "3.txt": TEXT.encode()}
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk"
    related = "".join(
        f'<Relationship Id="c{name[0]}" Type="{kind}" Target="{name}"/>' for name in chunks
    )
    links = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{related}</Relationships>"
    )
    body = paragraph(LINES[0]) + "".join(f'<w:altChunk r:id="c{name[0]}"/>' for name in chunks)
    raw = {f"word/{name}": data for name, data in chunks.items()}
    raw["word/_rels/document.xml.rels"] = links.encode()
    return [package(body, raw=raw)]


def _books() -> list[bytes]:
    """Workbooks with rows above the heads, merged cells, dates, several sheets."""
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["各地2020年工作总结汇总表"])
    book.active.merge_cells("A1:C1")
    book.active.append(["单位", "年度", "正文"])
    book.active.append(["武功县", datetime(2020, 1, 1), TEXT])
    book.active.append(["武功县", "去年", LINES[3]])
    book.active.append(["乾县", 2020, LINES[5]])
    book.active.merge_cells("A3:A4")
    book.create_sheet("第二张").append(["标题", "正文"])
    book["第二张"].append([LINES[0], TEXT])
    data = io.BytesIO()
    book.save(data)
    return [_sheet([("标题", "正文"), (LINES[0], TEXT)]), data.getvalue()]


def _json_files() -> list[bytes]:
    entry = {"title": LINES[0], "content": f"<p>{LINES[2]}</p><p>{LINES[3]}</p>", "year": 2020}
    return [
        json.dumps({"code": 0, "data": {"list": [entry, entry | {"year": "去年"}]}}).encode(),
        json.dumps([entry] * 3, ensure_ascii=False, indent=1).encode(),
        json.dumps({"标题": [LINES[0], LINES[1]], "正文": [TEXT, LINES[2]]}).encode(),
        f"callback({json.dumps(entry)});".encode(),
    ]


def _more_labels() -> list[bytes]:
    choices = json.dumps({"choices": ["执法", "决策"]}, ensure_ascii=False)
    tasks = [
        {"id": 1, "data": {"text": LINES[2]}, "annotations": [
            {"result": [{"from_name": "t", "type": "choices", "value": {"choices": ["执法"]}}]}
        ]},
        {"id": 2, "text": LINES[3], "主题": {"choices": ["执法"]}},
    ]  # fmt: skip
    quoted = choices.replace('"', '""')
    return [
        f'标注结果\n编号,text,topic\n1,{LINES[0]},"{quoted}"\n'.encode("gb18030"),
        json.dumps(tasks).encode(),
        f"__label__执法 {LINES[2]}\n__label__执法 __label__决策 {LINES[3]}\n".encode(),
        *_books(),
    ]


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
    "ordinary": lambda: [*_texts(), *ODD_CHARACTERS],
    "pages": lambda: [PAGES.encode(), (PAGES * 3).encode(), *_texts()],
    "mend": lambda: [*DAMAGED, TEXT.encode("gb18030"), PAGES.encode()],
    "markdown": lambda: [MARKDOWN.encode(), MARKDOWN.partition("\n\n")[2].encode("gb18030")],
    "text": lambda: [TEXT.encode(code) for code in ("utf-8", "gb18030", "utf-16", "utf-16-le")],
    "html": lambda: [html_bytes(LINES), html_bytes(LINES, encoding="utf-8", menus=False)],
    "mhtml": lambda: [MAIL.format(page=html_bytes(LINES, encoding="utf-8").decode()).encode()],
    "docx": lambda: [docx_bytes(LINES), docx_bytes(LINES, table=[["甲", "乙"], ["1", "2"]])],
    "pdf": lambda: [pdf_bytes(LINES, header="武功县司法局")],
    "altchunk": _with_chunks,
    "ofd": lambda: [
        ofd(*typeset(LINES, header="武功县司法局")),
        ofd(*typeset(LINES[:3]), templates={"7": page(text_object(30, 20, "武功县"))}),
    ],
    "eml": _mails,
    "msg": _outlook_mail,
    "xlsx": _books,
    "csv": lambda: [
        *(f'title,text\n"{LINES[0]}","{TEXT}"\n'.encode(c) for c in ("utf-8", "gb18030")),
        f'汇总表,,\n单位,年度,正文\n武功县,去年,"{TEXT}"\n乾县,2020,{LINES[5]}\n'.encode(),
    ],
    "jsonl": lambda: [
        "".join(json.dumps({"text": t}) + "\n" for t in LINES).encode(),
        "".join(
            json.dumps({"标题": LINES[0], "content": f"<div><p>{t}</p></div>"}) + "\n"
            for t in LINES
        ).encode(),
    ],
    "json": _json_files,
    "zip": lambda: [
        _packed(
            {"a.txt": TEXT.encode(), "b/c.html": html_bytes(LINES), "d.docx": docx_bytes(LINES)}
        ),
        _packed({"e.zip": _packed({"f.txt": TEXT.encode("gb18030")})}),
        _packed({"g.tgz": _tars()[1], "h.txt.gz": gzip.compress(TEXT.encode()), "i.7z": SEVEN_ZIP}),
    ],
    "tar": _tars,
    "gzip": lambda: [gzip.compress(TEXT.encode()), gzip.compress(html_bytes(LINES))],
    "mail": _mails,
    "labels": lambda: [*_labels(), *_more_labels()],
    "topics": lambda: [(ROOT / "seeds/topics.toml").read_bytes()],
    "synonyms": lambda: [(ROOT / "seeds/synonyms.toml").read_bytes()],
    "import": lambda: [_exported()],
    "model": lambda: [_model()],
    "card": lambda: [
        b'{"text": "x", "topic": "y", "also": ["z"]}\n{"text": "u", "topic": ""}\n',
    ],
}
