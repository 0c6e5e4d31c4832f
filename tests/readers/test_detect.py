"""Which kind a file is, whatever its name; and that all text comes out clean."""

from __future__ import annotations

import base64
import gzip
import io
import json
import quopri
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator

import pytest
from growth import LINEAR, growth
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.nlp.errors import ReadError
from gongwen.readers import detect, plain_text
from gongwen.readers.base import Blob, Extract, Limits
from gongwen.readers.detect import kind_of, read

SENTENCES = "甲县法治政府建设情况报告\n\n全县法治建设稳步推进，办理行政复议案件4件。\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def zipped(**members: str | bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return whole.getvalue()


def package(folder: str) -> bytes:
    return zipped(**{"[Content_Types].xml": "<Types/>", f"{folder}/document.xml": "<document/>"})


def ole(*streams: str) -> bytes:
    return OLE + bytes(504) + b"".join(stream.encode("utf-16-le") for stream in streams)


def tarred() -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return whole.getvalue()


PAGE = f"<html><head><meta charset='gbk'></head><body><p>{SENTENCES}</p></body></html>"
MHT = f"""\
From: <Saved by Blink>
Snapshot-Content-Location: https://example.org/bg.html
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html"; boundary="----x"

------x
Content-Type: image/png
Content-Transfer-Encoding: base64

iVBORw0KGgo=
------x
Content-Type: text/html
Content-Transfer-Encoding: base64
Content-Location: https://example.org/bg.html

{base64.b64encode(PAGE.encode("gbk")).decode()}
------x--
"""
KINDS: list[tuple[str, bytes, str]] = [
    ("a.txt", SENTENCES.encode(), "text"),
    ("a.txt", SENTENCES.encode("gb18030"), "text"),
    ("a.txt", SENTENCES.encode("utf-16"), "text"),
    ("a.doc", SENTENCES.encode(), "text"),
    ("a.pdf", SENTENCES.encode(), "text"),
    ("a.html", SENTENCES.encode(), "text"),
    ("a.md", b"<div align=center>\n\n# Report", "text"),
    ("a.txt", "{“法治”} 建设\n".encode(), "text"),
    ("a.txt", b"BM report\n", "text"),
    ("a.txt", b"MIME-Version: 1.0 is a header\n", "text"),
    ("a.html", PAGE.encode("gbk"), "html"),
    ("a.doc", PAGE.encode("gbk"), "html"),
    ("a.txt", PAGE.encode("utf-16"), "html"),
    ("a.txt", b"\n <!-- saved --><!-- x -->\n<!DOCTYPE HTML PUBLIC>", "html"),
    ("a.htm", b"\xef\xbb\xbf<?xml version='1.0'?>\n<!DOCTYPE html><html/>", "html"),
    ("a.doc", b'<html xmlns:o="urn:schemas-microsoft-com:office:office">', "html"),
    ("a.html", "甲县<br>报告".encode("gbk"), "html"),
    ("a.txt", b"Warning: on line 3\n<html><body>", "html"),
    ("a.mht", MHT.encode(), "mhtml"),
    ("a.doc", MHT.encode(), "mhtml"),
    ("a.doc", b'<?xml version="1.0"?><?mso-application progid="Word.Document"?>', "wordxml"),
    ("a.docx", package("word"), "docx"),
    ("a.doc", package("word"), "docx"),
    ("a.wps", package("word"), "docx"),
    ("a.xlsx", package("xl"), "xlsx"),
    ("a.pptx", package("ppt"), "ppt"),
    ("a.odt", zipped(mimetype="application/vnd.oasis.opendocument.text"), "odt"),
    ("a.ods", zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "odf"),
    ("a.ofd", zipped(OFD__xml="<ofd:OFD/>"), "ofd"),
    ("a.zip", zipped(a__txt=SENTENCES), "zip"),
    ("a.docx", zipped(a__txt=SENTENCES), "zip"),
    ("a.docx", package("word")[:40], "zip"),
    ("a.txt", b"%PDF-1.7\n", "pdf"),
    ("a.pdf", b"\xef\xbb\xbf\n%PDF-1.4", "pdf"),
    ("a.doc", ole("Root Entry", "WordDocument"), "doc"),
    ("a.wps", ole("WordDocument", "Workbook"), "doc"),
    ("a.xls", ole("Workbook"), "xls"),
    ("a.docx", ole("EncryptedPackage"), "encrypted"),
    ("a.ppt", ole("PowerPoint Document"), "ppt"),
    ("a.msg", ole("__properties"), "msg"),
    ("a.et", ole("__properties"), "ole"),
    ("a.doc", b"{\\rtf1\\ansi}", "rtf"),
    ("a.csv", b"text,topic\n", "csv"),
    ("a.TSV", b"text\ttopic\n", "csv"),
    ("a.txt", b'\xef\xbb\xbf\n{"text": "a"}\n{"text": "b"}', "jsonl"),
    ("a.jsonl", b"not json", "jsonl"),
    ("a.txt", b"Rar!\x1a\x07\x01\0", "rar"),
    ("a.zip", b"7z\xbc\xaf\x27\x1c", "7z"),
    ("a.txt.gz", gzip.compress(b"a"), "gzip"),
    ("a.tar", tarred(), "tar"),
    ("a.bz2", b"BZh91AY&SY", "bzip2"),
    ("a.txt", b"\x89PNG\r\n\x1a\n", "image"),
    ("a.pdf", b"\xff\xd8\xff\xe0", "image"),
    ("a.txt", b"BM" + (20).to_bytes(4, "little") + bytes(14), "image"),
    ("", b"", "text"),
]


