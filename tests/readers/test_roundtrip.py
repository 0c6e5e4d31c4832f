"""The seed report in every form that people have it in: the same sentences come out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from make_docx import docx_bytes
from make_html import html_bytes
from make_pdf import pdf_bytes

from gongwen.nlp import parse_document
from gongwen.nlp.text.normalize import squeeze
from gongwen.readers.base import Blob
from gongwen.readers.detect import read
from gongwen.readers.libreoffice import find_soffice

TABLE = [["事项", "件数"], ["行政复议", "4"], ["行政应诉", "11"]]


def traditional(text: str) -> str:
    """Return ``text`` in characters that Big5 has and that fold to the same."""
    from gongwen.nlp.text.normalize import fold

    inverse: dict[str, str] = {}
    for code in range(0x4E00, 0x9FA6):
        char = chr(code)
        try:
            char.encode("cp950")
        except UnicodeEncodeError:
            continue
        inverse.setdefault(fold(char), char)
    out = []
    for char in text:
        try:
            char.encode("cp950")
            out.append(char)
        except UnicodeEncodeError:
            out.append(inverse.get(char, " " if char == "\xa0" else ""))
    return "".join(out)


def sentences(text: str) -> list[str]:
    return [
        "".join(s.text.split()) for s in parse_document(text).sentences if s.kind != "boilerplate"
    ]


def sentences_in(data: bytes, name: str) -> list[str]:
    [extract] = read(Blob(name, data))
    return sentences(extract.text)


@pytest.fixture(scope="module")
def lines(seed_text: str) -> list[str]:
    return [line.strip() for line in seed_text.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def wanted(lines: list[str]) -> list[str]:
    return sentences("\n\n".join(lines))


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
def test_text(seed_text: str, wanted: list[str], encoding: str) -> None:
    text = seed_text.replace("\xa0", " ") if encoding == "gbk" else seed_text
    if encoding == "gbk":
        text = text.replace("•", "·")
        wanted = [s.replace("•", "·") for s in wanted]
    assert sentences_in(text.encode(encoding), "武功.txt") == wanted


def test_big5(seed_text: str, wanted: list[str]) -> None:
    text = traditional(seed_text)
    assert len("".join(text.split())) > 0.99 * len("".join(seed_text.split()))
    found = sentences_in(text.encode("cp950"), "武功.txt")
    # Of Windows' Big5 and Python's, each has a middle dot of its own.
    assert list(map(squeeze, found)) == list(map(squeeze, sentences(text)))
    same = sum(squeeze(a) == squeeze(b) for a, b in zip(found, wanted, strict=True))
    assert same > 0.9 * len(wanted)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_web_page(lines: list[str], wanted: list[str], encoding: str) -> None:
    assert sentences_in(html_bytes(lines, encoding=encoding), "武功.html") == wanted


def test_word_with_automatic_numbers_and_a_table(lines: list[str], wanted: list[str]) -> None:
    found = sentences_in(docx_bytes(lines, numbered=True, table=TABLE), "武功.docx")
    rows = ["".join(row) for row in TABLE]
    assert sorted(found) == sorted([*wanted, *rows])
    assert [s for s in found if s not in rows] == wanted


def test_pdf_with_header_and_page_numbers(lines: list[str], wanted: list[str]) -> None:
    found = sentences_in(pdf_bytes(lines, header="武功县司法局文件"), "武功.pdf")
    same = len(set(found) & set(wanted)) / len(set(wanted))
    print(f"\n{same:.1%} of the sentences came back from the PDF")
    assert same >= 0.98


@pytest.mark.skipif(not find_soffice(), reason="LibreOffice (soffice) is not here")
def test_old_word(lines: list[str], wanted: list[str], tmp_path: Path) -> None:
    (tmp_path / "武功.docx").write_bytes(docx_bytes(lines))
    soffice = find_soffice()
    assert soffice
    profile = (tmp_path / "profile").as_uri()
    subprocess.run(
        [
            soffice, "--headless", f"-env:UserInstallation={profile}", "--convert-to", "doc",
            "--outdir", str(tmp_path), str(tmp_path / "武功.docx"),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    assert sentences_in((tmp_path / "武功.doc").read_bytes(), "武功.doc") == wanted
