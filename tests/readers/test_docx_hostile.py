"""Word files that are damaged, encrypted, or made to do harm: refused in one line, and soon."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_docx import NUMBERING, grid, listed, package, paragraph, run

from gongwen.nlp.errors import ReadError
from gongwen.readers.base import Blob, Limits
from gongwen.readers.word.docx import read

STYLES = """
<w:style w:type="paragraph" w:styleId="z"><w:name w:val="暗"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="character" w:styleId="h"><w:basedOn w:val="z"/></w:style>
<w:style w:type="paragraph" w:styleId="loop"><w:basedOn w:val="loop"/></w:style>
"""

DOCUMENT = '<w:document xmlns:w="x"><w:body>{}</w:body></w:document>'


def with_document(xml: str) -> bytes:
    return package("", raw={"word/document.xml": xml.encode()})


def without(part: str) -> bytes:
    whole = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package(paragraph("文")))) as archive,
        zipfile.ZipFile(whole, "w") as kept,
    ):
        for name in archive.namelist():
            if name != part:
                kept.writestr(name, archive.read(name))
    return whole.getvalue()


def flagged() -> bytes:
    """A file whose parts say that they are encrypted."""
    data = bytearray(package(paragraph("文")))
    at = data.find(b"PK\1\2")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\1\2", at + 1)
    return bytes(data)


OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512)
NAMES_NONE = b"""<Relationships>
<Relationship Type="http://x/styles" Target="https://x/none.xml" TargetMode="External"/>
<Relationship Type="http://x/styles" Target="/word/none.xml"/></Relationships>"""
LAUGHS = (
    '<!DOCTYPE w:document [<!ENTITY a "哈">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
    + DOCUMENT.format("<w:p><w:r><w:t>&i;</w:t></w:r></w:p>")
)
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "damaged"),
    "text": (lambda: "一、总体情况".encode(), "damaged"),
    "cut off": (lambda: package(paragraph("文"))[:-200], "damaged"),
    "an old file": (lambda: OLE, "old Word file (.doc); save it as .docx"),
    "a password": (
        lambda: OLE + "EncryptedPackage".encode("utf-16-le"),
        "encrypted; remove the password in Word",
    ),
    "encrypted parts": (flagged, "encrypted; "),
    "another archive": (lambda: without("_rels/.rels"), "not of Word"),
    "another office file": (lambda: with_document("<workbook/>"), "not of Word"),
    "no document": (lambda: without("word/document.xml"), "word/document.xml is missing"),
    "a part that is named and missing": (
        lambda: package(paragraph("文"), raw={"word/_rels/document.xml.rels": NAMES_NONE}),
        "word/none.xml is missing",
    ),
    "XML that breaks off": (
        lambda: with_document("<w:document><w:body>"),
        "word/document.xml, line 1, column 21: no element found",
    ),
    "no XML": (lambda: with_document("PK"), "damaged"),
    "an unknown encoding": (
        lambda: with_document('<?xml version="1.0" encoding="x-no-such"?><w:document/>'),
        "an encoding that Word does not use",
    ),
    "a billion laughs": (lambda: with_document(LAUGHS), "document type"),
    "an outer entity": (
        lambda: with_document('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'),
        "document type",
    ),
    "a deep nest": (
        lambda: with_document(DOCUMENT.format("<w:tbl><w:tr><w:tc>" * 100_000)),
        "too many elements",
    ),
    "an endless tag": (
        lambda: with_document(DOCUMENT.format('<w:p w:x="' + "x" * (20 << 20) + '"/>')),
        "a tag that never ends",
    ),
    "names without number": (
        lambda: with_document(DOCUMENT.format("".join(f"<x{i}/>" for i in range(50_000)))),
        "too many different ones",
    ),
    "no text": (lambda: package(paragraph() + paragraph("\n")), "no text in it"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_one_line(make: Callable[[], bytes], problem: str) -> None:
    data = make()
    with pytest.raises(ReadError) as caught:
        list(read(Blob("年报.docx", data)))
    message = str(caught.value)
    assert message.startswith(("年报.docx: ", "年报.docx!/"))
    assert problem in message
    assert "; " in message
    assert "\n" not in message


def refused(data: bytes, **limits: int) -> str:
    with pytest.raises(ReadError) as caught:
        list(read(Blob("年报.docx", data, limits=Limits(**limits))))
    return str(caught.value)


def test_limits() -> None:
    long = package(paragraph("文" * 100_000))
    assert next(read(Blob("年报.docx", long))).text == "文" * 100_000
    assert "more than 99,999 characters" in refused(long, characters=99_999)
    assert "unpacks to more than 0 MB" in refused(long, unpacked_bytes=100_000)
    assert "more than 3 " in refused(long, members=3)


def test_the_directory_of_the_zip_is_not_believed() -> None:
    """What a part unpacks to is measured, whatever the file says of it."""
    data = package(paragraph("文" * 1_000_000))
    name = b"word/document.xml"
    entry = data.rindex(name) - 46
    size = int.from_bytes(data[entry + 24 : entry + 28], "little")
    lying = data[: entry + 24] + (1000).to_bytes(4, "little") + data[entry + 28 :]
    assert size > 3_000_000
    assert "damaged" in refused(lying)
    many = package(paragraph("文"), others={"styles": "<!-- -->" * 100_000})
    assert "unpacks to more than" in refused(many, unpacked_bytes=700_000)


GOOD = package(
    paragraph("一、总体情况", inner=f"<w:r><w:pict>{paragraph('框')}</w:pict></w:r>")
    + listed("案件")
    + grid(["甲", "乙"]),
    others={"numbering": NUMBERING, "styles": STYLES},
)
with zipfile.ZipFile(io.BytesIO(GOOD)) as _archive:
    PARTS = {name: _archive.read(name) for name in _archive.namelist() if name.startswith("word/")}


def tried(data: bytes) -> None:
    try:
        for extract in read(Blob("年报.docx", data)):
            extract.text.encode()
    except ReadError as error:
        assert "\n" not in str(error)


@settings(deadline=None)
@given(st.data())
def test_damaged_files_are_read_or_refused(data: st.DataObject) -> None:
    damaged = bytearray(GOOD)
    for at, byte in data.draw(
        st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=20)
    ):
        damaged[at] = byte
    tried(bytes(damaged[: data.draw(st.integers(0, len(GOOD)) | st.just(len(GOOD)))]))


@settings(deadline=None)
@given(st.data())
def test_damaged_parts_are_read_or_refused(data: st.DataObject) -> None:
    """Elements in the wrong places, cut out and doubled, in parts that are still XML or not."""
    name = data.draw(st.sampled_from(sorted(PARTS)))
    part = PARTS[name]
    cuts = st.integers(0, len(part))
    for _ in range(data.draw(st.integers(1, 4))):
        a, b, c, d = sorted(data.draw(st.tuples(cuts, cuts, cuts, cuts)))
        part = data.draw(st.sampled_from([
            part[:a] + part[b:], part[:b] + part[a:], part[:a] + part[c:d] + part[b:],
        ]))  # fmt: skip
    tried(package("", raw=PARTS | {name: part}))


TAGS = (
    "w:p w:r w:t w:tbl w:tr w:tc w:pPr w:rPr w:numPr w:del w:moveFrom w:sdt w:sdtPr w:sdtContent"
    " w:txbxContent mc:AlternateContent mc:Choice mc:Fallback w:footnote w:document w:body w:trPr"
).split()
LEAVES = re.findall(
    "<.*?>",
    '<w:vanish/> <w:numId w:val="1"/> <w:ilvl w:val="8"/> <w:ilvl w:val="-1"/> <w:tab/> <w:br/>'
    ' <w:vMerge/> <w:fldChar w:fldCharType="begin"/> <w:fldChar w:fldCharType="end"/> <w:den/>'
    ' <w:fldChar w:fldCharType="separate"/> <w:showingPlcHdr/> <w:sym/> <w:footnoteReference/>'
    ' <w:pStyle w:val="z"/> <w:rStyle w:val="h"/> <w:del/> <w:altChunk/>',
)
TREES = st.recursive(
    st.sampled_from([*LEAVES, "文", run("文"), paragraph("文")]),
    lambda inner: st.tuples(st.sampled_from(TAGS), st.lists(inner, max_size=4)).map(
        lambda tree: f"<{tree[0]}>{''.join(tree[1])}</{tree[0]}>"
    ),
    max_leaves=30,
)


@settings(deadline=None)
@given(TREES)
def test_any_tree_of_elements_is_read_or_refused(body: str) -> None:
    tried(package(body, others={"numbering": NUMBERING, "styles": STYLES}))