# Ids of their own: archives hold the time at which they were made.
KIND_IDS = [f"{number} {kind} {name}" for number, (name, _, kind) in enumerate(KINDS)]


@pytest.mark.parametrize(("name", "data", "kind"), KINDS, ids=KIND_IDS)
def test_a_kind_is_known_by_content(name: str, data: bytes, kind: str) -> None:
    assert kind_of(data, name) == kind


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.rar", b"Rar!\x1a\x07\x01\0", "a RAR archive; unpack it first"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
        ("a.txt", zipped(a__txt=SENTENCES), "a zip archive inside; unpack it first"),
        ("a.docx", package("word")[:-9], "damaged, not a whole zip archive or office file"),
        ("a.docx", ole("EncryptedPackage"), "encrypted; open it with its password and save it"),
        ("a.xls", ole("Workbook"), "an old Excel workbook; save it as .xlsx"),
        ("a.ofd", zipped(OFD__xml="<ofd:OFD/>"), "damaged (OFD.xml names no document); get it"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "an image, not text; recognise its text (OCR) first"),
        ("a.bin", bytes(range(256)) * 20, "a binary file, not text; save it as .txt first"),
        (
            "a.docx",
            bytes(range(256)) * 20,
            "damaged, its content is no Word document; save it again",
        ),
        ("a.docx", bytes(range(128, 256)) * 20, "damaged, its content is no Word document; save"),
        ("a.XLSX", bytes(range(256)) * 20, "damaged, its content is no Excel workbook; save it"),
        ("a.pptx", bytes(range(256)) * 20, "damaged, its content is no presentation; save it"),
        ("a.pdf", bytes(range(256)) * 20, "the file is damaged, its content is no PDF; get it"),
        ("a.ofd", bytes(range(256)) * 20, "the file is damaged, its content is no OFD document"),
        ("a.et", ole("__properties"), "a damaged or unknown file of an office program; save it"),
        ("a.txt", "　\n".encode(), "the file is empty"),
        ("a.txt", b"\xef\xbb\xbf", "the file is empty"),
        ("a.txt", "——2020。\n".encode(), "the file is empty"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(name: str, data: bytes, said: str) -> None:
    with pytest.raises(ReadError) as error:
        list(read(Blob(name, data)))
    assert str(error.value).startswith(f"{name}: ")
    assert said in str(error.value)


def test_every_kind_is_read_or_refused_with_a_message() -> None:
    known = {kind for _, _, kind in KINDS}
    assert known <= set(detect._READERS) | set(detect._REFUSED)
    assert not set(detect._READERS) & set(detect._REFUSED)


def mail(encoding: str, body: bytes) -> bytes:
    """Return a page in a mail as Word and browsers nest it."""
    return b"""\
MIME-Version: 1.0\r
Content-Type: multipart/related;\r
 boundary="=-a"\r
\r
--=-a\r
Content-Type: multipart/alternative; boundary="=-b"\r
\r
--=-b\r
Content-Location: https://example.org/bg.html\r
Content-Transfer-Encoding: %s\r
Content-Type: TEXT/HTML;\r
 charset="gb2312"\r
\r
%s\r
--=-b--\r
--=-a--\r
""" % (encoding.encode(), body)


@pytest.mark.parametrize(
    "data",
    [
        MHT.encode(),
        mail("base64", base64.encodebytes(PAGE.encode("gbk"))),
        mail("Base64", base64.b64encode(PAGE.encode("gbk"))[:-1]),
        mail("quoted-printable", quopri.encodestring(PAGE.encode("gbk"))),
        mail("8bit", PAGE.encode("gbk")),
        mail("8bit", PAGE.encode("gbk")).partition(b"\r\n--=-b--")[0],
    ],
)
def test_a_web_page_in_a_mail_is_read_and_says_where_it_was(data: bytes) -> None:
    [extract] = read(Blob("a.mht", data))
    assert "全县法治建设稳步推进，办理行政复议案件4件。" in extract.text
    assert extract.said["address"] == "https://example.org/bg.html"


def test_a_damaged_page_in_a_mail_says_so() -> None:
    with pytest.raises(ReadError, match=r"a\.mht: the page in it is damaged"):
        list(read(Blob("a.mht", mail("base64", b"PGh0b"))))


@pytest.mark.parametrize("lines", [b"X: y\n", b" z\n", b"--=-a\n\n", b"--\n"])
def test_a_mail_without_end_is_given_up_quickly(lines: bytes) -> None:
    def work(data: bytes) -> None:
        with pytest.raises(ReadError, match="no page in this saved web page"):
            list(read(Blob("a.mht", data)))

    head = MHT.encode().partition(b"\n\n")[0] + b"\n"
    work(head + lines * (1 << 20))
    assert growth(work, lambda size: head + lines * size, 1000) <= LINEAR


def test_a_mail_without_a_page_says_so() -> None:
    mail = MHT.replace("text/html\n", "text/css\n").encode()
    with pytest.raises(ReadError, match=r"a\.mht: no page in this saved web page"):
        list(read(Blob("a.mht", mail)))


# -- clean text ------------------------------------------------------------------------------------


def cleaned(monkeypatch: pytest.MonkeyPatch, *extracts: Extract, **limits: int) -> list[Extract]:
    """Return what becomes of ``extracts`` that a reader gives."""
    monkeypatch.setattr(plain_text, "read", lambda blob: iter(extracts))
    return list(read(Blob("甲.txt", b"a", limits=Limits(**limits))))


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("甲\r\n乙\r丙\n丁", "甲\n乙\n丙\n丁"),
        ("甲\v乙\f丙\x85丁\u2028戊\u2029", "甲\n乙\n丙\n丁\n戊\n"),
        ("\ufeff甲\ufeff乙\x07丙\x1f\x7f\x9f\ufffe", "甲乙丙"),
        ("甲\t乙　丙\xa0丁 𠮷", "甲\t乙　丙\xa0丁 𠮷"),
    ],
)
def test_line_ends_are_one_and_controls_are_gone(
    monkeypatch: pytest.MonkeyPatch, raw: str, clean: str
) -> None:
    assert cleaned(monkeypatch, Extract(raw)) == [Extract(clean)]


