"""Word files for tests, written part by part: what Word writes, and what it never would."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

TRANSITIONAL = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
)
STRICT = (
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_OTHERS = (
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    ' xmlns:v="urn:schemas-microsoft-com:vml"'
)
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_DIGITS = "一二三四五六七八九十"
_MARKS = (
    re.compile("([一二三四五六七八九十])、(?=\\S)"),
    re.compile("（([一二三四五六七八九十])）(?=\\S)"),
    re.compile("(\\d)\\.(?=[^\\s\\d])"),
)


def level(depth: int, text: str, numbers: str = "decimal", more: str = "", start: int = 1) -> str:
    """Return one level of a list; ``more`` stands where Word puts restarts, styles and suffixes."""
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="{start}"/><w:numFmt w:val="{numbers}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def definition(n: int, *levels: str) -> str:
    """Return the definition of a list."""
    return f'<w:abstractNum w:abstractNumId="{n}">{"".join(levels)}</w:abstractNum>'


def a_list(n: int, of: int, overrides: str = "") -> str:
    """Return list ``n`` with the definition ``of``."""
    return f'<w:num w:numId="{n}"><w:abstractNumId w:val="{of}"/>{overrides}</w:num>'


NUMBERING = definition(
    0,
    level(0, "%1、", "chineseCountingThousand", '<w:suff w:val="nothing"/>'),
    level(1, "（%2）", "chineseCountingThousand"),
    level(2, "%3."),
) + a_list(1, 0)
"""一、 （一） 1. on three levels of list 1, as reports number their headings."""


def run(text: str, properties: str = "") -> str:
    """Return a run; a tab or line feed in ``text`` is written as Word writes it."""
    inner = re.sub(
        "[^\t\n]+", lambda m: f'<w:t xml:space="preserve">{escape(m[0])}</w:t>', text
    ).translate({9: "<w:tab/>", 10: "<w:br/>"})
    return f"<w:r><w:rPr>{properties}</w:rPr>{inner}</w:r>"


def paragraph(text: str = "", properties: str = "", *, inner: str = "") -> str:
    """Return a paragraph of one run and, behind it, other content."""
    content = (run(text) if text else "") + inner
    return f"<w:p><w:pPr>{properties}</w:pPr>{content}</w:p>"


def listed(text: str, depth: int = 0, list_id: int = 1) -> str:
    """Return a paragraph with an automatic number."""
    place = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{list_id}"/></w:numPr>'
    return paragraph(text, place)


def cell(*paragraphs: str, properties: str = "") -> str:
    """Return a cell; what is no XML becomes a paragraph."""
    content = "".join(p if p.startswith("<") else paragraph(p) for p in paragraphs)
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content}</w:tc>"


def grid(*rows: Sequence[str]) -> str:
    """Return a table; what is no XML becomes a cell."""
    cells = ("".join(c if c.startswith("<w:tc>") else cell(c) for c in row) for row in rows)
    return "<w:tbl><w:tblPr/>" + "".join(f"<w:tr>{c}</w:tr>" for c in cells) + "</w:tbl>"


def package(
    body: str,
    *,
    others: Mapping[str, str] | None = None,
    strict: bool = False,
    raw: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return a Word file.

    Args:
        body: what is in its body.
        others: what is in ``styles``, ``numbering``, ``footnotes`` and ``endnotes``.
        strict: in the namespaces of ISO 29500 strict.
        raw: parts as they are, also in place of those that are made here.
    """
    main, relations = STRICT if strict else TRANSITIONAL
    names = f'xmlns:w="{main}" xmlns:r="{relations}"{_OTHERS}'
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    related = "".join(
        f'<Relationship Id="rId{i}" Type="{relations}/{name}" Target="{name}.xml"/>'
        for i, name in enumerate(others or (), 1)
    )
    parts = {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{_MAIN}"/>'
            + "".join(
                f'<Override PartName="/word/{name}.xml" ContentType="'
                f'{_MAIN.replace("document.main", name)}"/>'
                for name in others or ()
            )
            + "</Types>"
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1"'
            f' Type="{relations}/officeDocument" Target="word/document.xml"/></Relationships>'
        ),
        "word/_rels/document.xml.rels": (
            f'<Relationships xmlns="{_RELATIONS}">{related}</Relationships>'
        ),
        "word/document.xml": f"<w:document {names}><w:body>{body}</w:body></w:document>",
    }
    for name, inner in (others or {}).items():
        parts[f"word/{name}.xml"] = f"<w:{name} {names}>{inner}</w:{name}>"
    whole = {name: (head + text).encode() for name, text in parts.items()} | dict(raw or {})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in whole.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def docx_bytes(
    lines: Sequence[str],
    *,
    numbered: bool = True,
    table: Sequence[Sequence[str]] | None = None,
) -> bytes:
    """Return a Word file with a paragraph for each line.

    Args:
        lines: the paragraphs; blank ones become empty paragraphs.
        numbered: numbers at their beginnings (一、 （一） 1.) become automatic, where Word would
            come to the same.
        table: rows of a table behind them.
    """
    counts = [0, 0, 0]
    body = ""
    for line in map(str.strip, lines):
        for depth, mark in enumerate(_MARKS):
            match = mark.match(line)
            n = (_DIGITS.find(match[1]) + 1 or int(match[1])) if match else 0
            if numbered and all(counts[:depth]) and n == counts[depth] + 1:
                counts[depth:] = [n, *[0] * (2 - depth)]
                body += listed(mark.sub("", line, count=1), depth)
                break
        else:
            body += paragraph(line)
    if table:
        body += grid(*table)
    return package(body, others={"numbering": NUMBERING})