def test_lost_characters_are_left_out_with_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    [extract] = cleaned(monkeypatch, Extract("甲\r\n乙\ufffd丙\0\ud800\n丁", notes=("x\ny",)))
    assert extract.text == "甲\n乙丙\n丁"
    assert extract.notes == ("x y", "damaged: 3 lost characters, the first on line 2")
    [extract] = cleaned(monkeypatch, Extract("乙\ufffd"))
    assert extract.notes == ("damaged: 1 lost character on line 1",)


def test_what_a_file_says_is_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"title": " 甲县\r\n报告\x07 ", "region": " \n"}
    [extract] = cleaned(monkeypatch, Extract("文", "行\n1", said))
    assert (extract.part, extract.said) == ("行 1", {"title": "甲县 报告"})


def test_a_part_without_letters_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    extracts = Extract("1. —", "row 1"), Extract("文", "row 2")
    assert cleaned(monkeypatch, *extracts) == [Extract("文", "row 2")]


def test_a_text_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReadError, match=r"甲\.txt: more than 1,000 characters; split it first"):
        cleaned(monkeypatch, Extract("文" * 1001), characters=1000)


def test_a_reader_that_trips_is_an_error_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(blob: Blob) -> Iterator[Extract]:
        yield Extract("文")
        raise IndexError("list index out of range")

    monkeypatch.setattr(plain_text, "read", trip)
    with pytest.raises(ReadError, match=r"a\.txt: cannot be read \(IndexError\); save it anew"):
        list(read(Blob("a.txt", b"a")))


def test_readers_are_loaded_when_they_are_needed() -> None:
    code = """
import sys
from gongwen.readers.detect import read
from gongwen.readers.base import Blob
print(len(list(read(Blob("a.txt", "全县法治建设".encode("gb18030"))))))
print(*sorted(m.rpartition(".")[2] for m in sys.modules if m.startswith("gongwen.readers.")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = "archive base damage detect escaped_text markdown mojibake plain_text"
    assert done.stdout.splitlines() == ["1", loaded]


# -- properties ------------------------------------------------------------------------------------

_BEGINNINGS = [data for _, data, _ in KINDS if data] + [b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"]


def lines_of(extracts: Iterable[Extract]) -> Iterator[str]:
    for extract in extracts:
        yield from (extract.text, extract.part, *extract.notes)
        yield from extract.said.values()


@settings(deadline=None)  # some examples load a reader
@given(
    st.sampled_from(_BEGINNINGS) | st.just(b""),
    st.binary(max_size=200),
    st.sampled_from(["a.txt", "a.html", "a.csv", "a.jsonl", "a.mht", "甲"]),
)
def test_no_bytes_raise_anything_but_a_clear_error(
    beginning: bytes, rest: bytes, name: str
) -> None:
    data = beginning + rest
    if kind_of(data, name) in ("doc", "rtf", "odt", "wordxml"):
        return  # these start LibreOffice
    try:
        for line in lines_of(read(Blob(name, data))):
            assert not set(line) & set("\0\r\v\f\x85\ufeff\ufffd\u2028")
            line.encode("utf-8")
    except ReadError as error:
        assert len(str(error).splitlines()) == 1
        assert str(error).startswith(f"{name}: ")


_JSON = st.recursive(
    st.none() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(deadline=None, max_examples=50)
@given(_JSON)
def test_no_json_raises_anything_but_a_clear_error(item: object) -> None:
    data = json.dumps({"text": "文", "x": item}) + "\n" + json.dumps(item)
    assert next(extract.part for extract in read(Blob("a", data.encode()))) == "line 1"
